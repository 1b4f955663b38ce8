"""Who really asks, where a reverse proxy stands in between: its word is taken only when it is trusted.

``X-Forwarded-*`` can be written by anybody. Without MAYDAY_TRUSTED_PROXIES they are ignored. With it the
address, scheme and host that the trusted proxies saw replace those of the connection, before anything else
reads them: limits, log, CSRF and live checks of the origin, links and metrics.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Where werkzeug's ProxyFix keeps what the connection itself said; the metrics ask for it.
ORIGINAL = "werkzeug.proxy_fix.orig"
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_PORT = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::\d{1,5})?$")


class TrustedProxies:
    """WSGI middleware: replaces address, scheme and host by what trusted proxies say.

    ``trusted`` is a number of proxies (``("1",)``: whoever connects is one) or their networks. Of
    ``X-Forwarded-For`` the last address counts that no trusted proxy has; scheme and host are the word of
    the proxy that connects.
    """

    def __init__(self, app: "WSGIApplication", trusted: tuple[str, ...]) -> None:
        self._app = app
        self._hops = int(trusted[0]) if len(trusted) == 1 and trusted[0].isdigit() else 0
        self._networks = [] if self._hops else [ipaddress.ip_network(network) for network in trusted]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer the request as the client of the proxy sent it."""
        if self._trusts(address_of(environ.get("REMOTE_ADDR", ""))):
            self._believe(environ)
        return self._app(environ, start_response)

    def _trusts(self, peer: Address | None) -> bool:
        if self._hops:
            return True
        return peer is not None and any(peer in network for network in self._networks)

    def _believe(self, environ: dict[str, Any]) -> None:
        names = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT")
        environ[ORIGINAL] = {name: environ.get(name) for name in names}
        client = self._client(_parts(environ, "HTTP_X_FORWARDED_FOR"))
        if client is not None:
            environ["REMOTE_ADDR"] = str(client)
        scheme = _parts(environ, "HTTP_X_FORWARDED_PROTO")[-1:]
        if scheme in (["http"], ["https"]):
            environ["wsgi.url_scheme"] = scheme[0]
        host = _parts(environ, "HTTP_X_FORWARDED_HOST")[-1:]
        if host and _HOST.fullmatch(host[0]):
            environ["HTTP_HOST"] = host[0]

    def _client(self, said: list[str]) -> Address | None:
        """The nearest address that is not a proxy's. What stands before it may be forged and is not read."""
        found = None
        for number, text in enumerate(reversed(said), start=1):
            address = address_of(text)
            if address is None:
                return found
            found = address
            if number == self._hops or (not self._hops and not self._trusts(address)):
                return found
        # With a number of hops a shorter list did not come the whole way: as in ProxyFix it says nothing.
        return None if self._hops else found


def _parts(environ: dict[str, Any], name: str) -> list[str]:
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]


def address_of(text: str) -> Address | None:
    """An address as proxies write it, with or without a port; None for anything else."""
    written = _PORT.match(text)
    try:
        address = ipaddress.ip_address((written["six"] or written["four"]) if written else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def init_app(app: Flask, trusted: tuple[str, ...]) -> None:
    """Put it in front of everything, where proxies are trusted at all."""
    if trusted:
        app.wsgi_app = TrustedProxies(app.wsgi_app, trusted)  # type: ignore[method-assign]
