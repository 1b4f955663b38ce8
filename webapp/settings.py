"""Typed settings from the environment; a bad value stops the start and names itself.

Every setting is read from ``MAYDAY_<NAME>`` or from a line in ``.env``. `.env.example` lists them
all; a test keeps that list equal to this class.
"""

import secrets
import sys
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from webapp import setting_checks as checks

PREFIX = "MAYDAY_"
LANGUAGES = ("en", "es", "fr", "ht", "ar")
# What is possible, where pydantic's own words would only show how it looks.
_POSSIBLE = {
    "files_url": "must be as s3://bucket/prefix",
    "cap_sender": "must be a name without spaces, commas, < and &, as mayday@help.example",
}


class SettingsError(Exception):
    """A setting has a value that Mayday cannot start with; the message names it and never its value."""


class Settings(BaseSettings):
    """What an installation can choose. Defaults are those of one laptop without internet."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    # The folder for the database, keys and files. Created at first start.
    data_dir: Path = Path("var")
    # SQLAlchemy address of the database. Empty: SQLite in the data folder.
    database_url: str = ""
    # PostgreSQL: seconds that a connection may take to open, and one statement to answer. 0: no bound.
    database_connect_seconds: Annotated[int, Field(ge=1, le=60)] = 5
    database_statement_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    # Seconds that a search for words may take; then whoever searches is asked for fewer or longer words.
    search_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    # Signs cookies and links: at least 32 random bytes. Empty: made at first start, kept in the data folder.
    secret_key: SecretStr = SecretStr("")
    # "development" adds the journal guard and readable errors in the log; "production" is the default.
    env: Literal["production", "development", "test"] = "production"

    # Least level that is logged.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Statements that take longer, in milliseconds, are logged.
    slow_statement_ms: Annotated[int, Field(ge=1)] = 250

    # Address and port that the server listens on.
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    # HTTP worker processes, and threads of each.
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=2, le=256)] = 16
    # Connections that one address may have open at each worker, live pages not counted. Of more, the one that
    # waited longest ends. A shelter shares one address; trusted proxies are not bounded. 0: no bound.
    connections_per_address: Annotated[int, Field(ge=0, le=100_000)] = 1000
    # Host names the server answers to, separated by commas. Empty: any (for a laptop on a local network).
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    # Reverse proxies whose X-Forwarded-For, -Proto and -Host are believed: their networks, separated by
    # commas, or how many stand in between (then nobody may reach the server around them). Empty: none.
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    # Origins whose pages may ask the probes and the JSON API, separated by commas. Empty: none but our own.
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    # The address people reach the server at, used in links that leave a page, as https://help.example.
    public_url: str = ""
    # Cookies only over HTTPS. Switch on wherever the server is reached by HTTPS.
    secure_cookies: bool = False

    # Free space of the data folder, in MB, below which readiness says "degraded", and below which "down".
    disk_low_mb: Annotated[int, Field(ge=0)] = 1024
    disk_full_mb: Annotated[int, Field(ge=0)] = 100
    # Bearer token that opens /metrics from anywhere. Empty: no token does.
    metrics_token: SecretStr = SecretStr("")
    # Networks that may read /metrics without a token, separated by commas. Not asked about what comes
    # through a proxy that the server does not know: its address says nothing about who asks.
    metrics_networks: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.0/8", "::1/128")
    # Where traces go by OTLP over HTTP, as http://127.0.0.1:4318/v1/traces. Empty: no tracing.
    otlp_endpoint: str = ""
    # Share of requests that are traced.
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0

    # What this response is called; shown on every page.
    response_name: str = "Response"
    # By which name CAP alerts of this response are signed. Empty: mayday@ and the host of public_url.
    cap_sender: Annotated[str, Field(pattern=r"^[^\s,<&]{0,200}$")] = ""
    # Time zone for people who have not chosen one (IANA name).
    time_zone: str = "UTC"
    # Language for people who have not chosen one.
    locale: str = "en"
    # May anybody sign up as a volunteer, or only with an invitation or a join code?
    open_sign_up: bool = True
    # May one person be checked in at only one event at a time?
    one_event_at_a_time: bool = True
    # Hours after which somebody who is checked in, and the coordinators, are asked if they are there still.
    overdue_hours: Annotated[int, Field(ge=1, le=168)] = 12
    # Country for phone numbers written without a country code (ISO 3166-1 alpha-2). Empty: none.
    phone_region: str = ""

    # Redis address for limits and wake-ups across several machines. Empty: one machine.
    redis_url: str = ""
    # Rate limits (limits library notation) for wrong sign-ins of one address at one contact (wider ones come
    # from it: docs/deployment, What is bounded), and for sign-ups of an address.
    limit_sign_in: str = "10 per minute; 100 per hour"
    limit_sign_up: str = "200 per minute; 2000 per hour"
    # Rate limits for changes, pages read and live connections opened, each per signed-in person, or per
    # address for those who are not signed in. An office or a shelter may share one address.
    limit_writes: str = "3000 per minute"
    limit_reads: str = "6000 per minute"
    limit_sockets: str = "600 per minute"
    # Signing in by an OpenID Connect provider: its issuer, as https://id.example. Empty: by none.
    oidc_issuer: str = ""
    # The client's id and secret there (no secret: a public client), and what its button calls the provider.
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "another account"
    # How long a person stays signed in without a visit, in days.
    session_days: Annotated[int, Field(ge=1, le=365)] = 30

    # Where files that people add are kept, as s3://bucket/prefix. Empty: files/ in the data folder.
    files_url: Annotated[str, Field(pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?)?$")] = ""
    # Of that bucket: its service's address (empty: Amazon's), its region, keys (empty: the machine's own).
    files_endpoint: str = ""
    files_region: str = "us-east-1"
    files_access_key: SecretStr = SecretStr("")
    files_secret_key: SecretStr = SecretStr("")
    # The largest file that may be added, in MB. A proxy in front must let a little more pass.
    max_upload_mb: Annotated[int, Field(ge=1, le=100)] = 10

    # Background jobs (imports, clean-up, backups): "inside" the server, or "outside" it, by `mayday jobs`.
    jobs: Literal["inside", "outside"] = "inside"
    # A backup each day into backups/ of the data folder, and how many of the newest are kept there.
    backup_nightly: bool = False
    backup_keep: Annotated[int, Field(ge=1)] = 14
    # Minutes after which a phone, gateway or tracker that nothing was heard of is told to coordinators.
    device_silent_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15

    # Largest file that may be imported from a page, in MB.
    max_import_mb: Annotated[int, Field(ge=1, le=1000)] = 50

    # Address of a Nominatim server. Empty: the built-in offline gazetteer only.
    geocoder_url: str = ""
    # Contact address that the Nominatim usage policy asks for.
    geocoder_contact: str = ""
    # CSV with extra local places for the gazetteer (name, latitude, longitude).
    gazetteer_extra: Path | None = None

    # Private networks that addresses typed by people (webhooks, feeds) may lead into, separated by commas.
    # Empty: none; such an address is refused whatever its name.
    outgoing_networks: Annotated[tuple[str, ...], NoDecode] = ()
    # PEM file with the certificates that other systems are trusted by. Empty: those of the public web.
    outgoing_ca_file: FilePath | None = None

    # May GraphQL be asked for its schema (introspection)? Empty: in development only.
    graphql_introspection: bool | None = None

    # Seconds between looks at the journal when no wake-up arrives (the safety net).
    live_check_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    # Most missed journal entries that are sent to a page that comes back; more: it reloads its regions.
    live_catch_up: Annotated[int, Field(ge=1, le=10_000)] = 500

    @field_validator(
        "trusted_hosts",
        "trusted_proxies",
        "metrics_networks",
        "cors_origins",
        "outgoing_networks",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(h.strip() for h in value.split(",") if h.strip()) if isinstance(value, str) else value

    @field_validator("metrics_networks", "outgoing_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(network)) for network in value)
        except ValueError:
            raise ValueError("must be networks such as 10.0.0.0/8, separated by commas") from None

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) == 1 and value[0].isascii() and value[0].isdigit():
            if not 1 <= int(value[0]) <= 9:
                raise ValueError("must be from 1 to 9 proxies, or their networks")
            return value
        try:
            return tuple(str(ip_network(network)) for network in value)
        except ValueError:
            raise ValueError("must be a number of proxies, or networks such as 10.0.0.0/8") from None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError("is not an IANA time zone name such as Europe/Copenhagen")
        return value

    @field_validator("locale")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("trusted_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checks.host_name(name) for name in value)

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checks.origin(text) for text in value)

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        return checks.database(value) if value else value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        return checks.redis(value) if value else value

    @field_validator("phone_region")
    @classmethod
    def _region(cls, value: str) -> str:
        return checks.region(value) if value else value

    @field_validator("outgoing_ca_file")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        return checks.certificates(value) if value else value

    @field_validator("limit_sign_in", "limit_sign_up", "limit_writes", "limit_reads", "limit_sockets")
    @classmethod
    def _limits(cls, value: str) -> str:
        from limits import parse_many

        try:
            least = min(limit.amount for limit in parse_many(value))
        except ValueError:
            raise ValueError("is not a rate limit such as '10 per minute; 100 per hour'") from None
        if least < 1:
            raise ValueError("must allow at least one, as '10 per minute; 100 per hour'")
        return value

    @field_validator("gazetteer_extra", "outgoing_ca_file", "graphql_introspection", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("public_url", "geocoder_url", "otlp_endpoint", "files_endpoint", "oidc_issuer")
    @classmethod
    def _http_address(cls, value: str) -> str:
        return checks.web_address(value) if value else value

    @model_validator(mode="after")
    def _strong_key(self) -> "Settings":
        """The suite's own servers sign with a key that everybody may know."""
        key = self.secret_key.get_secret_value()
        if key and self.env != "test":
            try:
                checks.strong_key(key)
            except ValueError as error:
                raise _refusal("secret_key", str(error)) from None
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> "Settings":
        if self.env == "production" and "*" in self.cors_origins:
            raise _refusal("cors_origins", "must name each origin: * lets every page on the web ask")
        if self.oidc_issuer and not (
            checks.is_safe(self.oidc_issuer)
            and (self.env != "production" or self.oidc_issuer.startswith("https://"))
        ):
            words = "must start with https://: whoever is on the way could sign in as anybody"
            raise _refusal("oidc_issuer", words)
        return self

    @model_validator(mode="after")
    def _low_before_full(self) -> "Settings":
        if self.disk_full_mb > self.disk_low_mb:
            raise ValueError("disk_full_mb must not be above disk_low_mb")
        return self

    @model_validator(mode="after")
    def _contact_for_geocoder(self) -> "Settings":
        if self.geocoder_url and not self.geocoder_contact:
            raise ValueError("geocoder_contact is needed with geocoder_url: its usage policy asks for it")
        return self

    @model_validator(mode="after")
    def _client_for_provider(self) -> "Settings":
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_client_id is needed with oidc_issuer")
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database address with its driver named."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'mayday.db').resolve()}"
        for short in ("postgresql://", "postgres://"):
            if self.database_url.startswith(short):
                return "postgresql+psycopg://" + self.database_url.removeprefix(short)
        return self.database_url

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.sqlalchemy_url.startswith("sqlite")

    @property
    def run_dir(self) -> Path:
        """Folder for sockets and locks of the running server."""
        return self.data_dir / "run"


@cache
def _zones() -> frozenset[str]:
    """All IANA names: they are read from hundreds of files."""
    return frozenset(available_timezones())


def load(**overrides: object) -> Settings:
    """Read the settings. Raises `SettingsError` that names each bad or unknown setting, without its value."""
    env_file = overrides.get("_env_file", ".env")
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    lines = checks.unknown_names(known, Path(str(env_file)) if env_file else None)
    try:
        made = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            lines.append(_complaint(each["loc"], each["msg"], each["type"]))
    except ValueError as error:
        lines.append(str(error))
    if lines:
        raise SettingsError("\n".join(lines))
    return made


def load_or_leave() -> Settings:
    """The settings; where they cannot be started with, say so and end this process with exit code 2."""
    try:
        return load()
    except SettingsError as error:
        sys.stderr.write(f"Cannot start: {error}\n")
        sys.exit(2)


def _complaint(location: tuple[int | str, ...], message: str, kind: str) -> str:
    words = message.removeprefix("Value error, ")
    if not location:
        return words if words.startswith(PREFIX) else f"settings: {words}"
    if kind == "string_pattern_mismatch":
        words = _POSSIBLE.get(str(location[0]), words)
    if kind.startswith("bool"):
        words = "must be true or false"
    return f"{PREFIX}{str(location[0]).upper()}: {words}"


def _refusal(name: str, words: str) -> ValueError:
    """For checks of several settings together: a refusal that names the one to change."""
    return ValueError(f"{PREFIX}{name.upper()}: {words}")


def secret_key(settings: Settings) -> str:
    """The signing key: the setting, or one made once and kept readable only to its owner."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given
    path = settings.data_dir / "secret_key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        made = settings.data_dir / f"secret_key.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        try:
            # A link fails where the name exists: two first starts at once agree on one key.
            path.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    key = path.read_text().strip()
    try:
        return checks.strong_key(key)
    except ValueError as error:
        raise SettingsError(f"The key in {path} {error}") from None
