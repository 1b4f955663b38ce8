"""Access tokens: signed JWTs (RFC 9068) of 15 minutes that say who a program is.

The keys are derived from the installation's secret key, one for each day, and named by their day (``kid``):
they change by themselves, are the same on every machine, and nothing has to be kept. A token only says who;
what they may do is read from the database with each request, so that a right ends when it is taken away.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from webapp.errors import Problem
from webapp.web.numbers import LARGEST_ID

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

SECONDS = 900
ALGORITHM = "HS256"
TYPE = "at+jwt"
AUDIENCE = "mayday-api"
_DAY = 86_400


class InvalidToken(Problem):
    """The access token is none of ours, has run out, or what it stood for has ended."""

    status = 401
    name = "InvalidToken"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that we signed says."""

    family_id: int
    user_id: int


def sign(*, family_id: int, user_id: int, role: str | None, device_id: int | None) -> str:
    """A token that is good for `SECONDS`. ``role`` is for the program's own use: it is not believed later."""
    from joserfc import jwt

    now = int(time.time())
    day = now // _DAY
    claims: dict[str, object] = {
        "iss": _issuer(),
        "aud": AUDIENCE,
        "sub": f"device:{device_id}" if device_id is not None else f"user:{user_id}",
        "uid": user_id,
        "fam": family_id,
        "iat": now,
        "exp": now + SECONDS,
        "jti": secrets.token_urlsafe(12),
    }
    if role is not None:
        claims["role"] = role
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": str(day)}
    return jwt.encode(header, claims, _key(day), algorithms=[ALGORITHM])


def read(token: str) -> Claims:
    """What the token says. Raises `InvalidToken` for any that we did not sign, or that has run out."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    today = int(time.time()) // _DAY
    # A token lives across midnight, and clocks of two machines differ a little.
    keys = KeySet([_key(day) for day in (today - 1, today, today + 1)])
    registry = jwt.JWTClaimsRegistry(
        leeway=30,
        iss={"essential": True, "value": _issuer()},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
    )
    try:
        found = jwt.decode(token, keys, algorithms=[ALGORITHM])
        registry.validate(found.claims)
        if found.header.get("typ") != TYPE:
            raise InvalidToken("This is no access token.")
        claims = Claims(family_id=int(found.claims["fam"]), user_id=int(found.claims["uid"]))
        if not 0 < claims.family_id <= LARGEST_ID:
            raise InvalidToken("This is no access token.")
        return claims
    except (JoseError, ValueError, KeyError, TypeError):
        raise InvalidToken("This access token is not valid, or has run out. Refresh it.") from None


def derived(purpose: str, *parts: object) -> str:
    """A secret text that only this installation can make from these parts."""
    text = ":".join([purpose, *map(str, parts)])
    return hmac.new(_secret(), text.encode(), hashlib.sha256).hexdigest()


def _key(day: int) -> "OctKey":
    from joserfc.jwk import OctKey

    value = hmac.new(_secret(), f"access-token:{day}".encode(), hashlib.sha256).digest()
    return OctKey.import_key(value, {"kid": str(day)})


def _secret() -> bytes:
    return str(current_app.secret_key).encode()


def _issuer() -> str:
    return str(current_app.config["SETTINGS"].public_url or "mayday")
