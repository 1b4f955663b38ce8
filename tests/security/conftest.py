"""One server for each module of attacks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import dispose, settings_for
from tests.ops.storm import GENEROUS
from tests.ops.test_start import Serving, ready
from tests.people import Cast, Known
from webapp import create_app


@pytest.fixture(scope="module")
def folder(peopled_sqlite: tuple[Path, dict[str, Known]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the module's server."""
    made = tmp_path_factory.mktemp("attacked") / "data"
    shutil.copytree(peopled_sqlite[0], made)
    return made


@pytest.fixture(scope="module")
def people(folder: Path, peopled_sqlite: tuple[Path, dict[str, Known]]) -> Iterator[Cast]:
    """The cast, whose cookies the server knows."""
    app = create_app(settings_for(folder, **GENEROUS))
    yield Cast(app, peopled_sqlite[1])
    dispose(app)


@pytest.fixture(scope="module")
def serving(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server as `make run` starts it, which answers."""
    settings = settings_for(folder, **GENEROUS)
    with ready(settings, tmp_path_factory.mktemp("attack-log")) as made:
        made.start().until_it_serves()
        yield made
        made.stop()
