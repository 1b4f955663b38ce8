"""The sender: follows the journal for webhooks, and sends each what waits for it.

It lives beside the job worker, which lets only one process of a data folder work. Each webhook that has
something due is served by a thread of its own: a receiver that takes its time makes nobody else wait. What
was sent and not noted when the process died is sent again, under the same id.
"""

import logging
import threading
from datetime import UTC, datetime, timedelta

from flask import Flask

from webapp.database import utc_now
from webapp.extensions import db
from webapp.live.wake import Bell
from webapp.settings import Settings
from webapp.webhooks import records
from webapp.webhooks.posting import deliver

log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds after a failure
_BREATH = 0.05  # seconds between looks: an import's hundred commits are one
_PATIENCE = 1.0  # seconds that those who are sending have when it is to stop


class Sender:
    """Sends until it is stopped. ``place`` is the same for all processes that follow one another here."""

    def __init__(self, app: Flask, place: str) -> None:
        self._app = app
        self._place = place
        settings: Settings = app.config["SETTINGS"]
        self._check_seconds = settings.live_check_seconds
        self._bell = Bell(settings.run_dir)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._serving: dict[int, threading.Thread] = {}
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> "Sender":
        """Begin to follow."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop; what is being sent has a moment to be noted, and is sent again otherwise."""
        self._over.set()
        self._bell.ring()
        self._thread.join(_PATIENCE)
        with self._lock:
            serving = list(self._serving.values())
        until = utc_now() + timedelta(seconds=_PATIENCE)
        for thread in serving:
            thread.join(max(0.0, (until - utc_now()).total_seconds()))
        self._bell.close()

    def _run(self) -> None:
        left_claims = True
        while not self._over.is_set():
            # Whatever goes wrong (the database restarts, a bug), it goes on from where it was.
            try:
                with self._app.app_context():
                    if left_claims:
                        records.release(self._place)
                        left_claims = False
                    seconds = self._turn()
            except Exception:
                log.exception("webhooks.sender_failed")
                self._over.wait(_PAUSE)
            else:
                self._over.wait(_BREATH)
                self._bell.wait(seconds)

    def _turn(self) -> float:
        """Make deliveries of what happened and have those served that are due; gives how long to wait, s."""
        try:
            while not self._over.is_set() and records.read_on() == records.BATCH:
                pass
            due = records.heads(self._place)
        finally:
            db.session.remove()
        now = utc_now()
        for webhook_id, due_at in due.items():
            if due_at <= now:
                self._serve(webhook_id)
        soonest = min((at for at in due.values() if at > now), default=datetime.max.replace(tzinfo=UTC))
        return min(self._check_seconds, (soonest - now).total_seconds())

    def _serve(self, webhook_id: int) -> None:
        with self._lock:
            if webhook_id in self._serving or self._over.is_set():
                return
            thread = threading.Thread(
                target=self._send, args=(webhook_id,), name=f"webhook-{webhook_id}", daemon=True
            )
            self._serving[webhook_id] = thread
        thread.start()

    def _send(self, webhook_id: int) -> None:
        """On a thread of its own: send what is due, one after the other, until one fails or none is left."""
        try:
            with self._app.app_context():
                while not self._over.is_set() and self._next(webhook_id):
                    pass
                records.release(self._place, webhook_id)
        except Exception:
            # A thread that ends silently would leave a webhook waiting without a word.
            log.exception("webhooks.sending_failed", extra={"webhook": webhook_id})
            self._over.wait(_PAUSE)
        finally:
            with self._lock:
                del self._serving[webhook_id]

    def _next(self, webhook_id: int) -> bool:
        try:
            due = records.claim(webhook_id, self._place)
            return due is not None and deliver(due)
        finally:
            db.session.remove()
