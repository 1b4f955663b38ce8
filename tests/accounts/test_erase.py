"""Rules of erasing a person: what was done stays, who it was goes everywhere."""

import sqlite3
import time
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect, text

from tests.accounts.browsing import text_of, user_of, verbs
from tests.conftest import both_databases
from tests.events.making import opened
from tests.people import Cast
from webapp.accounts import service as accounts
from webapp.journal import SYSTEM, Role
from webapp.ops import forgetting
from webapp.volunteers import service as volunteering

_WORDS = "Zebulon Quartermain zebulon.q 4540404040 unicycling Frederiksberg ZebSister wobbly"
TRACES = _WORDS.split()


def everything(app: Flask) -> str:
    """Every value of every table."""
    settings = app.config["SETTINGS"]
    engine = create_engine(settings.sqlalchemy_url)
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        dump = repr([connection.execute(text(f'SELECT * FROM "{t}"')).all() for t in tables])
    engine.dispose()
    return dump


@both_databases
def test_after_erasure_no_table_holds_the_person(app: Flask, cast: Cast) -> None:
    zeb = cast.person("Zebulon Quartermain")
    profile = {
        "name": "Zebulon Quartermain", "email": "zebulon.q@example.org", "phone": "+4540404040", "locale": "",
        "version": "1",
        "home_area": "Frederiksberg", "emergency_contact": "ZebSister", "availability": "wobbly evenings",
    }  # fmt: skip
    assert zeb.post("/me", profile).status_code == 303
    zeb.post("/me/skills", {"skill": "unicycling", "certificate": "Zebulon's own"})
    event_id = opened(app, cast.ada)
    with app.app_context():
        assignment = volunteering.assign(cast.vic.actor, user_id=zeb.id, event_id=event_id)
        volunteering.accept(zeb.actor, assignment_id=assignment.id)
    before = everything(app)
    assert all(trace in before for trace in TRACES)
    entries = len(verbs(app))

    answer = cast.ada.post(f"/users/{zeb.id}/erase", {"typed_name": " zebulon  quartermain "})

    assert answer.status_code == 303
    after = everything(app)
    assert [trace for trace in TRACES if trace in after] == []
    assert len(verbs(app)) > entries
    assert {"assignment.accepted", "user.registered", "user.erased"} <= set(verbs(app, user_id=zeb.id))


def test_an_erased_person_is_gone_from_lists_and_cannot_come_in(app: Flask, cast: Cast) -> None:
    cast.ada.post(f"/users/{cast.sam.id}/erase", {"typed_name": "Sam Volunteer"})
    assert "Sam Volunteer" not in text_of(cast.ada.get("/users"))
    assert cast.sam.client.get("/me").status_code == 302
    for path in (f"/users/{cast.sam.id}", f"/people/{cast.sam.id}/contact"):
        assert (cast.ada.get(path) if "users" in path else cast.ada.post(path)).status_code == 404
    assert cast.ada.post(f"/users/{cast.sam.id}/reactivate").status_code == 404


def test_a_wrong_name_erases_nobody(app: Flask, cast: Cast) -> None:
    for typed in ("", "Sam", "yes", "Sue Volunteer"):
        assert cast.ada.post(f"/users/{cast.sam.id}/erase", {"typed_name": typed}).status_code == 422
    assert user_of(app, id=cast.sam.id).name == "Sam Volunteer"


def test_nobody_else_erases(app: Flask, cast: Cast) -> None:
    for person in (cast.vic, cast.sam, cast.sue):
        answer = person.post(f"/users/{cast.sam.id}/erase", {"typed_name": "Sam Volunteer"})
        assert answer.status_code == 403
    form = {"typed_name": "Ada Authority"}
    assert cast.ada.post(f"/users/{cast.ada.id}/erase", form).status_code == 409
    assert verbs(app).count("user.erased") == 0


def test_a_double_tap_is_one_erasure(app: Flask, cast: Cast) -> None:
    form = {"typed_name": "Sam Volunteer", "command_id": "7d0f7cf5-6a43-4c4b-9a39-5b1f0e6c2b77"}
    answers = [cast.ada.post(f"/users/{cast.sam.id}/erase", form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert verbs(app).count("user.erased") == 1


def test_an_erased_authority_has_no_role_left(app: Flask, cast: Cast) -> None:
    abe = cast.person("Abe Authority", Role.AUTHORITY)
    cast.ada.post(f"/users/{abe.id}/erase", {"typed_name": "Abe Authority"})
    assert user_of(app, id=abe.id).role is Role.SUV


def test_others_stay_as_they_are(app: Flask, cast: Cast) -> None:
    cast.ada.post(f"/users/{cast.sam.id}/erase", {"typed_name": "Sam Volunteer"})
    assert user_of(app, id=cast.sue.id).name == "Sue Volunteer"
    assert cast.sue.client.get("/me").status_code == 200


def traces_in_files(app: Flask) -> set[str]:
    """What of the person stands in the bytes of any file of the data folder, whatever its case."""
    files = [path for path in app.config["SETTINGS"].data_dir.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    found = b"\0".join(path.read_bytes() for path in files).lower()
    return {trace for trace in TRACES if trace.lower().encode() in found}


def told_and_erased(app: Flask, cast: Cast) -> str:
    """Zebulon tells and changes a lot among many others; returns the address that erases him."""
    zeb = cast.person("Zebulon Quartermain")
    form = {"name": "Zebulon Quartermain", "email": "zebulon.q@example.org", "phone": "+4540404040"}
    told = {"locale": "", "home_area": "Frederiksberg", "emergency_contact": "ZebSister"}
    for times in range(3):
        more = {"version": str(user_of(app, id=zeb.id).version), "availability": "wobbly evenings " * times}
        assert zeb.post("/me", form | told | more).status_code == 303
        cast.person(f"Neighbour {times}")
    assert zeb.post("/me/skills", {"skill": "unicycling", "certificate": "Zebulon's own"}).status_code == 303
    return f"/users/{zeb.id}/erase"


def test_after_erasure_no_file_of_the_database_holds_the_person(app: Flask, cast: Cast) -> None:
    address = told_and_erased(app, cast)
    assert traces_in_files(app) == set(TRACES)
    assert cast.ada.post(address, {"typed_name": "Zebulon Quartermain"}).status_code == 303
    assert traces_in_files(app) == set()


def test_a_contact_that_is_replaced_is_in_no_file_any_more(app: Flask, cast: Cast) -> None:
    told_and_erased(app, cast)
    zeb = user_of(app, name="Zebulon Quartermain")
    with app.app_context():
        profile = accounts.Profile(name="Zed", email="zed@example.org", phone=None)
        accounts.edit_profile(SYSTEM, user_id=zeb.id, seen_version=None, profile=profile)
    kept_in_journal = {"Zebulon", "Quartermain", "unicycling", "wobbly"}
    assert traces_in_files(app) <= kept_in_journal


def test_a_reader_of_the_log_puts_it_off_and_it_is_emptied_when_the_reader_is_gone(
    app: Flask, cast: Cast
) -> None:
    address = told_and_erased(app, cast)
    database = app.config["SETTINGS"].data_dir / "mayday.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM user").fetchone()
        assert cast.ada.post(address, {"typed_name": "Zebulon Quartermain"}).status_code == 303
        assert traces_in_files(app) == set(TRACES), "the reader sees what was"
        reader.execute("ROLLBACK")
        assert forgetting.empty_log(app.config["SETTINGS"])
        assert traces_in_files(app) == set()


@pytest.mark.slow
def test_what_was_put_off_is_done_by_itself(app: Flask, cast: Cast) -> None:
    address = told_and_erased(app, cast)
    database = app.config["SETTINGS"].data_dir / "mayday.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM user").fetchone()
        assert cast.ada.post(address, {"typed_name": "Zebulon Quartermain"}).status_code == 303
        reader.execute("ROLLBACK")
        deadline = time.monotonic() + 20
        while traces_in_files(app):
            assert time.monotonic() < deadline
            time.sleep(0.1)
