"""One delivery: the body, its signature, and what the answer means."""

import json
import logging
import random
import time
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from webapp import outgoing
from webapp.database import utc_now
from webapp.journal import SYSTEM
from webapp.ops.meters import meter
from webapp.outgoing import OutgoingError
from webapp.webhooks import records, service
from webapp.webhooks.records import PATIENCE, Due
from webapp.webhooks.signing import HEADER, secret_of, signature

log = logging.getLogger(__name__)

# Seconds that a receiver has for the whole exchange.
SECONDS = 10.0
# Seconds before the second try, doubled for each further one up to the most; jitter takes up to half away.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 3600.0
_GONE = 410
_A_DAY = "Nothing has got through for a day: {words}"


def deliver(due: Due) -> bool:
    """Send it and note what came of it; gives whether it arrived."""
    body = body_of(due)
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "Mayday-Delivery": str(due.uid),
        "Mayday-Verb": due.entry["verb"],
        HEADER: signature(secret_of(due.nonce), moment, body),
    }
    try:
        answer = outgoing.post(due.url, body, headers, seconds=SECONDS)
    except OutgoingError as error:
        _failed(due, None, str(error))
        return False
    if 200 <= answer.status < 300:
        records.note_delivered(due, answer.status)
        meter().webhook_deliveries.labels("delivered").inc()
        return True
    _failed(due, answer.status, _shown(answer.body))
    return False


def body_of(due: Due) -> bytes:
    """The entry as JSON, in UTF-8. It holds what the journal holds, which never are contact details."""
    entry: Mapping[str, Any] = due.entry
    told = {
        "id": str(due.uid),
        "seq": entry["seq"],
        "at": entry["at"].isoformat(),
        "verb": entry["verb"],
        "subject": {"type": entry["subject_type"], "id": entry["subject_id"]},
        "event_id": entry["event_id"],
        "facts": entry["facts"],
        "changes": entry["changes"],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def pause_after(tries: int) -> timedelta:
    """How long until the next try: growing, bounded, and different for each."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 30))
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret


def _failed(due: Due, status: int | None, words: str) -> None:
    dead = records.note_failed(due, pause_after(due.tries), status, words)
    meter().webhook_deliveries.labels("dead" if dead else "retried").inc()
    # The host is not logged with more of the address: the rest may be a secret of the other system.
    log.info(
        "webhook delivery failed",
        extra={"webhook": due.webhook_id, "host": service.host(due.url), "answer": status, "dead": dead},
    )
    if status == _GONE:
        service.give_up(SYSTEM, webhook_id=due.webhook_id, reason="The receiver says it is gone for good.")
    elif _failing_for_a_day(due.webhook_id):
        told = f"It answered {status}." if status else words
        service.give_up(SYSTEM, webhook_id=due.webhook_id, reason=_A_DAY.format(words=told))


def _failing_for_a_day(webhook_id: int) -> bool:
    since = records.failing_since(webhook_id)
    return since is not None and since <= utc_now() - PATIENCE


def _shown(body: bytes) -> str:
    """The beginning of an answer as one line that can be shown and kept."""
    text = body[:600].decode("utf-8", "replace")
    return " ".join("".join(c for c in text if unicodedata.category(c)[0] != "C" or c in "\n\t ").split())[
        :200
    ]
