"""Administering people: the list, roles, deactivation, erasure, desk codes, contact details."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import codes, leaving, passwords, queries, service
from webapp.accounts.forms import ROLE_WORDS, EraseForm, RoleForm
from webapp.accounts.identity import current_actor
from webapp.accounts.models import User
from webapp.accounts.views import blueprint
from webapp.errors import Invalid, NotFound
from webapp.journal import Role
from webapp.policy import Action, may, require
from webapp.web.answers import go, page
from webapp.web.forms import ActionForm, clean_line, posted_action
from webapp.web.numbers import row_number

STATE_WORDS = {
    "": "Any state",
    "available": "Available",
    "assigned": "Assigned",
    "unavailable": "Unavailable",
    "deactivated": "Deactivated",
    "wants_erasure": "Asked to be erased",
}


@blueprint.get("/users")
@allows(Action.USER_ADMIN)
def users() -> Response:
    """Everybody, fifty at a time, by name."""
    search = _search()
    after = row_number(request.args.get("after"))
    rows, more = queries.people(search, after)
    return page(
        "accounts/users.html",
        rows=rows,
        search=search,
        roles=_chips(search, "role", {"": "Any role"} | {r.value: w for r, w in ROLE_WORDS.items()}),
        states=_chips(search, "state", STATE_WORDS),
        role_words=ROLE_WORDS,
        next_url=url_for("accounts.users", **_query(search), after=more) if more else None,
    )


@blueprint.get("/users/<int:user_id>")
@allows(Action.USER_ADMIN)
def user(user_id: int) -> Response:
    """One person, for an authority."""
    return _user_page(user_id)


@blueprint.post("/users/<int:user_id>/role")
@allows(Action.USER_ROLE)
def change_role(user_id: int) -> Response:
    """Give another role."""
    form = RoleForm(request.form)
    if not form.validate():
        return _user_page(user_id, role_form=form, status=422)
    changed = service.change_role(
        current_actor(), user_id=user_id, role=Role(form.role.data), command_id=form.command
    )
    return go(_address(user_id), f"{changed.name} is {ROLE_WORDS[changed.role].lower()} now.")


@blueprint.post("/users/<int:user_id>/deactivate")
@allows(Action.USER_DEACTIVATE)
def deactivate(user_id: int) -> Response:
    """Shut somebody out at once."""
    form = posted_action()
    changed = leaving.deactivate(current_actor(), user_id=user_id, command_id=form.command)
    return go(_address(user_id), f"{changed.name} is signed out everywhere and cannot sign in.")


@blueprint.post("/users/<int:user_id>/reactivate")
@allows(Action.USER_DEACTIVATE)
def reactivate(user_id: int) -> Response:
    """Let somebody in again."""
    form = posted_action()
    changed = service.reactivate(current_actor(), user_id=user_id, command_id=form.command)
    return go(_address(user_id), f"{changed.name} may sign in again.")


@blueprint.post("/users/<int:user_id>/erase")
@allows(Action.USER_DEACTIVATE)
def erase(user_id: int) -> Response:
    """Erase somebody for good, once their name is typed."""
    form = EraseForm(request.form)
    try:
        if form.validate():
            leaving.erase(
                current_actor(), user_id=user_id, typed_name=form.typed_name.data, command_id=form.command
            )
            return go(url_for("accounts.users"), "The person is erased. What they did stays, without them.")
    except Invalid as error:
        form.take(error.fields)
    return _user_page(user_id, erase_form=form, status=422)


@blueprint.post("/people/<int:user_id>/code")
@allows(Action.USER_CODE)
def make_code(user_id: int) -> Response:
    """Make a code at the desk and show it once, to be read out."""
    form = posted_action()
    actor, who = current_actor(), _somebody(user_id)
    require(actor, Action.USER_CODE, who)
    code = codes.derived("desk", form.command)
    codes.make_at_desk(actor, user_id=user_id, code_hash=passwords.hashed(code), command_id=form.command)
    return _private(page("accounts/desk_code.html", who=who, code=codes.shown(code), back=_back(user_id)))


@blueprint.post("/people/<int:user_id>/contact")
@allows(Action.CONTACT_VIEW)
def contact(user_id: int) -> Response:
    """Show phone and e-mail, once, as a deliberate and journalled look."""
    posted_action()
    person = service.contact_of(current_actor(), user_id=user_id)
    return _private(page("accounts/contact.html", who=person, back=_back(user_id)))


def _user_page(
    user_id: int, *, role_form: RoleForm | None = None, erase_form: EraseForm | None = None, status: int = 200
) -> Response:
    person = _somebody(user_id)
    return page(
        "accounts/user.html",
        status=status,
        who=person,
        skills=queries.skills_of(user_id),
        role_form=role_form or RoleForm(formdata=None, data={"role": person.role.value}),
        erase_form=erase_form or EraseForm(formdata=None),
        code_form=ActionForm(formdata=None),
        role_words=ROLE_WORDS,
        is_self=person.id == current_actor().user_id,
    )


def _somebody(user_id: int) -> User:
    found = queries.user(user_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _address(user_id: int) -> str:
    return url_for("accounts.user", user_id=user_id)


def _back(user_id: int) -> str:
    if may(current_actor(), Action.ROSTER):
        return f"/people/{user_id}"
    return url_for("accounts.me")


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _search() -> queries.Search:
    role, state = request.args.get("role", ""), request.args.get("state", "")
    return queries.Search(
        text=(clean_line(request.args.get("q")) or "")[:120],
        role=Role(role) if role in set(Role) else None,
        state=state if state in queries.STATES else "",
    )


def _query(search: queries.Search, **other: str) -> dict[str, Any]:
    given = {"q": search.text, "role": search.role.value if search.role else "", "state": search.state}
    return {name: value for name, value in (given | other).items() if value}


def _chips(search: queries.Search, name: str, words: dict[str, str]) -> list[tuple[str, str, bool]]:
    present = _query(search).get(name, "")
    return [
        (url_for("accounts.users", **_query(search, **{name: value})), word, value == present)
        for value, word in words.items()
    ]
