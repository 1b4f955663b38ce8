"""The roster's filters as the address carries them: read once, and written back into links."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import url_for

from webapp import searching
from webapp.accounts import languages
from webapp.errors import Invalid, NotFound
from webapp.volunteers.roster import Filters, State
from webapp.web.forms import clean_line
from webapp.web.numbers import row_number

_LONGEST = 200


class Search:
    """What was asked for; ``problems`` says what of it cannot be, by field.

    Raises `NotFound` for an unknown state or a cursor that is none.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self.problems: dict[str, str] = {}
        self.given = {
            name: (clean_line(given.get(name, "")[:_LONGEST]) or "")
            for name in ("state", "skill", "language", "event", "q")
        }
        self.after = self._number(given["after"]) if "after" in given else None
        self.filters = Filters(
            state=self._state(),
            skill=self.given["skill"],
            language=self._language(),
            event_id=self._number(self.given["event"]) if self.given["event"] else None,
            text=self._text(),
        )

    def url(self, **changed: object) -> str:
        """The address of the same search with something changed; None takes a filter away."""
        values = {name: value or None for name, value in (self.given | changed).items()}
        query = urlencode({name: str(value) for name, value in values.items() if value is not None})
        return url_for("volunteers.roster") + (f"?{query}" if query else "")

    @property
    def query(self) -> dict[str, str]:
        """What is filtered by, as an address carries it."""
        return {name: value for name, value in self.given.items() if value}

    def _state(self) -> State | None:
        word = self.given["state"]
        if not word:
            return None
        try:
            return State(word)
        except ValueError:
            raise NotFound("There is no such state to filter by.") from None

    def _language(self) -> str:
        try:
            return next(iter(languages.parse(self.given["language"])), "")
        except Invalid as error:
            self.problems["language"] = error.message
            return ""

    def _text(self) -> str:
        try:
            searching.words(self.given["q"])
        except Invalid as error:
            self.problems["q"] = error.message
            return ""
        return self.given["q"]

    @staticmethod
    def _number(text: str) -> int:
        number = row_number(text)
        if number is None:
            raise NotFound("This list does not go on from there. Open it from the start.")
        return number
