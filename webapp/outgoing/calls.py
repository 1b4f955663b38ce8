"""GET and POST to an address that somebody typed."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import tenacity

from webapp.outgoing.addresses import Network, check_url, networks
from webapp.outgoing.troubles import Broken, Refused, Unreachable
from webapp.outgoing.wire import Deadline, Line
from webapp.web.viewer import settings

USER_AGENT = "Mayday"
# Bytes of an answer to a POST that are read: enough to show somebody what went wrong.
ANSWER_BYTES = 64 * 1024
_REDIRECTS = 3
_TRIES = 3
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer, whatever its status. ``headers`` do not mind the case of their names."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(
    url: str,
    *,
    limit_bytes: int,
    seconds: float,
    accept: str = "*/*",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Fetched:
    """The answer to a GET, with at most three redirects, each judged like the first address.

    Tries again where no connection came about; all of it within ``seconds``. Raises an `OutgoingError`.
    """
    with _line(limit_bytes, seconds, _allowed()) as line:
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unreachable),
            stop=tenacity.stop_after_attempt(_TRIES) | tenacity.stop_before_delay(seconds),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        return tries(_follow, line, url, {"Accept": accept, **headers})


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    limit_bytes: int = ANSWER_BYTES,
) -> Fetched:
    """The answer to one POST, never repeated and never redirected. Raises an `OutgoingError`."""
    with _line(limit_bytes, seconds, _allowed()) as line:
        return _exchange(line, "POST", url, headers, body)


@contextlib.contextmanager
def bounded(session: requests.Session, *, limit_bytes: int, seconds: float) -> Iterator[None]:
    """Bind a session to a time and a size for calls to systems that the operator chose in the settings.

    Their addresses are not judged, and they may not redirect. Its calls raise an `OutgoingError`, or
    `requests.TooManyRedirects`.
    """
    with _line(limit_bytes, seconds, None) as line:
        _bind(session, line)
        session.max_redirects = 0
        yield


def _allowed() -> tuple[Network, ...]:
    return networks(settings().outgoing_networks)


@contextlib.contextmanager
def _line(limit_bytes: int, seconds: float, allowed: tuple[Network, ...] | None) -> Iterator[Line]:
    with (
        contextlib.closing(Deadline(seconds)) as deadline,
        contextlib.closing(Line(deadline, limit_bytes, allowed)) as line,
    ):
        yield line


def _bind(session: requests.Session, line: Line) -> None:
    """All that a session sends goes by the line: no proxies or passwords of the environment, no cookies."""
    session.trust_env = False
    session.verify = str(settings().outgoing_ca_file or "") or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = USER_AGENT
    session.mount("http://", line)
    session.mount("https://", line)


def _follow(line: Line, url: str, headers: Mapping[str, str]) -> Fetched:
    for _ in range(_REDIRECTS + 1):
        fetched = _exchange(line, "GET", url, headers)
        target = fetched.headers.get("Location", "")
        if fetched.status not in _MOVED or not target:
            return fetched
        target = urljoin(url, target)
        if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
            raise Refused("The other system leads from a safe address to an unsafe one.")
        url = target
    raise Broken("The other system sends us round in circles.")


def _exchange(
    line: Line, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> Fetched:
    check_url(url)
    with requests.Session() as session:
        _bind(session, line)
        try:
            response = session.request(method, url, data=body, headers=dict(headers), allow_redirects=False)
        except (requests.RequestException, ValueError) as error:
            # Not sent at all: the library does not take the address.
            raise Refused("This is not a web address.") from error
        return _fetched(response)


def _fetched(response: requests.Response) -> Fetched:
    headers: Any = response.headers
    return Fetched(response.url, response.status_code, headers, response.content)
