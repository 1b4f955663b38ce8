"""Rate limits of the ways in: per address, and per contact that somebody tries to be."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request, session

from webapp.accounts import contact as contacts
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid
from webapp.extensions import limiter
from webapp.web.viewer import settings

View = Callable[..., Any]


def tried_contact() -> str:
    """The contact that was sent, in one form and hashed: the limiter's storage holds no contact details."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    typed = str(sent.get("contact", "") if isinstance(sent, Mapping) else "")[:300]
    try:
        found = contacts.parse(typed, settings().phone_region)
        # Folded: ß and ss have one count, as both can lead to one person (see `Contact.may_be`).
        normal = (found.email or found.phone or "").casefold()
    except Invalid:
        normal = typed.casefold().strip()
    return _hashed(normal)


def _typed_contact() -> str:
    """As a form or a program sends it."""
    if not request.is_json:
        return request.form.get("contact", "")
    body = request.get_json(silent=True)
    return str(body.get("contact", "")) if isinstance(body, dict) else ""


def claimed_contact() -> str:
    """The same of the e-mail that somebody who comes from a provider would prove to be theirs."""
    return _hashed(str(session.get("provider_came", {}).get("who", {}).get("email", "")))


def _hashed(contact: str) -> str:
    return f"contact:{hashlib.sha256(contact.encode()).hexdigest()}"


def failed(response: Response) -> bool:
    """Only tries that did not let in are counted: a whole shelter may sign in from one address."""
    return response.status_code in (401, 404, 410, 422)


def limit_sign_in(view: View) -> View:
    """Bound failed tries per address and per contact by MAYDAY_LIMIT_SIGN_IN."""
    return _limit_tries(tried_contact)(view)


def limit_proof(view: View) -> View:
    """The same for proving to hold the account of the e-mail that a provider vouches for."""
    return _limit_tries(claimed_contact)(view)


def _limit_tries(contact: Callable[[], str]) -> Callable[[View], View]:
    """Counted together at all doors: whoever guesses has not more tries by going round."""
    by_contact = limiter.shared_limit(
        _sign_in, "sign-in-contact", key_func=contact, methods=["POST"], deduct_when=failed
    )
    by_address = limiter.shared_limit(_sign_in, "sign-in-address", methods=["POST"], deduct_when=failed)
    return lambda view: by_contact(by_address(view))


def limit_own_password(view: View) -> View:
    """Bound guesses at the present password from a session that somebody left open."""
    return limiter.limit(
        _sign_in, key_func=lambda: f"user:{current_actor().user_id}", methods=["POST"], deduct_when=failed
    )(view)


def limit_sign_up(view: View) -> View:
    """Bound posted sign-ups per address by MAYDAY_LIMIT_SIGN_UP."""
    return limiter.limit(_sign_up, methods=["POST"])(view)


def limit_newcomers(view: View) -> View:
    """The same where only who is not signed in signs up: a shelter has one address for all its helpers."""
    return limiter.limit(_sign_up, methods=["POST"], exempt_when=_signed_in)(view)


def limit_guesses(view: View) -> View:
    """Bound links and codes that lead nowhere, per address, by MAYDAY_LIMIT_SIGN_IN."""
    return limiter.limit(_sign_in, deduct_when=failed, scope="guesses")(view)


def _signed_in() -> bool:
    return current_actor().user_id is not None


def _sign_in() -> str:
    return settings().limit_sign_in


def _sign_up() -> str:
    return settings().limit_sign_up
