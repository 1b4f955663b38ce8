"""Free text about what is needed, split into items with their type and, where it is said, their amount."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webapp.interchange import kinds
from webapp.web.forms import clean_line

MOST_ITEMS = 60
_LONGEST_NAME = 200
# Words of an item: more is a sentence about something else. Unknown words must be fewer.
_MOST_WORDS, _MOST_UNKNOWN_WORDS = 14, 5

_ADDRESS = re.compile(r"https?://\S+|\S+\.(?:com|org|net)\S*|\[(?:email|phone)\]", re.IGNORECASE)
# Commas in brackets and in numbers part nothing.
_PARTS = re.compile(r"(?:[;\n•*]|,(?!\d{3}\b)|\.\s|\s{3,}|\s-(?=\w))(?![^()]*\))")
_HEADING = re.compile(r"^(.{2,60}?):\s*(?=\D|$)")
_NOT_WANTED = re.compile(
    r"\b(no longer|not|don.?t|no (more|food|additional)|(anything|donations) but|except|enough|only accepting"
    r"|thank you|more (details|info)|located|look for|such as|the like|shutting down|operating|financial"
    r"|monetary|gift cards?)\b|^(see|sign|more|new|crow|and more)$",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\d+/\d+|\d\s*[ap]\.?m\b|\b(mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(aug(ust)?|sept(ember)?|oct(ober)?)\b|\buntil\b|\bhours\b",
    re.IGNORECASE,
)
_EDGES = " \t-–—*•.,:;!\"“”'"
_LEAD = re.compile(r"^(and|or|also|some|need|needs|including|plus|we need)\s+", re.IGNORECASE)
_AMOUNT = r"(?<![\w/:.$#,-])(\d{1,3}(?:,\d{3})+|\d{1,6})\+?\s+"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is asked for; ``amount`` is ``None`` where none is stated."""

    name: str
    code: str
    amount: int | None
    unit: str | None = None


def supplies(texts: Iterable[str]) -> list[Item]:
    """The items in what people wrote, each once, in their order."""
    found: dict[str, Item] = {}
    for text in texts:
        for item in _items(text):
            found.setdefault(item.name.casefold(), item)
    return list(found.values())[:MOST_ITEMS]


def people(text: str) -> Item:
    """The people whom a text asks for."""
    amount = re.search(rf"{_AMOUNT}(?:\w+\s+){{0,2}}(?:{kinds.ANY_PEOPLE})\b", text, re.IGNORECASE)
    return Item("Volunteers", kinds.of_people(text), _number(amount))


def _items(text: str) -> Iterator[Item]:
    context: str | None = None
    for part in _PARTS.split(_ADDRESS.sub(" ", text)):
        if "\n" in part or not part.strip():
            context = None
        heading = _HEADING.match(part.strip(_EDGES))
        if heading:
            context = kinds.of_supply(heading[1])
            part = part.strip(_EDGES)[heading.end() :]
        item = _item(part, context)
        if item is not None:
            yield item


def _item(part: str, context: str | None) -> Item | None:
    name = _LEAD.sub("", (clean_line(part) or "").strip(_EDGES)).strip(_EDGES)
    words = re.findall(r"[^\W\d_]{3,}", name)
    if not words or name.casefold().startswith("etc") or _NOT_WANTED.search(name):
        return None
    code = kinds.of_supply(name)
    if len(words) > (_MOST_WORDS if code else _MOST_UNKNOWN_WORDS) or (code is None and _WHEN.search(name)):
        return None
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 1]}…"
    amount = re.match(rf"{_AMOUNT}(?![ap]\.?m\b)([^\W\d_]{{2,}})", name, re.IGNORECASE)
    return Item(
        name, code or context or kinds.OTHER, _number(amount), amount[2].casefold() if amount else None
    )


def _number(match: re.Match[str] | None) -> int | None:
    """The amount; none for zero, which nobody asks for."""
    return (int(match[1].replace(",", "")) or None) if match else None
