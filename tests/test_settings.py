"""A bad setting stops the start and is named; its value, which may be a secret, is never shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import settings_for
from webapp.settings import PREFIX, Settings, SettingsError

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "eighty"),
        ("port", "70000"),
        ("workers", "0"),
        ("time_zone", "Mars/Olympus"),
        ("env", "staging"),
        ("public_url", "ftp://help.example"),
        ("limit_sign_in", "often"),
        ("phone_region", "denmark"),
        ("live_check_seconds", "-7"),
        ("open_sign_up", "perhaps"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(tmp_path, **{name: value})
    assert f"{PREFIX}{name.upper()}" in str(refused.value)
    assert value not in str(refused.value)


def test_a_geocoder_without_contact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="geocoder_contact"):
        settings_for(tmp_path, geocoder_url="http://127.0.0.1:1")


def test_the_command_line_names_the_setting_and_exits_with_2(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "webapp.ops.cli", "routes"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"MAYDAY_PORT": "eighty", "MAYDAY_DATA_DIR": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 2
    assert "MAYDAY_PORT" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_setting_has_a_line_in_the_example() -> None:
    lines = re.findall(rf"^{PREFIX}(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(name.upper() for name in Settings.model_fields)


def test_the_examples_values_are_the_defaults(tmp_path: Path) -> None:
    example = Settings(_env_file=ROOT / ".env.example")  # type: ignore[call-arg]
    assert example.model_dump() == Settings(_env_file=None).model_dump()  # type: ignore[call-arg]


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    from webapp.settings import secret_key

    settings = settings_for(tmp_path, secret_key="")
    first = secret_key(settings)
    assert secret_key(settings) == first
    assert len(first) >= 48
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
