"""Public events as an Atom feed (RFC 4287) with GeoRSS points, each with a link to its CAP alert."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import url_for
from flask_babel import gettext as _

from webapp.cap import writing
from webapp.cap.writing import xml_text
from webapp.events.models import Event, EventStatus
from webapp.events.words import PRIORITY, event_category
from webapp.web.numbers import degrees
from webapp.web.viewer import settings

if TYPE_CHECKING:
    from lxml.etree import _Element

MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_GEORSS = "http://www.georss.org/georss"
# A feed without entries has changed last when there was nothing yet.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def write(events: Sequence[Event], base: str) -> bytes:
    """The feed; ``base`` is the address of this installation, without a slash at its end."""
    from lxml import etree

    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM, "georss": _GEORSS})  # type: ignore[dict-item]
    home = base + url_for("public.index")
    own = base + url_for("public.feed")
    _add(feed, "id", home)
    _add(feed, "title", settings().response_name)
    _add(feed, "updated", _moment(max((event.updated_at for event in events), default=_NEVER)))
    _add(_add(feed, "author"), "name", settings().response_name)
    _add(feed, "link", rel="self", type=MEDIA_TYPE, href=own)
    _add(feed, "link", rel="alternate", type="text/html", href=home)
    for event in events:
        _entry(feed, event, base)
    return etree.tostring(feed, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _entry(feed: "_Element", event: Event, base: str) -> None:
    from lxml import etree

    entry = _add(feed, "entry")
    address = base + url_for("public.show", event_id=event.id)
    host = urlsplit(base).hostname or "localhost"
    _add(entry, "id", f"tag:{host},{event.created_at:%Y-%m-%d}:event-{event.id}")
    _add(entry, "title", event.title)
    _add(entry, "updated", _moment(event.updated_at))
    _add(entry, "published", _moment(event.reported_at))
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    alert = base + url_for("cap.show", event_id=event.id)
    _add(entry, "link", rel="related", type=writing.MEDIA_TYPE, href=alert)
    _add(entry, "category", term=event.category.value, label=event_category(event.category))
    _add(entry, "summary", _summary(event))
    if event.latitude is not None and event.longitude is not None:
        etree.SubElement(
            entry, f"{{{_GEORSS}}}point"
        ).text = f"{degrees(event.latitude, fixed=True)} {degrees(event.longitude, fixed=True)}"


def _summary(event: Event) -> str:
    """How urgent, where, and what more there is to say."""
    state = (
        _("This event is over.") if event.status is EventStatus.RESOLVED else str(PRIORITY[event.priority])
    )
    if event.alert_over and event.status is not EventStatus.RESOLVED:
        state = f"{_('The alert is over.')} {state}"
    return "\n\n".join(part for part in (state, event.place_name, event.description) if part)


def _add(parent: "_Element", name: str, text: str = "", **attributes: str) -> "_Element":
    from lxml import etree

    child = etree.SubElement(
        parent, f"{{{_ATOM}}}{name}", {key: xml_text(v) for key, v in attributes.items()}
    )
    if text:
        child.text = xml_text(text)
    return child


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
