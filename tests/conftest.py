"""What all tests share: an app on a migrated database, and one small cast of people.

The cast: Ada (AUTHORITY), Vic and Vera (VC), Sam and Sue (SUV), and a stranger who is not signed in.
Every action's tests ask about the wrong one of them.
"""

import asyncio
import gc
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, text

from tests import own_postgres
from tests.browser import browsers  # noqa: F401 - a fixture of all browser tests
from tests.chromium import chromium  # noqa: F401 - a fixture of all browser tests
from tests.people import Cast, Known
from tests.quick import build_addresses_when_asked, wait_for_no_disk
from webapp import create_app
from webapp.ops.schema import upgrade
from webapp.settings import Settings, load

# Every test has an app of its own; compiling the templates once is enough for all of them.
TEMPLATES = FileSystemBytecodeCache()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


build_addresses_when_asked()


def reachable(url: str) -> bool:
    """Whether a service answers at this address."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what a laptop lacks; where MAYDAY_TEST_REQUIRE_ALL is set (CI), a lack is a failure."""
    needs = {
        "postgres": own_postgres.there,
        "redis": lambda: reachable(REDIS),
        "browser": lambda: CHROMIUM is not None,
        "proxies": lambda: all(shutil.which(name) for name in ("caddy", "nginx", "openssl", "curl")),
        "shell": lambda: shutil.which("curl") is not None and shutil.which("jq") is not None,
    }
    for marker, there in needs.items():
        if item.get_closest_marker(marker) and not there():
            if os.environ.get("MAYDAY_TEST_REQUIRE_ALL"):
                pytest.fail(f"{marker} is needed and not there")
            pytest.skip(f"{marker} is not there")


# Fixtures that a whole file shares and that take long to make: a server, a browser on it, an image.
_SHARED = frozenset({"site", "demo", "server", "image"})


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of pytest-xdist also where the tests run without it; start PostgreSQL once for all of its
    processes."""
    config.addinivalue_line("markers", "xdist_group(name): tests that run on one worker")
    starts_others = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if starts_others and "not postgres" not in config.option.markexpr and own_postgres.there():
        own_postgres.shared_url()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share such a thing on one worker of pytest-xdist, so that it is made once."""
    for item in items:
        shared = _SHARED & set(getattr(item, "fixturenames", ()))
        if shared and not item.get_closest_marker("xdist_group") and _for_the_file(item, shared):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


def pytest_collection_finish() -> None:
    """Leave what lives as long as the tests do (libraries, tests, templates) out of every look for garbage:
    each test leaves an app behind, and the looks took half of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def _for_the_file(item: pytest.Item, names: frozenset[str] | set[str]) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    return any(definitions[name][-1].scope == "module" for name in names if name in definitions)


def settings_for(folder: Path, **more: object) -> Settings:
    """Settings of a test installation whose data is in ``folder``; nothing comes from the environment."""
    given: dict[str, object] = {
        "_env_file": None,
        "data_dir": folder,
        "env": "test",
        "secret_key": "5b0c1f7ad4e2963880ffc1b39d6e27a4c85d1203be94f67a1d7e3a9c40b8f265",
        "limit_sign_in": "10000 per minute",
        "limit_sign_up": "10000 per minute",
    }
    return load(**(given | more))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose SQLite database went through every migration once; tests copy it."""
    folder = tmp_path_factory.mktemp("migrated")
    upgrade(create_app(settings_for(folder)))
    with create_engine(settings_for(folder).sqlalchemy_url).connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return folder


@pytest.fixture(scope="session")
def peopled_sqlite(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Known]]:
    """The same with the cast in it, made through the services once; tests copy it, too."""
    folder = tmp_path_factory.mktemp("peopled") / "data"
    shutil.copytree(migrated_sqlite, folder)
    settings = settings_for(folder)
    app = create_app(settings)
    known = Cast(app).known()
    dispose(app)
    with create_engine(settings.sqlalchemy_url).connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return folder, known


@pytest.fixture(scope="session")
def demo_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A data folder that ``mayday demo`` has filled, and what that said; tests copy it."""
    from webapp.ops.cli import mayday

    folder = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(migrated_sqlite, folder)
    app = create_app(settings_for(folder))
    wait_for_no_disk(app)
    said = app.test_cli_runner().invoke(cli=mayday, args=["demo"])
    assert said.exit_code == 0, said.output
    dispose(app)
    with create_engine(settings_for(folder).sqlalchemy_url).connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return folder, said


@pytest.fixture(scope="session")
def peopled_postgres(
    migrated_postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, Known]]]:
    """The name of a PostgreSQL database with the cast in it, to be copied."""
    name = f"mayday_peopled_{uuid.uuid4().hex[:10]}"
    with postgres_database(name, migrated_postgres) as url:
        app = create_app(settings_for(tmp_path_factory.mktemp("postgres"), database_url=url))
        known = Cast(app).known()
        dispose(app)
        yield name, known


@pytest.fixture(scope="session")
def migrated_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database that went through every migration; tests make copies of it."""
    name = f"mayday_template_{uuid.uuid4().hex[:10]}"
    with postgres_database(name):
        folder = tmp_path_factory.mktemp("postgres")
        app = create_app(settings_for(folder, database_url=postgres_url(name)))
        upgrade(app)
        dispose(app)
        yield name


def postgres_url(name: str) -> str:
    """The address of a database on the test server."""
    return own_postgres.shared_url().rsplit("/", 1)[0] + "/" + name


class postgres_database:  # noqa: N801 - used as a function that is a context
    """A PostgreSQL database that exists inside the ``with``, optionally a copy of another."""

    def __init__(self, name: str, template: str = "template1") -> None:
        self.name, self.template = name, template
        self.engine = create_engine(own_postgres.shared_url(), isolation_level="AUTOCOMMIT")

    def __enter__(self) -> str:
        with self.engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"'))
        return postgres_url(self.name)

    def __exit__(self, *_error: object) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)'))
        self.engine.dispose()


def dispose(app: Flask) -> None:
    """Close every database connection of an app."""
    from webapp.extensions import db

    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Undo pytest-flask's fixture of this name: a context around the whole test would be shared by all
    clients' requests, and the second person of a test would be taken for the first."""


@pytest.fixture
def peopled(request: pytest.FixtureRequest) -> bool:
    """Whether the cast plays in this test: its database has them from the start."""
    return "cast" in request.fixturenames


@pytest.fixture(autouse=True)
def _no_loop_of_playwright(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide Playwright's event loop from tests that drive no browser: between its calls it lies still in this
    thread, and what runs a loop of its own there (GraphQL) would be refused."""
    if request.node.get_closest_marker("browser"):
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture
def data_dir(tmp_path: Path, peopled: bool, request: pytest.FixtureRequest) -> Path:
    """A fresh data folder with a migrated SQLite database."""
    folder = tmp_path / "data"
    if peopled:
        shutil.copytree(request.getfixturevalue("peopled_sqlite")[0], folder)
    else:
        shutil.copytree(request.getfixturevalue("migrated_sqlite"), folder)
    return folder


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, peopled: bool) -> Iterator[str]:
    """The database of this test: SQLite, unless the test asks for both with ``both_databases``."""
    if request.param == "sqlite":
        yield ""
        return
    if peopled:
        template = request.getfixturevalue("peopled_postgres")[0]
    else:
        template = request.getfixturevalue("migrated_postgres")
    with postgres_database(f"mayday_test_{uuid.uuid4().hex[:10]}", template) as url:
        yield url


both_databases = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """The settings of this test's installation."""
    return settings_for(data_dir, database_url=database_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a fresh, migrated database."""
    made = create_app(settings)
    made.jinja_env.bytecode_cache = TEMPLATES
    if settings.is_sqlite:
        wait_for_no_disk(made)
    yield made
    dispose(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A stranger's browser: not signed in."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask, settings: Settings, request: pytest.FixtureRequest) -> Cast:
    """The people of this test, each with a signed-in browser."""
    kind = "peopled_sqlite" if settings.is_sqlite else "peopled_postgres"
    _, known = request.getfixturevalue(kind)
    return Cast(app, known)
