"""Files go into a backup with the rows that tell of them, and come back with them."""

import shutil
from pathlib import Path

from click.testing import CliRunner
from flask import Flask

from tests.attachments.making import kept, picture, sent, stored
from tests.conftest import dispose, settings_for
from tests.events.making import opened
from tests.people import Cast
from tests.servers import environment
from webapp import create_app
from webapp.attachments.store import Store
from webapp.ops.cli import mayday
from webapp.settings import Settings


def test_a_restored_installation_has_its_files(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    file = sent(app, cast.vic, opened(app, cast.ada), picture())
    before = Store(settings).get(file.key)
    run = CliRunner().invoke
    made = run(mayday, ["backup", "--to", str(tmp_path / "safe")], env=environment(settings))
    assert made.exit_code == 0, made.output
    dispose(app)
    shutil.rmtree(settings.data_dir)
    elsewhere = settings_for(tmp_path / "elsewhere")
    archive = next((tmp_path / "safe").glob("*.tar.gz"))
    back = run(mayday, ["restore", "--to", str(elsewhere.data_dir), str(archive)], env=environment(elsewhere))
    assert back.exit_code == 0, back.output
    again = create_app(elsewhere)
    assert [one.key for one in kept(again)] == [file.key]
    assert stored(elsewhere) == {file.key, f"{file.key}.small"}
    assert Store(elsewhere).get(file.key) == before
    dispose(again)
