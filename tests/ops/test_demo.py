"""``mayday demo``: a whole small response through the services, once, and the ways into it."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from tests.people import Cast
from webapp.accounts.models import User
from webapp.board.counters import totals
from webapp.database import Base, utc_now
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.ops.cli import mayday
from webapp.resources.models import Allocation, Need, Offer
from webapp.volunteers.models import Assignment, AssignmentStatus

LINK = re.compile(r"/sign-in/[\w-]+")


def demo(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(cli=mayday, args=["demo", *args])


def everything(app: Flask) -> dict[str, object]:
    with app.app_context():
        counts = {
            name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }
        return {"counts": counts, "counters": totals()}


@pytest.fixture
def data_dir(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of this test: one that the demo has filled, if the test asks for that."""
    filled = "filled" in request.fixturenames
    made = request.getfixturevalue("demo_sqlite")[0] if filled else request.getfixturevalue("migrated_sqlite")
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def filled(demo_sqlite: tuple[Path, Result]) -> Result:
    """What the demo said when it filled this test's database."""
    return demo_sqlite[1]


@pytest.mark.usefixtures("filled")
def test_it_shows_every_status_and_priority(app: Flask) -> None:
    with app.app_context():
        statuses = {
            kind.__name__: {str(status) for status in db.session.execute(select(kind.status)).scalars()}
            for kind in (Event, Need, Offer, Allocation, Assignment)
        }
        priorities = set(db.session.execute(select(Event.priority)).scalars())
    assert priorities == {1, 2, 3, 4, 5}
    assert statuses["Event"] == {"pending", "active", "resolved", "rejected"}
    assert statuses["Need"] == {"open", "partly_met", "met"}
    assert statuses["Allocation"] == {"reserved", "dispatched", "delivered", "returned", "released"}
    assert statuses["Assignment"] == {str(status) for status in AssignmentStatus}


@pytest.mark.usefixtures("filled")
def test_its_numbers_add_up(app: Flask) -> None:
    with app.app_context():
        for kind, key in ((Need, Allocation.need_id), (Offer, Allocation.offer_id)):
            sums = (
                select(key, func.sum(Allocation.quantity).label("live"))
                .where(Allocation.status.in_(("reserved", "dispatched", "delivered")))
                .group_by(key)
                .subquery()
            )
            rows = db.session.execute(
                select(kind.allocated, sums.c.live).outerjoin(sums, sums.c[0] == kind.id)
            ).all()
            assert rows
            assert all(allocated == (live or 0) for allocated, live in rows)
        by_status = {
            row[0]: row[1]
            for row in db.session.execute(select(Event.status, func.count()).group_by(Event.status))
        }
        counted = totals()
        assert {status: counted[f"event:{status}"] for status in by_status} == by_status
        active = select(func.sum(Event.needs_unmet)).where(Event.status == EventStatus.ACTIVE)
        assert counted["event:unmet_needs"] == db.session.execute(active).scalar_one()


@pytest.mark.usefixtures("filled")
def test_its_journal_runs_through_the_last_hours_in_order(app: Flask) -> None:
    with app.app_context():
        made = JournalEntry.verb != "code.made"  # the ways in are made now
        times = (
            db.session.execute(select(JournalEntry.at).where(made).order_by(JournalEntry.seq)).scalars().all()
        )
        hours = db.session.execute(
            select(Assignment.checked_in_at).where(Assignment.checked_in_at.is_not(None))
        ).scalars()
        assert times == sorted(times)
        assert times[0] < utc_now() - timedelta(hours=11)
        assert times[-1] > utc_now() - timedelta(hours=1)
        assert len({moment.hour for moment in hours}) > 3


def test_a_second_run_changes_nothing_and_gives_the_same_links(app: Flask, filled: Result) -> None:
    before = everything(app)
    again = demo(app)
    assert again.exit_code == 0
    assert "here already" in again.stdout
    assert everything(app) == before
    assert LINK.findall(again.stdout) == LINK.findall(filled.stdout)


def test_it_prints_a_way_in_for_each_role(app: Flask, filled: Result) -> None:
    assert filled.exit_code == 0, filled.output
    assert re.findall(r"^  (AUTHORITY|VC|SUV) ", filled.stdout, re.MULTILINE) == ["AUTHORITY", "VC", "SUV"]
    assert len(LINK.findall(filled.stdout)) == 3


def test_a_used_link_is_made_anew(app: Flask, filled: Result) -> None:
    link = LINK.findall(filled.stdout)[1]
    browser = app.test_client()
    page = browser.get(link).get_data(as_text=True)
    form = {name: _hidden(page, name) for name in ("csrf_token", "command_id")}
    assert browser.post(link, data=form).status_code == 303
    assert browser.get("/board").status_code == 200
    links = LINK.findall(demo(app).stdout)
    assert len(links) == 3
    assert link not in links


def test_it_keeps_away_from_real_people(app: Flask) -> None:
    Cast(app)
    before = everything(app)
    refused = demo(app)
    assert refused.exit_code == 1
    assert "Real people are registered here" in refused.stderr
    assert everything(app) == before
    assert demo(app, "--anyway").exit_code == 0


@pytest.mark.usefixtures("filled")
def test_nobody_in_it_could_be_reached_by_accident(app: Flask) -> None:
    with app.app_context():
        people = db.session.execute(select(User)).scalars().all()
    assert len(people) == 30
    assert all(person.phone is None and person.email.endswith("@demo.example.org") for person in people)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]
