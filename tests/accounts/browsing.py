"""A browser of somebody who is not signed in, as the tests of the ways in use it."""

import re
import uuid
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from webapp.accounts import passwords
from webapp.accounts.contact import Contact
from webapp.accounts.models import User
from webapp.accounts.service import create_user
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry, Role

PASSWORD = "three wet boots"


class Browser:
    """Opens pages, sends their forms with what they carry, keeps cookies."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **more)

    def csrf(self, path: str = "/sign-in") -> str:
        """The token that a page carries."""
        page = self.client.get(path, follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert found, page[:500]
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form, as the page of this path would."""
        form = {"csrf_token": self.csrf(), "command_id": str(uuid.uuid4())} | (data or {})
        return self.client.post(path, data=form, **more)

    def sign_in(self, contact: str, secret: str = PASSWORD, path: str = "/sign-in") -> TestResponse:
        """Fill the sign-in form."""
        return self.post(path, {"contact": contact, "secret": secret})

    @property
    def signed_in(self) -> bool:
        """Whether this browser may open its own page."""
        return self.client.get("/me").status_code == 200

    def cookie(self, name: str = "mayday") -> str | None:
        """The value of a cookie."""
        found = self.client.get_cookie(name)
        return found.value if found else None


def registered(
    app: Flask,
    contact: str = "bo@example.org",
    name: str = "Bo Lind",
    role: Role = Role.SUV,
    password: str = PASSWORD,
) -> int:
    """Somebody with a password; returns the id."""
    with app.app_context():
        found = Contact(email=contact) if "@" in contact else Contact(phone=contact)
        return create_user(
            SYSTEM, name=name, contact=found, role=role, password_hash=passwords.hashed(password)
        ).id


def user_of(app: Flask, **by: Any) -> User | None:
    """The person with these column values."""
    with app.app_context():
        return db.session.execute(select(User).filter_by(**by)).scalar_one_or_none()


def verbs(app: Flask, **by: Any) -> list[str]:
    """The verbs of the journal, oldest first, of entries with these column values."""
    with app.app_context():
        statement = select(JournalEntry.verb).filter_by(**by).order_by(JournalEntry.seq)
        return list(db.session.execute(statement).scalars())


def text_of(response: TestResponse) -> str:
    """What the page says, entities resolved."""
    return unescape(response.get_data(as_text=True))


def code_on(page: str) -> str:
    """The sign-in code that a page shows."""
    found = re.search(r'class="code-large"><code>([2-9A-Z]{4}-[2-9A-Z]{4})<', page)
    assert found, page
    return found[1]
