"""Whether the place where files are kept answers; without it everything but files works."""

from webapp.attachments.store import StoreAway, store
from webapp.ops.checks import Finding, State


def files() -> Finding:
    """One small question to the folder or the bucket."""
    try:
        store().probe()
    except (StoreAway, OSError):
        return Finding(State.DEGRADED, "The place where files are kept does not answer.")
    return Finding()
