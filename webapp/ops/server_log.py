"""gunicorn's own lines, through the formatter of all others."""

import logging
from typing import Any

from gunicorn.glogging import Logger

from webapp.ops import logs
from webapp.settings import load_or_leave


class ServerLogger(Logger):
    """Instead of files and formats of gunicorn's own."""

    def setup(self, cfg: Any) -> None:
        """Configure the log as everywhere else; called at the start and when gunicorn is told to reload."""
        self.loglevel = logging.INFO
        logs.configure(load_or_leave())
