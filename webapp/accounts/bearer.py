"""From an ``Authorization: Bearer`` header to an actor: one statement reads all that its rights hang on."""

from flask import request
from sqlalchemy import select

from webapp.accounts.access_tokens import InvalidToken, read
from webapp.accounts.models import User
from webapp.accounts.token_models import TokenFamily
from webapp.devices.models import Device, DeviceStatus
from webapp.extensions import db
from webapp.journal.actor import Actor, ActorKind

# Where programs speak. Pages never look at the header: what a browser adds by itself opens nothing here.
PROGRAMS = ("/api/", "/graphql")
SESSION_COOKIE = "mayday"


def for_programs() -> bool:
    """Whether the request is for an address that programs use."""
    return request.path.startswith(PROGRAMS)


def carries_no_cookie_rights() -> bool:
    """Whether no right of this request comes from a cookie, so that no other site can have sent it for
    somebody: it bears a token, or brings no session at all."""
    return for_programs() and ("Authorization" in request.headers or SESSION_COOKIE not in request.cookies)


def challenge() -> str:
    """What ``WWW-Authenticate`` says beside a 401 (RFC 6750, 3)."""
    named = ', error="invalid_token"' if "Authorization" in request.headers else ""
    return f'Bearer realm="mayday"{named}'


def actor() -> Actor | None:
    """Who the bearer token stands for; None without one. Raises `InvalidToken`."""
    header = request.headers.get("Authorization")
    if header is None or not for_programs():
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Send the access token as “Authorization: Bearer …”.")
    return of_family(read(token.strip()).family_id)


def of_family(family_id: int) -> Actor:
    """The actor of a token family as its person and device are now.

    Raises `InvalidToken` when the family, its person's account or its device has ended.
    """
    row = db.session.execute(
        select(TokenFamily, User, Device)
        .join(User, User.id == TokenFamily.user_id)
        .outerjoin(Device, Device.id == TokenFamily.device_id)
        .where(
            TokenFamily.id == family_id,
            TokenFamily.revoked_at.is_(None),
            User.deactivated_at.is_(None),
            User.erased_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise InvalidToken("This sign-in has ended. Sign in again.")
    family, user, device = row
    if family.device_id is None:
        return Actor(ActorKind.USER, user.id, user.role, user.name, family_id=family.id)
    if device is None or device.status is not DeviceStatus.ACTIVE:
        raise InvalidToken("This device is not paired any more.")
    return Actor(
        ActorKind.DEVICE,
        user.id,
        name=device.name,
        family_id=family.id,
        device_id=device.id,
        device_kind=device.kind,
    )
