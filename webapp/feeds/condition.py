"""What readiness says about feeds: a note. That another system fails is no fault of this one."""

from sqlalchemy.exc import SQLAlchemyError

from webapp.feeds import queries
from webapp.ops.checks import Finding, State


def check() -> Finding:
    """Up, with a note where feeds fail."""
    try:
        failing, on = queries.failing()
    except SQLAlchemyError as error:
        return Finding(State.DEGRADED, f"Alert feeds cannot be read ({type(error).__name__}).")
    facts = {"feeds": on, "feeds_failing": failing}
    if failing:
        return Finding(
            note=f"{failing} of {on} alert feeds cannot be read; their page says why.", facts=facts
        )
    return Finding(facts=facts)
