"""Fields that read what people write: moments, degrees. One base, so that none loses what is there."""

import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms import Field, SelectMultipleField
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget, TextInput

from webapp.web.numbers import degrees
from webapp.web.times import form_time
from webapp.web.viewer import viewer

T = TypeVar("T")

_DEGREES = re.compile(r"[+-]?[0-9]{1,4}(\.[0-9]{1,20})?")
_MINUS = str.maketrans({"−": "-", "–": "-", "٫": ".", ",": ".", "°": None})


class MultiCheckboxField(SelectMultipleField):
    """Several of a few: a checkbox for each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ParsedField(Field, Generic[T]):
    """A text that stands for a value.

    What is not on the form stays as it is. A text that comes back as it was shown is the value that it was
    shown for: what a text leaves out (seconds, the seventh decimal, which of two equal hours) is not lost by
    sending a form back. An empty input is None.
    """

    data: T | None

    def written(self, value: T) -> str:
        """The value as the input shows it."""
        raise NotImplementedError

    def read(self, text: str) -> T:
        """The value that somebody wrote, which is not empty. Raises `ValueError` with words."""
        raise NotImplementedError

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the text that was sent."""
        if not valuelist:
            return
        text = str(valuelist[0]).strip()
        if self.data is not None and text == self.written(self.data):
            return
        self.data = None
        if text:
            self.data = self.read(text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.written(self.data)


class MomentField(ParsedField[datetime]):
    """A date and time in the viewer's zone, kept as a moment."""

    widget = DateTimeLocalInput()

    def written(self, value: datetime) -> str:
        """As the browser's input takes it, to the minute."""
        return form_time(value)

    def read(self, text: str) -> datetime:
        """Read the moment. Raises `ValueError` with words."""
        try:
            typed = datetime.fromisoformat(text)
            zoned = typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(viewer().time_zone))
            return zoned.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(_("Write a date and a time, such as 2026-11-21 14:30.")) from None


class DegreesField(ParsedField[float]):
    """Degrees as people write them: a point or a comma, digits of any script; at most ``bound`` from zero."""

    widget = TextInput()

    def __init__(self, label: Any = None, *, bound: int, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.bound = bound

    def written(self, value: float) -> str:
        """As everywhere, to a tenth of a metre; sent back unchanged the exact value stays."""
        return degrees(value)

    def read(self, text: str) -> float:
        """Read the number. Raises `ValueError` with words."""
        plain = _plain_number(text)
        if not _DEGREES.fullmatch(plain) or not math.isfinite(float(plain)):
            raise ValueError(_("Write degrees as a number, such as 12.5."))
        if abs(float(plain)) > self.bound:
            raise ValueError(_("Degrees are from −%(bound)d to %(bound)d here.", bound=self.bound))
        return float(plain)


def _plain_number(text: str) -> str:
    found = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text[:40])
    return found.translate(_MINUS).strip()
