"""Every form of the product that changes what is there: sent back as it came, it changes nothing.

The forms are found, not listed: every page of the URL map is opened as everybody, and every form on it that
shows present values is sent as a browser would. A form that is in no list below fails the test.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests.api.caller import paired
from tests.conftest import both_databases
from tests.html_forms import Form, forms_of
from tests.people import Cast, Person
from tests.test_access import RULES, create_adapter, make_things
from webapp.accounts.models import User
from webapp.database import Base
from webapp.devices.models import Device
from webapp.events import service as events
from webapp.events.models import Category, Certainty, Event, Severity, Urgency, Visibility
from webapp.extensions import db
from webapp.feeds.models import CapFeed
from webapp.journal import JournalEntry, Journalled
from webapp.journal.actor import DeviceKind
from webapp.resources import service as resources
from webapp.resources.models import Need, Offer, ResourceType
from webapp.webhooks.models import Webhook

# Forms that change what is there. Each is met below, on some page, by everybody who may.
EDITS = {
    "accounts.change_role",
    "accounts.edit_me",
    "devices.rename",
    "events.edit",
    "resources.need_edit",
    "resources.offer_edit",
    "resources.type_edit",
    "volunteers.notes",
    "feeds.edit",
    "webhooks.edit",
}
# Of these, the ones that ask when somebody else was faster.
ASKING = EDITS - {"accounts.change_role", "devices.rename"}
# Forms that make something, search or ask: what they show is a proposal.
OTHERS = {
    "accounts.add_my_skill",
    "accounts.accept_invitation",
    "accounts.arrive",
    "accounts.change_password",
    "accounts.end_program",
    "accounts.enter",
    "accounts.erase",
    "accounts.make_invitation",
    "accounts.provider_signed_up",
    "accounts.register",
    "attachments.add",
    "devices.begin_pairing",
    "events.close",
    "events.new",
    "events.reject",
    "events.reopen",
    "events.verify",
    "exports.fetch",
    "exports.show",
    "imports.alert",
    "imports.begin",
    "imports.look",
    "imports.needs",
    "imports.reports",
    "imports.tables",
    "messages.new",
    "resources.allocate",
    "resources.need_cancel",
    "resources.need_new",
    "resources.offer_new",
    "resources.type_new",
    "volunteers.assign",
    "volunteers.assign_many",
    "volunteers.call_for_help",
    "feeds.subscribe",
    "webhooks.add",
}
FEED = {
    "name": "Été “Météo” – 気象",
    "latitude": -33.12345678,
    "longitude": -179.99999912,
    "radius_km": 20_000,
    "categories": ["CBRNE", "Met"],
    "least_severity": Severity.EXTREME,
}
PANEL = {"HX-Request": "true", "HX-Target": "panel", "HX-Current-URL": "http://localhost/board"}
# When clocks go back in Newfoundland, 01:30 is twice; this is the second, with seconds and a fraction.
TWICE = datetime(2026, 11, 1, 5, 0, 17, 250_000, tzinfo=UTC)
TEXT = "Zwei Zeilen,\n\t«größer» – 漢字 عربي 🚒\n\n- und Schluss"


@dataclass
class Awkward:
    """Ids of rows whose every field holds something that is easily lost on the way."""

    ids: dict[str, list[Any]]


@pytest.fixture
def awkward(app: Flask, cast: Cast) -> Awkward:
    things = make_things(app, cast)
    with app.app_context():
        parent = events.open_event(cast.ada.actor, title="The larger one")
        mine = events.report_event(cast.sam.actor, title="What Sam saw")
        own = resources.make_offer(
            cast.sam.actor, resource_type_id=things.type_id, name="x", quantity=1, unit="pumps"
        )
        phone = paired(cast.sam.actor, owner_id=cast.sam.id, kind=DeviceKind.PHONE)
        ids: dict[str, list[Any]] = {name: [value] for name, value in vars(things).items()}
        ids["event_id"] += [mine.id]
        ids["offer_id"] += [own.id]
        ids["device_id"] += [phone.id]
        ids["user_id"] += [cast.sam.id]
        fill(parent.id, [cast.ada, cast.vic, cast.sam])
    return Awkward(ids)


def fill(parent_id: int, people: list[Person]) -> None:
    """Give every row such values, past all forms and services."""
    name = "Großpumpe “B” – ポンプ"
    event = {
        "description": TEXT,
        "category": Category.CBRNE,
        "kind": "Überlauf",
        "priority": 1,
        "severity": Severity.EXTREME,
        "urgency": Urgency.IMMEDIATE,
        "certainty": Certainty.OBSERVED,
        "latitude": -33.123457,
        "longitude": -70.987654,
        "address": "Straße 1, 2. Hof",
        "place_name": "Río Bío Bío",
        "visibility": Visibility.PUBLIC,
        "needs_approval": True,
    }
    lasting = {"available_from": TWICE, "available_until": TWICE + timedelta(days=700, seconds=1)}
    where = {"latitude": -0.000001, "longitude": -179.99999, "place_name": "Ærø", "condition": "naß"}
    amount = {"quantity": Decimal("12.345"), "unit": "kg", "description": TEXT, "name": name}
    profile = {
        "languages": ["ht", "es", "zh-Hant"],
        "locale": "fr",
        "home_area": "Nuku'alofa",
        "availability": "à partir de 18 h",
        "emergency_contact": "Zoë +1 709 555 0100",
        "notes": TEXT,
        "phone": None,
    }
    zones = ["America/St_Johns", "Pacific/Chatham", "Asia/Kathmandu"]
    with db.engine.begin() as connection:
        for table, values in (
            (Event, event),
            (Need, amount | {"needed_by": TWICE, "priority": 5}),
            (Offer, amount | lasting | where),
            (Device, {"name": "Füßgänger ☎"}),
            (User, profile),
            (CapFeed, FEED),
            (Webhook, {"verbs": ["allocation.*", "event.*", "need.*", "offer.*"]}),
        ):
            connection.execute(update(table).values(**values))
        connection.execute(update(Event).where(Event.id != parent_id).values(parent_id=parent_id))
        connection.execute(
            update(ResourceType)
            .where(ResourceType.parent_id.is_not(None))
            .values(units=["kg", "Säcke", "m³"], returnable=True)
        )
        for number, person in enumerate(people):
            known = update(User).where(User.id == person.id)
            connection.execute(known.values(time_zone=zones[number], phone=f"+4530000{number:03}"))
    db.session.expire_all()


def rows() -> dict[str, list[dict[str, Any]]]:
    """All rows of the situation, without the bookkeeping."""
    found = {}
    for kind in Base.__subclasses__() + Journalled.__subclasses__():
        if not issubclass(kind, Journalled) or kind is Journalled:
            continue
        table = kind.__table__
        kept = [column for column in table.c if column.name not in kind.journal_ignored]
        statement = db.select(*kept).order_by(table.c.id)
        found[table.name] = [dict(row) for row in db.session.execute(statement).mappings()]
    return found


def told_changes(since: int) -> list[tuple[str, Any, Any]]:
    """What the journal says changed after that entry."""
    found = db.session.execute(db.select(JournalEntry).where(JournalEntry.seq > since)).scalars()
    return [(it.verb, it.changes, it.effects) for it in found if it.changes or it.effects]


def newest() -> int:
    return db.session.execute(db.select(db.func.max(JournalEntry.seq))).scalar_one() or 0


def addresses(ids: dict[str, list[Any]]) -> list[str]:
    """Every page of the product with these rows."""
    adapter, found = create_adapter(), []
    words = {"filename": ["css/mayday.css"], "name": ["edit_event"]}
    for endpoint, rule in sorted(RULES.items()):
        if "GET" not in rule.methods or endpoint.startswith("api.") or rule.websocket:
            continue
        names = sorted(rule.arguments - set(rule.defaults or {}))
        values = [ids.get(name) or words.get(name) for name in names]
        assert all(values), f"{endpoint}: give this test a value for {names}"
        found += [adapter.build(endpoint, dict(zip(names, it, strict=True))) for it in product(*values)]
    return found


def endpoint_of(form: Form) -> str:
    endpoint: str = create_adapter().match(form.path, method="POST")[0]
    return endpoint


def edits_on(answer: TestResponse) -> Iterator[Form]:
    """The forms of this answer that show what is there, to be changed."""
    if not answer.content_type.startswith("text/html"):
        return
    for form in forms_of(answer.get_data(as_text=True)):
        if form.method != "post" or not form.shown:
            continue
        endpoint = endpoint_of(form)
        if form.value("version") or endpoint not in OTHERS:
            yield form


def everybody(cast: Cast) -> list[tuple[str, FlaskClient]]:
    people = (cast.ada, cast.vic, cast.sam)
    return [*((person.role.value, person.client) for person in people), ("stranger", cast.stranger)]


def unchanged(app: Flask, form: Form, client: FlaskClient, headers: dict[str, str]) -> list[str]:
    """Send it as it came; say what went wrong."""
    with app.app_context():
        seq, before = newest(), rows()
    answer = client.post(form.action, data=form.data, headers=headers)
    if answer.status_code not in (200, 204, 303):
        return [f"answered {answer.status_code}"]
    with app.app_context():
        found, after = [], rows()
        for table, old in before.items():
            for was, now in zip(old, after[table], strict=True):
                found += [f"{table}.{k}: {was[k]!r} → {now[k]!r}" for k in was if was[k] != now[k]]
        return found + [f"journal: {told}" for told in told_changes(seq)]


@pytest.mark.slow
@both_databases
def test_sent_back_as_it_came_nothing_changes(app: Flask, cast: Cast, awkward: Awkward) -> None:
    met, wrong = set(), []
    for role, client in everybody(cast):
        for path in addresses(awkward.ids):
            plain = client.get(path)
            if plain.status_code != 200:
                continue
            for form in edits_on(plain):
                endpoint = endpoint_of(form)
                met.add((role, endpoint))
                if endpoint not in EDITS:
                    wrong.append(f"{endpoint} on {path}: does it change what is there? EDITS or OTHERS")
                    continue
                panel = client.get(path, headers=PANEL)
                again = next(it for it in edits_on(panel) if endpoint_of(it) == endpoint)
                for how, it, headers in (("plain", form, {}), ("panel", again, PANEL)):
                    said = unchanged(app, it, client, headers)
                    wrong += [f"{role} {path} {how}: {words}" for words in said]
    assert not wrong, "\n".join(wrong)
    assert {endpoint for _, endpoint in met} == EDITS
    assert {endpoint for role, endpoint in met if role == "SUV"} == {
        "accounts.edit_me",
        "devices.rename",
        "resources.offer_edit",
    }
    assert {role for role, _ in met} == {"AUTHORITY", "VC", "SUV"}


def form_for(client: FlaskClient, paths: list[str], endpoint: str) -> tuple[str, Form]:
    """The first page of these with that form, and the form."""
    for path in paths:
        answer = client.get(path)
        if answer.status_code == 200:
            for form in edits_on(answer):
                if endpoint_of(form) == endpoint:
                    return path, form
    raise AssertionError(f"no page has {endpoint}")


def typed_into(form: Form, word: str) -> Form:
    """The form after somebody wrote a word into one text, or took a tick away where there is none."""
    if not form.texts:
        left = form.sent[:-1] if word == "mine" else form.sent[:-2]
        return Form(form.action, form.method, left, form.shown)
    name = next((it for it in ("description", "units", "home_area", "notes", "name") if it in form.texts), "")
    sent = [(it, f"{value}, {word} é" if it == name else value) for it, value in form.sent]
    return Form(form.action, form.method, sent, form.shown, form.texts)


@pytest.mark.parametrize("headers", [{}, PANEL], ids=["plain", "panel"])
@pytest.mark.parametrize("endpoint", sorted(ASKING))
def test_the_page_of_two_versions_keeps_what_was_typed(
    cast: Cast, awkward: Awkward, endpoint: str, headers: dict[str, str]
) -> None:
    client, paths = cast.ada.client, addresses(awkward.ids)
    path, form = form_for(client, paths, endpoint)
    theirs, mine = typed_into(form, "theirs"), typed_into(form, "mine")
    first = client.post(theirs.action, data=theirs.data, headers=headers)
    assert first.status_code in (200, 204, 303)
    late = client.post(mine.action, data=mine.data | {"command_id": [str(uuid.uuid4())]}, headers=headers)
    assert late.status_code == 409
    shown = late.get_data(as_text=True)
    both = shown.split("choice-pair")[1].split("</section>\n</div>")[0]
    assert both.count("<dt>") == 2, "only what differs is shown, once for each side"
    again = next(it for it in forms_of(shown) if it.path == form.path)
    assert sorted(again.typed) == sorted(mine.typed)
    kept = client.post(again.action, data=again.data, headers=headers)
    assert kept.status_code in (200, 204, 303)
    _, now = form_for(client, [path], endpoint)
    assert sorted(now.typed) == sorted(mine.typed)
