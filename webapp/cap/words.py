"""An alert in the words of the reader: which of its languages comes first, and what each is called."""

from datetime import datetime

from babel import Locale, UnknownLocaleError

from webapp.cap import meaning, schema
from webapp.cap.schema import Alert
from webapp.web.viewer import viewer


def alert_words(alert: Alert) -> list[Alert]:
    """The info blocks, the reader's own language first."""
    return meaning.infos(alert, viewer().locale)


def language_name(info: Alert) -> str:
    """What the reader calls the language of an info block; its code where nobody has a name for it."""
    code = meaning.language(info)
    try:
        return Locale.parse(code, sep="-").get_display_name(viewer().locale) or code
    except (ValueError, UnknownLocaleError):
        return code


def moment(text: str) -> datetime:
    """A time of an alert, as templates show times."""
    return schema.moment(text)
