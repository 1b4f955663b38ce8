"""Whose turn it is: the job worker asks, threads read, so that nobody waits for a slow feed."""

import logging
import threading

from flask import Flask, current_app

from webapp.extensions import db
from webapp.feeds import reading, records
from webapp.jobs.ticking import every
from webapp.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds
AT_ONCE = 4  # feeds that are read side by side
_lock = threading.Lock()
_under_way: set[int] = set()


@every(LOOK_EVERY)
def read_due(_settings: Settings) -> int:
    """Begin to read the feeds whose time has come, as many as go side by side; gives how many."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    begun = 0
    for feed_id in records.due():
        with _lock:
            if len(_under_way) >= AT_ONCE:
                break
            if feed_id in _under_way:
                continue
            _under_way.add(feed_id)
        # A daemon: a reading that the end of the process cuts off is begun anew when its claim ran out.
        threading.Thread(target=_read, args=(app, feed_id), name=f"feed-{feed_id}", daemon=True).start()
        begun += 1
    return begun


def _read(app: Flask, feed_id: int) -> None:
    try:
        with app.app_context():
            try:
                reading.read(feed_id)
            finally:
                db.session.remove()
    except Exception:
        # A thread that ends silently would leave a feed unread without a word.
        log.exception("feeds.reading_failed", extra={"feed": feed_id})
    finally:
        with _lock:
            _under_way.discard(feed_id)
