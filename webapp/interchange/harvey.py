"""The Harvey Needs API's list of places (2017): what a place says, checked, and what it says as needs."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from webapp.interchange import items, kinds
from webapp.interchange.files import Unreadable
from webapp.interchange.items import Item
from webapp.web.forms import clean, clean_line

# Nothing that a place writes is longer; a longer text is no list of needs.
_LONGEST = 8_000
Text = Annotated[str, StringConstraints(max_length=_LONGEST)] | None
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class Place(BaseModel):
    """A place as the file tells it; names we do not know are ignored, other types refused."""

    model_config = ConfigDict(strict=True, extra="ignore")

    location_name: Text = None
    location_address: Text = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    are_volunteers_needed: bool | None = None
    tell_us_about_the_volunteer_needs: Text = None
    are_supplies_needed: bool | None = None
    tell_us_about_the_supply_needs: Text = None
    anything_else_you_would_like_to_tell_us: Text = None
    needs: Annotated[list[Annotated[str, StringConstraints(max_length=_LONGEST)]], Field(max_length=500)] = []
    updated_at: Annotated[Text, Field(alias="updatedAt")] = None

    @property
    def name(self) -> str:
        """What the place is called, or else its address; empty when it says neither."""
        return clean_line(self.location_name) or clean_line(self.location_address) or ""

    @property
    def address(self) -> str:
        """Its address on one line."""
        return clean_line(self.location_address) or ""

    @property
    def reference(self) -> str:
        """The same for the same name and address, however they are spaced and capitalised."""
        both = f"{self.name}\n{self.address}".casefold()
        return f"harvey:{hashlib.sha256(both.encode()).hexdigest()[:24]}"

    @property
    def told_at(self) -> datetime | None:
        """When the place said this, if it is a moment."""
        try:
            moment = datetime.fromisoformat(self.updated_at or "")
        except ValueError:
            return None
        return moment if moment.tzinfo is not None and moment >= _EARLIEST else None

    @property
    def position(self) -> dict[str, float | None]:
        """Its position; none where it is unknown (0, 0)."""
        if not self.latitude and not self.longitude:
            return {}
        return {"latitude": self.latitude, "longitude": self.longitude}

    def words(self) -> str:
        """All that the place wrote, under short headings."""
        parts = {
            "Volunteers": self.tell_us_about_the_volunteer_needs,
            "Supplies": self.tell_us_about_the_supply_needs,
            "More": self.anything_else_you_would_like_to_tell_us,
        }
        return "\n\n".join(f"{head}: {text}" for head, said in parts.items() if (text := _said(said)))

    def items(self) -> list[Item]:
        """What it needs: volunteers as one, each kind of thing that it names, or supplies as such."""
        found: list[Item] = []
        if self.are_volunteers_needed:
            found.append(items.people(_said(self.tell_us_about_the_volunteer_needs)))
        if self.are_supplies_needed:
            told = _said(self.tell_us_about_the_supply_needs)
            texts = [told] if told else [] if self.are_volunteers_needed else self.needs
            found += items.supplies(texts) or [Item("Supplies", kinds.OTHER, None)]
        return found


def places(found: Any) -> list[Any]:
    """The list of places in what a file says. Raises `Unreadable` when there is none."""
    listed = found.get("needs") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        raise Unreadable("There is no list of places under the name “needs”. Is this the right file?")
    return listed


def read(entry: Any) -> Place:
    """One place. Raises `ValueError` with the field and what is wrong with it."""
    try:
        place = Place.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "place"
        raise ValueError(f"{where}: {first['msg']}.") from None
    if not place.name:
        raise ValueError("location_name: neither a name nor an address is given.")
    return place


def _said(text: str | None) -> str:
    """What was written, if anything was."""
    cleaned = clean(text) or ""
    return "" if cleaned.casefold() in ("none", "n/a", "no") else cleaned
