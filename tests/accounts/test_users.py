"""Rules of the user list, deactivation, desk codes."""

import re

from flask import Flask

from tests.accounts.browsing import Browser, code_on, text_of, user_of, verbs
from tests.people import Cast
from webapp.accounts import queries
from webapp.accounts.contact import Contact
from webapp.accounts.service import create_user
from webapp.board.counters import totals
from webapp.journal import SYSTEM, Role


def names(page: str) -> list[str]:
    return re.findall(r'<a href="/users/\d+">([^<]+)</a>', page)


def test_only_an_authority_sees_the_list(app: Flask, cast: Cast) -> None:
    assert names(text_of(cast.ada.get("/users"))) == [
        "Ada Authority", "Sam Volunteer", "Sue Volunteer", "Vera Coordinator", "Vic Coordinator"
    ]  # fmt: skip
    for person in (cast.vic, cast.sam):
        assert person.get("/users").status_code == 403
        assert person.get(f"/users/{cast.sue.id}").status_code == 403


def test_the_list_filters_by_role_state_name_and_contact(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sue.id).email
    cast.sam.post("/me/status/unavailable")
    for query, found in {
        "role=VC": ["Vera Coordinator", "Vic Coordinator"],
        "state=unavailable": ["Sam Volunteer"],
        "q=sUe": ["Sue Volunteer"],
        f"q={email}": ["Sue Volunteer"],
        "q=%25": [],
        "role=VC&q=sue": [],
    }.items():
        assert names(text_of(cast.ada.get(f"/users?{query}"))) == found, query


def test_the_list_shows_no_contact_details(app: Flask, cast: Cast) -> None:
    for path in ("/users", f"/users/{cast.sue.id}"):
        assert "@example.org" not in text_of(cast.ada.get(path))


def test_the_list_goes_on_by_key_without_gaps_or_repeats(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for n in range(60):
            create_user(SYSTEM, name=f"Bo {n % 7}", contact=Contact(email=f"bo{n}@example.org"))
        everybody = [user.id for user in queries.people(queries.Search(), limit=1000)[0]]
    page, seen = text_of(cast.ada.get("/users")), []
    while True:
        seen += [int(n) for n in re.findall(r'<a href="/users/(\d+)">[^<]', page)]
        more = re.search(r'href="(/users\?after=\d+)"', page)
        if more is None:
            break
        page = text_of(cast.ada.get(more[1]))
    assert seen == everybody


def test_bad_filters_and_cursors_show_the_first_page(app: Flask, cast: Cast) -> None:
    for query in (
        "after=abc",
        "after=999999999",
        "after=-1",
        "after=" + "9" * 30,
        "role=ROOT",
        "state=%27",
        "q=" + "x" * 500,
    ):
        assert cast.ada.get(f"/users?{query}").status_code == 200


def test_a_deactivated_person_is_out_until_let_in_again(app: Flask, cast: Cast) -> None:
    cast.ada.post(f"/users/{cast.sam.id}/deactivate")
    assert cast.sam.client.get("/me").status_code == 302
    assert names(text_of(cast.ada.get("/users?state=deactivated"))) == ["Sam Volunteer"]
    cast.ada.post(f"/users/{cast.sam.id}/reactivate")
    assert user_of(app, id=cast.sam.id).active
    assert cast.sam.client.get("/me").status_code == 302  # the old session stays ended


def test_nobody_else_and_nobody_themselves_deactivates(app: Flask, cast: Cast) -> None:
    for person in (cast.vic, cast.sam):
        assert person.post(f"/users/{cast.sue.id}/deactivate").status_code == 403
        assert person.post(f"/users/{person.id}/deactivate").status_code == 403
    assert cast.ada.post(f"/users/{cast.ada.id}/deactivate").status_code == 409
    assert cast.ada.post("/users/999999/deactivate").status_code == 404
    assert verbs(app).count("user.deactivated") == 0


def test_the_code_of_a_deactivated_person_does_not_work(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    code = code_on(text_of(cast.vic.post(f"/people/{cast.sam.id}/code")))
    cast.ada.post(f"/users/{cast.sam.id}/deactivate")
    cast.ada.post(f"/users/{cast.sam.id}/reactivate")
    assert Browser(app).sign_in(email, code).status_code == 422


def test_a_coordinator_makes_a_desk_code_for_a_volunteer_who_is_told(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    code = code_on(text_of(cast.vic.post(f"/people/{cast.sam.id}/code")))
    assert "A sign-in code was made (Vic Coordinator)" in " ".join(text_of(cast.sam.get("/me")).split())
    browser = Browser(app)
    assert browser.sign_in(email, code).location == "/me/code"
    assert Browser(app).sign_in(email, code).status_code == 422


def test_a_desk_code_leaves_the_personal_code_alone(app: Flask, cast: Cast) -> None:
    email = user_of(app, id=cast.sam.id).email
    cast.sam.post("/me/code")
    personal = code_on(text_of(cast.sam.get("/me/code")))
    cast.vic.post(f"/people/{cast.sam.id}/code")
    assert Browser(app).sign_in(email, personal).status_code == 303


def test_the_same_desk_form_twice_shows_the_same_code(app: Flask, cast: Cast) -> None:
    form = {"command_id": "7d0f7cf5-6a43-4c4b-9a39-5b1f0e6c2b77"}
    pages = [text_of(cast.vic.post(f"/people/{cast.sam.id}/code", form)) for _ in range(2)]
    assert code_on(pages[0]) == code_on(pages[1])
    assert verbs(app, user_id=cast.sam.id).count("code.made") == 1


def test_nobody_makes_codes_above_their_rank(app: Flask, cast: Cast) -> None:
    assert cast.vic.post(f"/people/{cast.ada.id}/code").status_code == 403
    assert cast.vic.post(f"/people/{cast.vera.id}/code").status_code == 403
    assert cast.sam.post(f"/people/{cast.sue.id}/code").status_code == 403
    assert cast.vic.post("/people/999999/code").status_code == 404
    assert verbs(app).count("code.made") == 0
    assert user_of(app, id=cast.ada.id).role is Role.AUTHORITY


def test_who_is_shut_out_or_erased_is_counted_among_nobody(app: Flask, cast: Cast) -> None:
    def counted() -> dict[str, int]:
        with app.app_context():
            return {name: n for name, n in totals().items() if name.startswith("user:") and n}

    assert counted() == {"user:available": 5}
    cast.ada.post(f"/users/{cast.sam.id}/deactivate")
    assert counted() == {"user:available": 4}
    cast.ada.post(f"/users/{cast.sam.id}/reactivate")
    assert counted() == {"user:available": 5}
    cast.sue.post("/me/status/unavailable")
    assert counted() == {"user:available": 4, "user:unavailable": 1}
    cast.ada.post(f"/users/{cast.sam.id}/deactivate")
    for person in (cast.sam, cast.sue):
        cast.ada.post(f"/users/{person.id}/erase", {"typed_name": person.name})
    assert counted() == {"user:available": 3}
