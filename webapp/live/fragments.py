"""What a journal entry changes on open pages: fragments, named by the features that draw them.

A feature's ``fragments.py`` registers, with `follows`, a function that turns changed rows into
fragments. The live reader draws each fragment once per audience and sends it to the sockets of its
channel. A fragment draws the *present* state, so that sending one twice, or only the last of ten, is
harmless.

On the wire a frame is the seq on its own line and then one ``<template>`` per fragment, with the seq at
which it was drawn (``data-seq``):

* ``put``: the element with the same id is replaced; pages without it ignore the fragment.
* ``upsert``: the element is replaced, or inserted into the list ``list_id`` by its ``data-key``
  (text order); the list drops what is beyond its ``data-limit``.
* ``remove``: the element with the id ``target`` goes away; a list that had more behind it loads again.
* ``refresh``: the page loads the region ``target`` again from its own address.
"""

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template

from webapp.journal import JournalEntry
from webapp.live.cards import draw_card
from webapp.policy import Action


class Kind(enum.StrEnum):
    """What a page does with a fragment."""

    PUT = "put"
    UPSERT = "upsert"
    REMOVE = "remove"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Fragment:
    """One change of one element on the pages of a channel."""

    channel: str
    # Audiences whose role may not do this never get the fragment.
    action: Action
    kind: Kind
    target: str
    # Draws the HTML for the present viewer; called once per audience. ``None`` for remove and refresh.
    draw: Callable[[], str] | None = field(default=None, compare=False)
    list_id: str = ""
    # Drawn for each person of the channel by themselves (channel ``user:ID``).
    personal: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Where it goes: of several fragments with one place, only the last is sent."""
        return (self.channel, self.target)


def put(channel: str, action: Action, target: str, template: str, **context: Any) -> Fragment:
    """Replace the element ``target`` by the drawing of ``template`` (whose root has that id)."""
    return Fragment(channel, action, Kind.PUT, target, lambda: render_template(template, **context).strip())


def put_personal(channel: str, action: Action, target: str, draw: Callable[[], str]) -> Fragment:
    """Replace an element that differs from person to person; ``draw`` may ask ``viewer().user_id``.

    Raises ValueError for a channel that is not one person's.
    """
    if not channel.startswith("user:"):
        raise ValueError(f"{channel} carries {target} to more than one person")
    return Fragment(channel, action, Kind.PUT, target, draw, personal=True)


def upsert_card(channel: str, action: Action, list_id: str, target: str, template: str, row: Any) -> Fragment:
    """Replace or insert the card of ``row``; its root has the id ``target`` and a ``data-key``."""
    return Fragment(channel, action, Kind.UPSERT, target, lambda: draw_card(template, row), list_id)


def remove(channel: str, action: Action, target: str, list_id: str = "") -> Fragment:
    """Take the element away."""
    return Fragment(channel, action, Kind.REMOVE, target, list_id=list_id)


def refresh(channel: str, action: Action, target: str) -> Fragment:
    """Have the page load the region again (for regions that depend on the page's own filters)."""
    return Fragment(channel, action, Kind.REFRESH, target)


Source = Callable[[frozenset[int], Sequence[JournalEntry]], Iterable[Fragment]]
_sources: list[tuple[str, Source]] = []
EVERY_ENTRY = "*"


def follows(table: str) -> Callable[[Source], Source]:
    """Register a function for changed rows of this table (``event``, ``need``, ``assignment`` …).

    It gets the ids of the rows that a batch of entries changed, as subject or as effect, and the batch
    itself: a card of a row is redrawn whenever that row changed, whatever the verb was, and ten
    check-ins redraw a count once. ``EVERY_ENTRY`` follows every batch, with no ids.
    """

    def register(source: Source) -> Source:
        _sources.append((table, source))
        return source

    return register


def touched(entries: Sequence[JournalEntry], table: str) -> frozenset[int]:
    """The ids of the table's rows that these entries changed."""
    ids = {e.subject_id for e in entries if e.subject_type == table and e.subject_id is not None}
    for entry in entries:
        for name in entry.effects:
            kind, _, id_ = name.partition(":")
            if kind == table:
                ids.add(int(id_))
    return frozenset(ids)


def of(entries: Sequence[JournalEntry]) -> list[Fragment]:
    """All fragments of a batch of entries, the last per place, in the order they were named."""
    last: dict[tuple[str, str], Fragment] = {}
    for table, source in _sources:
        ids = frozenset() if table == EVERY_ENTRY else touched(entries, table)
        for fragment in source(ids, entries) if ids or table == EVERY_ENTRY else ():
            last.pop(fragment.place, None)
            last[fragment.place] = fragment
    return list(last.values())
