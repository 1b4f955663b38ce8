"""What coordinators type when they ask people to come, and what they note about a person."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from webapp.volunteers.service import LONGEST
from webapp.volunteers.times import LONGEST_REASON
from webapp.web.fields import MomentField
from webapp.web.forms import CommandForm, clean, clean_line

# The largest id that both databases take.
_LARGEST_ID = 2**63 - 1


class AssignForm(CommandForm):
    """People, and what they are asked to do."""

    # Who may be chosen is the service's to say: it names each person whom it refuses.
    user_id = SelectMultipleField(_l("People"), coerce=int, validate_choice=False)
    task = StringField(
        _l("Task"),
        filters=[clean_line],
        validators=[Length(max=LONGEST["task"])],
        description=_l("What they will do."),
    )
    bring = StringField(
        _l("Bring"),
        filters=[clean_line],
        validators=[Length(max=LONGEST["bring"])],
        description=_l("Such as boots, gloves, water."),
    )
    meeting_point = StringField(
        _l("Meeting point"),
        filters=[clean_line],
        validators=[Length(max=LONGEST["meeting_point"])],
        description=_l("Where they report when they arrive."),
    )

    def validate_user_id(self, field: SelectMultipleField) -> None:
        """Refuse numbers that no row can have."""
        if any(not 0 < number <= _LARGEST_ID for number in field.data or ()):
            raise ValidationError(_("Choose people from the list."))

    def texts(self) -> dict[str, str]:
        """What was typed, as the service takes it."""
        return {name: self[name].data or "" for name in LONGEST}


class BulkForm(AssignForm):
    """The same from the roster, where the event is chosen too."""

    event_id = IntegerField(
        _l("Event"),
        validators=[
            InputRequired(message=_l("Choose an event.")),
            NumberRange(1, _LARGEST_ID, message=_l("Choose an event.")),
        ],
    )


class NotesForm(CommandForm):
    """What coordinators should know of a person."""

    notes = TextAreaField(
        _l("Notes"),
        filters=[clean],
        validators=[Length(max=5000)],
        description=_l("Coordinators read this, and the person in the copy of their own data."),
    )


class LeaveForm(CommandForm):
    """When somebody left."""

    left_at = MomentField(
        _l("Left at"),
        description=_l("Now, unless you forgot to say so when you left."),
    )


class TimesForm(CommandForm):
    """Both times of a presence, and why they are corrected."""

    checked_in_at = MomentField(_l("Came at"))
    checked_out_at = MomentField(_l("Left at"))
    reason = StringField(
        _l("Why?"),
        filters=[clean_line],
        validators=[
            InputRequired(message=_l("Say why: the person reads it.")),
            Length(max=LONGEST_REASON),
        ],
        description=_l("The person reads this beside the new times."),
    )
