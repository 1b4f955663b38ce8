"""What a person may type about webhooks."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from webapp.outgoing.addresses import MAX_URL
from webapp.web.fields import MultiCheckboxField
from webapp.web.forms import CommandForm, clean_line
from webapp.webhooks.verbs import FAMILIES


def _verbs() -> MultiCheckboxField:
    return MultiCheckboxField(
        _l("What it hears of"),
        choices=[(f"{family}.*", words) for family, words in FAMILIES.items()],
        validators=[DataRequired(_l("Choose what it hears of."))],
    )


class VerbsForm(CommandForm):
    """What a webhook hears of."""

    verbs = _verbs()


class WebhookForm(CommandForm):
    """A new webhook."""

    url = StringField(
        _l("Address"),
        filters=[clean_line],
        validators=[
            DataRequired(_l("Write the address, as https://example.org/hook.")),
            Length(max=MAX_URL, message=_l("Use at most 2000 characters.")),
        ],
    )
    verbs = _verbs()
