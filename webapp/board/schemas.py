"""Numbers of the whole response as the API shows them."""

from pydantic import Field

from webapp.api.schemas import Shown, example


class StatsOut(Shown):
    """How many there are in each status, from counters that every change keeps."""

    events: dict[str, int]
    needs: dict[str, int]
    unmet_needs: int = Field(description="Open and partly met ones of active events.")
    offers: dict[str, int]
    allocations: dict[str, int]
    assignments: dict[str, int]
    people: dict[str, int]
    devices: dict[str, int]
    silent_devices: int

    model_config = Shown.model_config | example(
        {
            "events": {"pending": 3, "active": 12, "resolved": 40, "rejected": 2},
            "needs": {"open": 9, "partly_met": 4, "met": 31, "cancelled": 1},
            "unmet_needs": 13,
            "offers": {"available": 20, "assigned": 11, "out_of_service": 1, "withdrawn": 2},
            "allocations": {"reserved": 4, "dispatched": 3, "delivered": 28, "returned": 2, "released": 6},
            "assignments": {"offered": 2, "accepted": 5, "checked_in": 14, "checked_out": 60},
            "people": {"available": 80, "assigned": 19, "unavailable": 6},
            "devices": {"active": 7, "revoked": 1},
            "silent_devices": 1,
        }
    )
