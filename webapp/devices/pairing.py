"""Pairing codes: one device, once, for ten minutes, from a signed-in person's screen to the device.

Eight of 30 letters are 39 bits: of the guesses that `guessing` lets through in ten minutes, one in more than
a thousand million would hit a code, were a hundred of them open. At rest there is only a keyed hash, by which
a code is found: no comparison takes longer for a guess that is nearly right.
"""

import hmac
import uuid
from datetime import timedelta

from sqlalchemy import select

from webapp import journal
from webapp.accounts import access_tokens, codes, tokens
from webapp.accounts.tokens import Tokens
from webapp.database import utc_now
from webapp.devices.models import DEVICE_TRANSITIONS, Device, DeviceStatus, PairingCode
from webapp.errors import Problem
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.actor import PUBLIC

GOOD_FOR = timedelta(minutes=10)
_NAMESPACE = uuid.UUID("b1f7b0d4-9d0c-4f3e-8a4f-5c2f1d7e6a90")


class PairingRefused(Problem):
    """The code is wrong, used, or too old: one answer for all."""

    status = 401
    name = "WrongPairingCode"


def code_for(user_id: int, seed: uuid.UUID) -> str:
    """The code that this form of this person makes: the same when it is sent again."""
    return codes.spelled(int(access_tokens.derived("pairing-code", user_id, seed), 16))


def hashed(code: str) -> str:
    """The keyed hash of a code: without the installation's secret key it cannot be tried offline."""
    return access_tokens.derived("pairing-hash", code)


def renew(device: Device, code_hash: str) -> None:
    """Inside a command: the device can be paired with this code, and with none before it."""
    now = utc_now()
    unused = select(PairingCode).where(PairingCode.device_id == device.id, PairingCode.used_at.is_(None))
    for older in db.session.execute(unused).scalars():
        older.used_at = now
    db.session.add(PairingCode(device_id=device.id, code_hash=code_hash, expires_at=now + GOOD_FOR))


def pair(typed: str, *, app_version: str, seed: uuid.UUID) -> tuple[Device, Tokens]:
    """Pair a device by the code on its owner's screen, and let it in.

    ``seed`` is the call's Idempotency-Key: after a lost answer the same call gives the same tokens. Raises
    `PairingRefused`.
    """
    code = codes.normal(typed)
    if code is None or not _known(hashed(code)):
        raise _refused()
    device = _pair(
        PUBLIC,
        code_hash=hashed(code),
        app_version=app_version,
        command_id=uuid.uuid5(_NAMESPACE, str(seed)),
    )
    given = tokens.start(PUBLIC, user_id=device.owner_id, client=app_version, seed=seed, device_id=device.id)
    return db.session.get_one(Device, device.id), given


@journal.command
def _pair(_actor: Actor, *, code_hash: str, app_version: str) -> Device:
    now = utc_now()
    found = select(PairingCode).where(PairingCode.code_hash == code_hash).with_for_update()
    code = db.session.execute(found).scalar_one_or_none()
    if code is None or code.used_at is not None or code.expires_at <= now:
        raise _refused()
    device = db.session.get_one(Device, code.device_id, with_for_update=True)
    if device.status is not DeviceStatus.PAIRING:
        raise _refused()
    code.used_at = now
    DEVICE_TRANSITIONS.require(device.status, DeviceStatus.ACTIVE)
    device.status, device.paired_at, device.last_seen_at = DeviceStatus.ACTIVE, now, now
    device.app_version = app_version
    journal.append("device.paired", device, user_id=device.owner_id, name=device.name, kind=device.kind)
    return device


def _known(code_hash: str) -> bool:
    """Whether there is such a code at all: a guess takes no turn among the writers."""
    found = db.session.execute(
        select(PairingCode.code_hash).where(PairingCode.code_hash == code_hash)
    ).scalar_one_or_none()
    db.session.rollback()
    return found is not None and hmac.compare_digest(found, code_hash)


def _refused() -> PairingRefused:
    return PairingRefused("This code does not pair a device (any more). Ask its owner to make a new one.")
