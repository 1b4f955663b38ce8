"""The pages about webhooks: add, change, switch, remove, look at what was sent."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.people import Cast, Person
from tests.statements import statements
from tests.webhooks.conftest import add, hook
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookStatus

URL = "https://receiver.example/hook"


def entries(app: Flask) -> list[JournalEntry]:
    """What the journal says about webhooks."""
    with app.app_context():
        statement = db.select(JournalEntry).where(JournalEntry.verb.like("webhook.%"))
        return list(db.session.execute(statement.order_by(JournalEntry.seq)).scalars())


def test_the_secret_is_shown_once_and_not_kept_by_the_browser(app: Flask, ada: Person) -> None:
    number, secret = add(ada, URL, "event.*", "need.*")
    for path in ("/webhooks", f"/webhooks/{number}", "/timeline"):
        assert secret not in ada.get(path).get_data(as_text=True)
    assert hook(app, number).verbs == ["event.*", "need.*"]
    answer = ada.post(f"/webhooks/{number}/secret")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_double_tap_adds_one(app: Flask, ada: Person) -> None:
    form = {"url": URL, "verbs": ["event.*"], "command_id": str(uuid.uuid4())}
    pages = [ada.post("/webhooks", form).get_data(as_text=True) for _ in range(2)]
    secrets = {re.search(r'id="secret"[^>]* value="([^"]+)"', page)[1] for page in pages}  # type: ignore[index]
    assert len(secrets) == 1
    with app.app_context():
        assert len(db.session.execute(db.select(Webhook.id)).all()) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("", "receiver.example", "ftp://receiver.example/", "https://me:pass@receiver.example/"),
        *("https:///x", "http://[::1", "https://receiver.example/" + "x" * 2000),
    ],
    ids=["none", "no scheme", "ftp", "password", "no host", "damaged", "long"],
)
def test_a_bad_address_is_refused_and_what_was_typed_stays(app: Flask, ada: Person, url: str) -> None:
    answer = ada.post("/webhooks", {"url": url, "verbs": ["need.*"]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'class="error-summary"' in page
    assert re.search(r'<input checked[^>]* value="need\.\*"', page)
    assert url in page
    assert entries(app) == []


@pytest.mark.parametrize("verbs", [[], ["session.*"], ["code.made"], ["webhook.*"], ["*"], ["event"]])
def test_what_nobody_may_hear_of_is_refused(app: Flask, ada: Person, verbs: list[str]) -> None:
    assert ada.post("/webhooks", {"url": URL, "verbs": verbs}).status_code == 422
    assert entries(app) == []


def test_no_more_than_fifty(app: Flask, ada: Person) -> None:
    with app.app_context():
        db.session.execute(
            Webhook.__table__.insert(),  # type: ignore[attr-defined]
            [{"url": URL, "verbs": ["event.*"], "nonce": str(n), "status": "on", "reason": "", "since_seq": 0,
              "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC), "version": 1}
             for n in range(50)],
        )  # fmt: skip
        db.session.commit()
    answer = ada.post("/webhooks", {"url": URL, "verbs": ["event.*"]})
    assert answer.status_code == 409
    assert "Remove one first" in answer.get_data(as_text=True)


def test_what_it_hears_of_can_be_changed(app: Flask, ada: Person) -> None:
    number, _ = add(ada, URL)
    version = hook(app, number).version
    answer = ada.post(f"/webhooks/{number}", {"verbs": ["offer.*", "need.*"], "version": version})
    assert answer.status_code == 303
    assert hook(app, number).verbs == ["need.*", "offer.*"]
    stale = ada.post(f"/webhooks/{number}", {"verbs": ["user.*"], "version": version})
    assert stale.status_code == 409
    assert "Somebody saved other values" in stale.get_data(as_text=True)
    assert ada.post(f"/webhooks/{number}", {"version": version + 1}).status_code == 422
    assert [entry.verb for entry in entries(app)] == ["webhook.added", "webhook.edited"]


def test_it_is_switched_off_and_on_and_removed(app: Flask, ada: Person) -> None:
    number, _ = add(ada, URL)
    _delivery(app, number, DeliveryStatus.DELIVERED)
    ada.post(f"/webhooks/{number}/off")
    assert hook(app, number).status is WebhookStatus.OFF
    assert ada.post(f"/webhooks/{number}/test").status_code == 409
    ada.post(f"/webhooks/{number}/on")
    assert hook(app, number).status is WebhookStatus.ON
    assert ada.post(f"/webhooks/{number}/remove").location == "/webhooks"
    assert ada.get(f"/webhooks/{number}").status_code == 404
    assert [entry.verb for entry in entries(app)] == [
        "webhook.added",
        "webhook.switched_off",
        "webhook.switched_on",
        "webhook.removed",
    ]
    assert all(entry.facts["name"] == "receiver.example" for entry in entries(app))
    assert "switched off the webhook to receiver.example" in ada.get("/timeline").get_data(as_text=True)


def test_only_a_dead_delivery_is_tried_again(app: Flask, ada: Person) -> None:
    number, _ = add(ada, URL)
    delivered = _delivery(app, number, DeliveryStatus.DELIVERED)
    assert ada.post(f"/webhooks/deliveries/{delivered}/retry").status_code == 409
    assert ada.post("/webhooks/deliveries/999/retry").status_code == 404


def test_deliveries_are_listed_by_state_and_page(app: Flask, ada: Person) -> None:
    number, _ = add(ada, URL)
    for status in (DeliveryStatus.DEAD, *[DeliveryStatus.DELIVERED] * 55):
        _delivery(app, number, status)
    first = ada.get(f"/webhooks/{number}").get_data(as_text=True)
    assert first.count('data-status="delivered"') == 50
    onward = re.search(r'href="([^"]*before=\d+[^"]*)"', first)
    assert onward
    second = ada.get(onward[1].replace("&amp;", "&")).get_data(as_text=True)
    assert second.count('data-status="delivered"') == 5
    dead = ada.get(f"/webhooks/{number}?status=dead").get_data(as_text=True)
    assert dead.count('data-status="dead"') == 1
    assert "Try again" in dead
    assert ada.get(f"/webhooks/{number}?status=nothing&before=x").status_code == 200


def test_the_list_takes_as_many_statements_for_many(app: Flask, ada: Person) -> None:
    counts = []
    for number in (1, 5):
        for _ in range(number):
            _delivery(app, add(ada, URL)[0], DeliveryStatus.DEAD)
        with statements(app) as seen:
            page = ada.get("/webhooks").get_data(as_text=True)
        counts.append(len(seen))
    assert "given up" in page
    assert counts[0] == counts[1]


def test_only_an_authority_finds_them(cast: Cast) -> None:
    assert "/webhooks" in cast.ada.get("/board").get_data(as_text=True)
    assert "/webhooks" not in cast.vic.get("/board").get_data(as_text=True)
    assert cast.vic.get("/webhooks").status_code == 403
    assert cast.stranger.get("/webhooks").status_code == 302


_next = iter(range(10_000, 20_000))


def _delivery(app: Flask, webhook_id: int, status: DeliveryStatus) -> int:
    with app.app_context():
        row = Delivery(webhook_id=webhook_id, seq=next(_next), verb="event.opened", status=status, tries=1)
        db.session.add(row)
        db.session.commit()
        return row.id
