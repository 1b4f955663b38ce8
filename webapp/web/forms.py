"""The base of every form: a command id, the version it was rendered from, and clean text."""

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError

from webapp.invisible import visible
from webapp.journal.transaction import StaleVersion, say_content
from webapp.web import content, invalid_fields
from webapp.web.csrf import SAFE

_NAMESPACE = uuid.UUID("7d0f7cf5-6a43-4c4b-9a39-5b1f0e6c2b77")


def command_for(action: str, subject: str, version: int | None, actor_id: int | None = None) -> uuid.UUID:
    """The command id of a one-button form: the same button on the same version is the same command."""
    return uuid.uuid5(_NAMESPACE, f"{action}:{subject}:{version}:{actor_id}")


def clean(text: str | None) -> str | None:
    """One line or more of text as people meant it: NFC, nothing unseen (`invisible`), no outer spaces."""
    if text is None:
        return None
    text = visible(unicodedata.normalize("NFC", text).replace("\r\n", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def clean_line(text: str | None) -> str | None:
    """Like `clean`, on a single line."""
    text = clean(text)
    return " ".join(text.split()) if text is not None else None


class CommandForm(FlaskForm):
    """A form that is a command: posted twice it takes effect once; stale it asks.

    CSRF is checked for every write before any form is read (see `csrf`).
    """

    class Meta(FlaskForm.Meta):
        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was sent. A form that is only looked at was not sent empty: an absent box means "no"."""
            return super().wrap_formdata(form, formdata) if request.method not in SAFE else None

    command_id = HiddenField()
    version = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.command_id.data:
            self.command_id.data = str(uuid.uuid4())

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Whether everything that was typed is valid; the log is told which fields are not."""
        valid: bool = super().validate(extra_validators)
        invalid_fields.note(str(name) for name in self.errors if name)
        return valid

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read what was sent; a text that comes back as it was shown is no change, however it was written."""
        super().process(*args, **kwargs)
        for field in self:
            shown = isinstance(field, StringField) and field.raw_data and field.object_data
            if shown and _lines(field.raw_data[0]) == _lines(field.object_data):
                field.data = field.object_data

    def validate_command_id(self, field: HiddenField) -> None:
        """Refuse anything that is not a UUID."""
        try:
            uuid.UUID(field.data)
        except ValueError:
            raise ValidationError("This form is damaged. Load the page again.") from None

    def validate_version(self, field: HiddenField) -> None:
        """Refuse anything that is not a whole number."""
        if field.data and not (field.data.isascii() and field.data.isdigit() and len(field.data) < 10):
            raise ValidationError("This form is damaged. Load the page again.")

    @property
    def command(self) -> uuid.UUID:
        """The command id; call after `validate`. With it goes what was typed (see `content`)."""
        say_content(content.of_form())
        return uuid.UUID(self.command_id.data)

    @property
    def seen_version(self) -> int:
        """The version that the form was rendered from; one that does not say is as old as can be."""
        return int(self.version.data) if self.version.data else 0

    def take(self, fields: dict[str, str]) -> None:
        """Show a service's refusal beside the inputs it names.

        A form that took effect with other content before becomes a new command: sent again, it counts.
        """
        invalid_fields.note(fields)
        if "command_id" in fields:
            self.command_id.data = str(uuid.uuid4())
            fields = fields | {"command_id": _("Send it again if you want this to be saved as well.")}
        for name, message in fields.items():
            if name in self:
                self[name].errors = [*self[name].errors, message]


def _lines(text: object) -> str:
    """A text with plain line ends; browsers send others than they are given."""
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


class ActionForm(CommandForm):
    """One button: nothing to type."""


def posted_action() -> ActionForm:
    """The one-button form of this request. Raises `Invalid` when it is damaged."""
    from webapp.errors import Invalid

    form = ActionForm(request.form)
    if not form.validate():
        raise Invalid("This form is damaged. Load the page again.")
    return form


__all__ = [
    "ActionForm",
    "CommandForm",
    "StaleVersion",
    "clean",
    "clean_line",
    "command_for",
    "posted_action",
]
