"""The conversation with an OpenID Connect provider: code flow with PKCE, state and nonce.

The provider is the operator's choice (settings), so its addresses are not judged; they are bounded in time
and size, and may not redirect. What it says is believed only with its signature, for this client, fresh,
and as the answer to what this browser asked. Nothing here reads or writes our database.
"""

import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import current_app

from webapp import outgoing
from webapp.accounts.strangers import (
    Asked,
    NoProvider,
    ProviderAway,
    ProviderRefused,
    Stranger,
    check_answer,
    stranger_of,
)
from webapp.outgoing import OutgoingError
from webapp.outgoing.addresses import check_url
from webapp.settings import Settings

log = logging.getLogger(__name__)

SCOPE = "openid email profile"
# Signatures with a key pair only: with one of these a public key cannot be passed off as a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SECONDS = 8.0  # for each call
LEEWAY = 60  # seconds that the clocks may differ
KEPT = 3600.0  # seconds that what the provider says about itself is believed
ASKED_AGAIN = 60.0  # seconds between looks for a key that is not known: anybody can send a made-up one
REST = 2.0  # seconds that a provider that does not answer is left alone
_MOST_BYTES = 256 * 1024


@dataclass
class _Known:
    """Something the provider said about itself, and when."""

    value: Any = None
    at: float = float("-inf")

    @property
    def fresh(self) -> bool:
        return self.value is not None and time.monotonic() - self.at < KEPT


@dataclass
class Provider:
    """One provider, for one process."""

    settings: Settings
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _about: _Known = field(default_factory=_Known)
    _keys: _Known = field(default_factory=_Known)
    _failed_at: float = float("-inf")

    def begin(
        self, redirect_uri: str, *, next_url: str | None = None, invitation: str | None = None
    ) -> tuple[str, Asked]:
        """Where to send the person, and what to remember. Raises `ProviderAway`."""
        from authlib.integrations.requests_client import OAuth2Session

        about = self._metadata()
        asked = Asked(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            at=time.time(),
            next=next_url,
            invitation=invitation,
        )
        session = OAuth2Session(
            self.settings.oidc_client_id,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        url, _state = session.create_authorization_url(
            about["authorization_endpoint"],
            state=asked.state,
            code_verifier=asked.verifier,
            nonce=asked.nonce,
        )
        return url, asked

    def finish(self, asked: Asked, answer: dict[str, str]) -> Stranger:
        """Who came back. ``answer`` are the parameters of the address, ``asked`` what this browser asked.

        Raises `ProviderRefused`, `ProviderAway`.
        """
        about = self._metadata()
        check_answer(asked, answer, about)
        token = self._token(asked, answer["code"], about)
        claims = self._claims(token, asked.nonce, about)
        if not claims.get("email") and about.get("userinfo_endpoint") and token.get("access_token"):
            more = self._user_info(about["userinfo_endpoint"], token["access_token"])
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return stranger_of(about["issuer"], claims)

    def _metadata(self) -> dict[str, Any]:
        """What the provider says about itself (OpenID Connect Discovery). Raises `ProviderAway`."""
        with self._lock:
            if not self._about.fresh:
                try:
                    self._ask_about()
                except ProviderAway:
                    if self._about.value is None:
                        raise
            value: dict[str, Any] = self._about.value
            return value

    def _ask_about(self) -> None:
        """Ask anew, unless it just did not answer: one thread waits for it, not one after the other."""
        if time.monotonic() - self._failed_at < REST:
            raise _away("resting")
        try:
            found = _get_json(f"{self.settings.oidc_issuer}/.well-known/openid-configuration")
            _check_metadata(found, self.settings.oidc_issuer)
        except ProviderAway:
            self._failed_at = time.monotonic()
            raise
        self._about = _Known(found, time.monotonic())

    def _key_set(self, about: dict[str, Any], *, anew: bool = False) -> Any:
        """The provider's public keys. Raises `ProviderAway`."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._lock:
            young = time.monotonic() - self._keys.at < ASKED_AGAIN
            if not self._keys.fresh or (anew and not young):
                try:
                    served: Any = _get_json(about["jwks_uri"])
                    found = KeySet.import_key_set(served)
                except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                    raise _away("keys") from error
                self._keys = _Known(found, time.monotonic())
            return self._keys.value

    def _token(self, asked: Asked, code: str, about: dict[str, Any]) -> dict[str, Any]:
        """The tokens for a code. Raises `ProviderRefused`, `ProviderAway`."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.requests_client import OAuth2Session

        session = OAuth2Session(
            self.settings.oidc_client_id,
            self.settings.oidc_client_secret.get_secret_value() or None,
            token_endpoint_auth_method=self._way_to_prove(about),
            redirect_uri=asked.redirect_uri,
        )
        try:
            with session, outgoing.bounded(session, limit_bytes=_MOST_BYTES, seconds=SECONDS):
                token = session.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                )
        except AuthlibBaseError as error:
            raise ProviderRefused(f"token refused: {str(error.error)[:40]}") from error
        except (OutgoingError, requests.RequestException) as error:
            raise _away("token") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderRefused("token damaged") from error
        return dict(token)

    def _way_to_prove(self, about: dict[str, Any]) -> str:
        """How this client proves itself at the token endpoint."""
        if not self.settings.oidc_client_secret.get_secret_value():
            return "none"
        known = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    def _claims(self, token: dict[str, Any], nonce: str, about: dict[str, Any]) -> dict[str, Any]:
        """What the id_token says, once all about it is right. Raises `ProviderRefused`, `ProviderAway`."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jws import JWSRegistry

        client = self.settings.oidc_client_id
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        text = token.get("id_token")
        if not isinstance(text, str):
            raise ProviderRefused("no id_token")
        try:
            try:
                read = jwt.decode(text, self._key_set(about), registry=registry)
            except InvalidKeyIdError:
                read = jwt.decode(text, self._key_set(about, anew=True), registry=registry)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": about["issuer"]},
                    "aud": {"essential": True, "value": client},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": client, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderRefused(f"id_token: {getattr(error, 'error', 'damaged')}") from error
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderRefused("id_token: sub")
        return dict(claims)

    def _user_info(self, url: str, access_token: str) -> dict[str, Any]:
        """More about the person, where the id_token leaves the e-mail out; nothing when it does not come."""
        try:
            return _get_json(url, {"Authorization": f"Bearer {access_token}"})
        except ProviderAway:
            return {}


def provider() -> Provider:
    """The provider of the present app. Raises `NoProvider`."""
    found: Provider = current_app.extensions["provider"]
    if not found.settings.oidc_issuer:
        raise NoProvider("Signing in by another account is not set up here. Use your password or code.")
    return found


def _check_metadata(found: dict[str, Any], issuer: str) -> None:
    """Refuse metadata of another issuer, or without safe addresses. Raises `ProviderAway`."""
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise _away("issuer")
    if "S256" not in (found.get("code_challenge_methods_supported") or ["S256"]):
        raise _away("PKCE")  # without it a stolen code would be good in any browser
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = found.get(name)
        if not isinstance(url, str) or (issuer.startswith("https:") and not url.startswith("https:")):
            raise _away(name)
        try:
            check_url(url)
        except OutgoingError as error:
            raise _away(name) from error


def _get_json(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An object that the provider serves. Raises `ProviderAway`."""
    with requests.Session() as session, outgoing.bounded(session, limit_bytes=_MOST_BYTES, seconds=SECONDS):
        try:
            response = session.get(url, headers=headers)
            found = response.json() if response.status_code == 200 else None
        except (OutgoingError, requests.RequestException, ValueError) as error:
            raise _away(url.rpartition("/")[2][:40]) from error
    if not isinstance(found, dict):
        raise _away(url.rpartition("/")[2][:40])
    return found


def _away(what: str) -> ProviderAway:
    log.warning("provider.away", extra={"what": what})
    return ProviderAway("The other service does not answer as it should. Sign in with your password or code.")
