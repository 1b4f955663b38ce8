"""compose.yaml and Kamal's deploy.yml hold what a careful operator would ask of them.

No container engine is needed: what a service's environment comes to is worked out here as the compose
specification says (``env_file`` first, ``environment`` over it, ``${NAME:-default}`` and ``${NAME:?message}``
filled in from the .env beside the file).
"""

import io
import re
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml
from dotenv import dotenv_values
from flask.testing import FlaskClient

from webapp.settings import PREFIX, Settings, load

ROOT = Path(__file__).resolve().parents[2]

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
KAMAL = yaml.safe_load((ROOT / "config" / "deploy.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "jobs")
# What a service may say (a part of the compose specification), so that a slip of the pen is found.
KNOWN = {
    *("build", "cap_drop", "command", "depends_on", "deploy", "env_file", "environment", "healthcheck"),
    *("image", "init", "networks", "ports", "read_only", "restart", "security_opt", "shm_size"),
    *("stop_grace_period", "tmpfs", "ulimits", "volumes"),
}
CONDITIONS = {"service_healthy", "service_completed_successfully", "service_started"}
# Every setting, with a value that is not the one it has when nothing is said.
CHOSEN = {
    "data_dir": "elsewhere",
    "database_url": "postgresql://else/where",
    "database_connect_seconds": "7",
    "database_statement_seconds": "11",
    "search_seconds": "3.5",
    "env": "development",
    "log_level": "DEBUG",
    "slow_statement_ms": "90",
    "host": "127.0.0.9",
    "port": "9000",
    "workers": "3",
    "threads": "9",
    "connections_per_address": "77",
    "trusted_hosts": "other.example",
    "trusted_proxies": "10.9.0.0/16",
    "cors_origins": "https://map.example",
    "public_url": "https://other.example",
    "secure_cookies": "false",
    "disk_low_mb": "99",
    "disk_full_mb": "9",
    "metrics_networks": "10.0.0.0/8",
    "otlp_endpoint": "http://collector:4318/v1/traces",
    "trace_share": "0.5",
    "response_name": "High water, $5",
    "cap_sender": "mayday@help.example",
    "time_zone": "Europe/Copenhagen",
    "locale": "fr",
    "open_sign_up": "false",
    "one_event_at_a_time": "false",
    "phone_region": "DK",
    "redis_url": "redis://elsewhere:6379/0",
    "limit_sign_in": "3 per minute; 4 per hour",
    "limit_sign_up": "5 per minute",
    "limit_writes": "6 per minute",
    "limit_reads": "7 per minute",
    "limit_sockets": "8 per minute",
    "oidc_issuer": "https://id.example",
    "oidc_client_id": "mayday",
    "oidc_name": "Example ID",
    "session_days": "5",
    "files_url": "s3://bucket/prefix",
    "files_endpoint": "https://objects.example",
    "files_region": "eu-north-1",
    "max_upload_mb": "9",
    "jobs": "inside",
    "backup_nightly": "true",
    "backup_keep": "2",
    "overdue_hours": "9",
    "device_silent_minutes": "3",
    "max_import_mb": "4",
    "geocoder_url": "https://places.example",
    "geocoder_contact": "ops@help.example",
    "gazetteer_extra": "/data/places.csv",
    "outgoing_networks": "10.0.0.0/8",
    "outgoing_ca_file": certifi.where(),
    "graphql_introspection": "true",
    "live_check_seconds": "2.0",
    "live_catch_up": "9",
}
KEY = "9e107d9d372bb6826bd81d3542a419d6e10adc3949ba59abbe56e057f20f883e"
SECRETS = ("secret_key", "metrics_token", "oidc_client_secret", "files_access_key", "files_secret_key")
# What only the way of shipping can know: where things are inside the containers.
DECIDED = {"data_dir", "host", "port", "database_url", "redis_url", "jobs"}
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_nothing_is_misspelt() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == {"name", "services", "networks", "volumes"}
    for name, service in SERVICES.items():
        assert service.keys() <= KNOWN, f"{name}: {service.keys() - KNOWN}"


@every_service
def test_every_service_is_pinned_bounded_and_cannot_write_its_own_system(name: str) -> None:
    service = SERVICES[name]
    image, tag = service["image"].split(":")
    assert "/" not in image
    assert tag != "latest"
    assert service["read_only"] is True
    assert service["tmpfs"]
    assert "no-new-privileges:true" in service["security_opt"]
    limits = service["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[MG]", limits["memory"])


@every_service
def test_what_runs_on_is_restarted_and_asked_for_its_health(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":  # runs once and ends
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    health = service["healthcheck"]
    assert health["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= health.keys()


@every_service
def test_what_a_service_names_exists(name: str) -> None:
    service = SERVICES[name]
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    named = {volume.split(":")[0] for volume in service.get("volumes", [])}
    assert named <= COMPOSE["volumes"].keys()
    for other, wanted in service.get("depends_on", {}).items():
        assert other in SERVICES
        assert wanted["condition"] in CONDITIONS
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name, more in re.findall(r"\$\{(\w+)([^}]*)\}", text):
        if re.search(r"PASSWORD|SECRET|KEY|TOKEN", name):
            assert more.startswith(":?"), f"{name} must be asked for"
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|AUTH$|KEY", name):
                assert value.startswith("${"), f"{name} is written down"


def test_what_must_be_given_is_said_at_the_head_of_the_file() -> None:
    text = (ROOT / "compose.yaml").read_text()
    head = text.split("\nname:")[0]
    for name in set(re.findall(r"\$\{(\w+):\?", text)):
        assert f"{name}=" in head, name


def dotenv() -> str:
    """A file .env in which every setting has a value of its own."""
    assert CHOSEN.keys() | set(SECRETS) == Settings.model_fields.keys(), "a setting is missing above"
    lines = {f"{PREFIX}{name.upper()}": f"'{value}'" for name, value in CHOSEN.items()}
    lines |= {f"{PREFIX}{name.upper()}": f"{name}-{KEY}" for name in SECRETS}
    return "".join(
        f"{name}={value}\n" for name, value in (lines | {f"{n}_PASSWORD": "x" for n in BESIDE}).items()
    )


BESIDE = ("POSTGRES", "REDIS")


def environment(service: dict[str, Any], beside: str) -> dict[str, str]:
    """What the engine gives to a service as its environment, with this text in the .env beside the file."""
    given = {
        name: value or ""
        for name, value in dotenv_values(stream=io.StringIO(beside), interpolate=False).items()
    }

    def filled(match: re.Match[str]) -> str:
        value = given.get(match[1], "")
        if not value and match[2] == ":?":
            raise ValueError(f"{match[1]} is not set: {match[3]}")
        return value or match[3]

    said = {
        name: re.sub(r"\$\{(\w+)(:[?-])([^}]*)\}", filled, value)
        for name, value in service["environment"].items()
    }
    return (given if service.get("env_file") == [".env"] else {}) | said


def least() -> str:
    """The file .env that the head of compose.yaml asks for."""
    head = (ROOT / "compose.yaml").read_text().split("\nname:")[0]
    lines = re.findall(r"(?m)^#   (\w+)=(\S+)", head)
    return "".join(f"{name}={value}\n" for name, value in lines).replace("…", KEY)


def settings_in(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that Mayday reads in this environment."""
    with monkeypatch.context() as changed:
        for name, value in environment.items():
            changed.setenv(name, value)
        return load(_env_file=None)


@pytest.mark.parametrize("name", OURS)
def test_every_setting_beside_compose_yaml_reaches_each_of_our_services(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = settings_in(environment(SERVICES[name], dotenv()), monkeypatch).model_dump()
    wanted = Settings(_env_file=None, **CHOSEN).model_dump()  # type: ignore[arg-type]
    unsaid = settings_in(environment(SERVICES[name], least()), monkeypatch).model_dump()
    for setting in CHOSEN.keys() - DECIDED:
        assert reached[setting] == wanted[setting] != unsaid[setting], setting
    for setting in SECRETS:
        assert reached[setting].get_secret_value().startswith(setting)


@pytest.mark.parametrize("name", OURS)
def test_what_only_the_containers_know_is_decided_in_the_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(environment(SERVICES[name], dotenv()), monkeypatch)
    assert (str(settings.data_dir), settings.port, settings.jobs) == ("/data", 8000, "outside")
    assert settings.database_url == "postgresql://mayday:x@postgres:5432/mayday"
    assert settings.redis_url == "redis://:x@redis:6379/0"


def test_the_least_file_beside_compose_yaml_makes_a_server_behind_one_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = settings_in(environment(SERVICES["web"], least()), monkeypatch)
    assert settings.trusted_proxies == ("1",)
    assert settings.secure_cookies
    with pytest.raises(ValueError, match="MAYDAY_SECRET_KEY"):
        environment(SERVICES["web"], re.sub(r"MAYDAY_SECRET_KEY.*\n", "", least()))


def test_the_example_of_all_settings_can_stand_beside_compose_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (ROOT / ".env.example").read_text()
    for name in ("PUBLIC_URL=https://help.example", "TRUSTED_HOSTS=help.example", f"SECRET_KEY={KEY}"):
        example = re.sub(rf"(?m)^MAYDAY_{name.split('=')[0]}=.*$", f"MAYDAY_{name}", example)
    settings = settings_in(
        environment(SERVICES["web"], example + "POSTGRES_PASSWORD=x\nREDIS_PASSWORD=x\n"), monkeypatch
    )
    assert settings.public_url == "https://help.example"
    assert settings.jobs == "outside"


def test_every_setting_has_its_line_for_kamal_and_none_is_misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "config" / "deploy.yml").read_text()
    clean: dict[str, str] = KAMAL["env"]["clean"]
    later = set(re.findall(r"(?m)^    # - (MAYDAY_\w+)$", text))
    names = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert clean.keys() | set(KAMAL["env"]["secret"]) | later == names
    settings = settings_in(clean, monkeypatch)
    assert settings.trusted_proxies == ("1",), "people would share the address of Kamal's proxy"


@pytest.mark.parametrize("name", ["mayday.service", "mayday-jobs.service", "mayday-backup.service"])
def test_every_unit_reads_the_one_file_of_settings(name: str) -> None:
    unit = (ROOT / "deploy" / "systemd" / name).read_text()
    assert "EnvironmentFile=-/etc/mayday/mayday.env" in unit.splitlines()


def test_webhooks_and_alerts_of_the_jobs_can_leave() -> None:
    outward = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert set(SERVICES["jobs"]["networks"]) & outward
    assert set(SERVICES["web"]["networks"]) & outward


def test_people_reach_only_the_web_and_only_through_this_machines_proxy() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["back"]


def test_the_web_has_time_to_finish_what_it_is_doing() -> None:
    from webapp.ops.gunicorn_conf import graceful_timeout

    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > graceful_timeout
    assert KAMAL["drain_timeout"] > graceful_timeout


def test_jobs_run_in_one_place_with_time_to_come_to_a_step_and_the_files_at_hand() -> None:
    from webapp.jobs.worker import PATIENCE

    assert SERVICES["web"]["environment"]["MAYDAY_JOBS"] == "outside"
    jobs = SERVICES["jobs"]
    assert jobs["command"] == ["mayday", "jobs"]
    assert int(jobs["stop_grace_period"].removesuffix("s")) > PATIENCE + 3
    assert jobs["volumes"] == SERVICES["web"]["volumes"]


def test_the_web_waits_for_the_migrations_and_what_it_stands_on() -> None:
    wanted = SERVICES["web"]["depends_on"]
    assert wanted["migrate"]["condition"] == "service_completed_successfully"
    assert wanted["postgres"]["condition"] == wanted["redis"]["condition"] == "service_healthy"


def test_the_databases_are_the_same_ones_in_both_files() -> None:
    for name in ("postgres", "redis"):
        assert KAMAL["accessories"][name]["image"] == SERVICES[name]["image"]


def test_kamal_asks_a_probe_that_exists_and_writes_no_secret_down(client: FlaskClient) -> None:
    assert client.get(KAMAL["proxy"]["healthcheck"]["path"]).status_code == 200
    assert KAMAL["registry"]["password"] == ["KAMAL_REGISTRY_PASSWORD"]
    assert {"MAYDAY_SECRET_KEY", "MAYDAY_DATABASE_URL"} <= set(KAMAL["env"]["secret"])
    assert not re.search(r"PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL", " ".join(KAMAL["env"]["clean"]))
    assert KAMAL["volumes"] == ["mayday_data:/data"]
