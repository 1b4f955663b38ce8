"""CAP's terms in plain words, for forms, filters and cards."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from webapp.events.models import Category, Certainty, EventStatus, Severity, Urgency, Visibility

# CAP's own term stands behind each, for those who know it.
CATEGORY = {
    Category.GEO: _l("Quake, landslide, eruption (Geo)"),
    Category.MET: _l("Storm, flood, heat, snow (Met)"),
    Category.SAFETY: _l("Public safety (Safety)"),
    Category.SECURITY: _l("Crime, unrest (Security)"),
    Category.RESCUE: _l("People trapped or missing (Rescue)"),
    Category.FIRE: _l("Fire, explosion (Fire)"),
    Category.HEALTH: _l("Injuries, disease (Health)"),
    Category.ENV: _l("Pollution, waste (Env)"),
    Category.TRANSPORT: _l("Road, rail, sea, air (Transport)"),
    Category.INFRA: _l("Power, water, phone, buildings (Infra)"),
    Category.CBRNE: _l("Chemical, biological, nuclear (CBRNE)"),
    Category.OTHER: _l("Food, shelter, anything else (Other)"),
}
PRIORITY = {
    1: _l("1 · Critical: lives in danger now"),
    2: _l("2 · High: within the hour"),
    3: _l("3 · Medium: today"),
    4: _l("4 · Low: can wait a day"),
    5: _l("5 · Minimal: when there is time"),
}
PRIORITY_SHORT = {
    1: _l("1 Critical"),
    2: _l("2 High"),
    3: _l("3 Medium"),
    4: _l("4 Low"),
    5: _l("5 Minimal"),
}
SEVERITY = {
    Severity.UNKNOWN: _l("Not known"),
    Severity.EXTREME: _l("Extreme: extraordinary threat"),
    Severity.SEVERE: _l("Severe: significant threat"),
    Severity.MODERATE: _l("Moderate: possible threat"),
    Severity.MINOR: _l("Minor: little or no threat"),
}
URGENCY = {
    Urgency.UNKNOWN: _l("Not known"),
    Urgency.IMMEDIATE: _l("Immediate: act now"),
    Urgency.EXPECTED: _l("Expected: act within the hour"),
    Urgency.FUTURE: _l("Future: act soon"),
    Urgency.PAST: _l("Past: no action needed any more"),
}
CERTAINTY = {
    Certainty.UNKNOWN: _l("Not known"),
    Certainty.OBSERVED: _l("Observed: seen to be so"),
    Certainty.LIKELY: _l("Likely: more than half"),
    Certainty.POSSIBLE: _l("Possible: less than half"),
    Certainty.UNLIKELY: _l("Unlikely"),
}
VISIBILITY = {
    Visibility.INTERNAL: _l("People of this response"),
    Visibility.PUBLIC: _l("Everybody, without signing in"),
}
STATUS = {
    EventStatus.ACTIVE: _l("Active"),
    EventStatus.PENDING: _l("To verify"),
    EventStatus.RESOLVED: _l("Resolved"),
    EventStatus.REJECTED: _l("Rejected"),
}


def event_word(value: StrEnum) -> str:
    """A severity, urgency or certainty in plain words."""
    return str((SEVERITY | URGENCY | CERTAINTY)[value])  # type: ignore[index]


def event_category(value: Category) -> str:
    """A category in plain words."""
    return str(CATEGORY[value])
