"""Status tables: which status may follow which, and the refusal that says what is possible."""

import enum
from collections.abc import Mapping
from typing import Generic, TypeVar

from webapp.errors import WrongTransition

S = TypeVar("S", bound=enum.StrEnum)


class Transitions(Generic[S]):
    """An explicit table of allowed transitions; anything not in it is refused."""

    def __init__(self, thing: str, table: Mapping[S, frozenset[S]]) -> None:
        self.thing = thing
        self.table = table

    def allowed(self, present: S) -> frozenset[S]:
        """What may follow the present status."""
        return self.table.get(present, frozenset())

    def require(self, present: S, wanted: S) -> None:
        """Raise `WrongTransition` unless ``wanted`` may follow ``present``."""
        if wanted in self.allowed(present):
            return
        names = ", ".join(sorted(words(s) for s in self.allowed(present))) or "nothing else"
        raise WrongTransition(
            f"This {self.thing} is {words(present)} and cannot become {words(wanted)}. "
            f"Possible now: {names}.",
            present=present.value,
            wanted=wanted.value,
        )


def words(status: enum.StrEnum) -> str:
    """A status as people read it."""
    return status.value.replace("_", " ")
