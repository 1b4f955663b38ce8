"""What an address publishes: an Atom or RSS index with links, alerts inside it, or one bare alert.

Names are compared without their namespaces where feeds differ (Atom 1.0, RSS 2.0 and 1.0): an entry is an
entry. Weather services also write the alert's elements beside Atom's, in the namespace of CAP 1.1 or 1.2.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from webapp.cap import reading
from webapp.cap.reading import NotCap
from webapp.cap.schema import LONGEST_NAME, NAMESPACE, OLDER_NAMESPACES, Alert, moment_text
from webapp.events.models import Category, Certainty, Severity, Urgency
from webapp.web.forms import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# Bytes; the largest national indexes have about five million.
LARGEST = 10 * 1024 * 1024
MOST_ENTRIES = 2000
_SPACES = {NAMESPACE, *OLDER_NAMESPACES}
_CAP_TYPE = "application/cap+xml"
_XML_TYPES = ("application/xml", "text/xml")
_NO_NAME = re.compile(r"[\s,<&]+")
_HEAD = ("status", "msgType", "scope", "note", "references", "incidents")
_INFO = (
    *("event", "responseType", "audience", "effective", "onset", "expires", "headline", "description"),
    *("instruction", "web", "contact"),
)
_CODED: dict[str, type[StrEnum]] = {
    "category": Category,
    "urgency": Urgency,
    "severity": Severity,
    "certainty": Certainty,
}
_UNSAID = {"category": "Other", "urgency": "Unknown", "severity": "Unknown", "certainty": "Unknown"}


class NoIndex(ValueError):
    """Bytes that are neither an index nor an alert; the message says so in plain words."""


@dataclass(slots=True)
class Entry:
    """One entry: its alert where that is inside, its link, and what its own elements say of the alert."""

    key: str  # SHA-256
    at: datetime | None
    link: str = ""
    documents: list[str] = field(default_factory=list)  # whole alerts, as XML
    inline: str = ""  # an alert made of its elements; not to be used where the link has it

    @property
    def order(self) -> datetime:
        """By which entries are dealt with, the oldest first."""
        return self.at or datetime.min.replace(tzinfo=UTC)


def entries_of(data: bytes, address: str) -> list[Entry]:
    """What these bytes, which came from the address, hold; the oldest first. Raises `NoIndex`."""
    try:
        root = reading.parsed(reading.text_of(data, LARGEST))
    except NotCap as error:
        raise NoIndex(f"This is no feed. {error}") from None
    if _is_alert(root):
        return [_bare(reading.text_of(data, LARGEST))]
    found = [node for node in root.iter() if _name(node) in ("entry", "item") and not _in_alert(node)]
    if not found and _name(root) not in ("feed", "rss", "RDF"):
        alerts = [_document(node) for node in root.iter() if _is_alert(node)]
        if not alerts:
            shown = _name(root)[:40]
            raise NoIndex(f"This is neither a feed (Atom, RSS) nor a CAP alert, but “{shown}”.")
        return [_bare(text) for text in alerts[:MOST_ENTRIES]]
    # Most feeds begin with the newest: so the sort, which keeps what is equal, takes the oldest first.
    read = [_entry(node, address) for node in found[:MOST_ENTRIES]][::-1]
    return list({entry.key: entry for entry in sorted(read, key=lambda entry: entry.order)}.values())


def _bare(text: str) -> Entry:
    return Entry(_key(text), None, documents=[text])


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _name(node: "_Element") -> str:
    return str(node.tag).rpartition("}")[2]


def _space(node: "_Element") -> str:
    return str(node.tag).rpartition("}")[0].removeprefix("{")


def _is_alert(node: "_Element") -> bool:
    return _name(node) == "alert" and _space(node) in _SPACES


def _in_alert(node: "_Element") -> bool:
    return any(_is_alert(parent) for parent in node.iterancestors())


def _document(node: "_Element") -> str:
    from lxml import etree

    return etree.tostring(node, encoding="unicode", with_tail=False)


def _text(node: "_Element", *names: str) -> str:
    """The first text of a child of one of these names, in their order; empty where there is none."""
    for name in names:
        for child in node:
            if _name(child) == name and _space(child) not in _SPACES and (text := _all_text(child)):
                return text
    return ""


def _all_text(node: "_Element") -> str:
    return (clean("".join(str(text) for text in node.itertext())) or "").strip()


def _entry(node: "_Element", address: str) -> Entry:
    said = _text(node, "updated", "pubDate", "date", "published")
    link = _link(node, address)
    name = _text(node, "id", "guid") or str(node.get(_ABOUT, ""))
    text = _document(node) if not (name or link) else ""
    entry = Entry(_key(name, link, said, text), _moment(said), link)
    entry.documents = [_document(each) for each in node.iter() if _is_alert(each)] or list(_written(node))
    if not entry.documents:
        entry.inline = _inline(node, name or link, said, address)
    return entry


_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


def _written(node: "_Element") -> Iterator[str]:
    """Alerts that stand as text in an entry's content."""
    for child in node:
        text = (child.text or "").strip()
        told = _name(child) in ("content", "encoded", "description", "summary") and text.startswith("<")
        if told and "alert" in text[:2000] and any(space in text for space in _SPACES):
            yield text


def _link(node: "_Element", address: str) -> str:
    """The address that most likely has the alert: one said to be CAP, or XML, or one that says nothing."""
    best: tuple[int, str] = (9, "")
    for child in node:
        if _name(child) not in ("link", "enclosure", "content") or _space(child) in _SPACES:
            continue
        to = child.get("href") or child.get("url") or child.get("src") or ""
        if not to and _name(child) == "link":
            to = (child.text or "").strip()
        kind = (child.get("type") or "").partition(";")[0].strip().lower()
        rel = child.get("rel") or "alternate"
        rank = 0 if kind == _CAP_TYPE else 1 if kind in _XML_TYPES else 2 if not kind else 5
        if rel not in ("alternate", "enclosure", "related", "via") or rank == 5:
            rank = 9
        to = _joined(address, to)
        if to and rank < best[0]:
            best = (rank, to)
    return best[1]


def _joined(address: str, to: str) -> str:
    try:
        whole = urljoin(address, to.strip()) if to.strip() else ""
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _moment(text: str) -> datetime | None:
    """A time as Atom or RSS writes it."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, IndexError, TypeError, OverflowError):
            continue
        try:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except OverflowError:
            return None
    return None


def _inline(node: "_Element", name: str, said: str, address: str) -> str:
    """An alert made of the CAP elements that stand in the entry; empty where there are none that tell."""
    from webapp.cap.writing import write

    given: dict[str, list[_Element]] = {}
    for child in node.iter():
        if child is not node and _space(child) in _SPACES:
            given.setdefault(_name(child), []).append(child)
    if not given.keys() & {"event", "severity", "urgency", "certainty", "category"}:
        return ""

    def one(element: str) -> str:
        return next((text for each in given.get(element, []) if (text := _all_text(each))), "")

    sent = _moment(one("sent") or said or _text(node, "published"))
    author = next((child for child in node if _name(child) == "author"), node)
    sender = one("sender") or _text(author, "email", "uri", "name") or urlsplit(address).hostname or ""
    info: Alert = {element: text for element in _INFO if (text := one(element))}
    info |= {code: _code(one(code), kind, _UNSAID[code]) for code, kind in _CODED.items()}
    for listed in ("category", "responseType"):
        if listed in info:
            info[listed] = [info[listed]]
    info["event"] = info.get("event") or _text(node, "title") or "Alert"
    info["headline"] = info.get("headline") or _text(node, "title")
    info["description"] = info.get("description") or _text(node, "summary", "description")
    for timed in ("effective", "onset", "expires"):
        at = _moment(info.pop(timed, ""))
        info |= {timed: moment_text(at)} if at else {}
    if given.keys() & {"areaDesc", "polygon", "circle"}:
        info["area"] = [
            {
                "areaDesc": one("areaDesc") or info["headline"],
                "polygon": _texts(given, "polygon"),
                "circle": _texts(given, "circle"),
                "geocode": list(_pairs(given.get("geocode", []))),
            }
        ]
    head: Alert = {element: text for element in _HEAD if (text := one(element))}
    alert: Alert = {"status": "Actual", "msgType": "Alert", "scope": "Public"} | head
    alert |= {
        "identifier": _named(one("identifier") or name),
        "sender": _named(sender),
        "sent": moment_text(sent) if sent else "",
        "info": [info],
    }
    return write(alert).decode()


def _code(text: str, kind: type[StrEnum], unsaid: str) -> str:
    """A word of the standard however it is capitalised; what is no such word is unknown."""
    return next((str(word) for word in kind if word.casefold() == text.casefold()), unsaid)


def _texts(given: "dict[str, list[_Element]]", name: str) -> list[str]:
    return [text for each in given.get(name, []) if (text := _all_text(each))]


def _pairs(nodes: "list[_Element]") -> Iterator[Alert]:
    """Codes: their names and values, which some feeds write in the namespace of Atom, several to one."""
    for node in nodes:
        names = [_all_text(child) for child in node if _name(child) == "valueName"]
        values = [_all_text(child) for child in node if _name(child) == "value"]
        for name, value in zip(names, values, strict=False):
            yield {"valueName": name, "value": value}


def _named(text: str) -> str:
    """A name that other messages can refer to: without spaces, commas, < and &."""
    name = _NO_NAME.sub("_", text.strip())
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()
