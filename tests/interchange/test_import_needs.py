"""``mayday import needs``: places become active events with needs of known types, each once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import Everything, Run, as_json, in_its_own_process, place
from tests.people import Cast, Person
from webapp.accounts.models import User
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.resources.models import Need, ResourceType


def needs_of(app: Flask) -> dict[str, tuple[str, Decimal, str, str]]:
    """Each need by its name: type, amount, unit, description."""
    with app.app_context():
        rows = db.session.execute(
            db.select(Need, ResourceType.code).join(ResourceType, ResourceType.id == Need.resource_type_id)
        )
        return {need.name: (code, need.quantity, need.unit, need.description) for need, code in rows}


def email_of(app: Flask, person: Person) -> str:
    with app.app_context():
        return str(db.session.get_one(User, person.id).email)


def test_a_place_becomes_an_active_event_with_a_need_for_each_thing(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "needs.json"
    file.write_text(as_json(place(are_volunteers_needed=True)))
    result = run("import", "needs", file)
    assert result.exit_code == 0, result.output
    assert "1 places imported, 0 already known, 0 rejected." in result.stdout
    with app.app_context():
        event = db.session.execute(db.select(Event)).scalar_one()
    assert event.status is EventStatus.ACTIVE
    assert (event.title, event.latitude) == ("Lakeside School", 29.75)
    assert (event.needs_total, event.needs_unmet) == (3, 3)
    not_stated = "The amount is not stated."
    assert needs_of(app) == {
        "Volunteers": ("personnel.general", 1, "people", not_stated),
        "water": ("supplies.water", 1, "litres", not_stated),
        "diapers": ("supplies.baby", 1, "packs", not_stated),
    }


def test_an_amount_is_taken_where_a_number_stands_before_a_thing(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    told = "200 blankets, 30 bottles of water, 6,000 hygiene kits, open 8/30 10 am, pet food"
    file = tmp_path / "needs.json"
    file.write_text(
        as_json(
            place(
                tell_us_about_the_supply_needs=told,
                are_volunteers_needed=True,
                tell_us_about_the_volunteer_needs="At least 25 volunteers on Friday",
            )
        )
    )
    run("import", "needs", file)
    found = {name: (code, quantity, unit) for name, (code, quantity, unit, _) in needs_of(app).items()}
    assert found == {
        "Volunteers": ("personnel.general", 25, "people"),
        "200 blankets": ("supplies.bedding", 200, "pieces"),
        "30 bottles of water": ("supplies.water", 30, "bottles"),
        "6,000 hygiene kits": ("supplies.hygiene", 6000, "packs"),
        "pet food": ("supplies.animal", 1, "packs"),
    }


def test_what_is_not_wanted_is_no_need(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "needs.json"
    told = "Water; they do NOT need any more clothing; see http://example.org/list, thank you!"
    file.write_text(as_json(place(tell_us_about_the_supply_needs=told)))
    run("import", "needs", file)
    assert set(needs_of(app)) == {"Water"}


def test_the_places_own_words_stay_in_the_event(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "needs.json"
    file.write_text(as_json(place(anything_else_you_would_like_to_tell_us="Ring the bell twice")))
    run("import", "needs", file)
    with app.app_context():
        event = db.session.execute(db.select(Event)).scalar_one()
    assert event.description == "Supplies: water, diapers\n\nMore: Ring the bell twice"


def test_a_place_that_says_nothing_but_that_it_needs_supplies_gets_that_need(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "needs.json"
    file.write_text(as_json(place(tell_us_about_the_supply_needs=None, needs=[])))
    run("import", "needs", file)
    assert set(needs_of(app)) == {"Supplies"}


@both_databases
def test_a_second_run_changes_nothing_at_all(run: Run, everything: Everything, tmp_path: Path) -> None:
    file = tmp_path / "needs.json"
    file.write_text(as_json(place("A"), place("B"), place("C", tell_us_about_the_supply_needs="soap")))
    run("import", "needs", file)
    before = everything()
    again = run("import", "needs", file)
    assert again.exit_code == 0
    assert "0 places imported, 3 already known, 0 rejected." in again.stdout
    assert everything() == before


def test_one_place_told_twice_is_one_event_with_all_its_needs(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = tmp_path / "needs.json"
    file.write_text(
        as_json(
            place("A"),
            place(" a ", location_address="A,  MAIN street 1", tell_us_about_the_supply_needs="soap, water"),
        )
    )
    assert "2 places imported" in run("import", "needs", file).stdout
    assert set(needs_of(app)) == {"water", "diapers", "soap"}
    assert everything()["rows"]["event"] == 1


def test_a_place_that_cannot_be_is_named_with_field_and_reason(
    run: Run, everything: Everything, tmp_path: Path
) -> None:
    wrong: list[tuple[Any, str]] = [
        (place(latitude="29.75"), "place 2: latitude"),
        (place(latitude=91), "place 3: latitude"),
        (place(longitude=-181), "place 4: longitude"),
        (place(longitude=None), "place 5: Write both the latitude and the longitude"),
        (place(are_supplies_needed="yes"), "place 6: are_supplies_needed"),
        (place(needs="water"), "place 7: needs"),
        (place(location_name=None, location_address=" "), "place 8: location_name: neither"),
        (place(location_name={"a": 1}), "place 9: location_name"),
        (place(location_name="\ud800"), "place 10: location_name"),
        ("a place", "place 11: place"),
        (place(tell_us_about_the_supply_needs="x" * 8001), "place 12: tell_us_about_the_supply_needs"),
    ]
    file = tmp_path / "needs.json"
    file.write_text(as_json(place("Good"), *(entry for entry, _ in wrong)))
    result = run("import", "needs", file)
    assert result.exit_code == 1, result.output
    assert "1 places imported, 0 already known, 11 rejected." in result.stdout
    lines = result.stderr.splitlines()
    for _, said in wrong:
        assert any(line.startswith(said) for line in lines), (said, lines)
    assert everything()["counters"]["event:active"] == 1


def test_a_coordinator_may_import_needs_and_the_journal_says_who(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    cast = Cast(app)
    file = tmp_path / "needs.json"
    file.write_text(as_json(place()))
    assert run("import", "needs", file, "--as", email_of(app, cast.vic)).exit_code == 0
    with app.app_context():
        actors = db.session.execute(
            db.select(JournalEntry.actor_id).where(JournalEntry.verb.in_(("event.opened", "need.added")))
        ).scalars()
        assert set(actors) == {cast.vic.id}


def test_a_volunteer_may_not_import_needs(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    cast = Cast(app)
    file = tmp_path / "needs.json"
    file.write_text(as_json(place()))
    before = everything()
    result = run("import", "needs", file, "--as", email_of(app, cast.sam))
    assert result.exit_code == 2
    assert "Ask a coordinator" in result.stderr
    assert everything() == before


def test_the_board_shows_the_unmet_needs_right_afterwards(app: Flask, run: Run, tmp_path: Path) -> None:
    cast = Cast(app)
    file = tmp_path / "needs.json"
    file.write_text(as_json(place(tell_us_about_the_supply_needs="wheelchairs")))
    run("import", "needs", file)
    page = cast.vic.get("/board").get_data(as_text=True)
    assert "Lakeside School" in page


def test_a_file_that_is_none_is_refused_whole(run: Run, everything: Everything, tmp_path: Path) -> None:
    before = everything()
    file = tmp_path / "needs.json"
    for content, said in (
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b"{} x", "is not JSON: Extra data (line 1, column 4)"),
        (b"[" * 100_000, "nested more than 32 levels"),
        (b'{"needs":' + b"[" * 40 + b"]" * 40 + b"}", "nested more than 32 levels"),
        (b'{"needs": [], "needs": []}', "stands twice"),
        (b'{"needs": [{"latitude": NaN}]}', "NaN is not a number"),
        (b'{"needs": [{"latitude": Infinity}]}', "Infinity is not a number"),
        (b'{"needs": [{"latitude": 1e999}]}', "larger than can be kept"),
        (b'{"needs": [{"latitude": ' + b"9" * 5000 + b"}]}", "5000 digits"),
        (b'{"places": []}', "no list of places"),
        (b'"needs"', "no list of places"),
        ('{"needs": ["é"]}'.encode("latin-1"), "not UTF-8: byte 12"),
    ):
        file.write_bytes(content)
        result = run("import", "needs", file)
        assert result.exit_code == 2, (content[:40], result.output)
        assert said in result.stderr
    assert everything() == before


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_exit_code_tells_a_script(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "needs.json"
    file.write_text(as_json(place(), place(latitude="x")))
    assert in_its_own_process(data_dir, "import", "needs", file).returncode == 1
    file.write_text(as_json(place()))
    assert in_its_own_process(data_dir, "import", "needs", file).returncode == 0
    assert in_its_own_process(data_dir, "import", "needs", tmp_path).returncode == 2
