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
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, Role
from webapp.journal.actor import ActorKind


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
        """The token that the person's pages carry."""
        page = self.client.get("/me").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert found, page[:500]
        return found[1]


class Cast:
    """Ada (AUTHORITY), Vic and Vera (VC), Sam and Sue (SUV), and a stranger."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.ada = self.person("Ada Authority", Role.AUTHORITY)
        self.vic = self.person("Vic Coordinator", Role.VC)
        self.vera = self.person("Vera Coordinator", Role.VC)
        self.sam = self.person("Sam Volunteer", Role.SUV)
        self.sue = self.person("Sue Volunteer", Role.SUV)
        self.stranger = app.test_client()

    def person(self, name: str, role: Role = Role.SUV) -> Person:
        """Somebody more, made through the services and signed in."""
        with self.app.app_context():
            email = f"{name.split()[0].lower()}.{uuid.uuid4().hex[:6]}@example.org"
            user = create_user(SYSTEM, name=name, contact=Contact(email=email), role=role)
            token = sessions.start(SYSTEM, user)
            session = db.session.execute(
                db.select(SignInSession.id).where(SignInSession.token_hash == token_hash(token))
            ).scalar_one()
            client = self.app.test_client()
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True
            return Person(self.app, user.id, name, role, token, session, client)
