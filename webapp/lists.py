"""How lists are read in parts: by key, never by OFFSET, and the beginnings of many lists in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.database import Row


def beginnings(
    row: type[Row],
    parent: InstrumentedAttribute[int],
    order: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]],
    most: int,
    *conditions: ColumnElement[bool],
) -> Subquery:
    """The ids of the first ``most`` rows of each parent, in ``order``, with their ``place`` there from 1 on.

    To be joined by id: one statement then reads the lists of all parents, however many they are.
    """
    place = func.row_number().over(partition_by=parent, order_by=order).label("place")
    every = select(row.id, place).where(*conditions).subquery()
    return select(every.c.id, every.c.place).where(every.c.place <= most).subquery()
