"""What a person types to write a message."""

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from webapp.database import utc_now
from webapp.journal import Role
from webapp.messages.audience import FARTHEST_KM, Audience
from webapp.messages.models import LONGEST, AudienceKind, MessagePriority
from webapp.web.fields import DegreesField
from webapp.web.forms import CommandForm, clean
from webapp.web.numbers import LARGEST_ID

AUDIENCE_WORDS = {
    AudienceKind.EVENT: _l("Everybody on an event"),
    AudienceKind.ROLE: _l("Everybody with a role"),
    AudienceKind.CIRCLE: _l("Everybody near a place"),
    AudienceKind.COORDINATORS: _l("The coordinators"),
    AudienceKind.PERSON: _l("One person"),
    AudienceKind.DEVICE: _l("One device"),
}
PRIORITY_WORDS = {
    MessagePriority.ROUTINE: _l("Routine"),
    MessagePriority.PRIORITY: _l("Priority: soon"),
    MessagePriority.IMMEDIATE: _l("Immediate: before anything else"),
}
ROLE_WORDS = {Role.SUV: _l("Volunteers"), Role.VC: _l("Coordinators"), Role.AUTHORITY: _l("Authorities")}
HOURS = {
    1: _l("1 hour"),
    6: _l("6 hours"),
    24: _l("1 day"),
    72: _l("3 days"),
    168: _l("7 days"),
}
_CHOOSE = _l("Choose one from the list.")


def _number(label: str) -> IntegerField:
    return IntegerField(label, validators=[Optional(), NumberRange(1, LARGEST_ID, message=_CHOOSE)])


class MessageForm(CommandForm):
    """A message; which of the audience's fields counts hangs on its kind."""

    kind = RadioField(
        _l("To"),
        choices=[SelectChoice(kind.value, word) for kind, word in AUDIENCE_WORDS.items()],
        default=AudienceKind.EVENT.value,
    )
    event_id = _number(_l("Event"))
    user_id = _number(_l("Person"))
    device_id = _number(_l("Device"))
    role = SelectField(
        _l("Role"),
        choices=[SelectChoice(role.value, word) for role, word in ROLE_WORDS.items()],
        default=Role.SUV.value,
    )
    latitude = DegreesField(_l("Latitude"), bound=90, validators=[Optional()])
    longitude = DegreesField(_l("Longitude"), bound=180, validators=[Optional()])
    km = IntegerField(
        _l("Within"),
        default=5,
        validators=[
            Optional(),
            NumberRange(
                1, int(FARTHEST_KM), message=_l("A distance is from 1 to %(max)d km.", max=FARTHEST_KM)
            ),
        ],
    )
    body = TextAreaField(
        _l("Message"),
        filters=[clean],
        validators=[
            DataRequired(message=_l("Write the message.")),
            Length(max=LONGEST, message=_l("Use at most %(max)d characters.", max=LONGEST)),
        ],
    )
    priority = SelectField(
        _l("How urgent"),
        choices=[SelectChoice(priority.value, word) for priority, word in PRIORITY_WORDS.items()],
        default=MessagePriority.ROUTINE.value,
    )
    hours = SelectField(
        _l("Useful for"),
        choices=[SelectChoice(str(hours), word) for hours, word in HOURS.items()],
        default="24",
        description=_l("Whoever has not got it by then will not get it."),
    )

    def may_be_empty(self) -> None:
        """Whom it is for can be counted before it is written."""
        self.body.validators = [Optional()]

    def audience(self) -> Audience:
        """Whom it is for; only the fields of its kind count."""
        kind = AudienceKind(self.kind.data)
        near = kind is AudienceKind.CIRCLE
        for_event = kind in (AudienceKind.EVENT, AudienceKind.COORDINATORS)
        return Audience(
            kind,
            user_id=self.user_id.data if kind is AudienceKind.PERSON else None,
            device_id=self.device_id.data if kind is AudienceKind.DEVICE else None,
            event_id=self.event_id.data if for_event else None,
            role=Role(self.role.data) if kind is AudienceKind.ROLE else None,
            latitude=self.latitude.data if near else None,
            longitude=self.longitude.data if near else None,
            km=float(self.km.data) if near and self.km.data else None,
        )

    def until(self) -> datetime:
        """When it expires."""
        return utc_now() + timedelta(hours=int(self.hours.data))
