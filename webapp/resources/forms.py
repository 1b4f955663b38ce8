"""What a person may type about needs, offers and types, with messages that say how to mend it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import NumberInput

from webapp.errors import Invalid
from webapp.resources.amounts import parse_amount, written
from webapp.resources.models import Need, Offer
from webapp.resources.types import Kind
from webapp.resources.values import LONGEST, LONGEST_REASON
from webapp.web.fields import DegreesField, MomentField, ParsedField
from webapp.web.forms import CommandForm, clean, clean_line

PRIORITIES = {1: _l("Critical"), 2: _l("High"), 3: _l("Medium"), 4: _l("Low"), 5: _l("Minimal")}


def longest(name: str) -> Length:
    """At most as many characters as there is room for."""
    return Length(max=LONGEST[name], message=_l("Use at most %(max)d characters.", max=LONGEST[name]))


class AmountField(ParsedField[Decimal]):
    """An amount as people write it; `parse_amount` reads it."""

    widget = NumberInput(step="1", min="0")

    def written(self, value: Decimal) -> str:
        """Without needless zeros."""
        return written(value)

    def read(self, text: str) -> Decimal:
        """Read the amount. Raises `ValueError` with words."""
        try:
            return parse_amount(text)
        except Invalid as error:
            raise ValueError(error.message) from None


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
    latitude = DegreesField(_l("Latitude"), bound=90)
    longitude = DegreesField(_l("Longitude"), bound=180)
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
