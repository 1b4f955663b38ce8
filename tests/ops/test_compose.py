"""compose.yaml and Kamal's deploy.yml hold what a careful operator would ask of them.

No container engine is needed: the files are read with a small reader of the plain YAML that they keep to
(block maps and lists, quoted strings, lists in brackets).
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from webapp.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]


def read_yaml(path: Path) -> Any:
    """The content of a plain YAML file. Raises `ValueError` for anything that is not plain."""
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in path.read_text().splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines, 0)
    if rest:
        raise ValueError(f"{path.name}: wrong indentation at {rest[0][1]}")
    return value


def _block(lines: list[tuple[int, str]], indent: int) -> tuple[Any, list[tuple[int, str]]]:
    if lines and lines[0][1].startswith("- "):
        items = []
        while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
            items.append(_scalar(lines[0][1][2:]))
            lines = lines[1:]
        return items, lines
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent:
        key, colon, rest = lines[0][1].partition(":")
        if not colon or key in found or (rest and not rest.startswith(" ")):
            raise ValueError(f"not plain: {lines[0][1]}")
        lines = lines[1:]
        if rest.strip():
            found[key] = _scalar(rest.strip())
        else:
            deeper = lines[0][0] if lines else indent
            if deeper <= indent:
                raise ValueError(f"{key} has no value")
            found[key], lines = _block(lines, deeper)
    return found, lines


def _scalar(text: str) -> Any:
    if text[0] in '"[{':
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise ValueError(f"not plain: {text}") from None
    if re.search(r"[#&*!|>%@`'\"{}\[\]]|: ", text):
        raise ValueError(f"not plain: {text}")
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


COMPOSE = read_yaml(ROOT / "compose.yaml")
KAMAL = read_yaml(ROOT / "config" / "deploy.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# What a service may say (a part of the compose specification), so that a slip of the pen is found.
KNOWN = {
    *("build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init"),
    *("networks", "ports", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period"),
    *("tmpfs", "ulimits", "volumes"),
}
CONDITIONS = {"service_healthy", "service_completed_successfully", "service_started"}
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_nothing_is_misspelt() -> None:
    assert COMPOSE.keys() == {"name", "services", "networks", "volumes"}
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


def test_every_setting_in_the_files_is_one_that_mayday_has() -> None:
    settings = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    clean = KAMAL["env"]["clean"]
    named = {*clean, *KAMAL["env"]["secret"]}
    for service in ("web", "jobs", "migrate"):
        named |= SERVICES[service]["environment"].keys()
    assert named <= settings


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
    assert not re.search(r"PASSWORD|SECRET|KEY|DATABASE", " ".join(KAMAL["env"]["clean"]))
    assert KAMAL["volumes"] == ["mayday_data:/data"]


@pytest.mark.parametrize(
    "text", ["a: &x 1", "a:\n    b: 1\n  c: 2", "a: 1\na: 2", "a: {b}", "a:", "- a\nb: 1", "a: b: c"]
)
def test_the_reader_refuses_what_it_does_not_understand(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"plain|value|indentation"):
        read_yaml(tmp_path / "x.yaml")
