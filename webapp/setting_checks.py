"""What single settings must be. Each function gives the value in its one form, or raises `ValueError` that
says what is possible and never shows the value, which may hold a password."""

import difflib
import importlib.util
import math
import os
import re
import ssl
import zlib
from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

# 32 random bytes in hexadecimal; and in any richer alphabet, of which base 64 says the least.
_HEX, _OTHER = 64, 43
# Of 100,000 random keys of these lengths none had fewer bits in its letters, or became shorter by packing.
_LEAST_BITS, _LEAST_PACKED = 160, 40
_MAKE_KEY = "make one: python3 -c 'import secrets; print(secrets.token_hex(32))'"
_HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*\.?(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
# Read by the tests, and by the Caddyfile; no settings of ours.
_OTHERS = re.compile(r"MAYDAY_(TEST_\w+|SHARED_DATA|DOMAIN)")


def strong_key(key: str) -> str:
    """A key with at least 32 random bytes in it, as far as one can tell by looking."""
    if len(key) < (_HEX if re.fullmatch(r"[0-9A-Fa-f]*", key) else _OTHER):
        raise ValueError(f"is shorter than 32 random bytes; {_MAKE_KEY}")
    size = len(key)
    bits = -sum(count * math.log2(count / size) for count in Counter(key).values())
    if bits < _LEAST_BITS or len(zlib.compress(key.encode(), 9)) < _LEAST_PACKED:
        raise ValueError(f"repeats itself and can be guessed; {_MAKE_KEY}")
    return key


def database(url: str) -> str:
    """The address of a PostgreSQL database, or of an SQLite file."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        parts = None
    if parts is None or parts.drivername not in (
        *("postgresql", "postgres", "postgresql+psycopg"),
        *("sqlite", "sqlite+pysqlite"),
    ):
        raise ValueError(
            "must be as postgresql://user:password@host:5432/name, or empty for SQLite in the data folder"
        )
    if not parts.database or parts.database == ":memory:":
        raise ValueError("names no database: postgresql://user:password@host:5432/name")
    if parts.drivername.startswith("postgres") and importlib.util.find_spec("psycopg") is None:
        raise ValueError("needs the extra scale, which is not installed")
    return url


def redis(url: str) -> str:
    """The address of a Redis."""
    parts = _parts(url)
    number = parts.path.strip("/") if parts else ""
    if parts is None or parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must be as redis://:password@host:6379/0")
    if parts.scheme != "unix" and (not parts.hostname or not (number.isdigit() or not number)):
        raise ValueError("must name a host, and databases by number: redis://:password@host:6379/0")
    return url


def host_name(text: str) -> str:
    """A name that the server answers to."""
    if not _HOST.fullmatch(text):
        raise ValueError(
            "must be host names such as help.example, without https://, path or *, separated by commas"
        )
    return text


def origin(text: str) -> str:
    """Where a page comes from: scheme, host and port. ``*`` is left to the caller."""
    parts = _parts(text)
    if text != "*" and (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or f"{parts.scheme}://{parts.netloc}" != text
    ):
        raise ValueError("must be origins such as https://map.example, without a path, separated by commas")
    return text


def web_address(url: str) -> str:
    """An address of the web."""
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise ValueError("must start with http:// or https://")
    if not parts.hostname or re.search(r"\s", url):
        raise ValueError("must name a host, as https://help.example")
    return url.rstrip("/")


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: by HTTPS, or on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def region(code: str) -> str:
    """A country that phone numbers are known of."""
    from phonenumbers import SUPPORTED_REGIONS  # large, and few set a country

    if code not in SUPPORTED_REGIONS:
        raise ValueError("must be a country by its two letters, as DK, HT or US")
    return code


def certificates(path: Path) -> Path:
    """A PEM file with at least one certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except (ssl.SSLError, OSError, ValueError):
        raise ValueError("is not a PEM file with certificates that this user can read") from None
    return path


def unknown_names(known: Iterable[str], env_file: Path | None) -> list[str]:
    """Complaints about settings of the environment and the file that do not exist: mostly misspelt."""
    names = set(known)
    given = set(os.environ)
    if env_file is not None and env_file.is_file():
        given |= set(dotenv_values(env_file))
    strangers = sorted(
        name
        for name in given
        if name.upper().startswith("MAYDAY_") and name.upper() not in names and not _OTHERS.fullmatch(name)
    )
    return [f"{name}: there is no such setting.{_meant(name.upper(), names)}" for name in strangers]


def _meant(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f" Did you mean {near[0]}?" if near else " .env.example lists them all."


def _parts(url: str) -> SplitResult | None:
    """The parts of an address, its port a number; None for one that is none."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return parts
