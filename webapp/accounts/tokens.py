"""Sign-in for programs and devices: what they show, and the tokens that they get for it.

Access tokens are of `access_tokens`, refresh tokens of `families`.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.accounts import access_tokens, codes, families, passwords
from webapp.accounts.contact import Contact
from webapp.accounts.entering import WrongCredentials, prove, refuse, use_code
from webapp.accounts.identity import token_hash
from webapp.accounts.models import User
from webapp.accounts.token_models import TokenFamily
from webapp.errors import Problem
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.actor import PUBLIC

_PREFIX = "mrt_"  # so that a leaked token is known for what it is
_NAMESPACE = uuid.UUID("6a6f7d0b-62cf-4a0f-8f43-0a6a2f1f9f0e")


class SignInRefused(Problem):
    """Unknown person, wrong password, wrong or used code: one answer for all."""

    status = 401
    name = "WrongCredentials"


class RefreshRefused(Problem):
    """The refresh token is unknown, ran out, was revoked, or was used before."""

    status = 401
    name = "InvalidRefreshToken"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets; ``next_code`` when it signed in with a one-time code."""

    access_token: str
    refresh_token: str
    family_id: int
    refresh_expires_at: datetime
    next_code: str | None = None


def sign_in(contact: Contact, secret: str, *, client: str, seed: uuid.UUID) -> Tokens:
    """Sign a program in with a person's password or one-time code. Raises `SignInRefused`.

    ``seed`` is the call's Idempotency-Key: with the same one the same tokens are given again.
    """
    proof = prove(contact, secret)
    if proof is None:
        refuse(PUBLIC, contact=contact)
        raise _refused()
    next_code = None
    if proof.code_id is not None:
        next_code = codes.derived(f"next:{proof.user_id}", seed)
        used = _command("use_code", seed, proof.code_id)
        try:
            use_code(PUBLIC, code_id=proof.code_id, next_hash=passwords.hashed(next_code), command_id=used)
        except WrongCredentials:  # it was used a moment ago, by another call
            raise _refused() from None
    return start(PUBLIC, user_id=proof.user_id, client=client, seed=seed, next_code=next_code)


def _refused() -> SignInRefused:
    return SignInRefused("The contact and the password or code do not fit together.")


def start(
    actor: Actor,
    *,
    user_id: int,
    client: str,
    seed: uuid.UUID,
    device_id: int | None = None,
    next_code: str | None = None,
) -> Tokens:
    """Start a family for somebody who has proven who they are, or for their device that was just paired."""
    token = _PREFIX + access_tokens.derived("first-refresh", user_id, device_id, seed)
    family = families.begin(
        actor,
        user_id=user_id,
        device_id=device_id,
        client=client[:200],
        hashed=token_hash(token),
        command_id=_command("start", seed, user_id, device_id),
    )
    return _tokens(family, token, next_code)


def refresh(token: str, key: uuid.UUID | None) -> Tokens:
    """New tokens for an unused refresh token. Raises `RefreshRefused`; a used one ends its family."""
    successor = access_tokens.derived("refresh", token, key) if key else secrets.token_hex(32)
    family = families.rotate(PUBLIC, old=token_hash(token), new=token_hash(_PREFIX + successor), key=key)
    if family is None or family.revoked_at is not None:
        raise RefreshRefused("This refresh token is not valid any more. Sign in again.")
    return _tokens(family, _PREFIX + successor, None)


def revoke(token: str) -> None:
    """End the family of this refresh token, if there is one."""
    families.revoke(PUBLIC, hashed=token_hash(token))


def _tokens(family: TokenFamily, refresh_token: str, next_code: str | None) -> Tokens:
    role = None
    if family.device_id is None:
        role = db.session.execute(select(User.role).where(User.id == family.user_id)).scalar_one()
        db.session.rollback()
    return Tokens(
        access_token=access_tokens.sign(
            family_id=family.id,
            user_id=family.user_id,
            role=role.value if role else None,
            device_id=family.device_id,
        ),
        refresh_token=refresh_token,
        family_id=family.id,
        refresh_expires_at=family.expires_at,
        next_code=next_code,
    )


def _command(purpose: str, seed: uuid.UUID, *parts: object) -> uuid.UUID:
    """The command id of a step of a sign-in; two people with one key are two commands."""
    return uuid.uuid5(_NAMESPACE, f"{purpose}:{seed}:{parts}")
