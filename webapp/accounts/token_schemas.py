"""What the sign-in of programs takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from webapp.api.schemas import Shown, Strict, Text, example
from webapp.journal.actor import DeviceKind, Role

ContactText = Annotated[
    Text, StringConstraints(min_length=3, max_length=254), Field(description="Phone (E.164) or e-mail.")
]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=False)]
RefreshText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Registration(Strict):
    """Somebody new, as a volunteer."""

    name: Annotated[Text, StringConstraints(min_length=1, max_length=120)]
    contact: ContactText
    password: Secret = Field(description="At least 8 characters, and none that everybody tries first.")
    client: Annotated[Text, StringConstraints(max_length=200)] = Field(
        "", description="What the program calls itself."
    )

    model_config = Strict.model_config | example(
        {
            "name": "Nadia Berg",
            "contact": "nadia@example.org",
            "password": "river boat lantern",
            "client": "field app 2.1",
        }
    )


class SignIn(Strict):
    """A person's contact with their password or one-time code."""

    contact: ContactText
    secret: Secret = Field(description="Password or sign-in code.")
    client: Annotated[Text, StringConstraints(max_length=200)] = Field(
        "", description="What the program calls itself."
    )

    model_config = Strict.model_config | example(
        {"contact": "ada@example.org", "secret": "the right password", "client": "duty desk script"}
    )


class Refresh(Strict):
    """A refresh token."""

    refresh_token: RefreshText

    model_config = Strict.model_config | example({"refresh_token": "mrt_4f1d…"})


class TokensOut(Shown):
    """The access token goes into ``Authorization: Bearer …``; the refresh token is good for one use."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="Seconds that the access token is good for.")
    refresh_token: str
    refresh_expires_at: datetime
    next_code: str | None = Field(None, description="The next sign-in code, when one was used up.")

    model_config = Shown.model_config | example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwNzc4In0.eyJ1aWQiOjF9.c2ln",
            "token_type": "Bearer",
            "expires_in": 900,
            "refresh_token": "mrt_4f1d…",
            "refresh_expires_at": "2026-12-21T03:12:45Z",
            "next_code": None,
        }
    )


class Me(Shown):
    """Who the token stands for, as of now."""

    kind: Literal["user", "device"]
    user_id: int = Field(description="The person; of a device, its owner.")
    name: str
    role: Role | None = Field(description="The person's role; a device has none.")
    device_id: int | None = None
    device_kind: DeviceKind | None = None

    model_config = Shown.model_config | example(
        {
            "kind": "user",
            "user_id": 1,
            "name": "Ada Authority",
            "role": "AUTHORITY",
            "device_id": None,
            "device_kind": None,
        }
    )
