"""Programs of the cast: each speaks to the API with a bearer token, and with no cookie."""

import uuid
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.people import Cast, Person
from webapp.accounts import access_tokens, families, tokens
from webapp.accounts.token_models import TokenFamily
from webapp.database import utc_now
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal import SYSTEM, append, command
from webapp.journal.actor import Actor, DeviceKind

PREFIX = "/api/v1"


class Caller:
    """A program that signs in as somebody, or as nobody when it has no token."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self.app, self.token = app, token
        self.client = app.test_client(use_cookies=False)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> TestResponse:
        """Ask for ``path``, which begins after the version."""
        return self.client.get(PREFIX + path, query_string=query, headers=self._with(headers))

    def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: uuid.UUID | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Do a deed. ``key`` is its Idempotency-Key: without one, a new one."""
        return self._write("POST", path, body, key, headers)

    def patch(
        self,
        path: str,
        body: dict[str, Any],
        *,
        seen: str | None = None,
        key: uuid.UUID | str | None = None,
    ) -> TestResponse:
        """Change something. ``seen`` is the ETag that was read: without one, it is read now."""
        if seen is None:
            seen = self.get(path).headers["ETag"]
        return self._write("PATCH", path, body, key, {"If-Match": seen})

    def delete(self, path: str, *, key: uuid.UUID | str | None = None) -> TestResponse:
        """Remove something."""
        return self._write("DELETE", path, None, key, None)

    def _write(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        key: uuid.UUID | str | None,
        headers: dict[str, str] | None,
    ) -> TestResponse:
        more = {"Idempotency-Key": str(key or uuid.uuid4())} | (headers or {})
        return self.client.open(PREFIX + path, method=method, json=body, headers=self._with(more))

    def _with(self, headers: dict[str, str] | None) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return bearer | (headers or {})


class Programs:
    """A program of each of the cast: `ada`, `vic`, `vera`, `sam`, `sue`, and of nobody (`stranger`)."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.app = cast, cast.app
        people = (cast.ada, cast.vic, cast.vera, cast.sam, cast.sue)
        made = tokens_of(self.app, [person.id for person in people])
        self.ada, self.vic, self.vera, self.sam, self.sue = (Caller(self.app, token) for token in made)
        self.stranger = Caller(cast.app, None)

    def of(self, person: Person) -> Caller:
        """A program that this person signed in with."""
        return Caller(self.app, token_of(self.app, person.id))

    def device(self, owner: Person, kind: DeviceKind) -> Caller:
        """A paired device of that person."""
        with self.app.app_context():
            device_id = paired(SYSTEM, owner_id=owner.id, kind=kind).id
        return Caller(self.app, token_of(self.app, owner.id, device_id))


def token_of(app: Flask, user_id: int, device_id: int | None = None) -> str:
    """An access token of a sign-in made through the services."""
    with app.app_context():
        found = tokens.start(SYSTEM, user_id=user_id, client="tests", seed=uuid.uuid4(), device_id=device_id)
        return found.access_token


def tokens_of(app: Flask, user_ids: list[int]) -> list[str]:
    """Access tokens of several people, whose sign-ins are one transaction: tests make them all the time."""
    with app.app_context():
        begun: list[TokenFamily] = _begun(SYSTEM, user_ids)
        return [
            access_tokens.sign(family_id=family.id, user_id=family.user_id, role=None, device_id=None)
            for family in begun
        ]


@command
def _begun(actor: Actor, user_ids: list[int]) -> list[TokenFamily]:
    return [
        families.begin(actor, user_id=user_id, device_id=None, client="tests", hashed=uuid.uuid4().hex)
        for user_id in user_ids
    ]


@command
def paired(_actor: Actor, *, owner_id: int, kind: DeviceKind) -> Device:
    """A device that is paired already; how that is done, the tests of devices ask."""
    device = Device(
        owner_id=owner_id, name=f"The {kind}", kind=kind, status=DeviceStatus.ACTIVE, paired_at=utc_now()
    )
    db.session.add(device)
    db.session.flush()
    append("device.paired", device, user_id=owner_id)
    return device
