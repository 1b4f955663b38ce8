"""Several machines that share a database must share the signing key and the place of files, too.

With another key a person who is signed in on one node is a stranger on the next; with another folder half of
the photos are missing, each time another half. Every job worker writes down prints of both.
"""

import hashlib
import hmac
import socket
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from webapp.attachments.store import StoreAway, store
from webapp.database import utc_now
from webapp.extensions import db
from webapp.jobs.models import JobWorker
from webapp.jobs.records import DEAD_AFTER
from webapp.settings import Settings

_KEY = (
    "Another node of this installation ({place}) signs with another key. Give all of them the same "
    "MAYDAY_SECRET_KEY."
)
_FILES = (
    "Another node of this installation ({place}) keeps files elsewhere. Give all of them the same "
    "MAYDAY_FILES_URL, or one shared folder files/ in their data folders."
)


@dataclass(frozen=True)
class Prints:
    """What a node has in common with the others, told without telling it. None: not known now."""

    key_print: str | None
    files_print: str | None


def own_prints() -> Prints:
    """Those of the present app."""
    key = str(current_app.secret_key).encode()
    try:
        files: str | None = store().identity()
    except StoreAway:
        files = None
    return Prints(hmac.new(key, b"node", hashlib.sha256).hexdigest()[:16], files)


def difference(own: Prints, place: str) -> str | None:
    """In words, what a living node elsewhere does otherwise; None when all agree."""
    alive = select(JobWorker.place, JobWorker.key_print, JobWorker.files_print).where(
        JobWorker.beat_at >= utc_now() - DEAD_AFTER, JobWorker.place != place
    )
    with db.engine.connect() as connection:
        others = connection.execute(alive).all()
    for other in others:
        if other.key_print and other.key_print != own.key_print:
            return _KEY.format(place=other.place)
        if other.files_print and own.files_print and other.files_print != own.files_print:
            return _FILES.format(place=other.place)
    return None


def place_of(settings: Settings) -> str:
    """This machine and data folder: all that could hold the same lock."""
    folder = hashlib.sha256(str(settings.data_dir.resolve()).encode()).hexdigest()[:10]
    return f"{socket.gethostname()[:40]}:{folder}"
