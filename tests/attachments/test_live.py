"""Rules of files on open pages: as a fresh page shows them, and only to who may see them."""

from flask import Flask

from tests.attachments.making import TEXT, picture, sent
from tests.events.making import opened, reported
from tests.events.test_live import drawn, newest, the
from tests.people import Cast
from webapp.journal.queries import head
from webapp.live.fragments import Kind
from webapp.policy import may


def test_a_live_file_equals_that_of_a_fresh_page(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    with app.app_context():
        seen = head()
    for data, name in ((picture(), "a.jpg"), (TEXT, "b.txt")):
        file = sent(app, cast.vic, event, data, name, caption="Dyke & gate")
        with app.app_context():
            fragment = the(newest(seen), f"event:{event}", f"file-{file.id}")
            texts = {person.id: drawn(fragment, person) for person in (cast.vic, cast.sam)}
        assert (fragment.kind, fragment.list_id) == (Kind.UPSERT, "event-files")
        for person in (cast.vic, cast.sam):
            assert texts[person.id] in person.get(f"/events/{event}").get_data(as_text=True)


def test_newer_files_come_first(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    files = [sent(app, cast.vic, event, TEXT, name) for name in ("a.txt", "b.txt")]
    page = cast.vic.get(f"/events/{event}").get_data(as_text=True)
    assert page.index(f'id="file-{files[1].id}"') < page.index(f'id="file-{files[0].id}"')
    keys = [page.split(f'id="file-{file.id}" data-key="')[1].split('"')[0] for file in files]
    assert keys[1] < keys[0]


def test_a_removed_file_goes_from_open_pages(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    with app.app_context():
        seen = head()
    cast.vic.post(f"/events/{event}/files/{file.id}/remove")
    with app.app_context():
        fragment = the(newest(seen), f"event:{event}", f"file-{file.id}")
    assert (fragment.kind, fragment.list_id) == (Kind.REMOVE, "event-files")


def test_files_of_an_event_that_is_not_active_go_to_coordinators(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.sue)
    with app.app_context():
        seen = head()
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    with app.app_context():
        fragment = the(newest(seen), f"event:{event}", f"file-{file.id}")
    assert may(cast.vic.actor, fragment.action)
    assert not may(cast.sam.actor, fragment.action)
