"""What a person types about a device."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from webapp.devices.service import LONGEST_NAME
from webapp.journal.actor import DeviceKind
from webapp.web.forms import CommandForm, clean_line

KIND_WORDS = {
    DeviceKind.PHONE: _l("Phone"),
    DeviceKind.GATEWAY: _l("Radio gateway"),
    DeviceKind.TRACKER: _l("Tracker"),
    DeviceKind.DISPLAY: _l("Display"),
}


class RenameForm(CommandForm):
    """A device's name."""

    name = StringField(
        _l("Name"),
        filters=[clean_line],
        validators=[
            DataRequired(message=_l("Give it a name by which people know it.")),
            Length(max=LONGEST_NAME, message=_l("Use at most %(max)d characters.", max=LONGEST_NAME)),
        ],
        description=_l("By which people know it, such as “Radio van”."),
    )


class PairForm(RenameForm):
    """A new device."""

    kind = SelectField(
        _l("What it is"), choices=[SelectChoice(kind.value, word) for kind, word in KIND_WORDS.items()]
    )
