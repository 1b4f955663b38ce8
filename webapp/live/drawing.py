"""From fragments to frames: each drawn once per audience, encoded once for all sockets of it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from markupsafe import escape
from sqlalchemy.exc import SQLAlchemyError

from webapp import policy
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.live import fragments
from webapp.live.fragments import Fragment, Kind
from webapp.live.frames import text_frame
from webapp.web.viewer import Audience, drawing_for

log = logging.getLogger(__name__)

EVERYTHING = "*"
# Bytes of one frame; a page that missed more loads its regions again, which costs no more. A client's
# outbox holds 64 KB, so that one frame alone never looks like a client that does not read.
FRAME_LIMIT = 32 * 1024


def of(entries: Sequence[JournalEntry]) -> list[Fragment] | None:
    """The fragments of these entries; ``None`` when a feature failed to name them."""
    try:
        return fragments.of(entries)
    except SQLAlchemyError:
        raise  # the database's trouble: the reader waits and tries again
    except Exception:
        # The one catch-all: sources are the features'. What one of them gets wrong must not end the
        # live wire; the pages load their regions again and are right.
        log.exception("live.fragments_failed", extra={"seq": entries[-1].seq})
        return None


def frame(seq: int, audience: Audience, found: Iterable[Fragment] | None, at: int) -> bytes | None:
    """The frame of these fragments for an audience; ``None`` when it may see none of them.

    ``seq`` is up to where the page knows everything once it has the frame; ``at`` the newest entry of the
    state that is drawn. Without fragments (``None``), and where they are too many, the frame asks for
    everything anew.
    """
    if found is None:
        return refresh_frame(seq)
    drawn = [text for each in found if (text := _draw(each, audience, at)) is not None]
    if not drawn:
        return None
    encoded = text_frame(f"{seq}\n" + "".join(drawn))
    return encoded if len(encoded) <= FRAME_LIMIT else refresh_frame(seq)


def seq_frame(seq: int) -> bytes:
    """A frame that only says up to where the page knows everything."""
    return text_frame(f"{seq}\n")


def refresh_frame(seq: int) -> bytes:
    """A frame that has the page load all its regions again."""
    return text_frame(f"{seq}\n" + _template(Kind.REFRESH, EVERYTHING))


def _draw(fragment: Fragment, audience: Audience, at: int) -> str | None:
    """The fragment as this audience sees it; ``None`` when its role may not."""
    viewer = replace(audience, user_id=_person(fragment)) if fragment.personal else audience
    if not policy.may(viewer.actor, fragment.action):
        return None
    if fragment.draw is None:
        return _template(fragment.kind, fragment.target, fragment.list_id, at=at)
    try:
        with drawing_for(viewer):
            html = fragment.draw()
    except SQLAlchemyError:
        raise
    except Exception:  # as in `of`: a template that fails costs a reload of its region, not the wire
        log.exception("live.draw_failed", extra={"target": fragment.target})
        db.session.rollback()
        return _template(Kind.REFRESH, fragment.list_id or fragment.target)
    return _template(fragment.kind, fragment.target, fragment.list_id, html, at)


def _person(fragment: Fragment) -> int:
    return int(fragment.channel.removeprefix("user:"))


def _template(kind: Kind, target: str, list_id: str = "", html: str = "", at: int | None = None) -> str:
    place = f' data-list="{escape(list_id)}"' if list_id else ""
    if at is not None:
        place += f' data-seq="{at}"'
    return f'<template data-live="{kind.value}" data-target="{escape(target)}"{place}>{html}</template>'
