"""Token families: begun by a sign-in or a pairing, kept by refreshing, ended all at once.

A refresh token that is used a second time was copied: its whole family ends, the thief's and the owner's
half alike, and the journal says so (RFC 9700, 4.14). One repetition is no theft: the same call with the same
``Idempotency-Key``, whose answer was lost, is answered with the same tokens as long as the new one is unused.
"""

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from webapp import journal
from webapp.accounts.models import User
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.database import utc_now
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.web.viewer import settings

# A device may lie in a drawer all winter.
DEVICE_DAYS = 365


@journal.command
def begin(_actor: Actor, *, user_id: int, device_id: int | None, client: str, hashed: str) -> TokenFamily:
    """A new family with its first refresh token. The caller has made sure who it is for."""
    now = utc_now()
    family = TokenFamily(
        user_id=user_id,
        device_id=device_id,
        client=client,
        last_used_at=now,
        expires_at=now + _lifetime(device_id),
    )
    db.session.add(family)
    db.session.flush()
    db.session.add(RefreshToken(family_id=family.id, token_hash=hashed))
    journal.append("token.issued", None, user_id=user_id, family=family.id, device=device_id, client=client)
    return family


@journal.command
def rotate(_actor: Actor, *, old: str, new: str, key: uuid.UUID | None) -> TokenFamily | None:
    """The token's family, extended or ended; None for a token that never was, or whose family is over."""
    now = utc_now()
    family_id = db.session.execute(
        select(RefreshToken.family_id).where(RefreshToken.token_hash == old)
    ).scalar_one_or_none()
    family = db.session.get(TokenFamily, family_id, with_for_update=True) if family_id else None
    if family is None or family.revoked_at is not None or family.expires_at <= now:
        return None
    user = db.session.get_one(User, family.user_id)
    token = db.session.execute(select(RefreshToken).where(RefreshToken.token_hash == old)).scalar_one()
    if not user.active:
        return None
    if token.used_at is not None:
        if key is None or token.used_key != key or not _unused(new):
            _end(family, "reused")
        return family
    token.used_at, token.used_key = now, key
    family.last_used_at, family.expires_at = now, now + _lifetime(family.device_id)
    db.session.add(RefreshToken(family_id=family.id, token_hash=new))
    return family


def _unused(hashed: str) -> bool:
    found = select(RefreshToken.id).where(RefreshToken.token_hash == hashed, RefreshToken.used_at.is_(None))
    return db.session.execute(found).first() is not None


@journal.command
def revoke(_actor: Actor, *, hashed: str) -> None:
    """End the family of this refresh token, if there is one (RFC 7009: unknown ones are no error)."""
    family_id = db.session.execute(
        select(RefreshToken.family_id).where(RefreshToken.token_hash == hashed)
    ).scalar_one_or_none()
    family = db.session.get(TokenFamily, family_id, with_for_update=True) if family_id else None
    if family is not None:
        _end(family, "signed out")


@journal.command
def end(actor: Actor, *, family_id: int) -> None:
    """Sign one of one's own programs out. Raises `NotFound` for anybody else's, and for a device's."""
    family = db.session.get(TokenFamily, family_id, with_for_update=True)
    if family is None or family.user_id != actor.user_id or family.device_id is not None:
        raise NotFound("This program is not signed in any more.")
    _end(family, "signed out")


@journal.command
def end_of_person(_actor: Actor, *, user_id: int, devices: bool = False) -> None:
    """End what a person's programs signed in with; with ``devices`` that of their paired devices, too.

    A changed password ends no radio gateway: devices have a list and a revocation of their own. The caller
    has decided that the actor may.
    """
    condition = TokenFamily.user_id == user_id
    _end_all(condition if devices else condition & TokenFamily.device_id.is_(None))


@journal.command
def end_of_device(_actor: Actor, *, device_id: int) -> None:
    """End what a device was paired with. The caller has decided that the actor may."""
    _end_all(TokenFamily.device_id == device_id)


def _end_all(condition: ColumnElement[bool]) -> None:
    living = select(TokenFamily).where(condition, TokenFamily.revoked_at.is_(None))
    for family in db.session.execute(living.order_by(TokenFamily.id).with_for_update()).scalars():
        _end(family, "signed out")


def _end(family: TokenFamily, why: str) -> None:
    """Ended once; its sockets close with the entry (`live.endings`)."""
    if family.revoked_at is None:
        family.revoked_at, family.revoked_for = utc_now(), why
        verb = "token.reused" if why == "reused" else "token.revoked"
        journal.append(verb, None, user_id=family.user_id, family=family.id, device=family.device_id)


def _lifetime(device_id: int | None) -> timedelta:
    return timedelta(days=settings().session_days if device_id is None else DEVICE_DAYS)
