"""What the words of Ushahidi categories mean here: CAP category, kind, and how urgent.

The words follow the deployment for the Haiti earthquake of 2010 (French and English, with numbers);
other deployments use the same English words. A category is found by its first matching line.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from webapp.events.models import Category


class Meaning(NamedTuple):
    """What a category says about an event; ``priority`` 1 is people in danger of life now."""

    pattern: str
    category: Category
    kind: str
    priority: int


# Priorities: 1 life in danger now, 2 life in danger soon (no water, disease, violence), 3 basic needs and
# roads, 4 services that are offered and what was seen, 5 messages and other.
MEANINGS = (
    Meaning(r"trapped|search and rescue|prises au piege", Category.RESCUE, "people trapped", 1),
    Meaning(r"medical emergency|urgence medicale", Category.HEALTH, "medical emergency", 1),
    Meaning(r"highly vulnerable", Category.RESCUE, "highly vulnerable people", 1),
    Meaning(r"\bfire\b|incendie", Category.FIRE, "fire", 1),
    Meaning(r"distribution point|operating|services available|secours", Category.OTHER, "help offered", 4),
    Meaning(r"contaminated water|eau contaminee", Category.HEALTH, "contaminated water", 2),
    Meaning(r"water shortage|penurie d'eau", Category.HEALTH, "water shortage", 2),
    Meaning(r"infectious|chronic|psychiatric|obgyn|public health", Category.HEALTH, "health", 2),
    Meaning(r"medical equipment|medicaments", Category.HEALTH, "medical supplies", 2),
    Meaning(r"food shortage|penurie d'aliments", Category.OTHER, "food shortage", 2),
    Meaning(r"violence|security|looting|pillage|gouging", Category.SECURITY, "security", 2),
    Meaning(r"unstable|structure a risque|compromised bridge", Category.INFRA, "unstable structure", 2),
    Meaning(r"collapsed|effondre", Category.INFRA, "collapsed structure", 2),
    Meaning(r"shelter|refuge|idp", Category.OTHER, "shelter needed", 3),
    Meaning(r"sanitation|hygiene", Category.HEALTH, "water and sanitation", 3),
    Meaning(r"fuel|carburant", Category.INFRA, "fuel shortage", 3),
    Meaning(r"power|courant", Category.INFRA, "power outage", 3),
    Meaning(r"road|route|rubble|gravats", Category.TRANSPORT, "road blocked", 3),
    Meaning(r"communication|infrastructure", Category.INFRA, "infrastructure damage", 3),
    Meaning(r"missing|disparues", Category.RESCUE, "missing person", 3),
    Meaning(r"earthquake|seisme|natural hazard", Category.GEO, "earthquake", 3),
    Meaning(r"deaths|deces|morgue|human remains", Category.HEALTH, "deaths", 4),
    Meaning(r"vital lines|urgences logistiques", Category.INFRA, "vital lines", 3),
    Meaning(r"emergency|urgence", Category.RESCUE, "emergency", 2),
    Meaning(r"persons news|nouvelles|message", Category.OTHER, "news of people", 5),
)
UNKNOWN = Meaning("", Category.OTHER, "", 3)
_COMPILED = tuple((re.compile(meaning.pattern, re.IGNORECASE), meaning) for meaning in MEANINGS)


def meaning_of(words: Iterable[str]) -> Meaning:
    """The most urgent meaning among an event's categories; the table's order breaks ties."""
    found = [meaning for word in words if (meaning := _one(word)) is not None]
    return min(found, key=lambda meaning: meaning.priority, default=UNKNOWN)


def _one(word: str) -> Meaning | None:
    return next((meaning for pattern, meaning in _COMPILED if pattern.search(word)), None)
