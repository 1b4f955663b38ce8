"""What travels to an OpenID Connect provider and back: the question, the answer, who somebody says to be."""

import hmac
import time
from dataclasses import asdict, dataclass
from typing import Any

from webapp.accounts import contact
from webapp.errors import Invalid, Problem
from webapp.web.forms import clean_line

GOOD_FOR = 600.0  # seconds that a person has at the provider


class ProviderAway(Problem):
    """The provider does not answer, or not as one."""

    status = 503
    name = "ProviderAway"


class NoProvider(ProviderAway):
    """This installation has none: no fault that passes."""

    status = 404
    name = "NoProvider"


class ProviderRefused(Problem):
    """What came back does not let anybody in. ``reason`` is for the journal, not for the person."""

    status = 422
    name = "ProviderRefused"

    def __init__(self, reason: str) -> None:
        super().__init__("That did not work, and you are not signed in. Start again, or sign in another way.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Asked:
    """What this browser asked, kept in its session until the answer comes, and good for one answer."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    at: float
    next: str | None = None
    invitation: str | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who the provider says it is. ``email`` is in normal form and was verified by the provider, or empty."""

    issuer: str
    subject: str
    email: str
    name: str

    @classmethod
    def read(cls, kept: Any) -> "Stranger":
        """From the session. Raises TypeError for anything else."""
        return cls(**kept)

    def kept(self) -> dict[str, str]:
        """For the session."""
        return asdict(self)


def check_answer(asked: Asked, answer: dict[str, str], about: dict[str, Any]) -> None:
    """Refuse an answer to another question, of another issuer (RFC 9207), or a late one."""
    if not hmac.compare_digest(asked.state.encode(), answer.get("state", "").encode()):
        raise ProviderRefused("state")
    if time.time() - asked.at > GOOD_FOR:
        raise ProviderRefused("too late")
    issuer = answer.get("iss")
    if issuer != about["issuer"] and (
        issuer is not None or about.get("authorization_response_iss_parameter_supported")
    ):
        raise ProviderRefused("issuer of the answer")
    if answer.get("error"):
        raise ProviderRefused(f"answer: {answer['error'][:40]}")
    if not answer.get("code"):
        raise ProviderRefused("no code")


def stranger_of(issuer: str, claims: dict[str, Any]) -> Stranger:
    """Who the claims of a token that was checked say it is."""
    email = ""
    verified = claims.get("email_verified")
    if verified is True or verified == "true":  # some providers send text; 1 is neither
        try:
            email = contact.parse(str(claims.get("email", ""))[:254]).email or ""
        except Invalid:
            email = ""
    given = claims.get("name")
    name = (clean_line(given) or "")[:120] if isinstance(given, str) else ""
    return Stranger(issuer=issuer, subject=claims["sub"], email=email, name=name)
