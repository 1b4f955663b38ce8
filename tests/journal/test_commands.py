"""Rules of the journal: every change has an entry, a command takes effect once, counters follow."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import Cast
from webapp import journal
from webapp.accounts.contact import Contact
from webapp.accounts.models import User
from webapp.accounts.service import create_user
from webapp.board.counters import totals
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, CommandReused, JournalEntry, Role
from webapp.journal.transaction import Unjournalled


def entries() -> list[JournalEntry]:
    return list(db.session.execute(select(JournalEntry).order_by(JournalEntry.seq)).scalars())


def test_a_change_and_its_entry_are_written_together(app: Flask) -> None:
    with app.app_context():
        user = create_user(SYSTEM, name="Bo", contact=Contact(phone="+4512345678"))
        (entry,) = entries()
        assert (entry.verb, entry.subject_type, entry.subject_id) == ("user.registered", "user", user.id)
        assert entry.changes["name"] == [None, "Bo"]


def test_contact_details_never_enter_the_journal(app: Flask) -> None:
    with app.app_context():
        create_user(SYSTEM, name="Bo", contact=Contact(email="bo@example.org"), password_hash="argon")
        (entry,) = entries()
        assert entry.changes["email"] == [None, "•"]
        assert "bo@example.org" not in repr(entry.__dict__)
        assert "argon" not in repr(entry.__dict__)


def test_a_refused_command_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        create_user(SYSTEM, name="Bo", contact=Contact(email="bo@example.org"))
        with pytest.raises(Invalid):
            create_user(SYSTEM, name="Bo again", contact=Contact(email="bo@example.org"))
        assert len(entries()) == 1
        assert db.session.execute(select(User.name)).scalars().all() == ["Bo"]


def test_the_same_command_again_gives_the_same_result_and_changes_nothing(app: Flask) -> None:
    command_id = uuid.uuid4()
    with app.app_context():
        made = [
            create_user(SYSTEM, name="Bo", contact=Contact(email="bo@example.org"), command_id=command_id).id
            for _ in range(2)
        ]
        assert made[0] == made[1]
        assert journal.was_replayed()
        assert len(entries()) == 1


def test_a_command_id_is_good_for_one_actor_only(app: Flask, cast: Cast) -> None:
    command_id = uuid.uuid4()
    with app.app_context():
        create_user(SYSTEM, name="Bo", contact=Contact(email="bo@example.org"), command_id=command_id)
        with pytest.raises(CommandReused):
            create_user(
                cast.ada.actor, name="Cy", contact=Contact(email="c@example.org"), command_id=command_id
            )


def test_a_change_outside_a_command_fails_its_flush(app: Flask) -> None:
    with app.app_context():
        db.session.add(User(name="Nobody", email="n@example.org"))
        with pytest.raises(Unjournalled):
            db.session.flush()


def test_a_command_that_changes_rows_without_an_entry_fails_and_leaves_nothing(app: Flask) -> None:
    @journal.command
    def forgetful(_actor: Actor) -> None:
        db.session.add(User(name="Nobody", email="n@example.org"))

    with app.app_context():
        with pytest.raises(Unjournalled):
            forgetful(SYSTEM)
        assert db.session.execute(select(User.id)).all() == []


def test_bulk_statements_cannot_pass_the_journal_by(app: Flask) -> None:
    with app.app_context(), pytest.raises(Unjournalled):
        db.session.execute(db.update(User).values(role=Role.AUTHORITY))


def test_counters_follow_every_status(app: Flask, cast: Cast) -> None:
    with app.app_context():
        assert totals()["user:available"] == 5
