"""The form that adds a file."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField, StringField
from wtforms.validators import Length

from webapp.web.forms import CommandForm, clean_line


class FileForm(CommandForm):
    """A file and a line about it."""

    file = FileField(_l("File"))
    caption = StringField(
        _l("What does it show?"), filters=[clean_line], validators=[Length(max=300)], default=""
    )
