"""People as the API shows and takes them. How to reach somebody is in answers about oneself, and in a look
that is journalled; nowhere else."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from webapp.accounts.models import UserStatus
from webapp.api.schemas import Page, RowPaging, Shown, Strict, Text, example, kept
from webapp.journal import Role

_USER: dict[str, Any] = {
    "id": 5,
    "version": 7,
    "name": "Sam Volunteer",
    "role": "SUV",
    "status": "assigned",
    "languages": ["en", "da"],
    "skills": ["First aid", "Driving C1"],
    "deactivated": False,
}
_OWN: dict[str, Any] = {
    "email": "sam@example.org",
    "phone": "+4512345678",
    "locale": "en",
    "time_zone": "Europe/Copenhagen",
    "home_area": "Vesterbro",
    "availability": "Evenings",
    "emergency_contact": "Sol, +45 23 45 67 89",
}


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("write it as Europe/Copenhagen or America/Port-au-Prince")
    return name


Line = Annotated[Text, StringConstraints(max_length=120)]
LongLine = Annotated[Text, StringConstraints(max_length=200)]
LanguageText = Annotated[Text, StringConstraints(max_length=40)]
ContactText = Annotated[Text, StringConstraints(min_length=3, max_length=254)]


class UserQuery(RowPaging):
    """Narrows the list, which is by name."""

    text: Annotated[str, StringConstraints(max_length=100)] = Field("", description="Words of the name.")
    role: Role | None = None
    status: UserStatus | None = None
    skill: Annotated[str, StringConstraints(max_length=60)] = Field("", description="Part of a skill's name.")
    deactivated: bool = Field(False, description="Those who were shut out instead; for an authority.")


class UserSummary(Shown):
    """A person in the list."""

    id: int
    version: int
    name: str
    role: Role
    status: UserStatus
    languages: list[str] = Field(description="BCP 47 codes.")
    skills: list[str]
    deactivated: bool


class UserPage(Page[UserSummary]):
    """One page of people."""

    model_config = Page.model_config | example({"items": [_USER], "next": "5"})


class UserOut(UserSummary):
    """A person, without how to reach them."""

    home_area: str | None
    availability: str | None
    notes: str | None = Field(description="The coordinators' own; null for anybody else.")
    created_at: datetime

    model_config = Shown.model_config | example(
        _USER
        | {"home_area": "Vesterbro", "availability": "Evenings", "notes": "Has a key to the yard."}
        | {"created_at": "2026-11-20T18:00:00Z"}
    )


class MeOut(UserSummary):
    """Oneself, whole."""

    email: str | None
    phone: str | None = Field(description="E.164, with `;ext=` of an extension")
    locale: str | None
    time_zone: str | None
    home_area: str | None
    availability: str | None
    emergency_contact: str | None

    model_config = Shown.model_config | example(_USER | _OWN)


class MeEdit(Strict):
    """What changes; what is left out stays. Null empties what may be empty."""

    name: Annotated[Text, StringConstraints(min_length=1, max_length=120)] = kept()
    email: ContactText | None = kept()
    phone: ContactText | None = kept()
    languages: Annotated[list[LanguageText], Field(max_length=12)] = kept()
    locale: Literal["en", "es", "fr", "ht", "ar"] | None = kept()
    time_zone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)] | None = kept()
    home_area: Line | None = kept()
    availability: LongLine | None = kept()
    emergency_contact: LongLine | None = kept()

    model_config = Strict.model_config | example({"availability": "Evenings", "languages": ["en", "da"]})


class StatusChoice(Strict):
    """Whether one can be sent."""

    status: Literal["available", "unavailable"]

    model_config = Strict.model_config | example({"status": "unavailable"})


class RoleChoice(Strict):
    """Another role."""

    role: Role

    model_config = Strict.model_config | example({"role": "VC"})


class ContactOut(Shown):
    """How to reach a person."""

    user_id: int
    name: str
    email: str | None
    phone: str | None

    model_config = Shown.model_config | example(
        {"user_id": 5, "name": "Sam Volunteer", "email": "sam@example.org", "phone": "+4512345678"}
    )
