"""CAP documents for tests: a good alert with some of its parts replaced, and looks at what came of them."""

import os
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from lxml import etree

from tests.interchange.conftest import ROOT
from webapp.cap.models import CapAlert
from webapp.cap.schema import NAMESPACE
from webapp.events.models import Event
from webapp.extensions import db

SENDER = "warning@met.example"
AREA = "<area><areaDesc>Harbour district</areaDesc><circle>55.68,12.6 3</circle></area>"


def info(language: str = "en-GB", area: str = AREA, more: str = "", **values: str) -> str:
    """An info block; ``values`` replace its simple elements, an empty one leaves the element out."""
    good = {
        "language": language,
        "category": "Met",
        "event": "Storm surge",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Likely",
        "senderName": "Met Office",
        "headline": "Water two metres above normal",
        "description": "The harbour floods from 18:00.",
        "instruction": "Leave the quays.",
    }
    return f"<info>{_elements(good | values)}{more}{area}</info>"


def alert(*infos: str, references: list[str] | None = None, **values: str) -> str:
    """An alert; ``references`` are names as `name` gives them."""
    head = {
        "identifier": "A1",
        "sender": SENDER,
        "sent": "2026-03-01T10:00:00+01:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "note": "",
        "references": " ".join(references or []),
    }
    return f'<alert xmlns="{NAMESPACE}">{_elements(head | values)}{"".join(infos)}</alert>'


def good(**values: str) -> str:
    """A whole alert with one info block."""
    return alert(info(), **values)


def name(identifier: str = "A1", sent: str = "2026-03-01T10:00:00+01:00", sender: str = SENDER) -> str:
    """How other messages refer to it."""
    return f"{sender},{identifier},{sent}"


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items() if value)


def saved(folder: Path, document: str | bytes, called: str = "alert.xml") -> Path:
    """The document as a file."""
    path = folder / called
    path.write_bytes(document.encode() if isinstance(document, str) else document)
    return path


def events(app: Flask) -> list[Event]:
    """All events, the oldest first."""
    with app.app_context():
        return list(db.session.execute(db.select(Event).order_by(Event.id)).scalars())


def alerts(app: Flask) -> list[CapAlert]:
    """All rows of messages, the oldest first."""
    with app.app_context():
        return list(db.session.execute(db.select(CapAlert).order_by(CapAlert.id)).scalars())


def tree(document: bytes | str) -> Any:
    """The document as nested names and texts: equal for equal alerts, however they are laid out."""
    parser = etree.XMLParser(remove_comments=True)
    root = etree.fromstring(document.encode() if isinstance(document, str) else document, parser)
    return _tree(root)


def _tree(node: Any) -> Any:
    return (node.tag, (node.text or "").strip(), [_tree(child) for child in node])


def oasis_schema() -> etree.XMLSchema:
    """The schema of the standard, where the folder of real data has it."""
    folder = Path(os.environ.get("MAYDAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "cap" / "CAP-v1.2.xsd"
    if not path.exists():
        pytest.skip("the CAP schema is not there; set MAYDAY_SHARED_DATA to the folder that has it")
    return etree.XMLSchema(etree.parse(str(path)))


def cancel_of(document: str) -> str:
    """What the sender of the alert "A1" says when it is over."""
    taken_back = alert(
        identifier="A9",
        msgType="Cancel",
        sent="2026-03-01T18:00:00+01:00",
        note="It is over.",
        references=[name()],
    )
    assert "A1" in document
    return taken_back
