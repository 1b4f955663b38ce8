"""What a person may type about an event, with messages that say how to mend it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from webapp.events import words
from webapp.events.models import Category, Certainty, Event, Severity, Urgency, Visibility
from webapp.events.values import LONGEST, LONGEST_NOTE
from webapp.places.choices import as_choice, chosen
from webapp.places.geocoder import Place
from webapp.web.fields import DegreesField
from webapp.web.forms import CommandForm, clean, clean_line

# The largest number that a row can have; a larger one is a slip of the finger.
LARGEST_ID = 2**31 - 1


def longest(name: str, limit: int | None = None) -> Length:
    """At most as many characters as there is room for."""
    most = limit or LONGEST[name]
    return Length(max=most, message=_l("Use at most %(max)d characters.", max=most))


def _choices(known: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(member.value, word) for member, word in known.items()]


class ReportForm(CommandForm):
    """What happened, as anybody may tell it."""

    # What an earlier search called the place, of an event that is edited: another search may rename it.
    found_before: str | None = None

    title = StringField(
        _l("What has happened?"),
        description=_l("Short, as you would say it on the radio: “Cellar flooded, people inside”."),
        filters=[clean_line],
        validators=[DataRequired(_l("Write what has happened.")), longest("title")],
    )
    description = TextAreaField(
        _l("What else should helpers know?"), filters=[clean], validators=[longest("description")]
    )
    category = SelectField(
        _l("What kind is it?"),
        choices=_choices(words.CATEGORY),
        default=Category.OTHER.value,
        validate_choice=True,
    )
    kind = StringField(
        _l("In your own words"),
        description=_l("Such as “food shortage”."),
        filters=[clean_line],
        validators=[longest("kind")],
    )
    priority = RadioField(
        _l("How urgent?"),
        choices=[SelectChoice(str(n), word) for n, word in words.PRIORITY.items()],
        default="3",
        validate_choice=False,
    )
    address = StringField(_l("Address or place"), filters=[clean_line], validators=[longest("address")])
    place = RadioField(_l("Which of these?"), choices=[], validate_choice=False)
    place_name = StringField(
        _l("Name of the place"),
        description=_l("Short, for lists: a district, a school."),
        filters=[clean_line],
        validators=[longest("place_name")],
    )
    latitude = DegreesField(_l("Latitude °"), bound=90)
    longitude = DegreesField(_l("Longitude °"), bound=180)
    severity = SelectField(
        _l("Severity"),
        choices=_choices(words.SEVERITY),
        default=Severity.UNKNOWN.value,
    )
    urgency = SelectField(_l("Urgency"), choices=_choices(words.URGENCY), default=Urgency.UNKNOWN.value)
    certainty = SelectField(
        _l("Certainty"),
        choices=_choices(words.CERTAINTY),
        default=Certainty.UNKNOWN.value,
    )

    def validate_priority(self, field: RadioField) -> None:
        """One of five."""
        if field.data not in {str(n) for n in words.PRIORITY}:
            raise ValidationError(_("Choose a priority from 1 (highest) to 5."))

    def validate_place(self, field: RadioField) -> None:
        """A place that this server offered."""
        if field.data and chosen(field.data) is None:
            raise ValidationError(_("Choose one of the places, or search again."))

    def validate_longitude(self, field: DegreesField) -> None:
        """Both or none."""
        if field.errors or self.latitude.errors or self.place.data:
            return
        if (field.data is None) != (self.latitude.data is None):
            raise ValidationError(_("Write both the latitude and the longitude, or neither."))

    def offer(self, places: list[Place]) -> None:
        """Show found places as a choice."""
        self.place.choices = [as_choice(place) for place in places]

    def keep_choice(self) -> None:
        """Show the chosen place again on a form that comes back."""
        found = chosen(self.place.data)
        if found is not None and not self.place.choices:
            self.place.choices = [SelectChoice(self.place.data, found.words)]

    def values(self) -> dict[str, Any]:
        """What the service takes; a chosen place wins over typed coordinates, never over typed words."""
        names = ("title", "description", "kind", "address", "place_name", "latitude", "longitude")
        values = {name: self[name].data for name in names}
        values |= {
            "category": Category(self.category.data),
            "priority": int(self.priority.data),
            "severity": Severity(self.severity.data),
            "urgency": Urgency(self.urgency.data),
            "certainty": Certainty(self.certainty.data),
        }
        found = chosen(self.place.data)
        if found is not None:
            name = found.name[: LONGEST["place_name"]]
            values |= {"latitude": found.latitude, "longitude": found.longitude, "found_name": name}
            values["location_precision"] = found.precision
            values["address"] = values["address"] or found.label[: LONGEST["address"]]
            if not values["place_name"] or values["place_name"] == self.found_before:
                values["place_name"] = name
        return values


class EventForm(ReportForm):
    """What an authority decides about an event besides."""

    visibility = SelectField(
        _l("Who may see it?"),
        description=_l(
            "Everybody reads its title, text, place and what is needed, never who helps or who reported it."
        ),
        choices=_choices(words.VISIBILITY),
        default=Visibility.INTERNAL.value,
    )
    needs_approval = BooleanField(
        _l("Approve each helper"),
        description=_l("People who want to join wait until a coordinator says yes."),
    )
    parent_id = IntegerField(
        _l("Part of a larger event"),
        description=_l("The number of that event; it stands beside its title."),
        validators=[Optional(), NumberRange(1, LARGEST_ID, _l("There is no event with this number."))],
    )

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return super().values() | {
            "visibility": Visibility(self.visibility.data),
            "needs_approval": self.needs_approval.data,
            "parent_id": self.parent_id.data,
        }


class VerifyForm(CommandForm):
    """Nothing to write: it is true."""


class RejectForm(CommandForm):
    """Why a report is not taken up."""

    reason = TextAreaField(
        _l("Why?"),
        description=_l("The person who reported it can read this."),
        filters=[clean],
        validators=[DataRequired(_l("Write why.")), longest("", LONGEST_NOTE)],
    )
    duplicate_of_id = IntegerField(
        _l("Number of the event that it repeats"),
        description=_l("Only when it is a duplicate."),
        validators=[Optional(), NumberRange(1, LARGEST_ID, _l("There is no event with this number."))],
    )


class CloseForm(CommandForm):
    """How an event ended."""

    note = TextAreaField(
        _l("How did it end?"),
        filters=[clean],
        validators=[DataRequired(_l("Write how it ended.")), longest("", LONGEST_NOTE)],
    )


class ReopenForm(CommandForm):
    """Why a closed event is active again."""

    reason = TextAreaField(
        _l("Why is it opened again?"),
        filters=[clean],
        validators=[DataRequired(_l("Write why.")), longest("", LONGEST_NOTE)],
    )


def present_values(event: Event) -> dict[str, Any]:
    """An event as its form shows it, by field name."""
    names = ("title", "description", "kind", "address", "place_name", "latitude", "longitude")
    same = {name: getattr(event, name) for name in (*names, "needs_approval", "parent_id")}
    enums = ("category", "severity", "urgency", "certainty", "visibility")
    return same | {name: getattr(event, name).value for name in enums} | {"priority": str(event.priority)}
