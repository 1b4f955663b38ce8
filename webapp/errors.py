"""What can go wrong in words a person can act on: one hierarchy, raised by services, shown by handlers."""

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):
    """A refusal. ``message`` says what is wrong and what can be done; ``fields`` puts it beside inputs.

    ``told`` names the facts that programs are answered, to decide by.
    """

    status: ClassVar[int] = 400
    name: ClassVar[str] = "Problem"
    told: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        self.facts = facts


class Invalid(Problem):
    """A value that cannot be accepted."""

    status = 422
    name = "Invalid"


class Forbidden(Problem):
    """The actor may not do this."""

    status = 403
    name = "Forbidden"


class NotFound(Problem):
    """There is no such thing, or its existence is not the actor's to know."""

    status = 404
    name = "NotFound"


class Conflict(Problem):
    """The state of things does not allow it (any more)."""

    status = 409
    name = "Conflict"


class TookTooLong(Problem):
    """The answer was not complete in time."""

    status = 503
    name = "TookTooLong"


class WrongTransition(Conflict):
    """A status that cannot follow the present one; the message says what is possible."""

    name = "WrongTransition"
