"""A situation to export, made through the services; exports as people ask for them; files to import."""

import csv
import io
import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.people import Person
from webapp.events import service as events
from webapp.events.models import Category, Event, Severity
from webapp.extensions import db
from webapp.journal import SYSTEM, JournalEntry
from webapp.resources import service as resources
from webapp.resources.models import ResourceType

Rows = list[dict[str, str]]


def type_id(code: str) -> int:
    """The number of a resource type."""
    found: int = db.session.execute(db.select(ResourceType.id).where(ResourceType.code == code)).scalar_one()
    return found


def event(app: Flask, person: Person, title: str = "Flood", **fields: Any) -> int:
    """An active event."""
    with app.app_context():
        return events.open_event(person.actor, title=title, **fields).id


def need(app: Flask, person: Person, event_id: int, name: str = "Pumps", **fields: Any) -> int:
    """A need of pumps."""
    with app.app_context():
        values: dict[str, Any] = {"quantity": 5, "unit": "pumps"} | fields
        kind = type_id(values.pop("code", "equipment.pump"))
        return resources.add_need(
            person.actor, event_id=event_id, resource_type_id=kind, name=name, **values
        ).id


def offer(app: Flask, person: Person, name: str = "My pump", **fields: Any) -> int:
    """An offer of a pump."""
    with app.app_context():
        values: dict[str, Any] = {"quantity": 1, "unit": "pumps"} | fields
        kind = type_id(values.pop("code", "equipment.pump"))
        return resources.make_offer(person.actor, resource_type_id=kind, name=name, **values).id


def flood(app: Flask, person: Person, **fields: Any) -> int:
    """An event that says something in each of its columns."""
    values: dict[str, Any] = {
        "title": "Cellar flooded; “Vesterbro”, north",
        "description": "Two\nlines, and a comma",
        "category": Category.MET,
        "kind": "flood",
        "priority": 2,
        "severity": Severity.SEVERE,
        "latitude": 55.672341,
        "longitude": -12.554321,
        "address": "Istedgade 1",
        "place_name": "Vesterbro",
        "tags": ["2b. Water | Eau", "a; b", "back\\slash"],
    }
    return event(app, person, **(values | fields))


def export(
    person: Person, table: str, form: str = "csv", *, contacts: bool = False, query: str = ""
) -> TestResponse:
    """Ask for an export by the form of its page."""
    data = {"format": form} | ({"contacts": "y"} if contacts else {})
    return person.post(f"/exports/{table}{query}", data)


def text_of(answer: TestResponse) -> str:
    """The file that came; its mark of the byte order is looked for and taken off where it is CSV."""
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    text = answer.get_data().decode()
    if "csv" in answer.content_type:
        assert text.startswith("\ufeff")
        return text[1:]
    return text


def rows_of(answer: TestResponse) -> Rows:
    """The rows of a CSV export."""
    return list(csv.DictReader(io.StringIO(text_of(answer))))


def features_of(answer: TestResponse) -> list[dict[str, Any]]:
    """The features of a GeoJSON export."""
    found = json.loads(text_of(answer))
    assert found["type"] == "FeatureCollection"
    return list(found["features"])


def entries(app: Flask, verb: str) -> list[JournalEntry]:
    """What the journal has of a verb, oldest first."""
    with app.app_context():
        statement = db.select(JournalEntry).where(JournalEntry.verb == verb).order_by(JournalEntry.seq)
        return list(db.session.execute(statement).scalars())


def many_events(app: Flask, count: int) -> None:
    """So many pending events, in one transaction."""
    from webapp import journal

    @journal.command
    def report(_actor: Any) -> None:
        made = [Event(title=f"Report {n}", source_ref=f"many:{n}") for n in range(count)]
        db.session.add_all(made)
        db.session.flush()
        journal.append("event.reported", made[0], count=count)

    with app.app_context():
        report(SYSTEM)


def as_table(*rows: dict[str, Any], delimiter: str = ",") -> str:
    """Rows as a CSV text; the columns are those of all rows, in their order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_features(*features: tuple[Any, dict[str, Any]]) -> str:
    """Geometries and properties as GeoJSON."""
    made = [{"type": "Feature", "geometry": where, "properties": said} for where, said in features]
    return json.dumps({"type": "FeatureCollection", "features": made})
