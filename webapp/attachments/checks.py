"""Whether the place where files are kept is the one, and answers; without it everything but files works."""

from sqlalchemy.exc import SQLAlchemyError

from webapp.attachments import queries
from webapp.attachments.store import StoreAway, store
from webapp.errors import NotFound
from webapp.ops.checks import Finding, State


def files() -> Finding:
    """Whether the folder or bucket answers, a folder takes a file, and the newest file is in it."""
    try:
        newest = queries.newest_key()
        try:
            store().probe(newest)
        except NotFound:
            if newest == queries.newest_key():  # it was not removed just now
                return Finding(State.DEGRADED, "Files that pages tell of are not where files are kept.")
    except SQLAlchemyError as error:
        return Finding(State.DEGRADED, f"Which files there are cannot be read ({type(error).__name__}).")
    except (StoreAway, OSError):
        return Finding(State.DEGRADED, "The place where files are kept does not answer or take files.")
    return Finding()
