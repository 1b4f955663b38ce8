"""The cast of all tests, made through the services, and their browsers."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from webapp.accounts import sessions
from webapp.accounts.contact import Contact
from webapp.accounts.identity import token_hash
from webapp.accounts.models import SignInSession
from webapp.accounts.service import create_user
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, Role
from webapp.journal.actor import ActorKind
from webapp.web.csrf import token_of_session


@dataclass
class Person:
    """Somebody with a role and a signed-in browser."""

    app: Flask
    id: int
    name: str
    role: Role
    token: str
    session_id: int
    client: FlaskClient

    @property
    def actor(self) -> Actor:
        """The person as services see them."""
        return Actor(ActorKind.USER, self.id, self.role, self.name, self.session_id)

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form as the person's browser would: with the token and a command id."""
        form = {"csrf_token": self.csrf, "command_id": str(uuid.uuid4())} | (data or {})
        return self.client.post(path, data=form, **more)

    @property
    def csrf(self) -> str:
        """The token that the person's pages carry: that of the session that the cookie names now."""
        with self.app.app_context():
            with self.client.session_transaction() as cookie:
                signed_in = cookie.get("_user_id")
            if signed_in:
                return token_of_session(signed_in)
        page = self.client.get("/sign-in").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert found, page[:500]
        return found[1]


@dataclass(frozen=True)
class Known:
    """Somebody who is in a database already: the id of the person, of the session, and its token."""

    id: int
    session_id: int
    token: str


class Cast:
    """Ada (AUTHORITY), Vic and Vera (VC), Sam and Sue (SUV), and a stranger.

    ``known`` says that they are in the app's database already, as it is a copy of another; else they are
    made through the services.
    """

    def __init__(self, app: Flask, known: dict[str, Known] | None = None) -> None:
        self.app, self._known = app, known or {}
        self.ada = self.person("Ada Authority", Role.AUTHORITY)
        self.vic = self.person("Vic Coordinator", Role.VC)
        self.vera = self.person("Vera Coordinator", Role.VC)
        self.sam = self.person("Sam Volunteer", Role.SUV)
        self.sue = self.person("Sue Volunteer", Role.SUV)
        self.stranger = app.test_client()
        if known:
            self._here_now()

    def known(self) -> dict[str, Known]:
        """What another `Cast` needs to be these people, on a copy of the database."""
        people = (self.ada, self.vic, self.vera, self.sam, self.sue)
        return {it.name: Known(it.id, it.session_id, it.token) for it in people}

    def person(self, name: str, role: Role = Role.SUV) -> Person:
        """Somebody more, made through the services and signed in."""
        it = self._known.get(name) or self._made(name, role)
        client = self.app.test_client()
        with self.app.app_context(), client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = it.token, True
        return Person(self.app, it.id, name, role, it.token, it.session_id, client)

    def _made(self, name: str, role: Role) -> Known:
        with self.app.app_context():
            email = f"{name.split()[0].lower()}.{uuid.uuid4().hex[:6]}@example.org"
            user = create_user(SYSTEM, name=name, contact=Contact(email=email), role=role)
            token = sessions.start(SYSTEM, user)
            session = db.session.execute(
                db.select(SignInSession.id).where(SignInSession.token_hash == token_hash(token))
            ).scalar_one()
            return Known(user.id, session, token)

    def _here_now(self) -> None:
        """The copied sessions were begun when the first copy was made: let them be fresh."""
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(SignInSession.__table__.update().values(last_seen_at=utc_now()))  # type: ignore[attr-defined]
