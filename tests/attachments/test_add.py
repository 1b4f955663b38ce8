"""Rules of adding a file: who may, what is taken, and that nothing is half-done."""

import io
import uuid

import pytest
from flask import Flask

from tests.attachments.making import (
    PDF,
    TEXT,
    folder_of,
    join,
    kept,
    picture,
    send,
    sent,
    stored,
    words,
)
from tests.conftest import both_databases
from tests.events.making import closed, opened, reported, verbs
from tests.people import Cast
from webapp.attachments import queries, views
from webapp.events import service as events
from webapp.settings import Settings


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@both_databases
def test_a_picture_is_kept_with_a_smaller_one(app: Flask, cast: Cast, settings: Settings, kind: str) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture(kind), caption="The dyke at noon")
    assert (file.media_type, file.width, file.height) == (f"image/{kind.lower()}", 400, 300)
    assert (file.caption, file.owner_id, file.event_id) == ("The dyke at noon", cast.vic.id, event)
    assert stored(settings) == {file.key, f"{file.key}.small"}
    assert verbs(app, event)[-1] == "attachment.added"


@pytest.mark.parametrize(
    ("data", "name", "media_type"), [(PDF, "plan.pdf", "application/pdf"), (TEXT, "keys.txt", "text/plain")]
)
def test_a_document_is_kept_as_it_is(
    app: Flask, cast: Cast, settings: Settings, data: bytes, name: str, media_type: str
) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, data, name)
    assert (file.media_type, file.name, file.size, file.width) == (media_type, name, len(data), None)
    assert (folder_of(settings) / file.key).read_bytes() == data


def test_who_is_on_the_event_and_who_coordinates_may_add(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    join(app, cast.sam, event)
    for person in (cast.sam, cast.vic, cast.ada):
        assert send(person, event, picture()).status_code == 303
        assert f"/events/{event}/files" in words(person.get(f"/events/{event}"))
    assert [file.owner_id for file in kept(app)] == [cast.sam.id, cast.vic.id, cast.ada.id]


def test_a_volunteer_who_is_not_on_the_event_may_not(app: Flask, cast: Cast, settings: Settings) -> None:
    event = opened(app, cast.ada)
    assert send(cast.sue, event, picture()).status_code == 403
    assert cast.sue.get(f"/events/{event}/files").status_code == 403
    assert f'href="/events/{event}/files"' not in words(cast.sue.get(f"/events/{event}"))
    assert not kept(app)
    assert not stored(settings)


def test_an_event_that_one_may_not_see_is_not_there(app: Flask, cast: Cast) -> None:
    assert send(cast.sam, closed(app, cast.ada), picture()).status_code == 404
    assert send(cast.sam, reported(app, cast.sue), picture()).status_code == 404
    assert send(cast.vic, 4711, picture()).status_code == 404


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    assert cast.stranger.get(f"/events/{event}/files").status_code == 302
    assert cast.stranger.post(f"/events/{event}/files").status_code == 403  # no token


def test_a_rejected_report_takes_no_files(app: Flask, cast: Cast) -> None:
    event = reported(app, cast.sue)
    with app.app_context():
        events.reject(cast.ada.actor, event_id=event, reason="Steam")
    answer = send(cast.vic, event, picture())
    assert answer.status_code == 409
    assert "rejected" in words(answer)


@both_databases
def test_sent_twice_it_is_one_file(app: Flask, cast: Cast, settings: Settings) -> None:
    event, command = opened(app, cast.ada), uuid.uuid4()
    for _ in range(2):
        assert send(cast.vic, event, picture(), command=command).status_code == 303
    (file,) = kept(app)
    assert stored(settings) == {file.key, f"{file.key}.small"}
    assert verbs(app, event).count("attachment.added") == 1


def test_sent_again_after_it_was_removed_it_stays_removed(app: Flask, cast: Cast, settings: Settings) -> None:
    event, command = opened(app, cast.ada), uuid.uuid4()
    send(cast.vic, event, picture(), command=command)
    (file,) = kept(app)
    cast.vic.post(f"/events/{event}/files/{file.id}/remove")
    assert send(cast.vic, event, picture(), command=command).status_code == 404
    assert not kept(app)
    assert not stored(settings)


def test_without_a_file_it_asks_for_one_and_keeps_what_was_typed(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    answer = cast.vic.post(
        f"/events/{event}/files", {"caption": "The dyke"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "Choose a file." in words(answer)
    assert 'value="The dyke"' in words(answer)


def test_a_long_caption_is_refused_beside_its_input(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    assert send(cast.vic, event, picture(), caption="x" * 301).status_code == 422
    assert not kept(app)


def test_one_byte_too_many_is_refused_and_the_last_one_that_fits_is_taken(app: Flask, cast: Cast) -> None:
    event, most = opened(app, cast.ada), app.config["SETTINGS"].max_upload_mb * views.MB
    too_large = send(cast.vic, event, b"a" * (most + 1), "long.txt")
    assert too_large.status_code == 422
    assert "larger than 10 MB" in words(too_large)
    assert not kept(app)
    assert sent(app, cast.vic, event, b"a" * most, "long.txt").size == most


def test_a_request_far_too_large_is_refused_unread_here_and_everywhere(app: Flask, cast: Cast) -> None:
    event, most = opened(app, cast.ada), app.config["SETTINGS"].max_upload_mb * views.MB
    assert send(cast.vic, event, b"a" * (most + 100_000), "long.txt").status_code == 413
    assert cast.vic.post("/events/new", {"title": "x" * 2_000_000}).status_code == 413


def test_strangers_cannot_send_as_much_as_people(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    form = {"file": (io.BytesIO(b"a" * 2_000_000), "long.txt")}
    answer = cast.stranger.post(f"/events/{event}/files", data=form, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_an_event_has_a_bounded_number_of_files(
    app: Flask, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 1)
    event = opened(app, cast.ada)
    sent(app, cast.vic, event, TEXT, "a.txt")
    answer = send(cast.vic, event, TEXT, "b.txt")
    assert answer.status_code == 409
    assert len(kept(app)) == len(stored(settings)) == 1


def test_the_wrong_method_is_refused(app: Flask, cast: Cast) -> None:
    assert cast.vic.client.put(f"/events/{opened(app, cast.ada)}/files").status_code == 405


def test_from_another_site_nothing_is_added(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    answer = cast.vic.client.post(f"/events/{event}/files", data={"caption": "x"})
    assert answer.status_code == 403
    assert not kept(app)
