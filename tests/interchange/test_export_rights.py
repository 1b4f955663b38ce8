"""Who may export what: coordinators, contacts only authorities, each export in the journal."""

from flask import Flask

from tests.interchange.table_making import entries, event, export, offer, rows_of
from tests.people import Cast
from webapp.accounts.service import change_role
from webapp.journal import Role

CONTACTS = {"email", "phone", "home_area", "owner_email", "owner_phone"}


def test_a_volunteer_and_a_stranger_may_not_export(app: Flask, cast: Cast) -> None:
    for table in ("events", "needs", "offers", "people"):
        assert cast.sam.get(f"/exports/{table}").status_code == 403
        assert export(cast.sam, table).status_code == 403
        assert cast.stranger.get(f"/exports/{table}").status_code == 302
    assert cast.vic.get("/exports/passwords").status_code == 404
    assert entries(app, "export.made") == []


def test_a_coordinator_has_no_contacts_and_cannot_tick_them(app: Flask, cast: Cast) -> None:
    assert 'name="contacts"' not in cast.vic.get("/exports/people").get_data(as_text=True)
    rows = rows_of(export(cast.vic, "people"))
    assert rows
    assert not CONTACTS & rows[0].keys()
    answer = export(cast.vic, "people", contacts=True)
    assert answer.status_code == 403
    assert "@example.org" not in answer.get_data(as_text=True)
    assert export(cast.vic, "offers", contacts=True).status_code == 403


def test_an_authority_has_contacts_only_with_the_tick(app: Flask, cast: Cast) -> None:
    assert 'name="contacts"' in cast.ada.get("/exports/people").get_data(as_text=True)
    assert 'name="contacts"' not in cast.ada.get("/exports/events").get_data(as_text=True)
    without = export(cast.ada, "people")
    assert "@example.org" not in without.get_data(as_text=True)
    rows = rows_of(export(cast.ada, "people", contacts=True))
    assert all("@example.org" in row["email"] for row in rows)
    offer(app, cast.sam)
    assert not CONTACTS & rows_of(export(cast.ada, "offers"))[0].keys()
    assert "@example.org" in rows_of(export(cast.ada, "offers", contacts=True))[0]["owner_email"]


def test_each_export_is_one_entry_that_says_what_left(app: Flask, cast: Cast) -> None:
    event(app, cast.ada)
    event(app, cast.ada, "Fire", priority=1)
    export(cast.vic, "events", "geojson", query="?priority=1&q=fire")
    export(cast.ada, "people", contacts=True)
    first, second = entries(app, "export.made")
    assert (first.actor_id, second.actor_id) == (cast.vic.id, cast.ada.id)
    assert first.facts == {
        "kind": "events",
        "format": "geojson",
        "filters": {"priority": "1", "q": "fire"},
        "contacts": False,
        "count": 1,
    }
    assert second.facts["contacts"] is True
    assert second.facts["count"] == 5
    assert "exported 1 rows of events" in cast.vic.get("/timeline").get_data(as_text=True)


def test_the_same_form_twice_is_two_looks(app: Flask, cast: Cast) -> None:
    same = {"format": "csv", "command_id": "7f6ee3a4-0f2a-4f0c-9c80-57e8e3b1a111"}
    assert cast.ada.post("/exports/people", same).status_code == 200
    assert cast.ada.post("/exports/people", same | {"contacts": "y"}).status_code == 200
    assert [entry.facts["contacts"] for entry in entries(app, "export.made")] == [False, True]


def test_a_demoted_authority_gets_no_contacts_any_more(app: Flask, cast: Cast) -> None:
    other = cast.person("Anna", Role.AUTHORITY)
    with app.app_context():
        change_role(cast.ada.actor, user_id=other.id, role=Role.VC)
    assert export(other, "people", contacts=True).status_code == 403
    assert export(other, "people").status_code == 200


def test_a_wrong_format_is_refused_in_words(app: Flask, cast: Cast) -> None:
    answer = export(cast.vic, "events", "xlsx")
    assert answer.status_code == 422
    assert "There is a problem" in answer.get_data(as_text=True) or "Nothing was exported" in answer.get_data(
        as_text=True
    )
    assert entries(app, "export.made") == []


def test_the_lists_lead_to_their_export_with_the_present_filters(app: Flask, cast: Cast) -> None:
    def page(path: str) -> str:
        return cast.vic.get(path).get_data(as_text=True)

    assert 'href="/exports/events?status=active&amp;priority=1"' in page("/events?status=active&priority=1")
    assert 'href="/exports/offers?status=withdrawn"' in page("/offers?status=withdrawn")
    assert 'href="/exports/people?state=free"' in page("/people?state=free")
    assert 'href="/exports/needs?state=unmet"' in page("/resources")
    assert "/exports/" not in cast.sam.get("/events").get_data(as_text=True)
    shown = page("/exports/events?status=active&priority=1")
    assert "0 rows" in shown
    assert "<b>status</b> active" in shown
