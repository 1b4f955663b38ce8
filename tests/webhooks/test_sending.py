"""What happens reaches the receivers: signed, in order, each once with a stable id, whatever they do."""

import json
import logging
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import receiver as lab
from tests.conftest import both_databases, settings_for
from tests.people import Cast, Person
from tests.receiver import Receiver, receiving
from tests.servers import running_server
from tests.webhooks.conftest import add, deliveries, happen, hook, is_signed, sending, wait_until
from webapp import create_app
from webapp.accounts.contact import Contact
from webapp.accounts.service import create_user
from webapp.database import utc_now
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry
from webapp.settings import Settings
from webapp.webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookStatus
from webapp.webhooks.sender import Sender


def titles(server: Receiver) -> list[str]:
    """The titles of the events that the receiver was told of, in the order they came."""
    return [json.loads(taken.body)["changes"]["title"][1] for taken in server.received]


def set_back(app: Flask, table: type, **columns: timedelta) -> None:
    """Make moments of all rows of a table so long ago."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(table.__table__).values({n: utc_now() - ago for n, ago in columns.items()}))


@both_databases
def test_what_happens_arrives_signed(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving() as server:
        _, secret = add(ada, server.url(path="/hook"))
        happen(app, "Flood in Vesterbro")
        (taken,) = server.wait_for(1)
        wait_until(lambda: deliveries(app)[0].status is DeliveryStatus.DELIVERED, "noted")
    told = json.loads(taken.body)
    assert (taken.method, taken.path) == ("POST", "/hook")
    assert taken.headers["content-type"] == "application/json"
    assert taken.headers["mayday-verb"] == told["verb"] == "event.opened"
    assert taken.headers["mayday-delivery"] == told["id"]
    assert told.keys() == {"id", "seq", "at", "verb", "subject", "event_id", "facts", "changes"}
    assert told["subject"] == {"type": "event", "id": told["event_id"]}
    assert told["changes"]["title"] == [None, "Flood in Vesterbro"]
    assert is_signed(taken, secret)
    assert not is_signed(taken, "another secret")


def test_only_what_it_wants_arrives_and_nothing_from_before(app: Flask, ada: Person, sender: Sender) -> None:
    happen(app, "Before")
    with receiving() as wants_events, receiving() as wants_people:
        add(ada, wants_events.url(), "event.*")
        add(ada, wants_people.url(), "user.*")
        happen(app, "After")
        with app.app_context():
            contact = Contact(email="nadia@example.org")
            create_user(SYSTEM, name="Nadia Berg", contact=contact)
        (about_person,) = wants_people.wait_for(1)
        wants_events.wait_for(1)
        assert titles(wants_events) == ["After"]
    assert b"Nadia Berg" in about_person.body
    assert b"nadia@example.org" not in about_person.body


def test_what_fails_is_tried_again_with_the_same_id_and_the_rest_waits(
    app: Flask, ada: Person, sender: Sender
) -> None:
    with receiving(lab.say(500, b"no room"), lab.say(200)) as server:
        _, secret = add(ada, server.url())
        happen(app, "First", "Second", "Third")
        taken = server.wait_for(4)
        assert titles(server) == ["First", "First", "Second", "Third"]
        assert len({each.headers["mayday-delivery"] for each in taken}) == 3
        assert taken[0].headers["mayday-delivery"] == taken[1].headers["mayday-delivery"]
        assert all(is_signed(each, secret) for each in taken)
        wait_until(lambda: all(d.status == "delivered" for d in deliveries(app)), "delivered")
    assert [delivery.tries for delivery in deliveries(app)] == [2, 1, 1]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (lab.garbage, "broke off"),
        (lab.endless, "too much"),
        (lab.say(302, Location="http://127.0.0.1:1/"), ""),
        (lab.say(404, b"not\x00 <b>here</b>"), "not <b>here</b>"),
    ],
    ids=["garbage", "endless", "redirect", "missing"],
)
def test_a_strange_answer_is_a_failure(
    app: Flask, ada: Person, sender: Sender, behaviour: lab.Answer, words: str
) -> None:
    with receiving(behaviour) as server:
        number, _ = add(ada, server.url())
        happen(app, "Flood")
        wait_until(lambda: deliveries(app) and deliveries(app)[0].tries, "tried")
        (delivery,) = deliveries(app)
        page = ada.get(f"/webhooks/{number}").get_data(as_text=True)
    assert delivery.status is DeliveryStatus.WAITING
    assert words in delivery.answer
    assert "<b>here</b>" not in page
    assert hook(app, number).failing_since is not None


def test_a_receiver_that_hangs_delays_nobody_else(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving(lab.drip_headers) as hostile, receiving() as friendly:
        add(ada, hostile.url())
        add(ada, friendly.url())
        happen(app, "One", "Two", "Three")
        friendly.wait_for(3)
        hostile.wait_for(1)
        assert len(hostile.received) == 1
        assert titles(friendly) == ["One", "Two", "Three"]


def test_an_address_inside_is_refused(data_dir, migrated_sqlite) -> None:  # type: ignore[no-untyped-def]
    app = create_app(settings_for(data_dir, live_check_seconds=0.05))
    ada = Cast(app).ada
    with receiving() as server, sending(app):
        number, _ = add(ada, server.url("localhost"))
        happen(app, "Flood")
        wait_until(lambda: deliveries(app) and deliveries(app)[0].tries, "tried")
        assert server.received == []
    assert "private network" in ada.get(f"/webhooks/{number}").get_data(as_text=True)


def test_after_a_day_it_is_given_up_and_switched_off_and_can_be_tried_again(app: Flask, ada: Person) -> None:
    with receiving(lab.say(503), lab.say(503, b"still closed"), lab.say(200)) as server:
        number, secret = add(ada, server.url())
        with sending(app):
            happen(app, "Flood")
            wait_until(lambda: deliveries(app) and deliveries(app)[0].tries == 1, "tried")
        set_back(app, Delivery, first_tried_at=timedelta(hours=24), due_at=timedelta(0))
        set_back(app, Webhook, failing_since=timedelta(hours=24))
        with sending(app):
            wait_until(lambda: hook(app, number).status is WebhookStatus.FAILED, "switched off")
            assert deliveries(app)[0].status is DeliveryStatus.DEAD
            page = ada.get(f"/webhooks/{number}").get_data(as_text=True)
            assert "Nothing has got through for a day" in page
            assert "still closed" in page
            happen(app, "While it is off")
            answer = ada.post(f"/webhooks/deliveries/{deliveries(app)[0].id}/retry")
            assert answer.status_code == 303
            ada.post(f"/webhooks/{number}/on")
            taken = server.wait_for(3)
            happen(app, "Later")
            server.wait_for(4)
        assert titles(server) == ["Flood", "Flood", "Flood", "Later"]
        assert is_signed(taken[2], secret)
        assert taken[0].headers["mayday-delivery"] == taken[2].headers["mayday-delivery"]
    verbs = _verbs(app)
    assert verbs.count("webhook.switched_off") == 1
    assert {"webhook.retried", "webhook.switched_on"} <= set(verbs)


def _verbs(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.execute(db.select(JournalEntry.verb)).scalars())


def test_gone_means_gone(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving(lab.say(410)) as server:
        number, _ = add(ada, server.url())
        happen(app, "Flood")
        wait_until(lambda: hook(app, number).status is WebhookStatus.FAILED, "switched off")
    assert "gone" in hook(app, number).reason


def test_the_test_button_sends_to_this_one_only(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving() as one, receiving() as other:
        number, secret = add(ada, one.url(), "need.*")
        add(ada, other.url(), "event.*")
        assert ada.post(f"/webhooks/{number}/test").status_code == 303
        (taken,) = one.wait_for(1)
        happen(app, "Flood")
        other.wait_for(1)
    assert json.loads(taken.body)["verb"] == "webhook.tested"
    assert is_signed(taken, secret)
    assert titles(other) == ["Flood"]


def test_a_new_secret_signs_from_now_on(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving() as server:
        number, old = add(ada, server.url())
        page = ada.post(f"/webhooks/{number}/secret").get_data(as_text=True)
        new = page.split('id="secret"')[1].split('value="')[1].split('"')[0]
        happen(app, "Flood")
        (taken,) = server.wait_for(1)
    assert new != old
    assert is_signed(taken, new)
    assert not is_signed(taken, old)


@both_databases
def test_what_happened_while_no_sender_ran_is_sent_once(app: Flask, ada: Person) -> None:
    with receiving() as server:
        add(ada, server.url())
        names = [f"Event {n}" for n in range(8)]
        happen(app, *names[:4])
        with sending(app):
            server.wait_for(4)
        happen(app, *names[4:])
        with sending(app):
            server.wait_for(8)
            wait_until(lambda: all(d.status == "delivered" for d in deliveries(app)), "noted")
        assert titles(server) == names


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_two_machines_send_each_once_and_in_order(app: Flask, ada: Person) -> None:
    with receiving() as server:
        add(ada, server.url())
        names = [f"Event {n}" for n in range(12)]
        with sending(app, "this machine"), sending(app, "that machine"):
            writers = [threading.Thread(target=happen, args=(app, *names[n::3])) for n in range(3)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            server.wait_for(12)
            wait_until(lambda: all(d.status == "delivered" for d in deliveries(app)), "noted")
        seqs = [json.loads(taken.body)["seq"] for taken in server.received]
    assert seqs == sorted(set(seqs))
    assert len(seqs) == 12


@pytest.mark.slow
def test_a_server_that_is_killed_sends_again_under_the_same_id(
    app: Flask, ada: Person, settings: Settings
) -> None:
    with receiving(lab.silent, lab.say(200)) as server:
        _, secret = add(ada, server.url())
        happen(app, "Flood", "Quake")
        with running_server(settings) as running:
            server.wait_for(1)
            running.kill()
        with running_server(settings):
            taken = server.wait_for(3)
            wait_until(lambda: all(d.status == "delivered" for d in deliveries(app)), "noted")
        assert titles(server) == ["Flood", "Flood", "Quake"]
    assert taken[0].headers["mayday-delivery"] == taken[1].headers["mayday-delivery"]
    assert all(is_signed(each, secret) for each in taken)


def test_the_secret_is_in_no_log_and_not_in_the_database(
    app: Flask, ada: Person, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(lab.say(500)) as server, sending(app):
        number, secret = add(ada, server.url(path="/hook?key=theirs"))
        happen(app, "Flood")
        wait_until(lambda: deliveries(app) and deliveries(app)[0].tries, "tried")
    ours = [r for r in caplog.records if r.name.startswith("webapp")]
    assert any(record.msg == "webhook delivery failed" for record in ours)
    assert secret not in caplog.text
    assert not any("theirs" in str(record.__dict__) for record in ours)
    kept = b"".join(path.read_bytes() for path in settings.data_dir.glob("mayday.db*"))
    assert hook(app, number).nonce.encode() in kept
    assert secret.encode() not in kept
    with app.app_context():
        entries = db.session.execute(db.select(JournalEntry.changes, JournalEntry.facts)).all()
    assert "theirs" not in str(entries)
    assert hook(app, number).nonce not in str(entries)


def test_deliveries_are_counted(app: Flask, ada: Person, sender: Sender) -> None:
    with receiving(lab.say(500), lab.say(200)) as server:
        add(ada, server.url())
        happen(app, "Flood")
        server.wait_for(2)
        wait_until(lambda: deliveries(app)[0].status == "delivered", "noted")
    metrics = ada.get("/metrics").get_data(as_text=True)
    for outcome in ("delivered", "retried"):
        assert f'mayday_webhook_deliveries_total{{outcome="{outcome}"}}' in metrics
