"""Sign-in links: let one known person in, once, within a day; kept as a hash only."""

from datetime import timedelta

from webapp import journal
from webapp.accounts.identity import token_hash
from webapp.accounts.invitations import Gone
from webapp.accounts.models import SignInCode, User
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action, require

GOOD_FOR = timedelta(hours=24)


@journal.command
def make_link(actor: Actor, *, user_id: int, token: str) -> SignInCode:
    """Make a link for a person of a rank that the actor may let in; ``token`` is 256 bits that go into it.

    Raises `NotFound` for somebody who may not sign in.
    """
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or not user.active:
        raise NotFound("There is no such person, or they cannot sign in any more.")
    require(actor, Action.USER_CODE, user)
    row = SignInCode(
        user_id=user.id,
        code_hash=token_hash(token),
        is_link=True,
        made_by_id=actor.user_id,
        expires_at=utc_now() + GOOD_FOR,
    )
    db.session.add(row)
    db.session.flush()
    journal.append("code.made", None, user_id=user.id, kind="link", by=actor.name)
    return row


def find(token: str) -> tuple[SignInCode, User]:
    """The link that still works, and whom it lets in. Raises `NotFound`, or `Gone` with what to do."""
    statement = (
        db.select(SignInCode, User)
        .join(User, User.id == SignInCode.user_id)
        .where(SignInCode.code_hash == token_hash(token), SignInCode.is_link)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound("This sign-in link is not complete. Copy all of it, or ask for a new one.")
    link, user = found
    _require_usable(link, user)
    return link, user


@journal.command
def use_link(_actor: Actor, *, token: str) -> SignInCode:
    """Use the link up. Raises `NotFound` or `Gone`; of two people with one link, one gets in."""
    link, user = find(token)
    link = db.session.get_one(SignInCode, link.id, with_for_update=True, populate_existing=True)
    _require_usable(link, user)
    link.used_at = utc_now()
    journal.append("code.used", None, user_id=user.id, kind="link")
    return link


def _require_usable(link: SignInCode, user: User) -> None:
    if link.used_at is not None:
        raise Gone("This sign-in link has been used. Ask for a new one.")
    if link.expires_at <= utc_now():
        raise Gone("This sign-in link has run out: it was good for a day. Ask for a new one.")
    if not user.active:
        raise Gone("This person cannot sign in any more. Ask an authority.")
