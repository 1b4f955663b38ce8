"""People for programs: by key, and many at once. Found by name only: who searches for a number or an address
would learn whose it is.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from webapp import policy, searching
from webapp.accounts.models import User, UserSkill, UserStatus
from webapp.extensions import db
from webapp.journal import Actor, Role
from webapp.policy import Action


def people(
    actor: Actor,
    limit: int,
    *,
    after: int | None = None,
    text: str = "",
    role: Role | None = None,
    status: UserStatus | None = None,
    skill: str = "",
    deactivated: bool = False,
) -> Sequence[User]:
    """Everybody by name, for a coordinator; ``after`` is the last person seen.

    Who was deactivated is not among them but, for who administers people, listed apart.
    """
    policy.require(actor, Action.USER_ADMIN if deactivated else Action.ROSTER)
    out = User.deactivated_at.is_not(None) if deactivated else User.deactivated_at.is_(None)
    statement = select(User).where(out, User.erased_at.is_(None))
    if role is not None:
        statement = statement.where(User.role == role)
    if status is not None:
        statement = statement.where(User.status == status)
    if skill:
        named = func.lower(UserSkill.name).contains(skill.lower(), autoescape=True)
        statement = statement.where(exists().where(UserSkill.user_id == User.id, named))
    statement = statement.where(*searching.has_words(func.lower(User.name), text))
    if after is not None:
        last = aliased(User)
        name = select(last.name).where(last.id == after).scalar_subquery()
        statement = statement.where(or_(User.name > name, and_(User.name == name, User.id > after)))
    ordered = statement.order_by(User.name, User.id).limit(limit)
    return searching.found(ordered, text + skill).scalars().all()


def these(ids: Collection[int]) -> Sequence[User]:
    """Those of these people who were not erased; whom the actor may see is for the policy to say."""
    return db.session.execute(select(User).where(User.id.in_(ids), User.erased_at.is_(None))).scalars().all()


def skills_of(user_ids: Collection[int]) -> dict[int, list[str]]:
    """What each of these people can do, by name."""
    statement = select(UserSkill.user_id, UserSkill.name).where(UserSkill.user_id.in_(user_ids))
    found: dict[int, list[str]] = {user_id: [] for user_id in user_ids}
    for user_id, name in db.session.execute(statement.order_by(UserSkill.name)):
        found[user_id].append(name)
    return found
