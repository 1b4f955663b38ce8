"""Which fields of a request were refused: their names for the log, never what was typed."""

import re
from collections.abc import Iterable

from flask import g

MOST = 20
# Programs choose the names of fields that we do not know: only what looks like a name is written down.
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)


def note(names: Iterable[str]) -> None:
    """Remember that these fields of the present request were refused."""
    g.setdefault("invalid_fields", set()).update(name if _NAME.fullmatch(name) else "?" for name in names)


def noted() -> list[str]:
    """The names of refused fields so far, sorted, at most `MOST`."""
    return sorted(g.get("invalid_fields", ()))[:MOST]
