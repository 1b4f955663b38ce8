"""Which entries a webhook can hear of. What is about ways in (sessions, codes, tokens) is not among them."""

import re
from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

# Families of verbs, with what people call them.
FAMILIES = {
    "event": _l("Events"),
    "need": _l("Needs"),
    "offer": _l("Offers"),
    "allocation": _l("Allocations"),
    "assignment": _l("Assignments and calls for help"),
    "attachment": _l("Files of events"),
    "resource_type": _l("Resource types"),
    "user": _l("People (names and roles, no contact details)"),
}
# Sent by the button, to that webhook only and whatever else it hears of.
TEST = "webhook.tested"
_PATTERN = re.compile(r"([a-z_]{1,40})\.(\*|[a-z_]{1,40})")


def is_pattern(text: str) -> bool:
    """Whether this is a verb of a family that can be heard of, or ``family.*``."""
    found = _PATTERN.fullmatch(text)
    return found is not None and found[1] in FAMILIES


def wanted(patterns: Iterable[str], verb: str) -> bool:
    """Whether one of the patterns takes the verb."""
    family = verb.partition(".")[0]
    return any(pattern in (verb, f"{family}.*") for pattern in patterns)
