"""Rules of the roster: who sees it, what each filter finds, paging by key, few statements however many."""

import re
from urllib.parse import quote

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.people import Cast
from tests.statements import statements
from tests.volunteers.conftest import Field, words
from webapp.accounts import service as accounts
from webapp.accounts.contact import Contact
from webapp.accounts.models import UserStatus
from webapp.extensions import db
from webapp.journal import SYSTEM, Role
from webapp.volunteers import service


def crowd(app: Flask, count: int) -> list[int]:
    """So many more volunteers, by name."""
    with app.app_context():
        return [
            accounts.create_user(
                SYSTEM, name=f"Person {n:03d}", contact=Contact(email=f"p{n}@example.org"), role=Role.SUV
            ).id
            for n in range(count)
        ]


def shown(page: str) -> list[int]:
    """The people in the list, in order."""
    return [int(number) for number in re.findall(r'<tr id="person-(\d+)"', page)]


def found(cast: Cast, query: str) -> list[int]:
    """Whom a coordinator finds."""
    answer = cast.vic.get(f"/people?{query}")
    assert answer.status_code == 200, query
    return shown(answer.get_data(as_text=True))


def test_coordinators_see_everybody_by_name_without_contact_details(cast: Cast) -> None:
    everybody = [cast.ada, cast.sam, cast.sue, cast.vera, cast.vic]
    for person in (cast.vic, cast.ada):
        page = person.get("/people").get_data(as_text=True)
        assert shown(page) == [one.id for one in everybody]
        assert "@example.org" not in page


def test_others_do_not(cast: Cast) -> None:
    assert cast.sam.get("/people").status_code == 403
    assert cast.stranger.get("/people").location == "/sign-in?next=/people"
    assert cast.vic.client.put("/people").status_code == 405


def test_each_state_finds_its_people(cast: Cast, field: Field) -> None:
    event, guarded = field.event(), field.event(needs_approval=True)
    lost = field.present(cast.ada, event)
    field.do(service.mark_no_contact, cast.vic, lost)
    field.present(cast.sam, event)
    field.accepted(cast.sue, guarded)
    field.accepted(cast.vera, event)
    with field.app.app_context():
        accounts.set_status(cast.sue.actor, user_id=cast.sue.id, status=UserStatus.UNAVAILABLE)
    assert found(cast, "state=no_contact") == [cast.ada.id]
    assert found(cast, "state=checked_in") == [cast.sam.id]
    assert found(cast, "state=expected") == [cast.vera.id]
    assert found(cast, "state=requested") == [cast.sue.id]
    assert found(cast, "state=unavailable") == [cast.sue.id]
    assert found(cast, "state=free") == [cast.vic.id]
    assert found(cast, f"event={event}") == [cast.ada.id, cast.sam.id, cast.vera.id]
    assert found(cast, f"event={event}&state=checked_in") == [cast.sam.id]
    page = words(cast.vic.get("/people"))
    assert "Checked in&nbsp; 1" in page
    assert "No contact&nbsp; 1" in page


@both_databases
def test_skill_language_and_name_find_whom_they_mean_whatever_the_case(cast: Cast, field: Field) -> None:
    asa = cast.person("Åsa Øst")
    with field.app.app_context():
        accounts.add_skill(asa.actor, user_id=asa.id, name="Élagage 100%")
        accounts.add_skill(cast.sam.actor, user_id=cast.sam.id, name="Chain saw")
        user = accounts.locked(asa.id)
        profile = accounts.Profile(name=user.name, email=user.email, phone=None, languages=["ht", "fr"])
        accounts.edit_profile(asa.actor, user_id=asa.id, seen_version=user.version, profile=profile)
    for name in ("åsa", "Åsa", "ÅSA øst", "Øst Åsa"):
        assert found(cast, f"q={quote(name)}") == [asa.id], name
    for skill in ("élagage", "ÉLAGAGE", "lagage 100%"):
        assert found(cast, f"skill={quote(skill)}") == [asa.id], skill
    assert found(cast, "skill=SAW") == [cast.sam.id]
    assert found(cast, f"skill={quote('%')}") == [asa.id]
    assert found(cast, "q=_") == []
    assert found(cast, f"language={quote('Haitian Creole')}") == [asa.id]
    assert found(cast, "language=English") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("state=nonsense", 404),
        ("event=x", 404),
        ("event=-1", 404),
        ("event=" + "9" * 30, 404),
        ("event=" + "0" * 19 + "1" + "9" * 5000, 404),
        ("after=x", 404),
        ("after=", 404),
        ("after=%D9%A3", 404),
        ("after=" + "9" * 19, 404),
        ("language=Klingonese", 422),
        ("event=4711", 200),
        ("after=4711", 200),
        ("q=" + "x" * 5000, 422),
        ("q=%00%E2%80%AE", 200),
        ("skill=%27%22%3Cscript%3E", 200),
    ],
)
def test_what_makes_no_sense_is_answered_in_words(cast: Cast, query: str, status: int) -> None:
    answer = cast.vic.get(f"/people?{query}")
    assert answer.status_code == status
    assert "<script>" not in answer.get_data(as_text=True)


def test_a_language_that_nobody_knows_is_named(cast: Cast) -> None:
    assert "“Klingonese” is not a language we know." in words(cast.vic.get("/people?language=Klingonese"))


def test_nobody_found_says_what_to_do(cast: Cast) -> None:
    assert "Nobody matches this." in words(cast.vic.get("/people?q=nobody"))


def test_pages_go_on_by_key_show_each_once_and_keep_the_filter(app: Flask, cast: Cast) -> None:
    people = crowd(app, 60)
    first = cast.vic.get("/people?q=person").get_data(as_text=True)
    assert shown(first) == people[:50]
    following = re.search(r'href="(/people\?[^"]*after=[^"]*)"', first)
    assert following
    path = following[1].replace("&amp;", "&")
    assert "q=person" in path
    # Somebody new on the page before does not push anybody twice onto the next one.
    with app.app_context():
        mail = Contact(email="early@example.org")
        accounts.create_user(SYSTEM, name="Person 000 Early", contact=mail, role=Role.SUV)
    second = cast.vic.get(path).get_data(as_text=True)
    assert shown(second) == people[50:]
    assert "after=" not in second.split('id="roster-filtered"')[1]


def test_people_of_the_same_name_are_all_shown_once(app: Flask, cast: Cast) -> None:
    with app.app_context():
        same = [
            accounts.create_user(
                SYSTEM, name="John Smith", contact=Contact(email=f"j{n}@example.org"), role=Role.SUV
            ).id
            for n in range(55)
        ]
    first = found(cast, "q=john")
    assert first + found(cast, f"q=john&after={first[-1]}") == same


def test_sixty_people_with_places_and_skills_take_as_few_statements_as_one(
    app: Flask, cast: Cast, field: Field
) -> None:
    cast.vic.get("/people")
    with statements(app) as few:
        cast.vic.get("/people")
    people, event = crowd(app, 60), field.event()
    with app.app_context():
        service.assign_many(cast.vic.actor, user_ids=people, event_id=event)
        for user_id in people:
            accounts.add_skill(cast.vic.actor, user_id=user_id, name="First aid")
    cast.vic.get("/people")
    with statements(app) as many:
        page = cast.vic.get("/people").get_data(as_text=True)
    assert len(shown(page)) == 50
    assert len(many) == len(few)
    # Who is asking, what waits in their inbox, and from where the page goes on live, is asked on every page.
    shared = ("sign_in_session", "FROM delivery", "max(journal_entry.seq)")
    own = [sql for sql in many if not any(part in sql for part in shared)]
    assert len(own) <= 5, "\n".join(own)


def test_a_deactivated_person_is_not_in_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        accounts.deactivate(cast.ada.actor, user_id=cast.sue.id)
    assert cast.sue.id not in found(cast, "")


def test_names_are_text(app: Flask, cast: Cast) -> None:
    evil = cast.person("<img src=x onerror=alert(1)>")
    page = cast.vic.get("/people").get_data(as_text=True)
    assert evil.id in shown(page)
    assert "<img" not in page


def test_a_coordinator_writes_notes_and_a_stale_page_asks(app: Flask, cast: Cast) -> None:
    path = f"/people/{cast.sam.id}/notes"
    with app.app_context():
        version = str(accounts.locked(cast.sam.id).version)
        db.session.rollback()
    assert cast.vic.post(path, {"notes": "Bad back", "version": version}).status_code == 303
    assert cast.vera.post(path, {"notes": "Good at night", "version": version}).status_code == 409
    assert "Bad back" in cast.vera.get(f"/people/{cast.sam.id}").get_data(as_text=True)
    assert cast.vic.post(path, {"notes": "x" * 5001}).status_code == 422
    assert cast.sam.post(path, {"notes": "Best of all"}).status_code == 403
    assert cast.vic.post("/people/4711/notes", {"notes": "x"}).status_code == 404
