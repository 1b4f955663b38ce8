"""The live wire over a real server: what an open page is sent, and when."""

import re
import shutil
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from tests.conftest import REDIS, postgres_database
from tests.live.conftest import Site, served
from tests.live.wires import Page, connect
from webapp.accounts import sessions


def test_a_change_reaches_an_open_page(site: Site) -> None:
    page = connect(site.url, site.cast.vic, "board", since=site.head())
    event_id = site.open_event("Cellar flooded")
    assert "Cellar flooded" in page.until(f"board-event-{event_id}").html


def test_a_page_that_comes_back_gets_exactly_what_it_missed(site: Site) -> None:
    site.open_event("Seen before")
    since = site.head()
    missed = {f"board-event-{site.open_event(f'Missed {n}')}" for n in range(3)}
    frame = connect(site.url, site.cast.vic, "board", since=since).next_frame()
    assert {target for target in frame.targets if target.startswith("board-event-")} == missed
    assert "Seen before" not in frame.html
    assert frame.seq == site.head()


def test_a_page_that_missed_nothing_is_told_so(site: Site) -> None:
    frame = connect(site.url, site.cast.vic, "board", since=site.head()).next_frame()
    assert (frame.seq, frame.parts) == (site.head(), [])


def test_what_others_see_is_not_caught_up_on(site: Site) -> None:
    since = site.head()
    site.open_event("For the board")
    frame = connect(site.url, site.cast.sam, f"user:{site.cast.sam.id}", since=since).next_frame()
    assert frame.parts == []
    assert frame.seq == site.head()


@pytest.mark.parametrize("since", [10**12, "9" * 40, "-1", "one", ""])
def test_a_seq_that_cannot_be_loads_the_page_again(site: Site, since: int | str) -> None:
    for n in range(site.settings.live_catch_up + 1 - site.head()):
        with site.app.app_context():
            sessions._start(site.cast.sam.actor, site.cast.sam.id, uuid.uuid4().hex * 2, "", 1 + n % 2)
    frame = connect(site.url, site.cast.vic, "board", since=since).next_frame()
    assert frame.parts == [("refresh", "*", "")]
    assert frame.seq == site.head()


def test_a_question_is_answered_with_what_was_sent_before(site: Site) -> None:
    page = connect(site.url, site.cast.vic, "board", since=site.head())
    event_id = site.open_event("Asked about")
    page.until(f"board-event-{event_id}")
    assert page.all_until(site.head())[-1].parts == []


def test_no_frame_claims_more_than_the_page_was_sent(site: Site) -> None:
    """A batch reaches a page in several frames; cut off between them, it must get the rest."""
    event_id = site.open_event("On two channels")
    since = site.head()
    page = connect(site.url, site.cast.vic, "board", f"event:{event_id}", since=since)
    page.next_frame()
    site.edit_event(event_id, title="On two channels still")
    frames = [frame for frame in page.all_until(site.head()) if frame.parts]
    assert len(frames) == 2
    assert frames[0].seq == since


def test_a_client_that_does_not_read_delays_nobody(site: Site) -> None:
    stalled = connect(site.url, site.cast.vera, "board", since=site.head())
    page = connect(site.url, site.cast.vic, "board", since=site.head())
    page.next_frame()
    for n in range(30):
        event_id = site.open_event(f"Event {n} " + "x" * 150, description="y" * 2000)
        page.until(f"board-event-{event_id}")
    stalled.close()


def test_more_sockets_than_threads_and_connections_leave_room_for_pages(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "data")
    with served(tmp_path / "data", arguments=["--worker-connections", "20"]) as site:
        pages = [connect(site.url, site.cast.vic, "board", since=site.head()) for _ in range(60)]
        with urllib.request.urlopen(f"{site.url}/health/live", timeout=5) as answer:
            assert answer.status == 200
        event_id = site.open_event("For sixty")
        for page in pages:
            page.until(f"board-event-{event_id}")


def test_every_worker_hears_of_every_change(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "data")
    # A look of its own comes too late for the test: only the wake-up can bring it.
    with served(tmp_path / "data", workers=2, live_check_seconds=60) as site:
        pages = _pages_on_both_workers(site)
        event_id = site.open_event("For both")
        for page in pages:
            page.until(f"board-event-{event_id}")


def test_a_server_that_stops_says_goodbye(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "data")
    with served(tmp_path / "data") as site:
        page = connect(site.url, site.cast.vic, "board", since=site.head())
        page.next_frame()
        site.server.terminate()
        assert page.goodbye() == 1001
        assert site.server.process.returncode == 0
        assert not list(site.settings.run_dir.glob("live-*.sock"))


def test_a_socket_file_left_by_a_killed_process_is_removed(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "data")
    with served(tmp_path / "data") as site:
        connect(site.url, site.cast.vic, "board", since=site.head()).next_frame()
        # One of the live reader, and one of the webhooks' where the jobs have begun.
        left = list(site.settings.run_dir.glob("live-*.sock"))
        assert left
        site.server.kill()
        assert all(path.exists() for path in left)
        # The kernel ends the threads of a killed process one by one; the last holds the socket.
        deadline = time.monotonic() + 30
        while any(path.exists() for path in left):
            assert time.monotonic() < deadline, "nobody removed it"
            site.open_event("Nobody listens")


@pytest.mark.postgres
@pytest.mark.redis
def test_machines_that_share_only_postgres_and_redis_wake_each_other(
    tmp_path: Path, migrated_postgres: str
) -> None:
    with postgres_database(f"mayday_test_{uuid.uuid4().hex[:10]}", migrated_postgres) as url:
        shared = {"database_url": url, "redis_url": REDIS, "live_check_seconds": 60}
        with (
            served(tmp_path / "here", **shared) as here,
            served(tmp_path / "there", **shared) as there,
        ):
            page = connect(here.url, here.cast.vic, "board", since=here.head())
            page.next_frame()
            _wait_for_a_listener()
            event_id = there.open_event("From another machine")
            page.until(f"board-event-{event_id}")


@pytest.mark.postgres
def test_without_redis_another_machine_is_a_little_later_and_nothing_fails(
    tmp_path: Path, migrated_postgres: str
) -> None:
    gone = "redis://127.0.0.1:1/0"
    with postgres_database(f"mayday_test_{uuid.uuid4().hex[:10]}", migrated_postgres) as url:
        shared = {"database_url": url, "redis_url": gone}
        with (
            served(tmp_path / "here", **shared) as here,
            served(tmp_path / "there", **shared) as there,
        ):
            page = connect(here.url, here.cast.vic, "board", since=here.head())
            page.next_frame()
            for n in range(3):
                page.until(f"board-event-{there.open_event(f'Without Redis {n}')}")
            log = here.server.log.read_text()
            told = [line for line in log.splitlines() if "redis.gone" in line and '"wake-ups"' in line]
            assert len(told) <= 1


def _pages_on_both_workers(site: Site) -> list[Page]:
    """Pages that connect at once, until each of two workers has some."""
    since, pages = site.head(), []
    deadline = time.monotonic() + 20
    with ThreadPoolExecutor(16) as at_once:
        while len(list(site.settings.run_dir.glob("live-*.sock"))) < 2:
            assert time.monotonic() < deadline, "all sockets came to one worker"
            people = [site.cast.vic] * 16
            pages += at_once.map(lambda person: connect(site.url, person, "board", since=since), people)
    return pages


def _wait_for_a_listener() -> None:
    with redis.Redis.from_url(REDIS) as client:
        deadline = time.monotonic() + 10
        while client.pubsub_numsub("mayday:journal")[0][1] < 1:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.02)


def test_each_drawing_says_at_which_entry_it_was_drawn(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "data")
    with served(tmp_path / "data") as site:
        before = site.head()
        page = connect(site.url, site.cast.vic, "board", since=before)
        event_id = site.open_event("Numbered")
        caught_up = connect(site.url, site.cast.vic, "board", since=before)
        for frame in (each.until(f"board-event-{event_id}") for each in (page, caught_up)):
            assert len(re.findall(r'data-seq="(\d+)"', frame.html)) == len(frame.parts)
            assert {int(seq) for seq in re.findall(r'data-seq="(\d+)"', frame.html)} == {site.head()}
        drawn = site.cast.vic.client.get("/board").get_data(as_text=True)
        assert f'data-live-seq="{site.head()}"' in drawn
