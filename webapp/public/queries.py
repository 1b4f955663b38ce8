"""What the public page tells of an event besides itself: what is needed, in numbers, in nobody's words."""

from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.resources.models import UNMET, Need, ResourceType


class Lacking(NamedTuple):
    """So much of a kind is still needed."""

    kind: str
    icon: str
    amount: Decimal
    unit: str


def lacking(event_id: int) -> list[Lacking]:
    """What an event still lacks, by kind of thing and unit, the most urgent first; one statement.

    Names and descriptions of needs stay inside: people write other people into them.
    """
    # Amounts are exact thousandths; summed as they are stored, then read as the column reads them.
    missing = func.sum(Need.quantity - Need.allocated, type_=Need.quantity.type)
    rows = db.session.execute(
        select(ResourceType.name, ResourceType.icon, missing, Need.unit)
        .join(ResourceType, ResourceType.id == Need.resource_type_id)
        .where(Need.event_id == event_id, Need.status.in_(UNMET))
        .group_by(ResourceType.name, ResourceType.icon, Need.unit)
        .order_by(func.min(Need.priority), ResourceType.name, Need.unit)
    )
    return [Lacking(*row) for row in rows]
