"""People over the API: who sees whom, one's own profile, roles, and looks at contact details."""

import uuid

import pytest
from flask import Flask

from tests.api.caller import Caller, Programs
from tests.events.making import opened
from tests.statements import statements
from webapp.accounts import service
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.volunteers.service import write_notes

# What nobody is told of anybody else.
PRIVATE = {"email", "phone", "emergency_contact", "password_hash", "locale", "time_zone", "consents"}


def test_coordinators_see_people_by_name_without_how_to_reach_them(app: Flask, programs: Programs) -> None:
    cast = programs.cast
    with app.app_context():
        service.add_skill(cast.sam.actor, user_id=cast.sam.id, name="First aid")
    with statements(app) as asked:
        page = programs.vic.get("/users").get_json()
    assert len(asked) == 3  # who asks, the people, their skills
    assert [one["name"] for one in page["items"]] == sorted(
        person.name for person in (cast.ada, cast.vic, cast.vera, cast.sam, cast.sue)
    )
    sam = next(one for one in page["items"] if one["id"] == cast.sam.id)
    assert (sam["skills"], sam["role"], sam["status"]) == (["First aid"], "SUV", "available")
    assert not PRIVATE & set(sam)
    assert ids(programs.ada, skill="first") == ids(programs.vic, skill="FIRST") == [cast.sam.id]
    assert ids(programs.vic, role="AUTHORITY") == [cast.ada.id]
    assert ids(programs.vic, text="coord ve") == [cast.vera.id]
    assert ids(programs.vic, text="@example.org") == []
    assert ids(programs.vic, status="unavailable") == []
    assert programs.sam.get("/users").status_code == 403
    assert programs.device(cast.ada, DeviceKind.PHONE).get("/users").status_code == 403


def test_another_skill_is_news_to_who_reads_again(app: Flask, programs: Programs) -> None:
    seen = programs.sam.get("/users/me").headers["ETag"]
    with app.app_context():
        service.add_skill(programs.cast.sam.actor, user_id=programs.cast.sam.id, name="First aid")
    again = programs.sam.get("/users/me", headers={"If-None-Match": seen})
    assert (again.status_code, again.get_json()["skills"]) == (200, ["First aid"])
    assert programs.sam.patch("/users/me", {"availability": "Nights"}, seen=seen).status_code == 200


def test_the_list_goes_on_by_cursor(programs: Programs) -> None:
    found: list[int] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        page = programs.ada.get("/users", limit=2, **cursor).get_json()
        found += [one["id"] for one in page["items"]]
        cursor = {"after": page["next"]} if page["next"] else {}
    assert found == ids(programs.ada)
    assert programs.ada.get("/users", after="x").status_code == 422


def test_a_person_is_shown_to_coordinators_and_to_themselves(app: Flask, programs: Programs) -> None:
    cast = programs.cast
    with app.app_context():
        write_notes(cast.vic.actor, user_id=cast.sam.id, notes="Has a key", seen_version=None)
    path = f"/users/{cast.sam.id}"
    assert programs.vic.get(path).get_json()["notes"] == "Has a key"
    assert programs.sam.get(path).get_json()["notes"] is None
    assert not PRIVATE & set(programs.ada.get(path).get_json())
    assert programs.sue.get(path).status_code == 404
    assert programs.vic.get("/users/999").status_code == 404


def test_one_sees_and_changes_ones_own_profile(programs: Programs) -> None:
    seen = programs.sam.get("/users/me")
    before = seen.get_json()
    assert before["email"].startswith("sam.")
    sent = {"availability": "Evenings", "languages": ["en", "Dansk"], "phone": "+45 12 34 56 78"}
    changed = programs.sam.patch("/users/me", sent, seen=seen.headers["ETag"]).get_json()
    assert changed == before | {
        "version": before["version"] + 1,
        "availability": "Evenings",
        "languages": ["en", "da"],
        "phone": "+4512345678",
    }
    late = programs.sam.patch("/users/me", {"name": "Samuel"}, seen=seen.headers["ETag"])
    assert late.status_code == 412
    emptied = programs.sam.patch("/users/me", {"availability": None, "email": None}).get_json()
    assert (emptied["availability"], emptied["email"]) == (None, None)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"email": None}, "phone"),
        ({"phone": "sam@example.org"}, "phone"),
        ({"email": "+45 12 34 56 78"}, "email"),
        ({"name": "123"}, "name"),
        ({"name": None}, "name"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"locale": "tlh"}, "locale"),
        ({"languages": ["Klingonese"]}, "languages"),
        ({"role": "AUTHORITY"}, "role"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(programs: Programs, sent: dict[str, object], field: str) -> None:
    answer = programs.sam.patch("/users/me", sent)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["data"]["errors"]] == [field]


def test_nobody_takes_anothers_address(programs: Programs) -> None:
    sues = programs.sue.get("/users/me").get_json()["email"]
    assert programs.sam.patch("/users/me", {"email": sues}).status_code == 422


def test_a_device_is_not_told_of_its_owner(programs: Programs) -> None:
    for kind in DeviceKind:
        assert programs.device(programs.cast.sam, kind).get("/users/me").status_code == 403


def test_one_says_whether_one_can_be_sent(app: Flask, programs: Programs) -> None:
    assert (
        programs.sam.post("/users/me/status", {"status": "unavailable"}).get_json()["status"] == "unavailable"
    )
    assert programs.sam.post("/users/me/status", {"status": "available"}).get_json()["status"] == "available"
    assert programs.sam.post("/users/me/status", {"status": "assigned"}).status_code == 422
    programs.sam.post(f"/events/{opened(app, programs.cast.ada)}/join")
    assert programs.sam.post("/users/me/status", {"status": "unavailable"}).status_code == 409


def test_an_authority_gives_roles_which_count_at_once(programs: Programs) -> None:
    path, key = f"/users/{programs.cast.sam.id}", uuid.uuid4()
    seen = programs.ada.get(path).headers["ETag"]
    assert programs.vic.patch(f"{path}/role", {"role": "VC"}, seen=seen).status_code == 403
    assert programs.sam.get("/users").status_code == 403
    given = [programs.ada.patch(f"{path}/role", {"role": "VC"}, seen=seen, key=key) for _ in range(2)]
    assert [answer.get_json()["role"] for answer in given] == ["VC", "VC"]
    assert given[1].headers["Idempotency-Replayed"] == "true"
    assert programs.sam.get("/users").status_code == 200
    late = programs.ada.patch(f"{path}/role", {"role": "AUTHORITY"}, seen=seen)
    assert (late.status_code, late.get_json()["name"]) == (412, "StaleVersion")
    assert programs.ada.patch(f"{path}/role", {"role": "KING"}, seen=seen).status_code == 422


def test_the_last_authority_stays_one(programs: Programs) -> None:
    path = f"/users/{programs.cast.ada.id}"
    seen = programs.ada.get(path).headers["ETag"]
    last = programs.ada.patch(f"{path}/role", {"role": "VC"}, seen=seen)
    assert (last.status_code, last.get_json()["name"]) == (409, "Conflict")


def test_who_is_shut_out_is_out_at_once_and_may_be_let_in_again(programs: Programs) -> None:
    path = f"/users/{programs.cast.sam.id}"
    assert programs.vic.post(f"{path}/deactivate").status_code == 403
    assert programs.ada.post(f"{path}/deactivate").get_json()["deactivated"] is True
    assert programs.sam.get("/events").status_code == 401
    assert programs.cast.sam.id not in ids(programs.ada)
    assert ids(programs.ada, deactivated=True) == [programs.cast.sam.id]
    assert programs.vic.get("/users", deactivated=True).status_code == 403
    assert programs.ada.post(f"{path}/reactivate").get_json()["deactivated"] is False
    assert programs.sam.get("/events").status_code == 401  # a new sign-in is wanted
    assert programs.ada.post(f"/users/{programs.cast.ada.id}/deactivate").status_code == 409


def test_each_look_at_contact_details_is_journalled(app: Flask, programs: Programs) -> None:
    path = f"/users/{programs.cast.sam.id}/contact"
    assert programs.sue.post(path).status_code == 404
    refused = programs.vic.post(path)
    assert refused.status_code == 403
    assert looks(app) == []
    event_id = opened(app, programs.cast.ada)
    sent = {"user_id": programs.cast.sam.id}
    programs.vic.post(f"/events/{event_id}/assignments", sent)
    key = uuid.uuid4()
    for _ in range(2):
        seen = programs.vic.post(path, key=key)
        assert seen.get_json()["email"].startswith("sam.")
        assert seen.headers["Cache-Control"] == "no-store"
    assert looks(app) == [programs.cast.vic.id] * 2
    assert programs.sam.post(path).status_code == 200
    assert looks(app) == [programs.cast.vic.id] * 2


def looks(app: Flask) -> list[int | None]:
    with app.app_context():
        chosen = db.select(JournalEntry.actor_id).where(JournalEntry.verb == "contact.viewed")
        return list(db.session.execute(chosen).scalars())


def ids(caller: Caller, **query: object) -> list[int]:
    return [one["id"] for one in caller.get("/users", **query).get_json()["items"]]
