"""The journal and the numbers over the API."""

import json

from flask import Flask

from tests.api.caller import Programs
from tests.events.making import opened
from tests.resources.conftest import Response
from tests.resources.conftest import there as there  # a fixture
from tests.statements import statements
from webapp.journal.actor import DeviceKind


def test_a_program_that_keeps_the_last_seq_misses_nothing(
    app: Flask, programs: Programs, there: Response
) -> None:
    there.promise(30)
    found: list[dict[str, object]] = []
    after = "0"
    while True:
        with statements(app) as asked:
            page = programs.vic.get("/journal", after=after, limit=3).get_json()
        assert len(asked) == 2  # who asks, and the page
        found += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    seqs = [entry["seq"] for entry in found]
    assert seqs == sorted(seqs)
    last = found[-1]
    assert (last["verb"], last["text"]) == ("allocation.made", "promised 30 sandbags · filled bags")
    assert (last["actor_name"], last["user_id"]) == (programs.cast.vic.name, programs.cast.sam.id)
    there.promise(5)
    more = programs.vic.get("/journal", after=last["seq"]).get_json()["items"]
    assert [entry["verb"] for entry in more] == ["allocation.made"]
    assert programs.vic.get("/journal", after="x").status_code == 422


def test_the_journal_tells_nobody_how_to_reach_people_or_how_they_come_in(programs: Programs) -> None:
    programs.sam.patch("/users/me", {"phone": "+45 12 34 56 78", "emergency_contact": "Sol Secret"})
    programs.ada.post(f"/users/{programs.cast.sam.id}/contact")
    told = programs.ada.get("/journal", limit=100).get_json()["items"]
    text = json.dumps(told)
    for secret in ("example.org", "12345678", "Sol Secret", "mrt_"):
        assert secret not in text
    assert not {entry["verb"].partition(".")[0] for entry in told} & {"session", "token", "code", "contact"}
    changed = next(entry for entry in told if entry["verb"] == "user.edited")
    assert {"phone", "emergency_contact"} <= set(changed["changed"])


def test_the_journal_and_the_numbers_are_for_coordinators(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    phone = programs.device(programs.cast.ada, DeviceKind.PHONE)
    for path in ("/journal", f"/events/{event_id}/timeline", "/stats"):
        assert programs.vic.get(path).status_code == 200
        assert programs.sam.get(path).status_code == 403
        assert phone.get(path).status_code == 403
        assert programs.stranger.get(path).status_code == 401
    assert programs.vic.get("/events/999/timeline").status_code == 404


def test_an_events_story_goes_back_by_cursor(programs: Programs, there: Response) -> None:
    for _ in range(3):
        there.promise(1)
    path = f"/events/{there.event}/timeline"
    page = programs.vic.get(path, limit=3).get_json()
    rest = programs.vic.get(path, limit=3, after=page["next"]).get_json()
    verbs = [entry["verb"] for entry in page["items"] + rest["items"]]
    assert verbs == ["allocation.made"] * 3 + ["need.added", "event.opened"]
    assert rest["next"] is None


def test_the_numbers_are_read_from_counters_in_one_statement(
    app: Flask, programs: Programs, there: Response
) -> None:
    there.promise(40)
    programs.sam.post(f"/events/{there.event}/join", {"check_in": True})
    programs.sue.post("/events", {"title": "Smoke"})
    with statements(app) as asked:
        stats = programs.vic.get("/stats").get_json()
    assert len(asked) == 2  # who asks, and the counters
    assert stats["events"] == {"pending": 1, "active": 1, "resolved": 0, "rejected": 0}
    assert (stats["needs"]["met"], stats["unmet_needs"]) == (1, 0)
    assert (stats["offers"]["available"], stats["allocations"]["reserved"]) == (1, 1)
    assert (stats["assignments"]["checked_in"], stats["people"]["assigned"]) == (1, 1)
    assert (stats["devices"]["active"], stats["silent_devices"]) == (0, 0)


def test_a_volunteer_sees_their_own_hours(app: Flask, programs: Programs) -> None:
    event_id = opened(app, programs.cast.ada)
    assert programs.sam.get("/stats/me").get_json() == {"seconds": 0, "assignments": 0, "events": []}
    joined = programs.sam.post(f"/events/{event_id}/join", {"check_in": True}).get_json()
    programs.sam.post(f"/assignments/{joined['id']}/check-out")
    hours = programs.sam.get("/stats/me").get_json()
    assert hours["assignments"] == 1
    assert [(one["event_id"], one["event_title"]) for one in hours["events"]] == [(event_id, "Flood")]
    assert hours["seconds"] == hours["events"][0]["seconds"] >= 0
    assert programs.device(programs.cast.sam, DeviceKind.PHONE).get("/stats/me").get_json() == hours
    assert programs.sue.get("/stats/me").get_json()["assignments"] == 0
