"""What a person may type about needs, offers and types, with messages that say how to mend it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import DateTimeLocalInput, NumberInput, TextInput

from webapp.errors import Invalid
from webapp.resources.amounts import parse_amount, said
from webapp.resources.models import Need, Offer
from webapp.resources.types import Kind
from webapp.resources.values import LONGEST, LONGEST_REASON
from webapp.web.forms import CommandForm, clean, clean_line
from webapp.web.times import form_time
from webapp.web.viewer import viewer

PRIORITIES = {1: _l("Critical"), 2: _l("High"), 3: _l("Medium"), 4: _l("Low"), 5: _l("Minimal")}
_MINUS = str.maketrans({"−": "-", "–": "-", "٫": ".", ",": ".", "°": None})


def longest(name: str) -> Length:
    """At most as many characters as there is room for."""
    return Length(max=LONGEST[name], message=_l("Use at most %(max)d characters.", max=LONGEST[name]))


class AmountField(Field):
    """An amount as people write it; `parse_amount` reads it."""

    widget = NumberInput(step="1", min="0")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return said(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the amount; nothing typed is None. Raises `ValueError` with words."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = parse_amount(valuelist[0])
        except Invalid as error:
            raise ValueError(error.message) from None


class MomentField(Field):
    """A date and time in the viewer's zone, kept as a moment; nothing typed is None."""

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else form_time(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the moment. Raises `ValueError` with words."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            typed = datetime.fromisoformat(valuelist[0].strip())
            zoned = typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(viewer().time_zone))
            self.data = zoned.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(_("Write a date and a time, such as 2026-11-21 14:30.")) from None


class DegreesField(Field):
    """Degrees as people write them, with a point or a comma; nothing typed is None."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:.6f}".rstrip("0").rstrip(".")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; its range is the service's. Raises `ValueError` with words."""
        self.data = None
        text = valuelist[0].strip().translate(_MINUS) if valuelist else ""
        if not text:
            return
        try:
            self.data = float(text)
        except ValueError:
            raise ValueError(_("Write degrees as a number, such as 12.5.")) from None


class _Thing(CommandForm):
    """What needs and offers have in common: what, how much, in which unit."""

    name = StringField(
        _l("What is it?"),
        filters=[clean_line],
        validators=[InputRequired(_l("Write what it is, such as sandbags.")), longest("name")],
    )
    quantity = AmountField(_l("How many or how much?"))
    unit = StringField(
        _l("Unit"),
        description=_l("As the type is counted: people, litres, pieces …"),
        filters=[clean_line],
        validators=[Length(max=30)],
    )
    description = TextAreaField(
        _l("What else should people know?"), filters=[clean], validators=[longest("description")]
    )
    kinds: tuple[Kind, ...] = ()

    def show(self, kinds: Iterable[Kind]) -> None:
        """Offer these types, grouped by the top of their branch."""
        self.kinds = tuple(kinds)
        self["resource_type_id"].choices = [(str(k.id), k.name) for top in self.kinds for k in top.all]

    def validate_quantity(self, field: AmountField) -> None:
        """There must be one."""
        if field.data is None and not field.errors:
            raise ValidationError(_("Write how many or how much."))

    def validate_resource_type_id(self, field: SelectField) -> None:
        """One of those shown."""
        if field.data not in {value for value, _label in field.choices}:
            raise ValidationError(_("Choose a type from the list."))

    def values(self) -> dict[str, Any]:
        """What the service takes. An empty unit is the type's usual one."""
        kind_id = int(self["resource_type_id"].data)
        usual = next(kind.units[0] for top in self.kinds for kind in top.all if kind.id == kind_id)
        return {
            "resource_type_id": kind_id,
            "name": self.name.data,
            "quantity": self.quantity.data,
            "unit": self.unit.data or usual,
            "description": self.description.data or "",
        }


class NeedForm(_Thing):
    """What an event needs."""

    resource_type_id = SelectField(_l("Type"), validate_choice=False)
    priority = RadioField(
        _l("How urgent?"),
        choices=[(str(n), word) for n, word in PRIORITIES.items()],
        default="3",
        validate_choice=False,
    )
    needed_by = MomentField(_l("Needed by"), description=_l("Leave empty for as soon as possible."))

    def validate_priority(self, field: RadioField) -> None:
        """One of five."""
        if field.data not in {str(n) for n in PRIORITIES}:
            raise ValidationError(_("Choose a priority from 1 (highest) to 5."))

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return super().values() | {"priority": int(self.priority.data), "needed_by": self.needed_by.data}


class OfferForm(_Thing):
    """What somebody can give or lend."""

    resource_type_id = RadioField(_l("What do you offer?"), validate_choice=False)
    place_name = StringField(
        _l("Where is it?"),
        description=_l("A place that people here know: a street, a school, a depot."),
        filters=[clean_line],
        validators=[longest("place_name")],
    )
    latitude = DegreesField(_l("Latitude"))
    longitude = DegreesField(_l("Longitude"))
    available_from = MomentField(_l("From when?"))
    available_until = MomentField(_l("Until when?"))
    condition = StringField(
        _l("Condition"),
        description=_l("Such as “new”, “needs fuel”, “trailer needed”."),
        filters=[clean_line],
        validators=[longest("condition")],
    )

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("place_name", "latitude", "longitude", "available_from", "available_until", "condition")
        values = super().values() | {name: self[name].data for name in names}
        return values | {"place_name": self.place_name.data or "", "condition": self.condition.data or ""}


class ReasonForm(CommandForm):
    """Why something ends."""

    reason = StringField(
        _l("Why?"),
        filters=[clean_line],
        validators=[
            InputRequired(_l("Write why: the people on the event will read this.")),
            Length(max=LONGEST_REASON, message=_l("Use at most %(max)d characters.", max=LONGEST_REASON)),
        ],
    )


class AllocateForm(CommandForm):
    """Amounts of several offers, in fields named ``offer-ID``; what is empty or zero is left out."""

    oversupply = BooleanField(
        _l("Send more than was asked"), description=_l("The timeline will say that you chose to.")
    )

    def amounts(self, typed: Iterable[tuple[str, str]]) -> dict[int, Decimal]:
        """The amounts by offer id. Raises `Invalid` with the name of the field that is wrong."""
        found: dict[int, Decimal] = {}
        for name, text in typed:
            number = name.removeprefix("offer-")
            if not name.startswith("offer-") or text.strip() in ("", "0"):
                continue
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise Invalid(_("This form is damaged. Load the page again."))
            try:
                found[int(number)] = parse_amount(text)
            except Invalid as error:
                raise Invalid(error.message, fields={name: error.message}) from None
        return found


class TypeForm(CommandForm):
    """A resource type."""

    name = StringField(
        _l("Name"),
        filters=[clean_line],
        validators=[InputRequired(_l("Write a name.")), Length(max=80)],
    )
    parent_id = SelectField(_l("Kind of"), validate_choice=False)
    units = StringField(
        _l("Units"),
        description=_l("Separated by commas, the usual one first: “litres, bottles”."),
        filters=[clean_line],
        validators=[InputRequired(_l("Write at least one unit.")), Length(max=300)],
    )
    returnable = BooleanField(_l("It comes back after use"))

    def show(self, kinds: Iterable[Kind]) -> None:
        """Offer these types to stand below."""
        self.parent_id.choices = [
            ("", _("nothing: it stands at the top")),
            *((str(k.id), k.name) for k in kinds),
        ]

    def validate_parent_id(self, field: SelectField) -> None:
        """One of those shown."""
        if (field.data or "") not in {value for value, _label in field.choices}:
            raise ValidationError(_("Choose a type from the list."))

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        units = [unit.strip() for unit in (self.units.data or "").split(",") if unit.strip()]
        return {
            "name": self.name.data,
            "parent_id": int(self.parent_id.data) if self.parent_id.data else None,
            "units": list(dict.fromkeys(units)),
            "returnable": self.returnable.data,
        }


def need_values(need: Need) -> dict[str, Any]:
    """A need's present values by form field."""
    names = ("name", "quantity", "unit", "description", "needed_by")
    return {name: getattr(need, name) for name in names} | {
        "resource_type_id": str(need.resource_type_id),
        "priority": str(need.priority),
    }


def offer_values(offer: Offer) -> dict[str, Any]:
    """An offer's present values by form field."""
    names = ("name", "quantity", "unit", "description", "place_name", "latitude", "longitude")
    windows = ("available_from", "available_until", "condition")
    return {name: getattr(offer, name) for name in (*names, *windows)} | {
        "resource_type_id": str(offer.resource_type_id)
    }
