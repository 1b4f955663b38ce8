"""What needs and offers share in a table: the type behind people's words, the amount, the unit."""

from decimal import Decimal
from typing import Any, NamedTuple

from webapp.interchange import kinds
from webapp.interchange.files import Unreadable
from webapp.interchange.tables.asking import Ask
from webapp.resources import types
from webapp.resources.types import Kind

NOT_STATED = "The amount is not stated."


class Guess(NamedTuple):
    """A type, and the file's own words for it where they are not its name."""

    kind: Kind
    words: str


class Types:
    """The resource types in use, as a file may call them. Raises `Unreadable` where “Supplies” is gone."""

    def __init__(self) -> None:
        used = types.every()
        self._by_code = {kind.code: kind for kind in used if kind.units}
        self._by_word = {kind.name.casefold(): kind for kind in used if kind.units} | {
            kind.code.casefold(): kind for kind in used if kind.units
        }
        if kinds.OTHER not in self._by_code:
            raise Unreadable("The resource type “Supplies” is retired or gone. Bring it back first.")

    def guess(self, said: str, name: str) -> Guess:
        """The type that the words name, or mean, or else supplies."""
        exact = self._by_word.get(said.casefold())
        if exact is not None:
            return Guess(exact, "")
        text = f"{said} {name}"
        people = kinds.of_people(text) if _asks_people(text) else None
        code = people or kinds.of_supply(said) or kinds.of_supply(name) or kinds.OTHER
        found = self._by_code.get(code) or self._by_code.get(code.partition(".")[0])
        return Guess(found or self._by_code[kinds.OTHER], said)


def _asks_people(text: str) -> bool:
    words = set(text.casefold().replace(",", " ").split())
    return bool(words & {"volunteer", "volunteers", "people", "helpers", "nurses", "doctors", "drivers"})


def values(ask: Ask, types_here: Types) -> dict[str, Any]:
    """Type, name, description, amount and unit. Raises `Rejected`."""
    guess = types_here.guess(ask.line("type"), ask.line("name"))
    quantity = ask.amount("quantity")
    more = [ask.text("description")]
    if guess.words:
        more.append(f"Type: {guess.words}")
    if quantity is None:
        more.append(NOT_STATED)
    return {
        "resource_type_id": guess.kind.id,
        "name": ask.line("name"),
        "description": "\n\n".join(part for part in more if part),
        "quantity": quantity or Decimal(1),
        "unit": _unit(ask, guess.kind),
    }


def _unit(ask: Ask, kind: Kind) -> str:
    said = ask.line("unit")
    if not said:
        return kind.units[0]
    found = next((unit for unit in kind.units if unit.casefold() == said.casefold()), None)
    if found is None:
        raise ask.reject("unit", f"{kind.name} are given in {', '.join(kind.units)}, not in “{said[:40]}”.")
    return found
