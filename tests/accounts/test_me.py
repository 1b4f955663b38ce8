"""Rules of one's own page."""

import json
import re
import uuid
from typing import Any

import pytest
from flask import Flask

from tests.accounts.browsing import Browser, code_on, text_of, user_of, verbs
from tests.people import Cast, Person
from webapp.accounts import queries
from webapp.events import service as events


def profile(app: Flask, person: Person, **changes: str) -> dict[str, Any]:
    """The profile form as the person's page has it, with these values typed over."""
    user = user_of(app, id=person.id)
    return {
        "name": user.name,
        "phone": user.phone or "",
        "email": user.email or "",
        "locale": "",
        "version": str(user.version),
    } | changes


def skills(app: Flask, person: Person) -> list[str]:
    with app.app_context():
        return [skill.name for skill in queries.skills_of(person.id)]


def test_a_profile_is_saved_in_normal_form(app: Flask, cast: Cast) -> None:
    form = profile(
        app, cast.sam, name="  Sam   Volunteer ", phone="+45 12 34 56 78", languages="English, Kreyòl",
        time_zone="Europe/Copenhagen", locale="fr", home_area="Vesterbro",
    )  # fmt: skip
    assert cast.sam.post("/me", form).status_code == 303
    sam = user_of(app, id=cast.sam.id)
    assert (sam.name, sam.phone, sam.languages) == ("Sam Volunteer", "+4512345678", ["en", "ht"])
    assert (sam.time_zone, sam.locale, sam.home_area) == ("Europe/Copenhagen", "fr", "Vesterbro")


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "Write your name."),
        ("name", "x" * 121, "at most 120"),
        ("phone", "12", "country code"),
        ("phone", "sam@example.org", "Write a phone number here."),
        ("email", "sam@", "not complete"),
        ("email", "+4512345678", "Write an e-mail address here."),
        ("languages", "Klingonish", "is not a language we know"),
        ("time_zone", "Mars/Base", "Europe/Copenhagen"),
        ("locale", "xx", "Not a valid choice"),
        ("version", "abc", "damaged"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    app: Flask, cast: Cast, field: str, typed: str, says: str
) -> None:
    before = user_of(app, id=cast.sam.id).version
    answer = cast.sam.post("/me", profile(app, cast.sam, **{field: typed}))
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert user_of(app, id=cast.sam.id).version == before


def test_a_way_to_be_reached_must_stay(app: Flask, cast: Cast) -> None:
    answer = cast.sam.post("/me", profile(app, cast.sam, email="", phone=""))
    assert answer.status_code == 422
    assert "you sign in with it" in text_of(answer)


def test_the_contact_of_somebody_else_is_refused(app: Flask, cast: Cast) -> None:
    taken = user_of(app, id=cast.sue.id).email
    answer = cast.sam.post("/me", profile(app, cast.sam, email=taken))
    assert answer.status_code == 422
    assert "registered with this already" in text_of(answer)


def test_extra_fields_change_nothing_that_is_not_the_persons_to_change(app: Flask, cast: Cast) -> None:
    form = profile(app, cast.sam, role="AUTHORITY", status="assigned", notes="great", id=str(cast.ada.id))
    cast.sam.post("/me", form | {"user_id": str(cast.ada.id), "deactivated_at": "2026-01-01"})
    sam = user_of(app, id=cast.sam.id)
    assert (sam.role, sam.status, sam.notes, sam.active) == ("SUV", "available", None, True)
    assert user_of(app, id=cast.ada.id).name == cast.ada.name


def test_a_stale_profile_asks_which_values_to_keep(app: Flask, cast: Cast) -> None:
    stale = profile(app, cast.sam, home_area="Amager")
    cast.sam.post("/me", profile(app, cast.sam, home_area="Valby"))
    answer = cast.sam.post("/me", stale)
    assert answer.status_code == 409
    assert "Amager" in text_of(answer)
    assert "Valby" in text_of(answer)
    assert user_of(app, id=cast.sam.id).home_area == "Valby"


def test_the_same_form_twice_is_one_change(app: Flask, cast: Cast) -> None:
    form = profile(app, cast.sam, home_area="Valby", command_id=str(uuid.uuid4()))
    assert [cast.sam.post("/me", form).status_code for _ in range(2)] == [303, 303]
    assert verbs(app, user_id=cast.sam.id).count("user.edited") == 1


def test_contact_details_stay_out_of_the_journal(app: Flask, cast: Cast) -> None:
    cast.sam.post(
        "/me", profile(app, cast.sam, phone="+4512345678", emergency_contact="My sister 999", home_area="Vby")
    )
    from webapp.extensions import db
    from webapp.journal import JournalEntry

    with app.app_context():
        whole = json.dumps([[e.changes, e.facts] for e in db.session.query(JournalEntry)])
    assert "4512345678" not in whole
    assert "sister" not in whole


def test_skills_are_added_with_certificate_and_removed(app: Flask, cast: Cast) -> None:
    form = {"skill": "First aid", "certificate": "Red Cross", "expires_on": "2027-05-01"}
    assert cast.sam.post("/me/skills", form).status_code == 303
    page = text_of(cast.sam.get("/me"))
    assert "valid until 2027-05-01" in page
    remove = re.search(r"/me/skills/\d+/remove", page)[0]
    assert cast.sue.post(remove).status_code == 404
    assert cast.sam.post(remove).status_code == 303
    assert skills(app, cast.sam) == []


@pytest.mark.parametrize(
    "form", [{"skill": ""}, {"skill": "x" * 61}, {"skill": "Driving", "expires_on": "31.12.2027"}]
)
def test_a_bad_skill_is_refused(app: Flask, cast: Cast, form: dict[str, str]) -> None:
    assert cast.sam.post("/me/skills", form).status_code == 422
    assert skills(app, cast.sam) == []


def test_a_skill_is_listed_once(app: Flask, cast: Cast) -> None:
    cast.sam.post("/me/skills", {"skill": "Driving"})
    assert cast.sam.post("/me/skills", {"skill": "driving"}).status_code == 422
    assert skills(app, cast.sam) == ["Driving"]


def test_a_person_says_whether_they_can_be_sent(app: Flask, cast: Cast) -> None:
    cast.sam.post("/me/status/unavailable")
    assert user_of(app, id=cast.sam.id).status == "unavailable"
    cast.sam.post("/me/status/available")
    assert user_of(app, id=cast.sam.id).status == "available"
    assert cast.sam.post("/me/status/assigned").status_code == 404


def test_who_joined_while_unavailable_is_assigned_once_available(app: Flask, cast: Cast) -> None:
    with app.app_context():
        event = events.open_event(cast.ada.actor, title="Flood").id
    cast.sam.post("/me/status/unavailable")
    cast.sam.post(f"/events/{event}/join")
    assert user_of(app, id=cast.sam.id).status == "unavailable"
    answer = cast.sam.post("/me/status/available", follow_redirects=True)
    assert "You are on an event." in text_of(answer)
    assert user_of(app, id=cast.sam.id).status == "assigned"


def test_a_new_code_ends_the_old_one(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    codes = []
    for _ in range(2):
        cast.sam.post("/me/code")
        codes.append(code_on(text_of(cast.sam.get("/me/code"))))
    assert codes[0] != codes[1]
    assert Browser(app).sign_in(email, codes[0]).status_code == 422
    assert Browser(app).sign_in(email, codes[1]).status_code == 303


def test_asking_to_be_erased_can_be_taken_back(app: Flask, cast: Cast) -> None:
    cast.sam.post("/me/erasure/ask")
    assert "You asked to be erased" in text_of(cast.sam.get("/me"))
    assert cast.sam.name in text_of(cast.ada.get("/users?state=wants_erasure"))
    cast.sam.post("/me/erasure/withdraw")
    assert cast.sam.name not in text_of(cast.ada.get("/users?state=wants_erasure"))


def test_my_data_holds_mine_and_no_secrets(app: Flask, cast: Cast) -> None:
    cast.sam.post("/me/skills", {"skill": "Driving"})
    answer = cast.sam.get("/me/data")
    assert answer.json["profile"]["name"] == cast.sam.name
    assert answer.json["skills"][0]["name"] == "Driving"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert cast.sue.name not in answer.text
    assert "hash" not in answer.text


def test_without_the_token_nothing_changes(app: Flask, cast: Cast) -> None:
    for path in ("/me", "/me/skills", "/me/status/unavailable", "/me/code", "/me/erasure/ask"):
        assert cast.sam.client.post(path, data={"name": "X", "skill": "X"}).status_code == 403
    assert user_of(app, id=cast.sam.id).name == cast.sam.name
