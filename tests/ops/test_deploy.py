"""The image, the units and the proxies: what careful people check, checked without an engine.

The commands of the Dockerfile are run too, outside a container, in a folder of the test's own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import settings_for
from tests.ops.test_start import ready
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = ROOT / "deploy" / "systemd"
NGINX = (ROOT / "deploy" / "nginx" / "mayday.conf").read_text()
CADDY = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def arguments(word: str) -> list[str]:
    """What follows each instruction of this kind."""
    return [rest for name, rest in instructions() if name == word]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_every_base_is_pinned_to_a_version_and_names_no_registry() -> None:
    for base in arguments("FROM"):
        name, _, tag = base.split(" AS ")[0].partition(":")
        assert "/" not in name
        assert re.match(r"3\.\d+-slim-\w+$", tag), base


def test_the_last_stage_runs_as_a_user_without_rights() -> None:
    *_, last = stages()
    users = [rest for word, rest in last if word == "USER"]
    assert users, "no USER"
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[-1]), "a number, so that it can be checked to be not root"
    assert last.index(("USER", users[-1])) > max(
        i for i, (word, _) in enumerate(last) if word in ("RUN", "COPY")
    )


def test_nothing_is_fetched_but_by_hash_or_from_the_distribution() -> None:
    assert arguments("ADD") == []
    assert not re.search(r"\b(curl|wget|git clone)\b", DOCKERFILE)
    for run in arguments("RUN"):
        if '"pip"' in run:
            assert "--require-hashes" in run or "--offline" in run, run
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists/*" in run


def test_commands_are_in_exec_form_so_that_signals_arrive() -> None:
    (command,) = arguments("CMD")
    assert json.loads(command) == ["mayday", "serve", "--host", "0.0.0.0"]
    (health,) = arguments("HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2])[0] == "python"
    assert arguments("ENTRYPOINT") == []
    assert arguments("STOPSIGNAL") == ["SIGTERM"]


def test_no_secret_is_in_the_image() -> None:
    for value in arguments("ENV") + arguments("ARG"):
        assert not re.search(r"PASSWORD|SECRET|TOKEN|DATABASE_URL", value), value


def test_what_mayday_writes_is_on_a_volume() -> None:
    (volume,) = arguments("VOLUME")
    (data,) = re.findall(r"MAYDAY_DATA_DIR=(\S+)", DOCKERFILE)
    assert json.loads(volume) == [data]


def test_the_build_context_holds_only_what_is_copied() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")]
    assert lines[0] == "*", "everything is out"
    let_in = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    first, *_ = stages()
    copied = {
        name.rstrip("/")
        for word, rest in first
        if word == "COPY"
        for name in rest.split()[:-1]
        if not name.startswith("--")
    }
    assert let_in == copied
    assert {".git", ".venv", "var", ".env"} <= set(lines)
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of the image, made by the Dockerfile's own commands, with / moved below this folder."""
    root = tmp_path_factory.mktemp("image")
    (root / "app").mkdir()
    first, *_ = stages()
    for word, rest in first:
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                place = root / "app" / target / (Path(source).name if target == "./" else "")
                place.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
                copy(ROOT / source, place)
        if word == "RUN":
            _run(root, [re.sub("^/opt/", f"{root}/opt/", part) for part in json.loads(rest)])
    return root


def _run(root: Path, command: list[str]) -> None:
    program = sys.executable if command[0] == "python" else command[0]
    ran = subprocess.run(
        [program, *command[1:]],
        # The server of this test compiles what it imports, not all of every library.
        env=os.environ | {"PIP_NO_COMPILE": "1"},
        cwd=root / "app",
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_of_the_dockerfile_make_a_server_that_serves(image: Path, tmp_path: Path) -> None:
    with ready(settings_for(tmp_path / "data"), tmp_path) as server:
        python = image / "opt" / "venv" / "bin" / "mayday"
        server.process = subprocess.Popen(
            [python, "serve", "--host", "127.0.0.1"],
            env={
                "PATH": os.defpath,
                "MAYDAY_DATA_DIR": str(tmp_path / "data"),
                "MAYDAY_PORT": str(server.port),
            },
            cwd=image / "app",
            stdout=server.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server.until_it_serves()
        assert health(server.port).returncode == 0
        with urllib.request.urlopen(f"{server.url}/sign-in", timeout=10) as page:
            assert page.status == 200
        assert server.stop() == 0, server.said


def health(port: int, **more: str) -> subprocess.CompletedProcess[str]:
    """Ask as the container's health check does."""
    return subprocess.run(
        [sys.executable, ROOT / "deploy" / "healthcheck.py"],
        env={"MAYDAY_PORT": str(port), "PATH": os.defpath} | more,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_health_check_tells_a_server_from_none_also_behind_trusted_hosts(
    data_dir: Path, tmp_path: Path
) -> None:
    settings: Settings = settings_for(data_dir)
    with ready(settings, tmp_path) as server:
        hosts = {"MAYDAY_TRUSTED_HOSTS": "help.example,127.0.0.1"}
        assert health(server.port, **hosts).returncode == 1
        server.start(more=hosts).until_it_serves()
        asked = health(server.port, **hosts)
        assert asked.returncode == 0, asked.stderr


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a unit; one that is given twice has two values."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    names = [path.name for path in UNITS.iterdir()]
    assert sorted(names) == [
        "mayday-backup.service",
        "mayday-backup.timer",
        "mayday-jobs.service",
        "mayday.service",
    ]
    for name in names:
        text = (UNITS / name).read_text().replace("/opt/mayday/.venv/bin/mayday", sys.executable)
        (tmp_path / name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in checked.stderr.splitlines() if "mayday" in line]
    assert checked.returncode == 0, checked.stderr
    assert complaints == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("name", ["mayday.service", "mayday-backup.service", "mayday-jobs.service"])
def test_the_units_are_hardened(name: str) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", UNITS / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-300:]


@pytest.mark.parametrize("name", ["mayday.service", "mayday-backup.service", "mayday-jobs.service"])
def test_the_units_run_commands_that_exist_as_a_user_of_their_own(name: str) -> None:
    from webapp.ops.cli import mayday

    settings = unit(name)
    assert settings["User"] == ["mayday"]
    (start,) = settings["ExecStart"]
    program, command, *options = start.split()
    assert program == "/opt/mayday/.venv/bin/mayday"
    known = {option for parameter in mayday.commands[command].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_systemd_waits_longer_than_a_stopping_server_takes() -> None:
    from webapp.ops.gunicorn_conf import graceful_timeout

    assert int(unit("mayday.service")["TimeoutStopSec"][0]) > graceful_timeout
    for name in ("mayday.service", "mayday-jobs.service"):
        assert unit(name)["StartLimitIntervalSec"] == ["0"], "else a long absence of something leaves it down"
    assert unit("mayday.service")["RestartPreventExitStatus"] == ["2"], "the code of a bad setting"


def test_the_proxies_are_balanced_and_lead_to_mayday() -> None:
    for text in (NGINX, CADDY):
        bare = re.sub(r"(?m)#.*$", "", text)
        assert bare.count("{") == bare.count("}")
        assert "127.0.0.1:8000" in bare


def test_no_proxy_passes_on_what_a_client_claims_about_its_address() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX
    assert "header_up X-Forwarded-For {remote_host}" in CADDY


def test_nginx_lets_live_sockets_through_unbuffered_and_lets_them_be_silent(app: Flask) -> None:
    assert any(str(rule) == "/live" for rule in app.url_map.iter_rules())
    live = NGINX.split("location = /live")[1].split("}")[0]
    assert "proxy_buffering off;" in live
    assert "proxy_read_timeout 1h;" in live
    assert "proxy_set_header Upgrade $http_upgrade;" in NGINX
    assert "proxy_http_version 1.1;" in NGINX
    for header in ("Host", "Upgrade", "Connection"):
        assert len(re.findall(rf"proxy_set_header {header} ", NGINX)) == 1, (
            "one in a location would drop the rest"
        )


def test_no_proxy_logs_the_links_that_let_somebody_in() -> None:
    for text in (NGINX, CADDY):
        assert "invitation|sign-in|join|erase" in text


DOCUMENTS = [ROOT / "docs" / "deployment.md", ROOT / "docs" / "runbook.md"]


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_mayday_command_of_the_documents_exists_with_its_options(page: Path, app: Flask) -> None:
    from webapp.ops.cli import mayday

    known = mayday.commands | app.cli.commands
    written = re.findall(
        r"(?m)(?:^|exec web |&& )mayday ([a-z]+)((?: +[^\s`|;&]+)*)", "\n".join(code_of(page))
    )
    assert written
    for name, rest in written:
        assert name in known or name == "db", f"mayday {name}"
        options = {
            option for parameter in getattr(known.get(name), "params", []) for option in parameter.opts
        }
        for option in re.findall(r"--[a-z-]+", rest if name in ("backup", "restore", "serve") else ""):
            assert option in options, f"mayday {name} {option}"


def code_of(page: Path) -> list[str]:
    """What a document shows as code: its command blocks, and `such` in a line, without what programs say."""
    text = page.read_text()
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", text)
    said = re.compile(r"(?m)^\| `.*?` ?\|")
    lines = said.sub("|", re.sub(r"(?ms)^```.*?^```", "", text))
    return blocks + [code for code in re.findall(r"`([^`\n]+)`", lines) if code.startswith("mayday ")]


def test_what_the_runbook_says_that_mayday_says_is_what_it_says() -> None:
    source = "".join(path.read_text() for path in (ROOT / "webapp" / "ops").glob("*.py"))
    plain = re.sub(r"\{[^{}]*\}", "…", re.sub(r'"\s*\n\s*f?"', "", source))
    rows = re.findall(r"(?m)^\| (`[^|]*) \|", (ROOT / "docs" / "runbook.md").read_text())
    assert len(rows) > 15
    for row in rows:
        for said in re.findall(r"`([^`]+)`", row):
            # The names of PostgreSQL's programs are filled in; what they say themselves is not ours.
            said = re.sub(r"^pg_\w+ ", "", said).replace("server version mismatch", "")
            for piece in (piece.strip() for piece in said.split("…")):
                assert piece in plain, said


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md"])
def test_every_link_of_the_pages_at_the_top_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text()):
        assert (ROOT / target).exists(), target


def test_the_commit_hooks_fetch_nothing_and_run_what_make_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert set(re.findall(r"language: (\S+)", hooks)) == {"system"}
    makefile = (ROOT / "Makefile").read_text()
    for program in re.findall(r"entry: \.venv/bin/(\w+)", hooks):
        assert f"$(BIN)/{program}" in makefile
