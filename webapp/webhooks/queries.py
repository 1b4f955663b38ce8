"""What the pages about webhooks read."""

from collections.abc import Sequence

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.webhooks.models import Delivery, DeliveryStatus, Webhook


def every() -> Sequence[Webhook]:
    """All webhooks, in the order they were added."""
    return db.session.execute(select(Webhook).order_by(Webhook.id)).scalars().all()


def by_id(webhook_id: int) -> Webhook | None:
    """One webhook, if there is such a one."""
    return db.session.get(Webhook, webhook_id)


def unsent() -> dict[tuple[int, DeliveryStatus], int]:
    """How many deliveries of each webhook wait or were given up."""
    statement = (
        select(Delivery.webhook_id, Delivery.status, func.count())
        .where(Delivery.status.in_((DeliveryStatus.WAITING, DeliveryStatus.DEAD)))
        .group_by(Delivery.webhook_id, Delivery.status)
    )
    return {(id_, status): count for id_, status, count in db.session.execute(statement)}


def deliveries(
    webhook_id: int, limit: int, *, status: DeliveryStatus | None = None, before: int | None = None
) -> Sequence[Delivery]:
    """The newest deliveries of a webhook, newest first; ``before`` is a seq and continues a list."""
    statement = select(Delivery).where(Delivery.webhook_id == webhook_id).order_by(Delivery.seq.desc())
    if status is not None:
        statement = statement.where(Delivery.status == status)
    if before is not None:
        statement = statement.where(Delivery.seq < before)
    return db.session.execute(statement.limit(limit)).scalars().all()
