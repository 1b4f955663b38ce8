"""Stopping under load: what was acknowledged is there, what was not can be sent again, pages are told."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import dispose, settings_for
from tests.live.wires import connect
from tests.ops.storm import GENEROUS, Storm
from tests.ops.test_start import ready
from tests.people import Cast
from webapp import create_app

pytestmark = pytest.mark.slow


def test_a_stop_under_load_loses_nothing_that_was_acknowledged(data_dir: Path, tmp_path: Path) -> None:
    settings = settings_for(data_dir, **GENEROUS)
    app = create_app(settings)
    cast = Cast(app)
    with ready(settings, tmp_path) as server:
        server.start().until_it_serves()
        pages = [connect(server.url, person, "board") for person in (cast.ada, cast.vic, cast.vera) * 3]
        storm = Storm(("127.0.0.1", server.port), cast.ada)
        # Open pages read all the time; who does not is dropped for it.
        with ThreadPoolExecutor(len(pages)) as reading, storm:
            leaving = [reading.submit(page.goodbye) for page in pages]
            storm.until(100)
            server.process.send_signal(signal.SIGTERM)
            goodbyes = [each.result(30) for each in leaving]
            assert server.process.wait(30) == 0
            assert storm.answers["303"] > 100
            server.start().until_it_serves()
            storm.until(60)
        assert server.stop() == 0
    dispose(app)
    assert goodbyes == [1001] * len(pages)
    storm.check(settings.sqlalchemy_url)
    assert set(storm.answers) <= {"303", "no answer"}, storm.answers
