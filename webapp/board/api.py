"""Numbers of the whole response over the API."""

import enum

from webapp.accounts.models import UserStatus
from webapp.api.operation import operation
from webapp.board import counters
from webapp.board.schemas import StatsOut
from webapp.devices.models import DeviceStatus
from webapp.events.models import EventStatus
from webapp.policy import Action
from webapp.resources.models import AllocationStatus, NeedStatus, OfferStatus
from webapp.volunteers.models import AssignmentStatus


@operation("GET", "/stats", Action.BOARD, tag="Numbers", gives=StatsOut)
def show_stats() -> StatsOut:
    """How many events, needs, offers, allocations, assignments, people and devices are in each status."""
    totals = counters.totals()

    def of(table: str, statuses: type[enum.StrEnum]) -> dict[str, int]:
        return {status.value: totals.get(f"{table}:{status}", 0) for status in statuses}

    return StatsOut(
        events=of("event", EventStatus),
        needs=of("need", NeedStatus),
        unmet_needs=totals.get(counters.UNMET, 0),
        offers=of("offer", OfferStatus),
        allocations=of("allocation", AllocationStatus),
        assignments=of("assignment", AssignmentStatus),
        people=of("user", UserStatus),
        devices=of("device", DeviceStatus),
        silent_devices=totals.get(counters.SILENT, 0),
    )
