"""The forms of a page, and what a browser would send with each: every successful control, in order."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

BOOKKEEPING = frozenset({"csrf_token", "command_id", "version", "next"})
_BUTTONS = frozenset({"submit", "button", "reset", "image"})


@dataclass
class Form:
    """A form as it came: where it goes, what it sends untouched, and which of that a person can change."""

    action: str
    method: str
    sent: list[tuple[str, str]] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # names of controls that a person sees
    texts: list[str] = field(default_factory=list)  # of these, free texts

    @property
    def path(self) -> str:
        """The path that it is sent to."""
        return urlsplit(self.action).path

    def value(self, name: str) -> str:
        """The first value of that name; empty when there is none."""
        return next((value for known, value in self.sent if known == name), "")

    @property
    def data(self) -> dict[str, list[str]]:
        """What is sent, as the test client takes it."""
        found: dict[str, list[str]] = {}
        for name, value in self.sent:
            found.setdefault(name, []).append(value)
        return found

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What is sent without what every form carries."""
        return [(name, value) for name, value in self.sent if name not in BOOKKEEPING]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._text = ""
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._many = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None or "disabled" in given:
            return
        elif tag == "input" and given.get("name"):
            self._input(self._form, given)
        elif tag == "textarea":
            self._area, self._text = given.get("name", ""), ""
        elif tag == "select":
            self._select, self._options, self._many = given.get("name", ""), [], "multiple" in given
        elif tag == "option" and self._select is not None:
            self._options.append((given.get("value", ""), "selected" in given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def _input(self, form: Form, given: dict[str, str]) -> None:
        kind, name, value = given.get("type", "text"), given["name"], given.get("value", "")
        if kind in _BUTTONS or kind == "file":
            return
        if kind in ("checkbox", "radio"):
            form.shown.add(name)
            if "checked" in given:
                form.sent.append((name, given.get("value", "on")))
            return
        if kind != "hidden":
            form.shown.add(name)
        if kind == "text":
            form.texts.append(name)
        form.sent.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._form is None:
            return
        elif tag == "textarea" and self._area is not None:
            # A browser drops the first line end and sends all others as CRLF.
            text = self._text.replace("\r\n", "\n").removeprefix("\n").replace("\n", "\r\n")
            self._form.sent.append((self._area, text))
            self._form.shown.add(self._area)
            self._form.texts.append(self._area)
            self._area = None
        elif tag == "select" and self._select is not None:
            chosen = [value for value, selected in self._options if selected]
            if not chosen and not self._many and self._options:
                chosen = [self._options[0][0]]
            self._form.sent += [(self._select, value) for value in chosen]
            self._form.shown.add(self._select)
            self._select = None


def forms_of(html: str) -> list[Form]:
    """Every form of this page or fragment."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
