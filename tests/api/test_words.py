"""A field that cannot be accepted is named with words for people, never with those of a library."""

from typing import Any

import pytest

from tests.api.caller import Programs

GOOD: dict[str, Any] = {"title": "Flood"}


def errors_of(programs: Programs, body: dict[str, Any]) -> dict[str, str]:
    answer = programs.ada.post("/events", body)
    assert answer.status_code == 422
    found = answer.get_json()
    assert found["name"] == "Invalid"
    return {error["field"]: error["message"] for error in found["data"]["errors"]}


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"title": None}, "title", "This must be a text."),
        ({"title": 5}, "title", "This must be a text."),
        ({"title": " "}, "title", "Write something here."),
        ({"title": "x" * 5000}, "title", "Use at most"),
        ({"title": "a\x07b"}, "title", "This has control characters."),
        ({"priority": 0}, "priority", "This must be at least 1."),
        ({"priority": 6}, "priority", "This must be at most 5."),
        ({"priority": "2"}, "priority", "This must be a whole number."),
        ({"priority": 2.5}, "priority", "This must be a whole number."),
        ({"priority": True}, "priority", "This must be a whole number."),
        ({"category": "Weather"}, "category", "This must be one of: Geo, Met,"),
        ({"location": []}, "location", "This must be an object, with names and values."),
        ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude", "This must be at most 90"),
        ({"location": {"latitude": "x", "longitude": 0}}, "location.latitude", "This must be a number."),
        ({"location": {"latitude": 1}}, "location", "Give both latitude and longitude, or neither."),
        ({"tilte": "Flood"}, "tilte", "There is no such field here."),
    ],
)
def test_each_field_says_what_would_be_right(
    programs: Programs, wrong: dict[str, Any], field: str, words: str
) -> None:
    found = errors_of(programs, GOOD | wrong)
    assert list(found) == [field]
    assert found[field].startswith(words)
    assert found[field].endswith((".", "/api/docs."))


def test_what_is_missing_is_named_and_everything_wrong_at_once(programs: Programs) -> None:
    found = errors_of(programs, {"priority": 9, "kind": 1})
    assert found["title"] == "This is needed."
    assert set(found) == {"title", "priority", "kind"}


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"limit": "x"}, "limit", "This must be a whole number."),
        ({"limit": "0"}, "limit", "This must be at least 1."),
        ({"limit": "101"}, "limit", "This must be at most 100."),
        ({"status": "open"}, "status", "This must be one of: pending, active, resolved, rejected."),
        ({"latitude": "1"}, "body", "Give both latitude and longitude, or neither."),
        ({"page": "2"}, "page", "There is no such field here."),
        ({"limit": "9" * 5000}, "limit", "This number is too large."),
    ],
)
def test_the_same_of_what_stands_in_the_address(
    programs: Programs, query: dict[str, str], field: str, words: str
) -> None:
    answer = programs.ada.get("/events", **query)
    assert answer.status_code == 422
    (error,) = answer.get_json()["data"]["errors"]
    assert error["field"] == field
    assert error["message"].startswith(words)


def test_no_library_speaks(programs: Programs) -> None:
    for wrong in ({"title": {}}, {"title": "\ud800"}, {"parent_id": 2**70}, {"source_ref": []}):
        for message in errors_of(programs, GOOD | wrong).values():
            for term in ("Input should", "Value error", "valid ", "unable to parse", "permitted"):
                assert term not in message


@pytest.mark.parametrize("moment", [0, "0", 1.5, True, "2026-11-21", "2026-11-21T03:12:45", "soon", ["x"]])
def test_a_moment_has_its_day_and_its_zone(programs: Programs, moment: object) -> None:
    item = {"id": 1, "state": "delivered", "at": moment}
    answer = programs.sam.post("/mailbox/acks", {"items": [item]})
    (error,) = answer.get_json()["data"]["errors"]
    assert error["field"] == "items.0.at"
    assert "zone" in error["message"]
