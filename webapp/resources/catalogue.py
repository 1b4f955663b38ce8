"""What can be done with resource types: add, edit, retire, use again. Needs and offers keep theirs."""

import re
import unicodedata

from flask_babel import gettext as _

from webapp import journal, policy
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.journal import Actor
from webapp.policy import Action
from webapp.resources.allocating import lock
from webapp.resources.models import ResourceType
from webapp.resources.types import branch

LONGEST_NAME = 80
LONGEST_UNIT = 30
MOST_UNITS = 10
_LONGEST_CODE = 60


@journal.command
def add_type(
    actor: Actor, *, name: str, units: list[str], parent_id: int | None = None, returnable: bool = False
) -> ResourceType:
    """A new kind of resource. Raises `Invalid` for values that cannot be, or a name that is taken."""
    policy.require(actor, Action.RESOURCE_TYPE_EDIT)
    parent = _parent(parent_id)
    _check(name, units)
    kind = ResourceType(
        code=_new_code(name, parent),
        name=name,
        parent_id=parent_id,
        units=units,
        returnable=returnable,
        icon=parent.icon if parent else "package",
    )
    db.session.add(kind)
    db.session.flush()
    journal.append("resource_type.added", kind, name=kind.name)
    return kind


@journal.command
def edit_type(
    actor: Actor,
    *,
    type_id: int,
    seen_version: int | None,
    name: str,
    units: list[str],
    parent_id: int | None,
    returnable: bool,
) -> ResourceType:
    """Change a type. Raises `StaleVersion`, and `Invalid` for values that cannot be."""
    policy.require(actor, Action.RESOURCE_TYPE_EDIT)
    kind = lock(ResourceType, type_id)
    journal.require_version(kind, seen_version)
    _parent(parent_id)
    _check(name, units)
    if parent_id in branch(type_id):
        raise _wrong("parent_id", _("A type cannot stand below itself."))
    before = (kind.name, list(kind.units), kind.parent_id, kind.returnable)
    kind.name, kind.units, kind.parent_id, kind.returnable = name, units, parent_id, returnable
    if before != (name, units, parent_id, returnable):
        journal.append("resource_type.edited", kind, name=kind.name)
    return kind


@journal.command
def set_retired(actor: Actor, *, type_id: int, retired: bool) -> ResourceType:
    """Offer the type no more in forms, or again; what is of this type stays."""
    policy.require(actor, Action.RESOURCE_TYPE_EDIT)
    kind = lock(ResourceType, type_id)
    if kind.retired is not retired:
        kind.retired = retired
        journal.append("resource_type.retired" if retired else "resource_type.restored", kind, name=kind.name)
    return kind


def _parent(parent_id: int | None) -> ResourceType | None:
    parent = db.session.get(ResourceType, parent_id) if parent_id is not None else None
    if parent_id is not None and parent is None:
        raise _wrong("parent_id", _("There is no such type."))
    return parent


def _check(name: str, units: list[str]) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise _wrong("name", _("Write a name of at most %(most)s characters.", most=LONGEST_NAME))
    if not units or len(units) > MOST_UNITS:
        raise _wrong("units", _("Write one unit or more, at most %(most)s.", most=MOST_UNITS))
    if any(not unit.strip() or len(unit) > LONGEST_UNIT for unit in units):
        raise _wrong("units", _("Each unit has at most %(most)s characters.", most=LONGEST_UNIT))


def _new_code(name: str, parent: ResourceType | None) -> str:
    """A short unique name for imports, made once from the first name: ``equipment.water-filters``."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    slug = re.sub(r"[^\w]+", "-", folded).strip("-") or "type"
    code = f"{parent.code}.{slug}"[:_LONGEST_CODE] if parent else slug[:_LONGEST_CODE]
    if db.session.execute(db.select(ResourceType.id).where(ResourceType.code == code)).first():
        raise _wrong("name", _("There is a type of this name already."))
    return code


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
