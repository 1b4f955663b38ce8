"""What a person may type about alert feeds."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import TextInput

from webapp.events import words
from webapp.feeds.service import LEAST, LONGEST_NAME
from webapp.outgoing.addresses import MAX_URL
from webapp.web.fields import DegreesField, MultiCheckboxField
from webapp.web.forms import CommandForm, clean_line


class FiltersForm(CommandForm):
    """What a feed is called here, and which of its alerts count."""

    name = StringField(
        _l("Name"),
        description=_l("Who publishes it, as you call them here."),
        filters=[clean_line],
        validators=[
            DataRequired(_l("Write a name.")),
            Length(max=LONGEST_NAME, message=_l("Use at most 120 characters.")),
        ],
    )
    latitude = DegreesField(_l("Latitude of the middle °"), bound=90)
    longitude = DegreesField(_l("Longitude of the middle °"), bound=180)
    radius_km = IntegerField(_l("Radius"), validators=[Optional()], widget=TextInput())
    categories = MultiCheckboxField(
        _l("Categories"),
        description=_l("None chosen: all of them."),
        choices=[SelectChoice(category.value, text) for category, text in words.CATEGORY.items()],
    )
    least_severity = SelectField(
        _l("Least severity"),
        description=_l("An alert of unknown severity counts as a moderate one."),
        default="",
        choices=[
            SelectChoice("", _l("All")),
            *(SelectChoice(each.value, words.SEVERITY[each]) for each in LEAST),
        ],
    )


class FeedForm(FiltersForm):
    """A new feed."""

    url = StringField(
        _l("Address"),
        filters=[clean_line],
        validators=[
            DataRequired(_l("Write the address, as https://example.org/alerts.atom.")),
            Length(max=MAX_URL, message=_l("Use at most 2000 characters.")),
        ],
    )
