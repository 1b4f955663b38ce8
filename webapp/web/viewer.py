"""For whom something is drawn: the person of a request, or an audience of the live channels.

An audience is a role, a language and a time zone. What is drawn for an audience may depend on nothing
else, so one rendering serves every page and socket of it, and a live fragment equals what a fresh page
shows.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from flask import current_app, g, has_request_context, request
from flask_babel import force_locale
from flask_login import current_user

from webapp.accounts.identity import current_actor
from webapp.journal.actor import PUBLIC, Actor, ActorKind, Role
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who see the same: a role, a language, a time zone (and one person, where it is personal)."""

    role: Role | None
    locale: str
    time_zone: str
    user_id: int | None = None

    @property
    def actor(self) -> Actor:
        """The actor that the policy is asked about."""
        return Actor(ActorKind.USER, self.user_id, self.role) if self.role else PUBLIC

    @property
    def shared(self) -> "Audience":
        """The same audience without the person."""
        return Audience(self.role, self.locale, self.time_zone)


_drawn_for: ContextVar[Audience | None] = ContextVar("drawn_for", default=None)


def settings() -> Settings:
    """The settings of the present app."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def viewer() -> Audience:
    """For whom the present template is drawn."""
    forced = _drawn_for.get()
    if forced is not None:
        return forced
    if not has_request_context():
        return Audience(None, settings().locale, settings().time_zone)
    if "viewer" not in g:
        g.viewer = _of_request()
    found: Audience = g.viewer
    return found


def _of_request() -> Audience:
    actor = current_actor()
    person = current_user if current_user.is_authenticated else None
    locale = (person and person.locale) or _browser_locale() or settings().locale
    zone = (person and person.time_zone) or settings().time_zone
    return Audience(actor.role, locale, zone, actor.user_id)


def _browser_locale() -> str | None:
    return request.accept_languages.best_match(current_app.config["LANGUAGES"])


@contextlib.contextmanager
def drawing_for(audience: Audience) -> Iterator[None]:
    """Draw everything inside for this audience."""
    token = _drawn_for.set(audience)
    try:
        with force_locale(audience.locale):
            yield
    finally:
        _drawn_for.reset(token)
