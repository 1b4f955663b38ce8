"""Making, renewing and ending the link of a calendar."""

from webapp import journal
from webapp.accounts.identity import token_hash
from webapp.accounts.models import User
from webapp.calendars import queries
from webapp.calendars.models import CalendarLink
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action, require


@journal.command
def make_link(actor: Actor, *, token: str) -> CalendarLink:
    """Give oneself a link; ``token`` is 256 bits that go into it. The one before ends at once."""
    user = db.session.get(User, actor.user_id, with_for_update=True) if actor.user_id else None
    if user is None:
        raise NotFound("There is no such person.")
    require(actor, Action.PROFILE_EDIT, user)
    link = queries.link_of(user.id)
    renewed = link is not None
    if link is None:
        link = CalendarLink(user_id=user.id, token_hash=token_hash(token))
        db.session.add(link)
    link.token_hash = token_hash(token)
    db.session.flush()
    journal.append("calendar.shared", link, user_id=user.id, renewed=renewed)
    return link


@journal.command
def end_link(actor: Actor, *, user_id: int) -> None:
    """Make a person's link useless: their own choice, or because they leave. Harmless without a link."""
    user = db.session.get(User, user_id)
    require(actor, Action.PROFILE_EDIT, user)
    link = queries.link_of(user_id)
    if link is None:
        return
    journal.append("calendar.unshared", link, user_id=user_id)
    db.session.delete(link)
    db.session.flush()
