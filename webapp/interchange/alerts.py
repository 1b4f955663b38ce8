"""A CAP alert from a file or an address into a pending event, or into what came of it before."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from webapp import journal, outgoing, policy
from webapp.cap import meaning, reading, service
from webapp.cap.models import Became
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.interchange.files import Unreadable, open_file
from webapp.interchange.progress import Progress
from webapp.interchange.reports import Outcome
from webapp.journal import Actor
from webapp.policy import Action
from webapp.web.viewer import settings

_NAMESPACE = uuid.UUID("3f0f5a0e-7a0c-4a7e-9d63-0f0a3b8c2d11")
_ACCEPT = "application/cap+xml, application/xml, text/xml"
_PATIENCE = 30.0  # seconds for the whole answer of an address


@dataclass(slots=True)
class AlertOutcome(Outcome):
    """How it went: besides new events, those that a later message changed or took back.

    ``kept``: it never came before, and changes nothing: a newer message was here, or the event is over.
    """

    updated: int = 0
    cancelled: int = 0
    kept: int = 0

    def said(self, thing: str) -> str:
        """The outcome in one line."""
        said = f"{super(AlertOutcome, self).said(thing)} {self.updated} updated, {self.cancelled} cancelled."
        late = " It is kept and changes nothing: a newer one was here, or the event is over."
        return said + late if self.kept else said


def import_alert(
    actor: Actor, path: Path, *, progress: Callable[[str, int], Progress] = Progress
) -> AlertOutcome:
    """Take in the alert in a file; ``progress`` is told why one is refused that is no event.

    Raises `Unreadable` when the file is no alert, `Forbidden`.
    """
    policy.require(actor, Action.IMPORT_REPORTS)
    stream, size = open_file(path)
    with stream:
        if size > reading.LARGEST:
            raise Unreadable(f"{path} is larger than {reading.LARGEST // 1024**2} MB. That is no alert.")
        data = stream.read(reading.LARGEST + 1)
    return _take_in(actor, data, str(path), progress)


def import_alert_at(
    actor: Actor, url: str, *, progress: Callable[[str, int], Progress] = Progress
) -> AlertOutcome:
    """Take in the alert at an address outside (see `webapp.outgoing` for what is outside).

    Raises `Unreadable` when there is no alert, `Forbidden`.
    """
    policy.require(actor, Action.IMPORT_REPORTS)
    try:
        answer = outgoing.get(url, limit_bytes=reading.LARGEST, seconds=_PATIENCE, accept=_ACCEPT)
    except outgoing.OutgoingError as error:
        raise Unreadable(str(error)) from None
    if answer.status != 200:
        raise Unreadable(f"The other system gave no alert but the answer {answer.status}.")
    return _take_in(actor, answer.body, "The answer", progress)


def _take_in(actor: Actor, data: bytes, where: str, progress: Callable[[str, int], Progress]) -> AlertOutcome:
    try:
        alert = reading.read(data)
        text = reading.text_of(data)
    except reading.NotCap as error:
        raise Unreadable(f"{where} is no CAP alert. {error}") from None
    outcome = AlertOutcome()
    key = service.key_of(meaning.name_of(alert))
    command_id = uuid.uuid5(_NAMESPACE, f"{actor.kind}:{actor.user_id}:{key}")
    with progress("Importing the alert", 1) as told:
        try:
            row = service.take(actor, alert=alert, xml=text, locale=settings().locale, command_id=command_id)
            _count(outcome, Became.AWAITED if journal.was_replayed() else row.became)
        except service.AlreadyHere:
            outcome.known += 1
        except Invalid as error:
            told.reject(alert["identifier"], error.message)
        told.reach(1)
        outcome.rejected = told.rejected
    db.session.remove()
    return outcome


def _count(outcome: AlertOutcome, became: Became) -> None:
    if became is Became.EVENT:
        outcome.imported += 1
    elif became is Became.UPDATED:
        outcome.updated += 1
    elif became is Became.CANCELLED:
        outcome.cancelled += 1
    elif became in (Became.OLDER, Became.KEPT):
        outcome.kept += 1
    else:
        outcome.known += 1
