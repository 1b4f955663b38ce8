"""Secrets of webhooks and the signatures made with them.

A signature needs the secret itself, not its hash. So that the database gives nobody anything to sign with,
it holds only a random nonce: the secret is an HMAC of the nonce under the installation's key, which is not
in the database. Whoever changes that key (MAYDAY_SECRET_KEY) changes every webhook's secret with it.
"""

import base64
import hashlib
import hmac

from flask import current_app

HEADER = "Mayday-Signature"


def secret_of(nonce: str) -> str:
    """The secret that belongs to a nonce: 256 bits as text."""
    key = str(current_app.secret_key).encode()
    made = hmac.new(key, f"webhook:{nonce}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def signature(secret: str, moment: int, body: bytes) -> str:
    """The header's value: the moment (Unix time) is signed with the body, so that neither can be replaced."""
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"
