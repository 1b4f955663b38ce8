"""The catalogue of resource types, for those who keep it."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid, NotFound
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.resources import catalogue, types
from webapp.resources.forms import TypeForm
from webapp.resources.types import Kind
from webapp.resources.views import blueprint
from webapp.web.answers import done, page
from webapp.web.conflict import conflict
from webapp.web.forms import posted_action


@blueprint.get("/resource-types")
@allows(Action.RESOURCE_TYPE_EDIT)
def type_list() -> Response:
    """The tree of types with their units; retired ones too."""
    return page("resources/types.html", block="main", kinds=types.tree(with_retired=True))


@blueprint.route("/resource-types/new", methods=["GET", "POST"])
@allows(Action.RESOURCE_TYPE_EDIT)
def type_new() -> Response:
    """A new kind of resource."""
    form = TypeForm(request.form)
    form.show(types.every())
    if request.method == "GET":
        return _form(form)
    if not form.validate():
        return _form(form, status=422)
    try:
        catalogue.add_type(current_actor(), command_id=form.command, **form.values())
    except Invalid as error:
        form.take(error.fields)
        return _form(form, status=422)
    return done(url_for("resources.type_list"), _("Saved."))


@blueprint.route("/resource-types/<int:type_id>/edit", methods=["GET", "POST"])
@allows(Action.RESOURCE_TYPE_EDIT)
def type_edit(type_id: int) -> Response:
    """Change a type's name, units or place in the tree."""
    kind = _kind(type_id)
    form = TypeForm(request.form, data=_values(kind))
    form.show(types.every(with_retired=True))
    if request.method == "GET":
        form.version.data = str(kind.version)
        return _form(form, kind)
    if not form.validate():
        return _form(form, kind, 422)
    back = url_for("resources.type_list")
    try:
        catalogue.edit_type(
            current_actor(),
            type_id=type_id,
            seen_version=form.seen_version,
            command_id=form.command,
            **form.values(),
        )
    except StaleVersion as error:
        return conflict(error, form, _values(_kind(type_id)), back)
    except Invalid as error:
        form.take(error.fields)
        return _form(form, kind, 422)
    return done(back, _("Saved."))


@blueprint.post("/resource-types/<int:type_id>/<any(retire, restore):step>")
@allows(Action.RESOURCE_TYPE_EDIT)
def type_step(type_id: int, step: str) -> Response:
    """Offer a type no more in forms, or again."""
    form = posted_action()
    catalogue.set_retired(current_actor(), type_id=type_id, retired=step == "retire", command_id=form.command)
    return done(url_for("resources.type_list"), _("Saved."))


def _kind(type_id: int) -> Kind:
    found = next((kind for kind in types.every(with_retired=True) if kind.id == type_id), None)
    if found is None:
        raise NotFound(_("There is no such type."))
    return found


def _values(kind: Kind) -> dict[str, object]:
    return {
        "name": kind.name,
        "parent_id": str(kind.parent_id or ""),
        "units": ", ".join(kind.units),
        "returnable": kind.returnable,
    }


def _form(form: TypeForm, kind: Kind | None = None, status: int = 200) -> Response:
    return page("resources/type_edit.html", status=status, form=form, kind=kind)
