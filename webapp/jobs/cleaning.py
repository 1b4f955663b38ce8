"""The clean-up: what lets people in and has been over for long, old command ids, files nobody needs."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Delete, Select, delete, or_, select

from webapp import journal
from webapp.accounts.models import Invitation, SignInCode, SignInSession
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.attachments import service as attachments
from webapp.attachments.store import StoreAway
from webapp.database import utc_now
from webapp.devices.models import PairingCode
from webapp.extensions import db
from webapp.jobs import export_files, records, uploads
from webapp.jobs.kinds import Work
from webapp.jobs.models import Job, JobStatus
from webapp.journal import SYSTEM, Actor, Command
from webapp.ops import forgetting
from webapp.webhooks.models import Delivery, DeliveryStatus

KEPT = timedelta(days=90)
# A file belongs to a job at the latest when its upload is answered; a day is long.
_YOUNG_SECONDS = 86_400
_AT_ONCE = 500  # rows of a transaction: nobody waits long for it
_STORE_AWAY = "not looked at: the place where files are kept did not answer"


def clean_up(work: Work) -> dict[str, Any]:
    """Remove all that, in small steps; gives how many of each went."""
    before = utc_now() - KEPT
    over = select(TokenFamily.id).where(or_(TokenFamily.expires_at < before, TokenFamily.revoked_at < before))
    steps: dict[str, Callable[[], int]] = {
        "codes": lambda: sum(
            records.remove(_first(kind, kind.expires_at < before)) for kind in (SignInCode, PairingCode)
        ),
        "sessions": lambda: records.remove(
            _first(SignInSession, or_(SignInSession.expires_at < before, SignInSession.ended_at < before))
        ),
        # Used ones show a theft; after so long whoever comes with one signs in anew.
        "tokens": lambda: records.remove(
            _first(RefreshToken, or_(RefreshToken.used_at < before, RefreshToken.family_id.in_(over)))
        ),
        "programs": lambda: records.remove(
            _first(TokenFamily, TokenFamily.id.in_(over) & TokenFamily.id.not_in(_with_tokens()))
        ),
        "deliveries": lambda: records.remove(
            _first(Delivery, (Delivery.created_at < before) & (Delivery.status != DeliveryStatus.WAITING))
        ),
        "commands": lambda: records.remove(_first(Command, Command.at < before)),
        "invitations": lambda: forget_invitations(SYSTEM),
        "files": lambda: drop_files(work),
        "exports": lambda: export_files.drop_older(
            work.settings, time.time() - export_files.KEPT.total_seconds(), _AT_ONCE
        ),
    }
    found: dict[str, Any] = {}
    for number, (name, step) in enumerate(steps.items()):
        work.tell(number, len(steps) + 1, "Clean-up")
        found[name] = 0
        while removed := step():
            found[name] += removed
            work.tell(number, len(steps) + 1, "Clean-up")
            if removed < _AT_ONCE:
                break
    work.tell(len(steps), len(steps) + 1, "Clean-up")
    found["attachments"] = sweep_attachments()
    forgetting.rewrite(work.settings)
    return found


def _with_tokens() -> Select[int]:
    return select(RefreshToken.family_id)


def _first(model: Any, old: Any) -> Delete:
    return delete(model.__table__).where(model.id.in_(select(model.id).where(old).limit(_AT_ONCE)))


@journal.command
def forget_invitations(_system: Actor) -> int:
    """Remove invitations that ran out long ago; who came by one stays in the journal. Gives how many."""
    statement = select(Invitation).where(Invitation.expires_at < utc_now() - KEPT).limit(_AT_ONCE)
    rows = db.session.execute(statement).scalars().all()
    for row in rows:
        db.session.delete(row)
    if rows:
        journal.append("invitation.forgotten", None, count=len(rows))
    return len(rows)


def drop_files(work: Work) -> int:
    """Remove kept files that no job needs any more; gives how many."""
    needed = set(_needed())
    folder = uploads.folder(work.settings)
    old = [
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in needed and path.stat().st_mtime < time.time() - _YOUNG_SECONDS
    ]
    for path in old[:_AT_ONCE]:
        path.unlink(missing_ok=True)
    return len(old[:_AT_ONCE])


def sweep_attachments() -> int | str:
    """Remove bytes that no file of an event tells of; gives how many, or says that the store is away.

    A store that is away for a night is no reason to keep the rest, or to try all of it again: the next
    night looks once more.
    """
    try:
        return attachments.sweep()
    except (StoreAway, OSError):
        return _STORE_AWAY


def _needed() -> Iterable[str]:
    """Files of jobs that may still run, failed ones too."""
    waiting = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.FAILED)
    rows = db.session.execute(select(Job.arguments).where(Job.status.in_(waiting))).scalars().all()
    db.session.rollback()
    return [str(arguments.get("file")) for arguments in rows if arguments.get("file")]
