"""Values as plain JSON: what the journal keeps of a moment, an amount, an enum."""

import datetime as dt
import enum
from decimal import Decimal

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def number(amount: Decimal) -> int | float:
    """An amount as a JSON number, for those who are shown one: a whole one without decimals."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def plain(value: object) -> Plain:
    """A JSON value that means the same; amounts as text so that nothing is rounded."""
    match value:
        case enum.Enum():
            return plain(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return str(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return str(value)
