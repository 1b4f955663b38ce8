"""What must end when an event closes: features register it here, and `service.close` runs it all.

Assignments and allocations end in the transaction that closes the event. Those features know events;
events do not know them.
"""

from collections.abc import Callable

from webapp.events.models import Event
from webapp.journal import Actor

Ending = Callable[[Actor, Event], None]
_endings: list[Ending] = []


def ends_with_event(ending: Ending) -> Ending:
    """Register a function that ends what hangs on a closing event; it runs inside the closing command."""
    _endings.append(ending)
    return ending


def end_all(actor: Actor, event: Event) -> None:
    """Run every registered ending."""
    for ending in _endings:
        ending(actor, event)
