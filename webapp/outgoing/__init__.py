"""Calling other systems: the one way to an address that somebody typed, bounded in reach, time and size."""

from webapp.outgoing.calls import Fetched, bounded, get, post
from webapp.outgoing.troubles import Broken, OutgoingError, Refused, TooLarge, TooSlow, Unreachable

__all__ = [
    "Broken",
    "Fetched",
    "OutgoingError",
    "Refused",
    "TooLarge",
    "TooSlow",
    "Unreachable",
    "bounded",
    "get",
    "post",
]
