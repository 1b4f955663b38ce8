"""The clean-up forgets what has been over for 90 days, nothing younger; nightly jobs run once a day."""

import os
import sqlite3
import threading
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.api.caller import paired
from tests.attachments.making import folder_of, made_older, picture, sent, stored
from tests.conftest import both_databases, settings_for
from tests.events.making import opened
from tests.jobs.conftest import RunDue, hand_in, job_of, jobs, kept_files, look, reports
from tests.people import Cast
from webapp.accounts import invitations, tokens
from webapp.accounts.models import Invitation, SignInCode, SignInSession
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.database import utc_now
from webapp.devices.models import PairingCode
from webapp.extensions import db
from webapp.jobs import nightly as clock
from webapp.jobs import running
from webapp.jobs.models import JobStatus
from webapp.jobs.nightly import ask_for_today
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM, Command, JournalEntry, Role
from webapp.journal.actor import DeviceKind
from webapp.settings import Settings

LONG_AGO, LATELY = timedelta(days=91), timedelta(days=89)


def age(model: type, key: object, **moments: datetime) -> None:
    """Set moments of a row, beside the journal."""
    with db.engine.begin() as connection:
        table = model.__table__  # type: ignore[attr-defined]
        connection.execute(table.update().where(table.c.id == key).values(**moments))


def ids(model: type) -> set[object]:
    return set(db.session.execute(db.select(model.id)).scalars())  # type: ignore[attr-defined]


@both_databases
def test_what_was_over_for_long_goes_and_what_is_younger_stays(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    now = utc_now()
    with app.app_context():
        old = invitations.invite(cast.vic.actor, token="o" * 32, role=Role.SUV, command_id=uuid.uuid4()).id
        new = invitations.invite(cast.vic.actor, token="n" * 32, role=Role.SUV, command_id=uuid.uuid4()).id
        age(Invitation, old, expires_at=now - LONG_AGO)
        age(Invitation, new, expires_at=now - LATELY)
        device = paired(SYSTEM, owner_id=cast.sam.id, kind=DeviceKind.PHONE).id
        for expires_at in (now - LONG_AGO, now - LATELY):
            db.session.add(SignInCode(user_id=cast.sam.id, code_hash="x", expires_at=expires_at))
            row = PairingCode(device_id=device, code_hash=str(expires_at), expires_at=expires_at)
            db.session.add(row)
        db.session.commit()
        first, second = db.session.execute(db.select(Command.id)).scalars()
        age(Command, first, at=now - LONG_AGO)
        age(SignInSession, cast.sue.session_id, ended_at=now - LONG_AGO)
        age(SignInSession, cast.vera.session_id, ended_at=now - LATELY)
        job_id = enqueue(SYSTEM, kind="clean-up").id
    run_due()
    found = {"codes": 2, "sessions": 1, "commands": 1, "invitations": 1, "tokens": 0, "programs": 0}
    found |= {"files": 0, "attachments": 0, "deliveries": 0, "exports": 0}
    assert look(app, job_id).result == found
    with app.app_context():
        assert ids(Invitation) == {new}
        assert ids(Command) == {second}
        assert len(ids(SignInCode)) == len(ids(PairingCode)) == 1
        assert cast.sue.session_id not in ids(SignInSession)
        assert {cast.vera.session_id, cast.sam.session_id} <= ids(SignInSession)
        entry = db.session.execute(
            db.select(JournalEntry).where(JournalEntry.verb == "invitation.forgotten")
        ).scalar_one()
        assert f"invitation:{old}" in entry.effects
    assert cast.sam.get("/me").status_code == 200


def test_a_file_stays_while_a_job_may_need_it_and_goes_when_none_does(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    failed = job_of(hand_in(cast.ada, "reports", "no table"))
    run_due()
    assert look(app, failed).status is JobStatus.FAILED
    hand_in(cast.ada, "reports", reports(1))
    orphan = kept_files(app)[0].with_name("0" * 32)
    orphan.write_text("left by a crash")
    young = kept_files(app)[0].with_name("1" * 32)
    young.write_text("its job is being asked for")
    two_days_ago = utc_now().timestamp() - 172_800
    for path in kept_files(app):
        if path != young:
            os.utime(path, (two_days_ago, two_days_ago))
    before = set(kept_files(app))
    with app.app_context():
        enqueue(SYSTEM, kind="clean-up")
        waiting = jobs(app)[0].id

    running.run(app, waiting, "a worker", threading.Event())
    assert set(kept_files(app)) == before - {orphan}


def test_bytes_that_no_file_of_an_event_tells_of_go_after_a_day(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    settings = app.config["SETTINGS"]
    kept = sent(app, cast.vic, opened(app, cast.ada), picture())
    folder_of(settings).joinpath("O" * 32).write_bytes(b"left by a server that was killed")
    made_older(folder_of(settings))
    folder_of(settings).joinpath("N" * 32).write_bytes(b"of a command that is under way")
    with app.app_context():
        job_id = enqueue(SYSTEM, kind="clean-up").id
    run_due()
    assert look(app, job_id).result["attachments"] == 1
    assert stored(settings) == {kept.key, f"{kept.key}.small", "N" * 32}


def test_a_store_that_is_away_does_not_keep_the_rest_from_being_cleaned(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    folder_of(app.config["SETTINGS"]).write_text("a file stands where the folder was")
    with app.app_context():
        age(SignInSession, cast.sue.session_id, ended_at=utc_now() - LONG_AGO)
        job_id = enqueue(SYSTEM, kind="clean-up").id
    run_due()
    found = look(app, job_id)
    assert found.status is JobStatus.DONE
    assert found.result["sessions"] == 1
    assert "did not answer" in found.result["attachments"]
    assert "did not answer" in cast.ada.get(f"/jobs/{job_id}").text


@pytest.mark.parametrize(("nightly", "kinds"), [(False, {"clean-up"}), (True, {"clean-up", "backup"})])
def test_the_days_jobs_are_asked_for_once_a_day_however_often_the_clock_asks(
    app: Flask, nightly: bool, kinds: set[str]
) -> None:
    settings = settings_for(
        app.config["SETTINGS"].data_dir, backup_nightly=nightly, time_zone="Europe/Copenhagen"
    )
    evening = datetime(2026, 7, 1, 21, 17, tzinfo=UTC)
    with app.app_context():
        for _ in range(3):
            ask_for_today(settings, evening)
        assert {it.kind for it in jobs(app)} == kinds
        assert len(jobs(app)) == len(kinds)
        ask_for_today(settings, evening + timedelta(hours=1))  # the next day there
        assert len(jobs(app)) == 2 * len(kinds)
    assert all(it.requested_by is None for it in jobs(app))


def test_the_clock_of_the_queue_asks_each_hour(app: Flask) -> None:
    queue = app.extensions["jobs"].huey
    clock.register(queue, app)
    assert [task.name for task in queue.read_periodic(datetime(2026, 7, 1, 3, 17))] == ["nightly"]  # noqa: DTZ001
    assert queue.read_periodic(datetime(2026, 7, 1, 3, 18)) == []  # noqa: DTZ001
    (task,) = queue.read_periodic(datetime(2026, 7, 1, 4, 17))  # noqa: DTZ001
    queue.execute(task)
    assert [it.kind for it in jobs(app)] == ["clean-up"]


@both_databases
def test_used_tokens_and_ended_programs_go_and_what_still_lets_in_stays(
    app: Flask, cast: Cast, run_due: RunDue
) -> None:
    now = utc_now()

    def program(**moments: datetime) -> int:
        """A sign-in with a used token and an unused one."""
        started = tokens.start(SYSTEM, user_id=cast.sam.id, client="field app", seed=uuid.uuid4())
        tokens.refresh(started.refresh_token, None)
        age(TokenFamily, started.family_id, **moments)
        return started.family_id

    def tokens_of(family_id: int) -> list[bool]:
        statement = db.select(RefreshToken.used_at).filter_by(family_id=family_id).order_by(RefreshToken.id)
        return [used is not None for used in db.session.execute(statement).scalars()]

    with app.app_context():
        ended = program(revoked_at=now - LONG_AGO)
        run_out = program(expires_at=now - LONG_AGO)
        lately = program(revoked_at=now - LATELY)
        living = program(last_used_at=now)
        used = db.session.execute(
            db.select(RefreshToken.id).where(
                RefreshToken.family_id == living, RefreshToken.used_at.is_not(None)
            )
        ).scalar_one()
        db.session.rollback()
        age(RefreshToken, used, used_at=now - LONG_AGO)
        job_id = enqueue(SYSTEM, kind="clean-up").id
    run_due()
    result = look(app, job_id).result
    assert result is not None
    assert (result["tokens"], result["programs"]) == (5, 2)
    with app.app_context():
        assert ids(TokenFamily) == {lately, living}
        assert (tokens_of(ended), tokens_of(run_out)) == ([], [])
        assert tokens_of(lately) == [True, False]
        assert tokens_of(living) == [False]


def test_the_database_is_written_anew_without_what_was_removed(
    app: Flask, cast: Cast, settings: Settings, run_due: RunDue
) -> None:
    database = settings.data_dir / "mayday.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA secure_delete = OFF")  # as before it was switched on
        other.execute("CREATE TABLE own (told TEXT)")
        other.execute("INSERT INTO own VALUES ('zebulon.q@example.org')")
        other.execute("DELETE FROM own")
    assert b"zebulon.q" in bytes_of(database)
    with app.app_context():
        enqueue(SYSTEM, kind="clean-up")
    assert run_due() == 1
    assert b"zebulon.q" not in bytes_of(database)


def bytes_of(database: Path) -> bytes:
    return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
