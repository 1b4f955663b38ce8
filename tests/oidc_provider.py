"""A small OpenID Connect provider that runs as a process of its own: ``python -m tests.oidc_provider``.

It says the port it listens on. It checks what a careful provider checks (client, redirect address, state,
nonce, PKCE S256, each code once) and misbehaves where ``POST /control`` tells it to.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "mayday-test", "a-secret-of-the-client"
NADIA = {"sub": "nadia-1", "name": "Nadia Berg", "email": "nadia@example.org", "email_verified": True}


class Provider(ThreadingHTTPServer):
    """The server and all it remembers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, Any]] = []
        self.ways: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Its issuer."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def way(self, name: str, otherwise: Any = None) -> Any:
        """How it was told to behave."""
        return self.ways.get(name, otherwise)


class Handler(BaseHTTPRequestHandler):
    """All its pages."""

    server: Provider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        page = {
            "/.well-known/openid-configuration": self.metadata,
            "/jwks": self.jwks,
            "/authorize": self.authorize,
            "/userinfo": self.userinfo,
            "/asked": self.asked,
        }.get(parts.path)
        self.server.asked.append({"path": parts.path, "given": given, "authorization": self.authorization})
        if page is None:
            self.say(404, {})
        else:
            page(given)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path == "/control":
            self.control(json.loads(body))
            return
        given = dict(parse_qsl(body.decode(), keep_blank_values=True))
        self.server.asked.append({"path": path, "given": given, "authorization": self.authorization})
        if path == "/token":
            self.token(given)
        elif path == "/authorize":
            self.consent(given)
        else:
            self.say(404, {})

    @property
    def authorization(self) -> str:
        """What the request says for itself."""
        return self.headers.get("Authorization", "")

    def control(self, ways: dict[str, Any]) -> None:
        """Behave this way from now on."""
        self.server.ways = ways
        if ways.pop("rotate", False):
            self.server.keys = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})]
        if ways.pop("forget", False):
            self.server.asked.clear()
        self.say(200, {})

    def asked(self, _given: dict[str, str]) -> None:
        """What it was asked."""
        self.say(200, {"asked": self.server.asked})

    def metadata(self, _given: dict[str, str]) -> None:
        """Discovery."""
        if self.server.way("away"):
            self.say(self.server.way("away"), {})
            return
        base = self.server.url
        told = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/jwks",
            "userinfo_endpoint": f"{base}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        self.say(200, told | self.server.way("metadata", {}))

    def jwks(self, _given: dict[str, str]) -> None:
        """The public keys."""
        self.say(200, KeySet(self.server.keys).as_dict(private=False))

    def authorize(self, given: dict[str, str]) -> None:
        """The page where the person agrees; for tests without a browser it agrees at once."""
        missing = [n for n in ("state", "nonce", "code_challenge", "redirect_uri") if not given.get(n)]
        right = {
            "client_id": CLIENT,
            "response_type": "code",
            "code_challenge_method": "S256",
            "scope": "openid email profile",
        }
        wrong = [name for name, value in right.items() if given.get(name) != value]
        if missing or wrong or not given["redirect_uri"].endswith("/sign-in/provider/back"):
            self.say(400, {"missing": missing, "wrong": wrong})
            return
        if self.server.way("ask"):
            fields = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in given.items())
            form = f'<form method="post" action="/authorize">{fields}<button>I am Nadia</button></form>'
            self.say(200, f"<!doctype html><title>Provider</title>{form}".encode(), "text/html")
        else:
            self.consent(given)

    def consent(self, given: dict[str, str]) -> None:
        """Back to the client with a code."""
        answer = {"state": given["state"]}
        if self.server.way("error"):
            answer["error"] = self.server.way("error")
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.server.codes[answer["code"]] = given
        if self.server.way("iss"):
            answer["iss"] = self.server.way("iss")
        self.send_response(302)
        self.send_header("Location", f"{given['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def token(self, given: dict[str, str]) -> None:
        """Tokens for a code."""
        if self.server.way("token_status"):
            self.say(self.server.way("token_status"), b"<h1>broken</h1>", "text/html")
            return
        if self.server.way("token_redirect"):
            self.send_response(307)
            self.send_header("Location", self.server.way("token_redirect"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        asked = self.server.codes.pop(given.get("code", ""), None)
        challenge = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        proven = _encoded(challenge)
        if (
            asked is None
            or not self.knows_client(given)
            or given.get("redirect_uri") != asked["redirect_uri"]
            or proven != asked["code_challenge"]
        ):
            self.say(400, {"error": "invalid_grant"})
            return
        told = {"access_token": "access-" + secrets.token_hex(8), "token_type": "Bearer", "expires_in": 300}
        if not self.server.way("no_id_token"):
            told["id_token"] = self.id_token(asked["nonce"])
        self.say(200, told)

    def knows_client(self, given: dict[str, str]) -> bool:
        """Whether the client proved itself; a public one says its name only."""
        if self.server.way("public"):
            return given.get("client_id") == CLIENT
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return self.authorization == f"Basic {expected}"

    def id_token(self, nonce: str) -> str:
        """Who signed in, signed as told."""
        now = int(time.time())
        claims = {"iss": self.server.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= NADIA | self.server.way("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        key, alg = self.server.keys[0], self.server.way("alg", "RS256")
        header = {"alg": alg, "kid": self.server.way("kid", key.kid)}
        if alg == "none":
            return ".".join(_parts(header, claims)) + "."
        if alg == "HS256":  # key confusion: the public key as if it were a shared secret
            return _text(_parts(header, claims), key.as_pem(private=False))
        if self.server.way("other_key"):
            key = RSAKey.generate_key(2048, {"kid": key.kid})
        return jwt.encode(header, claims, key, algorithms=[alg])

    def userinfo(self, _given: dict[str, str]) -> None:
        """More about the person."""
        self.say(200, NADIA | self.server.way("userinfo", {}))

    def say(self, status: int, body: Any, kind: str = "application/json") -> None:
        """Send a whole answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _parts(header: dict[str, Any], claims: dict[str, Any]) -> list[str]:
    """What is signed, as text."""
    return [_encoded(json.dumps(part).encode()) for part in (header, claims)]


def _text(parts: list[str], secret: bytes) -> str:
    """A token made without a library, which would refuse to misuse a key like that."""
    return ".".join([*parts, _encoded(hmac.digest(secret, ".".join(parts).encode(), "sha256"))])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Running:
    """The process, as tests talk to it."""

    url: str

    def behave(self, **ways: Any) -> None:
        """Tell it how to behave from now on."""
        request = urllib.request.Request(f"{self.url}/control", json.dumps(ways).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def asked(self, path: str) -> list[dict[str, Any]]:
        """What was asked of a path."""
        with urllib.request.urlopen(f"{self.url}/asked", timeout=10) as answer:
            return [each for each in json.load(answer)["asked"] if each["path"] == path]


@contextlib.contextmanager
def provider_process() -> Iterator[Running]:
    """A provider in a process of its own."""
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "tests.oidc_provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as process:
        try:
            assert process.stdout is not None
            yield Running(process.stdout.readline().strip())
        finally:
            process.terminate()


if __name__ == "__main__":
    provider = Provider()
    sys.stdout.write(f"{provider.url}\n")
    sys.stdout.flush()
    provider.serve_forever()
