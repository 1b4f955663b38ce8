"""Which person a provider's account belongs to: find, link, take away, sign up by it.

A link to an account that exists needs an e-mail that the provider has verified, that is the account's own,
and the word of whoever holds the account (signed in, or proven by password or code). Roles come from
invitations and authorities, never from what a provider says.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from webapp import journal
from webapp.accounts import entering, invitations
from webapp.accounts.contact import Contact
from webapp.accounts.models import ExternalIdentity, User
from webapp.accounts.service import locked
from webapp.accounts.strangers import Stranger
from webapp.errors import Conflict, Forbidden, NotFound
from webapp.extensions import db
from webapp.journal import Actor

TAKEN = "This account of the other service belongs to somebody else here."
OTHER_EMAIL = (
    "The other service does not vouch for the e-mail address of your profile. Linking needs the same "
    "address on both sides, verified there."
)


def owner(stranger: Stranger) -> User | None:
    """The person whose account this is, whatever became of them."""
    return db.session.execute(
        db.select(User)
        .join(ExternalIdentity, ExternalIdentity.user_id == User.id)
        .where(ExternalIdentity.issuer == stranger.issuer, ExternalIdentity.subject == stranger.subject)
    ).scalar_one_or_none()


def namesake(stranger: Stranger) -> User | None:
    """The person with the e-mail that the provider has verified, if it has."""
    if not stranger.email:
        return None
    return db.session.execute(db.select(User).where(User.email == stranger.email)).scalar_one_or_none()


def identities(user_id: int) -> Sequence[ExternalIdentity]:
    """What a person can sign in by besides password and code."""
    statement = db.select(ExternalIdentity).where(ExternalIdentity.user_id == user_id)
    return db.session.execute(statement.order_by(ExternalIdentity.id)).scalars().all()


@journal.command
def link(actor: Actor, *, stranger: Stranger) -> ExternalIdentity:
    """Let somebody who holds the account sign in by the provider's. Raises `Forbidden`, `Conflict`."""
    user = locked(actor.user_id or 0)
    known = _row(stranger)
    if known is not None:
        if known.user_id != user.id:
            raise Conflict(TAKEN)
        return known
    require_same_email(user, stranger)
    return _add(user, stranger)


def require_same_email(user: User | None, stranger: Stranger) -> None:
    """Raise `Forbidden` unless the provider vouches for the e-mail of the account."""
    if user is None or not stranger.email or user.email != stranger.email:
        raise Forbidden(OTHER_EMAIL)


@journal.command
def sign_up(
    actor: Actor,
    *,
    stranger: Stranger,
    name: str,
    contact: Contact,
    code_hash: str | None,
    invitation: str | None = None,
) -> User:
    """Make a person who signs in by the provider; as a volunteer, or in the role of an invitation.

    The caller has decided that they may. Raises `Invalid` beside the fields, `Conflict`, `Gone`.
    """
    if _row(stranger) is not None:
        raise Conflict("You have an account here already. Sign in by it.")
    if invitation:
        user: User = invitations.sign_up_by(
            actor, token=invitation, name=name, contact=contact, code_hash=code_hash
        )
    else:
        user = entering.sign_up(actor, name=name, contact=contact, code_hash=code_hash)
    _add(user, stranger)
    return user


@journal.command
def unlink(actor: Actor, *, identity_id: int) -> None:
    """Sign in by it no more. Raises `NotFound` for anybody else's."""
    row = db.session.get(ExternalIdentity, identity_id, with_for_update=True)
    if row is None or row.user_id != actor.user_id:
        raise NotFound("This is not linked to your account any more.")
    db.session.delete(row)
    journal.append("identity.unlinked", row, user_id=row.user_id, by=host(row.issuer))


@journal.command
def refuse(_actor: Actor, *, reason: str, user_id: int | None = None) -> None:
    """Count a failed try, where whom it concerns and whoever watches the metrics can see it."""
    journal.append("session.refused", None, user_id=user_id, provider=True, reason=reason)


def host(issuer: str) -> str:
    """A provider as people know it."""
    return urlsplit(issuer).hostname or ""


def _row(stranger: Stranger) -> ExternalIdentity | None:
    return db.session.execute(
        db.select(ExternalIdentity).where(
            ExternalIdentity.issuer == stranger.issuer, ExternalIdentity.subject == stranger.subject
        )
    ).scalar_one_or_none()


def _add(user: User, stranger: Stranger) -> ExternalIdentity:
    row = ExternalIdentity(
        user_id=user.id, issuer=stranger.issuer, subject=stranger.subject, email=stranger.email or None
    )
    db.session.add(row)
    db.session.flush()
    journal.append("identity.linked", row, user_id=user.id, by=host(stranger.issuer))
    return row
