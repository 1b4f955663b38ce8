"""Rules of a file's bytes: who gets them, and that a browser does nothing else with them."""

import pytest
from flask import Flask

from tests.attachments.making import PDF, TEXT, folder_of, join, picture, sent
from tests.events.making import opened as opened_event
from tests.events.making import reported
from tests.people import Cast
from webapp.settings import Settings


def test_whoever_may_see_the_event_gets_its_files(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), picture())
    for person in (cast.sam, cast.vic, cast.ada):
        for path in (f"/files/{file.key}", f"/files/{file.key}/small"):
            answer = person.get(path)
            assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
            assert answer.data.startswith(b"\xff\xd8\xff")


def test_when_the_event_is_over_volunteers_get_them_no_more(app: Flask, cast: Cast) -> None:
    event = opened_event(app, cast.ada)
    file = sent(app, cast.vic, event, picture())
    cast.ada.post(f"/events/{event}/close", {"note": "Over"})
    for path in (f"/files/{file.key}", f"/files/{file.key}/small", f"/events/{event}/files/{file.id}"):
        assert cast.sam.get(path).status_code == 404
        assert cast.vic.get(path).status_code == 200


def test_files_of_a_report_are_for_coordinators_and_who_reported_it(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, reported(app, cast.sue), TEXT, "a.txt")
    assert cast.sue.get(f"/files/{file.key}").status_code == 200
    assert cast.sam.get(f"/files/{file.key}").status_code == 404


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), picture())
    for path in (f"/files/{file.key}", f"/files/{file.key}/small"):
        answer = cast.stranger.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in")


@pytest.mark.parametrize("key", ["x", "A" * 32, "..%2f..%2fmayday.db", "%2e%2e", "A" * 31 + "%00", "a/b"])
def test_a_key_that_is_none_is_not_found(cast: Cast, key: str) -> None:
    assert cast.ada.get(f"/files/{key}").status_code == 404
    assert cast.ada.get(f"/files/{key}/small").status_code == 404


def test_the_store_key_of_the_small_picture_is_no_address(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), picture())
    assert cast.ada.get(f"/files/{file.key}.small").status_code == 404


def test_keys_cannot_be_guessed_from_one_another(app: Flask, cast: Cast) -> None:
    event = opened_event(app, cast.ada)
    keys = [sent(app, cast.vic, event, TEXT, "a.txt").key for _ in range(3)]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize(
    ("data", "name", "disposition", "mimetype"),
    [
        (picture(), "dyke.jpg", "inline; filename=dyke.jpg", "image/jpeg"),
        (PDF, "plan.pdf", "attachment; filename=plan.pdf", "application/pdf"),
        (TEXT, "keys.txt", "attachment; filename=keys.txt", "text/plain"),
    ],
)
def test_nothing_in_a_file_can_run(
    app: Flask, cast: Cast, data: bytes, name: str, disposition: str, mimetype: str
) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), data, name)
    answer = cast.sam.get(f"/files/{file.key}")
    assert answer.mimetype == mimetype
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith(disposition)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_name_of_any_letters_breaks_no_header(app: Flask, cast: Cast) -> None:
    event = opened_event(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, 'План; "x".txt')
    disposition = cast.sam.get(f"/files/{file.key}").headers["Content-Disposition"]
    assert disposition.isascii()
    assert "filename*=UTF-8''%D0%9F%D0%BB%D0%B0%D0%BD" in disposition


def test_only_this_persons_browser_keeps_it_and_asks_no_more(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), picture())
    answer = cast.sam.get(f"/files/{file.key}")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["ETag"] == f'"{file.sha256}"'
    again = cast.sam.get(f"/files/{file.key}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    small = cast.sam.get(f"/files/{file.key}/small")
    assert small.headers["ETag"] != answer.headers["ETag"]


def test_who_may_not_see_it_is_not_told_that_it_is_unchanged(app: Flask, cast: Cast) -> None:
    event = opened_event(app, cast.ada)
    file = sent(app, cast.vic, event, picture())
    cast.ada.post(f"/events/{event}/close", {"note": "Over"})
    answer = cast.sam.get(f"/files/{file.key}", headers={"If-None-Match": f'"{file.sha256}"'})
    assert answer.status_code == 404


def test_a_document_has_no_small_picture(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), PDF, "plan.pdf")
    assert cast.vic.get(f"/files/{file.key}/small").status_code == 404


def test_bytes_that_are_gone_are_said_to_be_gone(app: Flask, cast: Cast, settings: Settings) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), TEXT, "a.txt")
    (folder_of(settings) / file.key).unlink()
    answer = cast.vic.get(f"/files/{file.key}")
    assert answer.status_code == 404
    assert "gone from the store" in answer.get_data(as_text=True)


def test_the_event_page_shows_its_files_as_text_and_never_markup(app: Flask, cast: Cast) -> None:
    event = opened_event(app, cast.ada)
    join(app, cast.sam, event)
    file = sent(app, cast.sam, event, picture(), caption="<b>Dyke</b>")
    for person in (cast.sue, cast.vic):
        page = person.get(f"/events/{event}").get_data(as_text=True)
        assert f'src="/files/{file.key}/small"' in page
        assert "&lt;b&gt;Dyke&lt;/b&gt;" in page
        assert "<b>Dyke" not in page


def test_a_file_of_another_event_is_not_under_this_one(app: Flask, cast: Cast) -> None:
    event, other = opened_event(app, cast.ada), opened_event(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    assert cast.vic.get(f"/events/{other}/files/{file.id}").status_code == 404


def test_the_wrong_method_is_refused(app: Flask, cast: Cast) -> None:
    file = sent(app, cast.vic, opened_event(app, cast.ada), TEXT, "a.txt")
    assert cast.vic.post(f"/files/{file.key}").status_code == 405
