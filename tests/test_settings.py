"""A bad setting stops the start and is named; its value, which may be a secret, is never shown."""

import base64
import re
import secrets
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from tests.conftest import settings_for
from webapp import create_app
from webapp.setting_checks import strong_key
from webapp.settings import PREFIX, Settings, SettingsError, secret_key

ROOT = Path(__file__).resolve().parents[1]


# Made by secrets once: what differs from run to run cannot name a test.
GOOD_KEY = "c2a95f0b7d3e4186af90d15c6b28e37495fd0c83ab716e24d9380fb1547ec62a"
# Name, value, and what the refusal must say is possible.
BAD = [
    ("port", "eighty", "integer"),
    ("port", "70000", "65535"),
    ("workers", "0", "greater than or equal to 1"),
    ("time_zone", "Mars/Olympus", "Europe/Copenhagen"),
    ("env", "staging", "'production', 'development' or 'test'"),
    ("log_level", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ("public_url", "ftp://help.example", "https://"),
    ("public_url", "https://", "https://help.example"),
    ("geocoder_url", "http://[nonsense", "https://"),
    ("limit_sign_in", "often", "10 per minute"),
    ("limit_reads", "0 per day", "at least one"),
    ("phone_region", "denmark", "two letters"),
    ("phone_region", "ZZ", "two letters"),
    ("locale", "xx", "en, es, fr, ht, ar"),
    ("live_check_seconds", "-7", "greater than 0"),
    ("open_sign_up", "perhaps", "true or false"),
    ("max_upload_mb", "10MB", "integer"),
    ("files_url", "bucket/prefix", "s3://bucket/prefix"),
    ("cap_sender", "two words", "without spaces"),
    ("trusted_hosts", "https://help.example", "without https://"),
    ("trusted_hosts", "help.example/page", "without https://"),
    ("trusted_hosts", "*", "without https://"),
    ("trusted_proxies", "proxy.example", "10.0.0.0/8"),
    ("cors_origins", "map.example", "https://map.example"),
    ("cors_origins", "https://map.example/page", "without a path"),
    ("database_url", "nonsense", "postgresql://"),
    ("database_url", "mysql://mayday:hush@db.example/mayday", "postgresql://"),
    ("database_url", "postgresql://mayday:hush@db.example:x/mayday", "postgresql://"),
    ("database_url", "postgresql://mayday:hush@db.example", "names no database"),
    ("redis_url", "localhost:6379", "redis://"),
    ("redis_url", "http://:hush@localhost:6379", "redis://"),
    ("redis_url", "redis://:hush@localhost:many", "redis://"),
    ("redis_url", "redis://:hush@localhost:6379/first", "by number"),
    ("outgoing_ca_file", __file__, "PEM"),
    ("outgoing_ca_file", "/nowhere/certificates.pem", "file"),
]
# The same, where it is only refused outside of tests.
UNSAFE = [
    ("secret_key", "x", "32 random bytes"),
    ("secret_key", "x" * 64, "guessed"),
    ("secret_key", "0123456789abcdef" * 4, "guessed"),
    ("secret_key", "correct horse battery staple", "32 random bytes"),
    ("secret_key", GOOD_KEY[:32], "32 random bytes"),
    ("cors_origins", "*", "each origin"),
    ("cors_origins", "https://map.example,*", "each origin"),
    ("oidc_issuer", "http://id.example", "https://"),
    ("oidc_issuer", "http://127.0.0.1:9000", "https://"),
]


@pytest.mark.parametrize(("name", "value", "possible"), BAD)
def test_a_bad_value_is_refused_by_name_with_what_is_possible(
    tmp_path: Path, name: str, value: str, possible: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(tmp_path, **{name: value})
    _names_it(str(refused.value), name, value, possible)


@pytest.mark.parametrize(("name", "value", "possible"), UNSAFE)
def test_what_is_unsafe_is_refused_in_production(
    tmp_path: Path, name: str, value: str, possible: str
) -> None:
    given = {"env": "production", "secret_key": GOOD_KEY, "oidc_client_id": "mayday", name: value}
    with pytest.raises(SettingsError) as refused:
        settings_for(tmp_path, **given)
    _names_it(str(refused.value), name, value, possible)


def _names_it(said: str, name: str, value: str, possible: str) -> None:
    assert said.startswith(f"{PREFIX}{name.upper()}: ")
    assert possible in said
    assert len(value) < 2 or value not in said.replace(".env.example", "").replace(possible, "")
    assert "hush" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_key", GOOD_KEY),
        ("secret_key", base64.b64encode(bytes.fromhex(GOOD_KEY)).decode()),
        ("secret_key", base64.urlsafe_b64encode(bytes.fromhex(GOOD_KEY)).decode().rstrip("=")),
        ("database_url", "postgres://mayday:hush@db.example:5432/mayday"),
        ("database_url", "postgresql+psycopg://mayday@/mayday?host=/run/postgresql"),
        ("redis_url", "rediss://user:hush@redis.example:6380/3"),
        ("redis_url", "redis://127.0.0.1"),
        ("trusted_hosts", "help.example, .help.example, 127.0.0.1, [::1], localhost:8000"),
        ("cors_origins", "https://map.example:8443,http://localhost:3000"),
        ("oidc_issuer", "https://id.example/realms/relief"),
        ("phone_region", "HT"),
        ("locale", "ht"),
        ("outgoing_ca_file", certifi.where()),
    ],
)
def test_what_is_right_is_taken_in_production(tmp_path: Path, name: str, value: str) -> None:
    settings_for(
        tmp_path, **{"env": "production", "secret_key": GOOD_KEY, "oidc_client_id": "m", name: value}
    )


@pytest.mark.parametrize("folder", [__file__, f"{__file__}/var"])
def test_a_data_folder_that_is_a_file_is_refused(folder: str) -> None:
    with pytest.raises(SettingsError, match=r"MAYDAY_DATA_DIR: .* cannot be a folder"):
        create_app(settings_for(Path(folder)))


def test_random_keys_are_never_taken_for_guessable_ones() -> None:
    for _ in range(2000):
        strong_key(secrets.token_hex(32))
        strong_key(secrets.token_urlsafe(32))


def test_a_provider_on_this_machine_may_be_asked_without_https_in_development(tmp_path: Path) -> None:
    given = {"env": "development", "secret_key": GOOD_KEY, "oidc_client_id": "mayday"}
    settings_for(tmp_path, **given, oidc_issuer="http://127.0.0.1:9000")
    with pytest.raises(SettingsError, match="MAYDAY_OIDC_ISSUER"):
        settings_for(tmp_path, **given, oidc_issuer="http://10.0.0.1:9000")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MAYDAY_TRUSTED_PROXY", "Did you mean MAYDAY_TRUSTED_PROXIES?"),
        ("MAYDAY_DATABASE", "Did you mean MAYDAY_DATABASE_URL?"),
        ("MAYDAY_SECRETKEY", "Did you mean MAYDAY_SECRET_KEY?"),
        ("mayday_wrokers", "Did you mean MAYDAY_WORKERS?"),
        ("MAYDAY_XYZZY", ".env.example lists them all."),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "hush")
    with pytest.raises(SettingsError) as refused:
        settings_for(tmp_path)
    assert str(refused.value) == f"{name}: there is no such setting. {meant}"


def test_names_in_the_file_are_looked_at_too_and_those_of_others_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("POSTGRES_PASSWORD=hush\nMAYDAY_LOCALES=fr\nMAYDAY_PORT=eighty\n")
    with pytest.raises(SettingsError) as refused:
        settings_for(tmp_path, _env_file=file)
    named = [line.split(":")[0] for line in str(refused.value).splitlines()]
    assert named == ["MAYDAY_LOCALES", "MAYDAY_PORT"]


def test_a_weak_key_in_the_data_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("changeme")
    with pytest.raises(SettingsError, match="32 random bytes"):
        secret_key(settings_for(tmp_path, secret_key=""))


def test_a_geocoder_without_contact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="geocoder_contact"):
        settings_for(tmp_path, geocoder_url="http://127.0.0.1:1")


COMMANDS = {
    "serve": ["-m", "webapp.ops.cli", "serve"],
    "help": ["-m", "webapp.ops.cli", "--help"],
    "users": ["-m", "webapp.ops.cli", "users", "list"],
    "gunicorn": ["-m", "gunicorn", "-c", "python:webapp.ops.gunicorn_conf", "-b", "127.0.0.1:0", "wsgi:app"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_the_setting_without_a_traceback(tmp_path: Path, command: str) -> None:
    bad = {"MAYDAY_DATABASE_URL": "mysql://mayday:hush@db.example/mayday", "MAYDAY_SECRET_KEY": "hush"}
    ran = subprocess.run(
        [sys.executable, *COMMANDS[command]],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
        env=bad | {"MAYDAY_DATA_DIR": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == (0 if command == "help" else 2), ran.stderr
    assert "Cannot start: MAYDAY_DATABASE_URL: must be as postgresql://" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "hush" not in ran.stdout + ran.stderr


def test_every_setting_has_a_line_in_the_example() -> None:
    lines = re.findall(rf"^{PREFIX}(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(name.upper() for name in Settings.model_fields)


def test_the_examples_values_are_the_defaults(tmp_path: Path) -> None:
    example = Settings(_env_file=ROOT / ".env.example")  # type: ignore[call-arg]
    assert example.model_dump() == Settings(_env_file=None).model_dump()  # type: ignore[call-arg]


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, secret_key="")
    first = secret_key(settings)
    assert secret_key(settings) == first
    assert len(first) >= 48
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
