"""The tree of resource types, as lists and selects show it. Small: read whole, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.extensions import db
from webapp.resources.models import ResourceType


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type with the kinds below it."""

    id: int
    version: int
    code: str
    name: str
    parent_id: int | None
    units: tuple[str, ...]
    returnable: bool
    icon: str
    retired: bool
    below: tuple["Kind", ...] = ()

    @property
    def all(self) -> tuple["Kind", ...]:
        """This kind and all below it, itself first."""
        return (self, *(kind for child in self.below for kind in child.all))


def tree(*, with_retired: bool = False) -> list[Kind]:
    """The types at the top, by their first making, each with its kinds below."""
    table = ResourceType.__table__.c
    names = [name for name in Kind.__dataclass_fields__ if name in table]
    rows = db.session.execute(db.select(*(table[name] for name in names)).order_by(table.id)).mappings()
    kinds = [dict(row) | {"units": tuple(row["units"])} for row in rows if with_retired or not row["retired"]]
    return _under(None, kinds, depth=6)


def every(*, with_retired: bool = False) -> list[Kind]:
    """All types as a flat list, parents before their children."""
    return [kind for top in tree(with_retired=with_retired) for kind in top.all]


def branch(type_id: int | None) -> tuple[int, ...]:
    """The ids of a type and of all below it, retired ones too; empty for an unknown one."""
    found = next((kind for kind in every(with_retired=True) if kind.id == type_id), None)
    return tuple(kind.id for kind in found.all) if found else ()


def with_below(kinds: list[Kind], counts: Mapping[int, int]) -> dict[int, int]:
    """Counts by type id, each with those of the kinds below it added."""
    every_kind = (kind for top in kinds for kind in top.all)
    return {kind.id: sum(counts.get(part.id, 0) for part in kind.all) for kind in every_kind}


def units() -> list[str]:
    """Every unit that some type is given in, once."""
    return list(dict.fromkeys(unit for kind in every() for unit in kind.units))


def _under(parent_id: int | None, kinds: list[dict[str, object]], depth: int) -> list[Kind]:
    if depth == 0:
        return []
    return [
        Kind(**kind, below=tuple(_under(kind["id"], kinds, depth - 1)))  # type: ignore[arg-type]
        for kind in kinds
        if kind["parent_id"] == parent_id
    ]
