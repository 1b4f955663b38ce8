"""A command that is run again leaves nothing of the failed run, in counters or in the journal."""

from flask import Flask
from sqlalchemy import func, select

from webapp import journal
from webapp.board.counters import totals
from webapp.events.models import Event, EventStatus
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, JournalEntry


@journal.command
def report(_actor: Actor, *, references: list[str]) -> Event:
    """Add an event with the next of the references; one that is taken makes the run fail."""
    event = Event(title="Water", status=EventStatus.PENDING, source_ref=references.pop(0))
    db.session.add(event)
    db.session.flush()
    journal.append("event.reported", event, event_id=event.id, title=event.title)
    return event


def test_rows_of_a_failed_run_are_not_counted(app: Flask) -> None:
    with app.app_context():
        report(SYSTEM, references=["taken"])
        report(SYSTEM, references=["taken", "taken", "free"])
        assert db.session.execute(select(func.count()).select_from(Event)).scalar_one() == 2
        assert totals() == {"event:pending": 2}


def test_rows_of_a_failed_run_are_no_effects_in_the_journal(app: Flask) -> None:
    with app.app_context():
        report(SYSTEM, references=["taken"])
        report(SYSTEM, references=["taken", "free"])
        last = db.session.execute(
            select(JournalEntry).order_by(JournalEntry.seq.desc()).limit(1)
        ).scalar_one()
        assert last.effects == {}
        assert last.changes["source_ref"] == [None, "free"]
