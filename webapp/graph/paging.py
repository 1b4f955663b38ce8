"""Lists by key: ``first`` items ``after`` a cursor of the page before."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from webapp.errors import Invalid, NotFound
from webapp.web.numbers import row_number

MOST = 100
PAGE = 20
NESTED = 10

T = TypeVar("T")
R = TypeVar("R")


@strawberry.type(description="Where a list goes on.")
class PageInfo:
    """Where a list goes on."""

    has_next_page: bool
    end_cursor: str | None = strawberry.field(description="Send it as `after` for the next page.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """One page of a list."""

    nodes: list[T]
    page_info: PageInfo


def checked(first: int) -> int:
    """The number of items that is asked for. Raises `Invalid`."""
    if not 1 <= first <= MOST:
        message = f"Ask for 1 to {MOST} at once."
        raise Invalid(message, fields={"first": message})
    return first


def number(text: str | None) -> int | None:
    """The row that an id or a cursor means; None for none. Raises `NotFound` for what no row can have."""
    if text is None:
        return None
    found = row_number(text)
    if found is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return found


def connection(
    rows: Sequence[R], first: int, show: Callable[[R], T], cursor: Callable[[R], object]
) -> Connection[T]:
    """A page of the rows, of which one more than ``first`` was read, to know whether there are more."""
    shown = rows[:first]
    end = str(cursor(shown[-1])) if shown else None
    return Connection(
        nodes=[show(row) for row in shown],
        page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end),
    )
