"""What goes out comes in again: an export imported into an empty installation gives equal rows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import dispose, settings_for
from tests.interchange.conftest import Run
from tests.interchange.table_making import event, export, flood, need, offer
from tests.people import Cast
from webapp import create_app
from webapp.events import service as events
from webapp.events.models import Event, Visibility
from webapp.extensions import db
from webapp.interchange.tables import refs
from webapp.ops.cli import mayday
from webapp.resources import service as resources
from webapp.resources.models import Need, Offer

EVENT = (
    "title description category kind tags priority severity urgency certainty status latitude longitude"
    " location_precision address place_name reported_at opened_at closed_at closing_note visibility"
    " needs_approval needs_total needs_unmet"
)
NEED = "name description quantity unit priority needed_by status resource_type_id"
OFFER = (
    "name description quantity unit condition status latitude longitude location_precision place_name"
    " available_from available_until resource_type_id"
)


@pytest.fixture
def elsewhere(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Flask]:
    """Another installation, with nothing in it."""
    import shutil

    folder = tmp_path / "elsewhere"
    shutil.copytree(migrated_sqlite, folder)
    made = create_app(settings_for(folder))
    yield made
    dispose(made)


def rows(app: Flask, model: Any, names: str) -> dict[str, dict[str, Any]]:
    """All rows by their references."""
    with app.app_context():
        found = db.session.execute(db.select(model).order_by(model.id)).scalars().all()
        return {
            refs.of(model.__tablename__, row.id, row.created_at, row.source_ref): {
                name: getattr(row, name) for name in names.split()
            }
            for row in found
        }


def situation(app: Flask, cast: Cast) -> None:
    """Events in each status, needs and offers with all that they can say."""
    first = flood(app, cast.ada, visibility=Visibility.PUBLIC, needs_approval=True)
    formula = event(app, cast.ada, "=1+1", description="'=quoted", place_name="-5", parent_id=first)
    closed = event(app, cast.ada, "Over", latitude=-33.9, longitude=18.4, location_precision="town")
    with app.app_context():
        events.close(cast.ada.actor, event_id=closed, note="Pumped dry")
        report = events.report_event(cast.vic.actor, title="Smoke").id
        false = events.report_event(cast.vic.actor, title="False").id
        events.reject(cast.ada.actor, event_id=false, reason="Seen: nothing there")
    assert report
    by = datetime(2026, 12, 24, 18, 30, tzinfo=UTC)
    need(app, cast.vic, first, "Pumps", quantity=3, priority=1, needed_by=by, description="With\nhoses")
    gone = need(
        app, cast.vic, formula, "@water", code="supplies.water", unit="litres", quantity=Decimal("2.125")
    )
    with app.app_context():
        resources.cancel_need(cast.vic.actor, need_id=gone, reason="rain")
    offer(
        app, cast.sam, latitude=1.25, longitude=-0.5, location_precision="street",
        condition="good", place_name="Depot",
        available_from=by, available_until=by + timedelta(days=2),
    )  # fmt: skip
    away, back = offer(app, cast.sue, "+Generator", quantity=2), offer(app, cast.sue, "Old pump")
    with app.app_context():
        resources.set_out_of_service(cast.sue.actor, offer_id=away)
        resources.withdraw_offer(cast.sue.actor, offer_id=back)


@pytest.mark.parametrize("form", ["csv", "hxl", "geojson"])
def test_an_export_comes_in_equal_and_twice_changes_nothing(
    form: str, app: Flask, cast: Cast, elsewhere: Flask, run: Run, tmp_path: Path
) -> None:
    situation(app, cast)
    run_there: Callable[..., Any] = lambda *args: elsewhere.test_cli_runner().invoke(  # noqa: E731
        cli=mayday, args=[str(arg) for arg in args]
    )
    for table, more in (("events", ["--verified"]), ("needs", []), ("offers", [])):
        file = tmp_path / f"{table}.{form}"
        file.write_bytes(export(cast.ada, table, form, contacts=True).get_data())
        done = run_there("import", table, file, *more)
        assert done.exit_code == 0, done.output + done.stderr
        again = run_there("import", table, file, *more)
        assert again.stdout.startswith("0 "), again.output
        # At home all of it is known.
        home = run("import", table, file, *more)
        assert home.stdout.startswith("0 "), home.output
        assert "0 rejected" in home.stdout
    assert rows(elsewhere, Event, EVENT) == rows(app, Event, EVENT)
    assert rows(elsewhere, Need, NEED) == rows(app, Need, NEED)
    assert rows(elsewhere, Offer, OFFER) == rows(app, Offer, OFFER)
    with elsewhere.app_context():
        part = db.session.execute(db.select(Event).where(Event.title == "=1+1")).scalar_one()
        assert part.parent_id is not None
