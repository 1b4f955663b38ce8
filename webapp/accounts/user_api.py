"""People over the API: the roster's fields for coordinators, everything about oneself for oneself."""

from typing import Any

from webapp import policy
from webapp.accounts import contact, languages, leaving, lists, service
from webapp.accounts import queries as accounts
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User, UserStatus
from webapp.accounts.user_schemas import (
    ContactOut,
    MeEdit,
    MeOut,
    RoleChoice,
    StatusChoice,
    UserOut,
    UserPage,
    UserQuery,
    UserSummary,
)
from webapp.api.operation import operation
from webapp.api.schemas import following
from webapp.api.writing import answer, command_id, seen_version
from webapp.errors import NotFound
from webapp.policy import Action
from webapp.web.viewer import settings

TAG = "People"
UserAnswer = tuple[UserOut, int, dict[str, str]]
MeAnswer = tuple[MeOut, int, dict[str, str]]


@operation("GET", "/users", Action.ROSTER, tag=TAG, gives=UserPage)
def list_users(query: UserQuery) -> UserPage:
    """People by name, with roles and skills and without how to reach them."""
    rows = lists.people(
        current_actor(),
        query.limit + 1,
        after=query.row,
        text=query.text,
        role=query.role,
        status=query.status,
        skill=query.skill,
        deactivated=query.deactivated,
    )
    found, further = following(rows, query.limit, lambda user: user.id)
    skills = lists.skills_of([user.id for user in found])
    return UserPage(items=[UserSummary(**_summary(user, skills)) for user in found], next=further)


@operation("GET", "/users/me", Action.PROFILE_EDIT, tag=TAG, gives=MeOut)
def show_me() -> MeAnswer:
    """Oneself, whole."""
    return _me(_user(current_actor().user_id))


@operation("PATCH", "/users/me", Action.PROFILE_EDIT, tag=TAG, gives=MeOut, conditional=True)
def edit_me(json: MeEdit) -> MeAnswer:
    """Change one's own profile; what is left out stays."""
    user = _user(current_actor().user_id)
    given = json.model_dump(exclude_unset=True)
    region = settings().phone_region
    if "phone" in given:
        given["phone"] = contact.phone_of(given["phone"], region)
    if "email" in given:
        given |= contact.email_of(given["email"], region)
    if "languages" in given:
        given["languages"] = languages.parse(", ".join(given["languages"]))
    present = {name: getattr(user, name) for name in (*User.editable, "email_typed")}
    changed = service.edit_profile(
        current_actor(),
        user_id=user.id,
        seen_version=seen_version("user", user.id),
        profile=service.Profile(**present | given),
        command_id=command_id(),
    )
    return _me(changed)


@operation("POST", "/users/me/status", Action.PROFILE_EDIT, tag=TAG, gives=MeOut)
def set_my_status(json: StatusChoice) -> MeAnswer:
    """Say whether one can be sent. While one is on an event, it follows from that and is refused."""
    actor = current_actor()
    status = UserStatus(json.status)
    return _me(service.set_status(actor, user_id=actor.user_id, status=status, command_id=command_id()))


@operation("GET", "/users/<int:user_id>", Action.PROFILE_VIEW, tag=TAG, gives=UserOut)
def show_user(user_id: int) -> UserAnswer:
    """A person: for coordinators, and for oneself."""
    user = _user(user_id)
    policy.require(current_actor(), Action.PROFILE_VIEW, user)
    return _shown(user)


@operation("PATCH", "/users/<int:user_id>/role", Action.USER_ROLE, tag=TAG, gives=UserOut, conditional=True)
def change_role(user_id: int, json: RoleChoice) -> UserAnswer:
    """Give another role; never away from the last authority. It counts from the person's next request on."""
    user = service.change_role(
        current_actor(),
        user_id=user_id,
        role=json.role,
        seen_version=seen_version("user", user_id),
        command_id=command_id(),
    )
    return _shown(user)


@operation("POST", "/users/<int:user_id>/deactivate", Action.USER_DEACTIVATE, tag=TAG, gives=UserOut)
def deactivate_user(user_id: int) -> UserAnswer:
    """Shut somebody out at once: sessions, tokens and devices end, and they are taken off their events."""
    return _shown(leaving.deactivate(current_actor(), user_id=user_id, command_id=command_id()))


@operation("POST", "/users/<int:user_id>/reactivate", Action.USER_DEACTIVATE, tag=TAG, gives=UserOut)
def reactivate_user(user_id: int) -> UserAnswer:
    """Let somebody in again; they sign in anew."""
    return _shown(service.reactivate(current_actor(), user_id=user_id, command_id=command_id()))


@operation(
    "POST", "/users/<int:user_id>/contact", Action.CONTACT_VIEW, tag=TAG, gives=ContactOut, keyed=False
)
def look_at_contact(user_id: int) -> tuple[ContactOut, int, dict[str, str]]:
    """How to reach a person. Each look is journalled, so it is a write, and never a repetition of another.

    An authority may, and a coordinator while the person is on an event that the coordinator works on.
    """
    user = service.contact_of(current_actor(), user_id=user_id)
    shown = ContactOut(user_id=user.id, name=user.name, email=user.address, phone=user.phone)
    return shown, 200, {"Cache-Control": "no-store"}


def _user(user_id: int | None) -> User:
    found = accounts.user(user_id) if user_id is not None else None
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def _summary(user: User, skills: dict[int, list[str]]) -> dict[str, Any]:
    return {
        "id": user.id,
        "version": user.version,
        "name": user.name,
        "role": user.role,
        "status": user.status,
        "languages": user.languages,
        "skills": skills[user.id],
        "deactivated": user.deactivated_at is not None,
    }


def _shown(user: User) -> UserAnswer:
    noted = policy.may(current_actor(), Action.PROFILE_NOTES, user)
    shown = UserOut(
        **_summary(user, lists.skills_of([user.id])),
        home_area=user.home_area,
        availability=user.availability,
        notes=user.notes if noted else None,
        created_at=user.created_at,
    )
    return answer(shown, user, "user")


def _me(user: User) -> MeAnswer:
    own = {name: getattr(user, name) for name in MeOut.model_fields if name not in UserSummary.model_fields}
    own["email"] = user.address
    return answer(MeOut(**_summary(user, lists.skills_of([user.id])), **own), user, "user")
