"""One reading of a feed: ask for it, fetch what is new in it, take in what passes its filters.

Each alert is judged by itself: what is wrong with one is noted and stops no other. A reading is bounded in
bytes, time and the number of alerts; what is left over is for the next one.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from webapp import outgoing
from webapp.cap import meaning, schema
from webapp.cap import reading as documents
from webapp.cap import service as cap
from webapp.cap.schema import Alert
from webapp.database import utc_now
from webapp.errors import Problem
from webapp.extensions import db
from webapp.feeds import filters, index, records, service
from webapp.feeds.index import Entry, NoIndex
from webapp.feeds.models import CapFeed
from webapp.journal import SYSTEM
from webapp.ops.meters import meter
from webapp.outgoing import OutgoingError
from webapp.web.viewer import settings

log = logging.getLogger(__name__)

_NAMESPACE = uuid.UUID("b0f6c7c2-5d1f-4c35-8a0e-6f5f6f1f2a77")
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/cap+xml, application/xml;q=0.9, text/xml;q=0.9"
)
# Seconds for the index, for an alert, and after which no further alert is begun.
INDEX_SECONDS, ALERT_SECONDS, ALL_SECONDS = 30.0, 15.0, 120.0
# Alerts that are fetched in one reading.
MOST_FETCHED = 50
# After a reading that left something over.
_SOON = records.EVERY / 3


@dataclass(slots=True)
class Outcome:
    """How a reading went: alerts by what became of them, and why it failed, if it did."""

    reason: str = ""
    unchanged: bool = False
    taken: int = 0
    known: int = 0
    filtered: int = 0
    refused: list[str] = field(default_factory=list)  # in words, those of no use here and the broken ones
    left: int = 0  # for the next reading

    def said(self) -> str:
        """In one line."""
        if self.reason:
            return f"Not read: {self.reason}"
        if self.unchanged:
            return "Nothing new."
        said = f"{self.taken} alerts taken in, {self.known} known, {self.filtered} filtered out"
        return f"{said}, {len(self.refused)} refused, {self.left} left for the next reading."


@dataclass(slots=True)
class _Found:
    """An alert and where it stood."""

    entry: Entry
    alert: Alert
    text: str


def read(feed_id: int, *, only_due: bool = True) -> Outcome | None:
    """Read it now, and write down how it went; None where it is not to be read."""
    feed = records.claim(feed_id, only_due=only_due)
    if feed is None:
        return None
    outcome = Outcome()
    try:
        answer = _ask(feed)
        if answer.status == 304:
            outcome.unchanged = True
            etag, modified = feed.etag, feed.modified
        else:
            _take_all(feed, index.entries_of(answer.body, answer.url), outcome)
            etag, modified = _validators(answer)
    except (OutgoingError, NoIndex) as error:
        outcome.reason = str(error)
        _failed(feed, outcome.reason)
        return outcome
    _succeeded(feed, outcome, etag, modified)
    return outcome


def _ask(feed: CapFeed) -> outgoing.Fetched:
    """The answer, new or "not modified". Raises an `OutgoingError`."""
    headers = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    answer = outgoing.get(
        feed.url,
        limit_bytes=index.LARGEST,
        seconds=INDEX_SECONDS,
        accept=_ACCEPT,
        headers={name: value for name, value in headers.items() if value},
    )
    if answer.status == 304 and (feed.etag or feed.modified):
        return answer
    if answer.status != 200:
        raise outgoing.Broken(f"The other system gave no feed but the answer {answer.status}.")
    return answer


def _validators(answer: outgoing.Fetched) -> tuple[str, str]:
    """What the next reading asks with; what is too long to be kept or sent is left out."""
    etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
    return (etag if len(etag) <= 300 else "", modified if len(modified) <= 100 else "")


def _take_all(feed: CapFeed, entries: list[Entry], outcome: Outcome) -> None:
    """Take in what was not met before, in the order in which it was sent."""
    met = records.met(feed.id, [entry.key for entry in entries])
    fresh = [entry for entry in entries if not met.get(entry.key, (False, 0))[0]]
    outcome.known = len(entries) - len(fresh)
    found: list[_Found] = []
    for entry, data in _documents(feed, fresh, met, outcome):
        try:
            found.append(_Found(entry, documents.read(data), documents.text_of(data)))
        except documents.NotCap as error:
            outcome.refused.append(f"An alert is no CAP. {error}")
            records.remember(feed.id, entry.key, is_done=True, tries=0)
    for each in sorted(found, key=lambda it: schema.moment(it.alert["sent"])):
        _take(feed, each, outcome)
    for key in dict.fromkeys(each.entry.key for each in found):
        records.remember(feed.id, key, is_done=True, tries=0)
    if not outcome.left:
        records.keep_only(feed.id, [entry.key for entry in entries])


def _documents(
    feed: CapFeed, fresh: list[Entry], met: dict[str, tuple[bool, int]], outcome: Outcome
) -> Iterator[tuple[Entry, bytes]]:
    """The alerts of these entries, each fetched at most once."""
    until, fetched = time.monotonic() + ALL_SECONDS, 0
    for entry in fresh:
        if entry.documents:
            for text in entry.documents:
                yield entry, text.encode()
        elif entry.link:
            if fetched >= MOST_FETCHED or time.monotonic() > until:
                outcome.left += 1
                continue
            fetched += 1
            data = _fetched(feed, entry, met.get(entry.key, (False, 0))[1], outcome)
            if data is not None:
                yield entry, data
        elif entry.inline:
            yield entry, entry.inline.encode()
        else:
            outcome.refused.append("An entry has neither an alert nor a link to one.")
            records.remember(feed.id, entry.key, is_done=True, tries=0)


def _fetched(feed: CapFeed, entry: Entry, tries: int, outcome: Outcome) -> bytes | None:
    """The alert behind the link; where there is none, what the entry itself says of it.

    What may come right by itself is asked for again in the next readings, a few times.
    """
    why, may_come = "", False
    try:
        answer = outgoing.get(
            entry.link,
            limit_bytes=documents.LARGEST,
            seconds=ALERT_SECONDS,
            accept="application/cap+xml, */*;q=0.5",
        )
    except outgoing.Refused as error:
        why = str(error)
    except OutgoingError as error:
        why, may_come = str(error), True
    else:
        if answer.status == 200 and (_is_cap(answer.body) or not entry.inline):
            return answer.body
        why = f"The other system answered {answer.status}."
        may_come = answer.status >= 500 or answer.status in (408, 425, 429)
    if may_come and tries + 1 < records.TRIES:
        outcome.left += 1
        outcome.refused.append(f"An alert could not be fetched yet. {why}")
        records.remember(feed.id, entry.key, is_done=False, tries=tries + 1)
        return None
    if entry.inline:
        return entry.inline.encode()
    outcome.refused.append(f"An alert could not be fetched. {why}")
    records.remember(feed.id, entry.key, is_done=True, tries=tries + 1)
    return None


def _is_cap(data: bytes) -> bool:
    """Whether it is an alert at all, good or bad: some feeds link to a page for people."""
    try:
        return documents.is_alert(documents.parsed(documents.text_of(data)))
    except documents.NotCap:
        return False


def _take(feed: CapFeed, found: _Found, outcome: Outcome) -> None:
    """Take in one alert, unless a filter keeps it out; news about one that came in always pass."""
    alert = found.alert
    try:
        cap.require_of_use(alert)
        if not filters.passes(feed, alert) and not cap.is_about_known(alert):
            outcome.filtered += 1
            return
        key = cap.key_of(meaning.name_of(alert))
        command_id = uuid.uuid5(_NAMESPACE, f"{feed.id}:{key}")
        cap.take(SYSTEM, alert=alert, xml=found.text, locale=settings().locale, command_id=command_id)
        outcome.taken += 1
    except cap.AlreadyHere:
        outcome.known += 1
    except Problem as problem:
        outcome.refused.append(f"{alert['identifier'][:80]}: {problem.message}")
    finally:
        db.session.rollback()


def _succeeded(feed: CapFeed, outcome: Outcome, etag: str, modified: str) -> None:
    """Note it. While something is left over the whole feed is asked for again, soon."""
    now, was_failing, feed_id = utc_now(), feed.failures > 0, feed.id
    if outcome.left:
        etag = modified = ""
    records.note(
        feed_id,
        etag=etag,
        modified=modified,
        read_at=now,
        due_at=now + (_SOON if outcome.left else records.EVERY),
        failing_since=None,
        failures=0,
        taken=feed.taken + outcome.taken,
        passed_over=feed.passed_over + outcome.filtered,
        **({} if outcome.unchanged else {"reason": " ".join(outcome.refused)[:300]}),
    )
    meter().feed_readings.labels("unchanged" if outcome.unchanged else "read").inc()
    if was_failing:
        service.tell_recovered(SYSTEM, feed_id=feed_id)
    if outcome.refused:
        log.info("feed has alerts that are refused", extra={"feed": feed_id, "alerts": len(outcome.refused)})


def _failed(feed: CapFeed, reason: str) -> None:
    now, failures, feed_id = utc_now(), feed.failures + 1, feed.id
    records.note(
        feed_id,
        due_at=now + records.pause_after(failures),
        failing_since=feed.failing_since or now,
        failures=failures,
        reason=reason[:300],
    )
    meter().feed_readings.labels("failed").inc()
    log.info("feed not read", extra={"feed": feed_id, "failures": failures})
    if failures == 1:
        service.tell_failing(SYSTEM, feed_id=feed_id, reason=reason[:200])
