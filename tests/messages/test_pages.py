"""Pages of messages: writing, counting before sending, the inbox, what every page says of it."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.people import Cast, Person
from webapp.events import service as events
from webapp.extensions import db
from webapp.journal import SYSTEM
from webapp.messages.models import Message
from webapp.volunteers import service as volunteers


def words(answer: TestResponse) -> str:
    """What the page says, without what every page has."""
    text = answer.get_data(as_text=True).split('id="main"')[-1].split("<dialog")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def typed(**more: Any) -> dict[str, Any]:
    return {
        "kind": "role",
        "role": "SUV",
        "body": "Bring boots.",
        "priority": "routine",
        "hours": "24",
        "km": "5",
    } | more


def sent(cast: Cast) -> int:
    with cast.app.app_context():
        return int(db.session.execute(db.select(db.func.count()).select_from(Message)).scalar_one())


def event_of(cast: Cast, *people: Person) -> int:
    with cast.app.app_context():
        event_id: int = events.open_event(SYSTEM, title="Cellar flooded").id
        for person in people:
            volunteers.join(person.actor, event_id=event_id)
        return event_id


def test_a_message_goes_from_the_form_to_the_inbox_and_the_sender_sees_it_read(cast: Cast) -> None:
    answer = cast.vic.post("/messages/new", typed())
    assert answer.status_code == 303
    page = answer.location
    assert "2 recipients · 2 waiting" in words(cast.vic.get(page))
    assert "Unread messages: 1" in re.sub(r"<[^>]+>", "", cast.sam.get("/now").get_data(as_text=True))
    assert "Bring boots." in words(cast.sam.get("/messages"))
    assert "1 waiting · 1 arrived" in words(cast.vic.get(page))
    assert cast.sam.post(f"{page}/read").status_code == 303
    assert "1 waiting · 1 read" in words(cast.vic.get(page))
    assert "Unread messages" not in cast.sam.get("/now").get_data(as_text=True)


def test_counting_sends_nothing_and_keeps_what_was_typed(cast: Cast) -> None:
    answer = cast.vic.post("/messages/new", typed(count="1", body=""))
    assert "2 recipients would get this. Nothing was sent yet." in words(answer)
    answer = cast.vic.post("/messages/new", typed(count="1"))
    assert "Bring boots." in answer.get_data(as_text=True)
    assert sent(cast) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": ""},
        {"body": "x" * 2001},
        {"kind": "nobody"},
        {"kind": "event", "event_id": ""},
        {"kind": "event", "event_id": "999999"},
        {"kind": "person"},
        {"kind": "device", "device_id": "nine"},
        {"kind": "circle", "latitude": "1"},
        {"kind": "circle", "latitude": "91", "longitude": "1"},
        {"kind": "circle", "latitude": "1", "longitude": "1", "km": "9999"},
        {"priority": "distress"},
        {"hours": "100000"},
    ],
)
def test_what_cannot_be_is_said_beside_it_and_kept(cast: Cast, wrong: dict[str, str]) -> None:
    answer = cast.vic.post("/messages/new", typed(**{"body": "Typed with care"} | wrong))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Nothing was sent" in page
    assert wrong.get("body", "Typed with care") in page
    assert sent(cast) == 0


def test_nobody_to_get_it_is_said(cast: Cast) -> None:
    answer = cast.vic.post("/messages/new", typed(kind="circle", latitude="-60", longitude="0"))
    assert answer.status_code == 409
    assert "Nobody would get this" in words(answer)


def test_a_person_and_an_event_lead_to_a_message_to_them(cast: Cast) -> None:
    event = event_of(cast, cast.sam)
    for page, link in (
        (f"/people/{cast.sam.id}", f"user={cast.sam.id}"),
        (f"/events/{event}", f"event={event}"),
    ):
        assert f'href="/messages/new?{link}"' in cast.vic.get(page).get_data(as_text=True)
        assert "/messages/new?" not in cast.sam.get(page).get_data(as_text=True)
    assert "Sam Volunteer" in words(cast.vic.get(f"/messages/new?user={cast.sam.id}"))
    assert cast.vic.post("/messages/new", typed(kind="person", user_id=cast.sam.id)).status_code == 303
    assert "Bring boots." in words(cast.sam.get("/messages"))
    assert "Bring boots." not in words(cast.sue.get("/messages"))


def test_a_volunteer_writes_to_the_coordinators_of_their_event_only(cast: Cast) -> None:
    event = event_of(cast, cast.sam)
    assert "Cellar flooded" in words(cast.sam.get("/messages/new"))
    assert cast.sam.post("/messages/new", typed(kind="coordinators", event_id=event)).status_code == 303
    assert cast.sue.post("/messages/new", typed(kind="coordinators", event_id=event)).status_code == 403
    assert cast.sam.post("/messages/new", typed()).status_code == 403
    assert sent(cast) == 1


def test_a_double_tap_sends_once(cast: Cast) -> None:
    form = typed(command_id="3b1f8e9a-58a5-4f7c-9c8e-0d9c5c1e7b11")
    first, again = (cast.vic.post("/messages/new", form).location for _ in range(2))
    assert first == again
    assert sent(cast) == 1


def test_what_cannot_wait_is_on_every_page_until_it_is_read(cast: Cast) -> None:
    cast.vic.post("/messages/new", typed(priority="immediate", body="The dam <b>may</b> give way"))
    for path in ("/now", "/me", "/events"):
        assert "The dam &lt;b&gt;may&lt;/b&gt; give way" in cast.sam.get(path).get_data(as_text=True)
    assert "The dam" not in cast.vic.get("/board").get_data(as_text=True).split("<main")[0]
    came = {"Referer": "http://localhost/now"}
    assert cast.sam.post("/messages/1/read", headers=came).location == "/now"
    assert "The dam" not in cast.sam.get("/now").get_data(as_text=True)
    assert (
        cast.sue.post("/messages/1/read", headers={"Referer": "https://evil.example/x"}).location
        == "/messages"
    )


def test_all_that_a_page_showed_is_read_at_once(cast: Cast) -> None:
    for n in range(3):
        cast.vic.post("/messages/new", typed(body=f"Note {n}"))
    cast.sam.post("/messages/read", {"newest": "2"})
    assert words(cast.sam.get("/messages")).count("I have read it") == 1


def test_who_sees_whose_messages(cast: Cast) -> None:
    cast.vic.post("/messages/new", typed(kind="role", role="VC", body="Between us"))
    assert "Between us" in words(cast.vera.get("/messages/1"))
    assert "Between us" in words(cast.ada.get("/messages/sent"))
    assert cast.sam.get("/messages/1").status_code == 404
    assert cast.sam.post("/messages/1/read").status_code == 404
    assert "Between us" not in words(cast.sam.get("/messages/sent"))
    assert cast.stranger.get("/messages").status_code == 302


def test_a_receiver_sees_no_numbers_and_no_names_of_others(cast: Cast) -> None:
    cast.vic.post("/messages/new", typed())
    page = words(cast.sam.get("/messages/1"))
    assert "Bring boots." in page
    assert "recipient" not in page
    assert "Sue" not in page
