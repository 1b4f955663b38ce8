"""Invitations: a link that lets one person sign up, in a role that the inviter may grant, once."""

from datetime import datetime, timedelta

from webapp import journal
from webapp.accounts.contact import Contact
from webapp.accounts.entering import sign_up
from webapp.accounts.identity import token_hash
from webapp.accounts.models import Invitation, User
from webapp.database import utc_now
from webapp.errors import NotFound, Problem
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, Role
from webapp.journal.actor import ActorKind
from webapp.policy import Action, may, require

GOOD_FOR = timedelta(days=7)
FIRST_GOOD_FOR = timedelta(hours=24)
FIRST_AT_ONCE = 5  # links of as many nodes or starts
FIRST = "first authority"  # the note that marks the link of the first start


class Gone(Problem):
    """A link or code that was good once."""

    status = 410
    name = "Gone"


@journal.command
def invite(
    actor: Actor, *, role: Role, token: str, note: str = "", good_for: timedelta = GOOD_FOR
) -> Invitation:
    """Make an invitation; ``token`` goes into the link and is kept as a hash only.

    Nobody invites into a role above what they may grant (`Action.USER_INVITE`).
    """
    row = Invitation(
        token_hash=token_hash(token),
        role=role,
        note=note,
        invited_by_id=actor.user_id,
        expires_at=utc_now() + good_for,
    )
    require(actor, Action.USER_INVITE, row)
    db.session.add(row)
    db.session.flush()
    journal.append("invitation.made", row, role=role)
    return row


@journal.command
def revoke(actor: Actor, *, invitation_id: int) -> Invitation:
    """Make a link useless that nobody has used: one's own, or as an authority any.

    Raises `NotFound` for somebody else's.
    """
    row = db.session.get(Invitation, invitation_id, with_for_update=True)
    if row is None or (actor.role is Role.VC and row.invited_by_id != actor.user_id):
        raise NotFound("There is no such invitation.")
    require(actor, Action.USER_INVITE, row)
    require_usable(row)
    row.revoked_at = utc_now()
    journal.append("invitation.revoked", row, role=row.role)
    return row


@journal.command
def sign_up_by(
    actor: Actor,
    *,
    token: str,
    name: str,
    contact: Contact,
    password_hash: str | None = None,
    code_hash: str | None = None,
    locale: str | None = None,
) -> User:
    """Sign up by an invitation, in its role; the link is used up. Of two at once, one wins."""
    row = db.session.execute(
        db.select(Invitation).where(Invitation.token_hash == token_hash(token)).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise unknown()
    require_usable(row)
    user = sign_up(
        actor,
        name=name,
        contact=contact,
        role=row.role,
        password_hash=password_hash,
        code_hash=code_hash,
        locale=locale,
    )
    row.used_at, row.used_by_id = utc_now(), user.id
    journal.append("invitation.used", row, user_id=user.id, role=row.role, name=name)
    if row.note == FIRST and row.invited_by_id is None:
        _end_first_links(besides=0)
    return user


def find(token: str) -> Invitation:
    """The invitation behind a link that still works. Raises `NotFound` or `Gone` with what to do."""
    row: Invitation | None = db.session.execute(
        db.select(Invitation).where(Invitation.token_hash == token_hash(token))
    ).scalar_one_or_none()
    if row is None:
        raise unknown()
    require_usable(row)
    return row


def require_known(token: str) -> None:
    """Raise `NotFound` for a link that never was, before anything is hashed for it."""
    row = db.session.execute(db.select(Invitation.id).where(Invitation.token_hash == token_hash(token)))
    if row.first() is None:
        raise unknown()
    db.session.rollback()  # no transaction stays open while hashing


def unknown() -> NotFound:
    """The answer to a link that never was."""
    return NotFound("This invitation link is not complete. Open it again from where you got it.")


def require_usable(row: Invitation, now: datetime | None = None) -> None:
    """Raise `Gone`, saying what to do, unless the link still works."""
    if row.used_at is not None:
        raise Gone("This invitation has been used. If that was you, sign in; if not, ask for a new one.")
    if row.revoked_at is not None or not _inviter_still_may(row):
        raise Gone("This invitation was taken back. Ask the person who sent it for a new one.")
    if row.expires_at <= (now or utc_now()):
        raise Gone("This invitation has run out. Ask the person who sent it for a new one.")


def _inviter_still_may(row: Invitation) -> bool:
    """A link is worth what its maker may grant today: a demoted or deactivated one's links are not."""
    if row.invited_by_id is None:
        return True
    maker = db.session.get(User, row.invited_by_id)
    if maker is None or not maker.active:
        return False
    return may(Actor(ActorKind.USER, maker.id, maker.role), Action.USER_INVITE, row)


@journal.command
def invite_first_authority(_actor: Actor, *, token: str) -> Invitation | None:
    """While nobody is in charge: one more link for the first authority, good beside those of other nodes and
    starts; of more than `FIRST_AT_ONCE` the oldest end.

    Returns ``None`` when an active AUTHORITY exists.
    """
    in_charge = db.session.execute(
        db.select(User.id).where(User.role == Role.AUTHORITY, User.deactivated_at.is_(None)).limit(1)
    ).first()
    if in_charge:
        return None
    _end_first_links(besides=FIRST_AT_ONCE - 1)
    made: Invitation = invite(SYSTEM, role=Role.AUTHORITY, token=token, note=FIRST, good_for=FIRST_GOOD_FOR)
    return made


def _end_first_links(besides: int) -> None:
    """Take back the unused links of first starts, but for the newest ``besides``."""
    unused = db.select(Invitation).where(
        Invitation.note == FIRST,
        Invitation.invited_by_id.is_(None),
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    for row in db.session.execute(unused.order_by(Invitation.id.desc())).scalars().all()[besides:]:
        row.revoked_at = utc_now()
        journal.append("invitation.revoked", row, role=row.role)
