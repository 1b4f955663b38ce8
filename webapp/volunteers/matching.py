"""Who fits an event best: free first, then by skills that it lacks, language, and last sign of life."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from webapp.accounts.models import UserStatus
from webapp.extensions import db
from webapp.resources.models import UNMET, Need, ResourceType
from webapp.volunteers import roster
from webapp.volunteers.roster import RosterPerson

SHOWN = 50
# Shorter words of a need ("of", "and", "men") say nothing about a skill.
_SHORTEST_WORD = 4
_PERSONNEL = "personnel"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who could be asked, with the reasons to."""

    person: RosterPerson
    fitting: tuple[str, ...]
    speaks: bool

    @property
    def free(self) -> bool:
        """Whether the person can come at once."""
        return self.person.status is UserStatus.AVAILABLE

    @property
    def rank(self) -> tuple[bool, int, bool, datetime]:
        """The larger, the better."""
        return (self.free, len(self.fitting), self.speaks, self.person.last_sign_at or _EPOCH)


def candidates(event_id: int, language: str, text: str = "") -> list[Candidate]:
    """The best people for an event, at most `SHOWN`; ``language`` is the one spoken there (BCP 47)."""
    wanted = wanted_words(event_id)
    found = [_candidate(person, wanted, language) for person in roster.candidates(event_id, text)]
    return sorted(found, key=lambda c: c.rank, reverse=True)[:SHOWN]


def wanted_words(event_id: int) -> list[str]:
    """What the event's unmet needs for people are called, case-folded."""
    statement = (
        select(Need.name, Need.description, ResourceType.name.label("kind"))
        .join(ResourceType, ResourceType.id == Need.resource_type_id)
        .where(
            Need.event_id == event_id,
            Need.status.in_(UNMET),
            ResourceType.code.startswith(_PERSONNEL, autoescape=True),
        )
        .limit(50)
    )
    return [f"{row.name} {row.kind} {row.description}".casefold() for row in db.session.execute(statement)]


def _candidate(person: RosterPerson, wanted: list[str], language: str) -> Candidate:
    fitting = tuple(skill for skill in person.skills if _fits(skill.casefold(), wanted))
    return Candidate(person, fitting, language[:2] in {code[:2] for code in person.languages})


def _fits(skill: str, wanted: list[str]) -> bool:
    words = [word for word in skill.split() if len(word) >= _SHORTEST_WORD]
    return any(skill in text or any(word in text for word in words) for text in wanted)
