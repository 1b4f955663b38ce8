"""Rules of removing a file: one's own, or any as a coordinator; for good, and once."""

import re
import uuid

from flask import Flask

from tests.attachments.making import TEXT, join, kept, picture, sent, stored
from tests.conftest import both_databases
from tests.events.making import opened, verbs
from tests.people import Cast, Person
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.settings import Settings


def remove(person: Person, event: int, file: int, **form: str) -> int:
    return person.post(f"/events/{event}/files/{file}/remove", form).status_code


@both_databases
def test_it_is_gone_with_its_bytes(app: Flask, cast: Cast, settings: Settings) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, picture())
    assert remove(cast.vera, event, file.id) == 303
    assert not kept(app)
    assert not stored(settings)
    assert cast.vic.get(f"/files/{file.key}").status_code == 404
    assert verbs(app, event)[-1] == "attachment.removed"


def test_volunteers_remove_their_own_and_no_others(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    join(app, cast.sam, event)
    join(app, cast.sue, event)
    file = sent(app, cast.sam, event, TEXT, "a.txt")
    address = f"/events/{event}/files/{file.id}"
    assert f'action="{address}/remove"' not in cast.sue.get(address).get_data(as_text=True)
    assert remove(cast.sue, event, file.id) == 403
    assert f'action="{address}/remove"' in cast.sam.get(address).get_data(as_text=True)
    assert remove(cast.sam, event, file.id) == 303


def test_the_button_pressed_twice_removes_once(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    pressed = button(cast.vic, event, file.id)
    assert [remove(cast.vic, event, file.id, command_id=pressed) for _ in range(2)] == [303, 303]
    assert verbs(app, event).count("attachment.removed") == 1


def test_what_somebody_else_removed_is_said_to_be_removed(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    remove(cast.vic, event, file.id)
    answer = cast.vera.post(f"/events/{event}/files/{file.id}/remove")
    assert answer.status_code == 409
    assert "removed already" in answer.get_data(as_text=True)


def test_not_by_way_of_another_event(app: Flask, cast: Cast) -> None:
    event, other = opened(app, cast.ada), opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    assert remove(cast.vic, other, file.id) == 409
    assert remove(cast.vic, 4711, file.id) == 404
    assert len(kept(app)) == 1


def test_a_damaged_form_the_wrong_method_and_a_stranger_remove_nothing(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "a.txt")
    assert remove(cast.vic, event, file.id, command_id="x") == 422
    assert cast.vic.get(f"/events/{event}/files/{file.id}/remove").status_code == 405
    assert cast.stranger.post(f"/events/{event}/files/{file.id}/remove").status_code == 403
    assert len(kept(app)) == 1


def test_the_journal_tells_names_and_no_keys(app: Flask, cast: Cast) -> None:
    event = opened(app, cast.ada)
    file = sent(app, cast.vic, event, TEXT, "plan.txt")
    remove(cast.vera, event, file.id, command_id=str(uuid.uuid4()))
    with app.app_context():
        entries = db.session.execute(db.select(JournalEntry).where(JournalEntry.event_id == event)).scalars()
        told = [f"{entry.facts} {entry.changes} {entry.effects}" for entry in entries]
    assert not [text for text in told if file.key in text or file.sha256 in text]
    page = cast.vic.get("/timeline").get_data(as_text=True)
    assert "added the file plan.txt" in page
    assert "removed the file plan.txt" in page


@both_databases
def test_a_button_of_a_removed_file_never_meets_the_next_file(app: Flask, cast: Cast) -> None:
    """Vera's page still shows the first file, Vic is at the second: each is told what is true."""
    event = opened(app, cast.ada)
    first = sent(app, cast.vic, event, TEXT, "first.txt")
    vics, veras = (button(person, event, first.id) for person in (cast.vic, cast.vera))
    assert remove(cast.vic, event, first.id, command_id=vics) == 303
    second = sent(app, cast.vic, event, TEXT + b"2", "second.txt")

    late = cast.vera.post(f"/events/{event}/files/{first.id}/remove", {"command_id": veras})

    assert (late.status_code, "removed already" in late.get_data(as_text=True)) == (409, True)
    assert [file.id for file in kept(app)] == [second.id]
    new = button(cast.vic, event, second.id)
    assert new != vics
    assert remove(cast.vic, event, second.id, command_id=new) == 303
    assert not kept(app)


def button(person: Person, event: int, file: int) -> str:
    page = person.get(f"/events/{event}/files/{file}").get_data(as_text=True)
    found = re.search(r'name="command_id" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]
