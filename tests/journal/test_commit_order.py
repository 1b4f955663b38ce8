"""A reader that has seen seq n never later finds a smaller one: on SQLite, and on PostgreSQL."""

import threading
import uuid

import pytest
from flask import Flask

from tests.conftest import both_databases
from webapp import journal
from webapp.accounts.models import Organisation
from webapp.extensions import db
from webapp.journal import SYSTEM, Actor, transaction
from webapp.journal.queries import after


@journal.command
def found(_actor: Actor, *, name: str, numbered: threading.Event, go_on: threading.Event) -> Organisation:
    """Found an organisation slowly: the entry is there, the commit waits."""
    organisation = Organisation(name=name)
    db.session.add(organisation)
    journal.append("organisation.founded", organisation)
    _hold_open(numbered, go_on)
    return organisation


def _hold_open(numbered: threading.Event, go_on: threading.Event) -> None:
    """Wait between the numbering of this transaction's entries and its commit."""

    def before_commit(_session: object) -> None:
        numbered.set()
        go_on.wait(5)

    db.event.listen(db.session(), "before_commit", before_commit, once=True)


def read_while_a_slow_writer_commits(app: Flask) -> tuple[list[int], list[int]]:
    """What a reader sees after a fast writer overtook a slow one, and what it sees at the end."""
    numbered, go_on, done, now = (threading.Event() for _ in range(4))
    now.set()

    def slow() -> None:
        with app.app_context():
            found(SYSTEM, name=f"slow {uuid.uuid4()}", numbered=numbered, go_on=go_on)

    def fast() -> None:
        with app.app_context():
            found(SYSTEM, name=f"fast {uuid.uuid4()}", numbered=threading.Event(), go_on=now)
        done.set()

    threads = [threading.Thread(target=slow), threading.Thread(target=fast)]
    threads[0].start()
    assert numbered.wait(10)
    threads[1].start()
    done.wait(1.5)
    with app.app_context():
        early = [entry.seq for entry in after(0, 100)]
    go_on.set()
    for thread in threads:
        thread.join()
    with app.app_context():
        late = [entry.seq for entry in after(early[-1] if early else 0, 100)]
        everything = [entry.seq for entry in after(0, 100)]
    assert len(everything) == 2
    return early + late, everything


@both_databases
def test_a_reader_skips_no_entry_of_a_slow_transaction(app: Flask) -> None:
    seen, everything = read_while_a_slow_writer_commits(app)
    assert seen == everything


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_without_the_lock_postgresql_would_skip_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "hold_commit_order", lambda _session: None)
    seen, everything = read_while_a_slow_writer_commits(app)
    assert seen != everything, "the test above could not fail"
