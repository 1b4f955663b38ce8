"""Wait for a database that is not there yet, as after a power cut that took both: nobody has to be called."""

import logging
import re
import time

from gunicorn.systemd import sd_notify
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between tries
TOLD_EVERY = 15.0  # seconds between lines of the log
# What no waiting cures: PostgreSQL answers, and says no.
_REFUSED = re.compile(r"authentication failed|does not exist|no pg_hba\.conf entry|certificate|SSL")


def wait_for(engine: Engine) -> None:
    """Return once a server answers. Raises `OperationalError` where waiting is in vain: it refuses us, or the
    database is a file."""
    began = time.monotonic()
    told_at = float("-inf")
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            said = (str(error.orig).splitlines() or [""])[0]
            if engine.dialect.name == "sqlite" or _REFUSED.search(str(error.orig)):
                raise
            now = time.monotonic()
            if now - told_at >= TOLD_EVERY:
                told_at = now
                log.warning("waiting for the database", extra={"said": said, "seconds": round(now - began)})
            # A service manager that waits for the start goes on waiting.
            sd_notify("STATUS=Waiting for the database\nEXTEND_TIMEOUT_USEC=30000000", log)
            time.sleep(PAUSE)
        else:
            return
