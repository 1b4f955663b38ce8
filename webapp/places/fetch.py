"""One GET from a service that may be slow, broken or hostile: bounded in time and size, never redirected."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3

from webapp.outgoing import TooLarge, TooSlow
from webapp.outgoing.wire import read_bounded
from webapp.places.geocoder import GeocoderUnavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
# Forty places with addresses are under 50 KB.
MAX_BYTES = 512 * 1024


class Hiccup(GeocoderUnavailable):
    """It may work in a moment: 429, 5xx or no connection. ``retry_after`` is what the service asks for, s."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Fetcher:
    """Fetches in a few threads of its own, so that a caller never waits longer than it wants to.

    A read timeout alone does not bound a server that sends one byte at a time; the caller's patience does.
    """

    def __init__(self, *, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="geocoder")

    def get(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], *, seconds: float
    ) -> bytes:
        """The body of a 200 answer. Raises `Hiccup` or `GeocoderUnavailable` within ``seconds``."""
        future = self._threads.submit(_get, url, params, headers, time.monotonic() + seconds)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise GeocoderUnavailable("The address service takes too long.") from None


def _get(url: str, params: Mapping[str, str], headers: Mapping[str, str], deadline: float) -> bytes:
    try:
        with requests.get(
            url,
            params=dict(params),
            # Uncompressed, so that the bound on the size is one on memory too.
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            _check_status(response)
            return read_bounded(response, MAX_BYTES, deadline)
    except TooSlow as error:
        raise GeocoderUnavailable("The address service takes too long.") from error
    except TooLarge as error:
        raise GeocoderUnavailable("The address service sends too much.") from error
    except requests.Timeout as error:
        raise GeocoderUnavailable("The address service takes too long.") from error
    except requests.ConnectionError as error:
        raise Hiccup("The address service cannot be reached.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise GeocoderUnavailable("The address service broke off.") from error


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        raise Hiccup(f"The address service answered {status}.", _retry_after(response))
    if status != 200:
        raise GeocoderUnavailable(f"The address service answered {status}.")


def _retry_after(response: requests.Response) -> float | None:
    """Seconds to wait by the Retry-After header, which is a number or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
