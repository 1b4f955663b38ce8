"""Sign-in for programs: register, sign in, refresh, revoke, who am I, out everywhere."""

import uuid

from webapp.access import SignInNeeded
from webapp.accounts import contact, entering, sessions, tokens
from webapp.accounts.access_tokens import SECONDS
from webapp.accounts.guarding import limit_guesses, limit_sign_in, limit_sign_up
from webapp.accounts.identity import current_actor
from webapp.accounts.service import checked_password
from webapp.accounts.token_schemas import Me, Refresh, Registration, SignIn, TokensOut
from webapp.api.operation import operation
from webapp.api.writing import command_id, optional_key
from webapp.errors import Forbidden, Invalid
from webapp.journal.actor import PUBLIC, ActorKind
from webapp.policy import Action
from webapp.web.viewer import settings

TAG = "Sign-in"
_NAMESPACE = uuid.UUID("0e9d6a3c-5c53-4a8e-9d0e-3a2b7c1d4e5f")


@operation("POST", "/auth/register", Action.ENTER, tag=TAG, gives=TokensOut, status=201, also=(401, 403))
@limit_sign_up
def register(json: Registration) -> tuple[TokensOut, int]:
    """Register as a volunteer and sign in.

    Refused where signing up needs an invitation. The same call again gives the same tokens.
    """
    if not settings().open_sign_up:
        raise Forbidden("Signing up needs an invitation or a join code here. Ask a coordinator for one.")
    if not any(character.isalpha() for character in json.name):
        raise Invalid("Write a name.", fields={"name": "Write a name."})
    key, who = command_id(), contact.parse(json.contact, settings().phone_region)
    hashed = checked_password(json.password, (json.name, json.contact))
    entering.sign_up(
        PUBLIC,
        name=json.name,
        contact=who,
        password_hash=hashed,
        command_id=uuid.uuid5(_NAMESPACE, str(key)),
    )
    return _out(tokens.sign_in(who, json.password, client=json.client, seed=key)), 201


@operation("POST", "/auth/token", Action.ENTER, tag=TAG, gives=TokensOut, also=(401,), keyed=False)
@limit_sign_in
def sign_in(json: SignIn) -> TokensOut:
    """Sign in with a password or a one-time code.

    With an Idempotency-Key, the same call again gives the same tokens; without one, new ones.
    """
    who = contact.parse(json.contact, settings().phone_region)
    return _out(tokens.sign_in(who, json.secret, client=json.client, seed=optional_key() or uuid.uuid4()))


@operation("POST", "/auth/refresh", Action.TOKEN_REFRESH, tag=TAG, gives=TokensOut, also=(401,), keyed=False)
@limit_guesses
def refresh(json: Refresh) -> TokensOut:
    """Trade a refresh token for new tokens.

    Each is good for one use; a second use ends all tokens of that sign-in. Send an Idempotency-Key, and the
    same call again (after a lost answer) is not taken for a theft.
    """
    return _out(tokens.refresh(json.refresh_token, optional_key()))


@operation("POST", "/auth/revoke", Action.TOKEN_REFRESH, tag=TAG, gives=None, status=204, keyed=False)
def revoke(json: Refresh) -> tuple[str, int]:
    """Sign out: end all tokens of this sign-in. An unknown token is no error (RFC 7009)."""
    tokens.revoke(json.refresh_token)
    return "", 204


@operation("GET", "/auth/me", Action.STAY, tag=TAG, gives=Me)
def whoami() -> Me:
    """Who the token stands for, with the role as it is now."""
    actor = current_actor()
    if actor.user_id is None:
        raise SignInNeeded("Sign in to continue.")
    return Me(
        kind="device" if actor.kind is ActorKind.DEVICE else "user",
        user_id=actor.user_id,
        name=actor.name,
        role=actor.role,
        device_id=actor.device_id,
        device_kind=actor.device_kind,
    )


@operation("POST", "/auth/sign-out-everywhere", Action.PROFILE_EDIT, tag=TAG, gives=None, status=204)
def sign_out_everywhere() -> tuple[str, int]:
    """End every browser session and every program's tokens of oneself, at once; paired devices stay."""
    actor = current_actor()
    sessions.end_all(actor, user_id=actor.user_id, command_id=command_id())
    return "", 204


def _out(found: tokens.Tokens) -> TokensOut:
    return TokensOut(
        access_token=found.access_token,
        expires_in=SECONDS,
        refresh_token=found.refresh_token,
        refresh_expires_at=found.refresh_expires_at,
        next_code=found.next_code,
    )
