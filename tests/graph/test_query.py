"""What can be asked, and who is told what."""

import pytest

from tests.api.caller import Programs
from tests.conftest import both_databases
from tests.graph.asker import ask, data, refusal
from tests.graph.conftest import Response
from webapp.journal.actor import DeviceKind

EVERYTHING = """
{ events { nodes { id title status priority reportedBy { name } parent { id }
    needs { name quantity unit missing resourceType { code } event { id }
      allocations { quantity status event { title } need { id } offer { name left owner { name } } } }
    people { assignmentId name task status user { name role } } } pageInfo { hasNextPage endCursor } } }
"""


def test_a_coordinator_sees_the_whole_response(programs: Programs, response: Response) -> None:
    active, report = data(programs.vic, EVERYTHING)["events"]["nodes"]
    assert (active["title"], active["status"], active["reportedBy"]) == ("Cellar flooded", "ACTIVE", None)
    assert (report["title"], report["status"], report["reportedBy"]) == (
        "Smoke",
        "PENDING",
        {"name": "Sue Volunteer"},
    )
    assert active["needs"] == [
        {
            "name": "Pumps",
            "quantity": "5",
            "unit": "pumps",
            "missing": "3",
            "resourceType": {"code": "equipment.pump"},
            "event": {"id": str(response.event_id)},
            "allocations": [
                {
                    "quantity": "2",
                    "status": "RESERVED",
                    "event": {"title": "Cellar flooded"},
                    "need": {"id": str(response.need_id)},
                    "offer": {"name": "Sue's pumps", "left": "1", "owner": {"name": "Sue Volunteer"}},
                }
            ],
        }
    ]
    assert active["people"] == [
        {
            "assignmentId": str(response.assignment_id),
            "name": "Sue Volunteer",
            "task": "",
            "status": "ACCEPTED",
            "user": {"name": "Sue Volunteer", "role": "SUV"},
        }
    ]


def test_a_volunteer_with_no_part_in_it_sees_the_needs_and_nobody(
    programs: Programs, response: Response
) -> None:
    (only,) = data(programs.sam, EVERYTHING)["events"]["nodes"]
    assert only["title"] == "Cellar flooded"
    assert [need["allocations"] for need in only["needs"]] == [[]]
    assert only["people"] == []


def test_a_volunteer_on_the_event_sees_first_names(programs: Programs, response: Response) -> None:
    vera = data(
        programs.vera,
        "mutation($c: UUID!, $e: ID!) { joinEvent(commandId: $c, eventId: $e) { id } }",
        c="1f0cbb9e-0ac3-4b7c-b47c-6b1f6b1b6b10",
        e=str(response.event_id),
    )
    assert vera["joinEvent"]
    events = data(programs.sue, EVERYTHING)["events"]["nodes"]
    assert [event["title"] for event in events] == ["Cellar flooded", "Smoke"]
    people = {it["name"]: it["user"] for it in events[0]["people"]}
    assert people == {"Sue": {"name": "Sue Volunteer", "role": "SUV"}, "Vera": None}
    # What she gives, she sees where it went.
    assert events[0]["needs"][0]["allocations"][0]["offer"]["owner"] == {"name": "Sue Volunteer"}


def test_an_event_that_is_not_ones_own_to_see_is_not_there(programs: Programs, response: Response) -> None:
    query = "query($id: ID!) { event(id: $id) { title } }"
    assert data(programs.sue, query, id=str(response.report_id)) == {"event": {"title": "Smoke"}}
    for hidden in (str(response.report_id), "9999", "0", "x", "9" * 30, "-1"):
        found = refusal(programs.sam, query, id=hidden)
        assert (found["name"], found["statusCode"], found["path"]) == ("NotFound", 404, ["event"])


LISTS = ("offers", "allocations", "assignments", "devices")


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_ones_own_and_for_coordinators_all(
    programs: Programs, response: Response, name: str
) -> None:
    device = programs.device(programs.cast.sue, DeviceKind.PHONE)
    assert device.token
    query = f"{{ {name} {{ nodes {{ id }} }} }}"
    for caller, count in ((programs.sue, 1), (programs.sam, 0), (programs.vic, 1), (programs.ada, 1)):
        assert len(data(caller, query)[name]["nodes"]) == count


@pytest.mark.parametrize("name", ["users", "journal"])
def test_people_and_the_journal_are_for_coordinators(
    programs: Programs, response: Response, name: str
) -> None:
    field = {"users": "id", "journal": "seq"}[name]
    query = f"{{ {name} {{ nodes {{ {field} }} }} events {{ nodes {{ title }} }} }}"
    body = ask(programs.sam, query).get_json()
    assert body["data"][name] is None
    assert len(body["data"]["events"]["nodes"]) == 1
    assert [error["extensions"]["name"] for error in body["errors"]] == ["Forbidden"]
    for caller in (programs.vic, programs.ada):
        assert len(data(caller, query)[name]["nodes"]) > 3


def test_people_are_found_by_name_and_never_by_what_they_can_be_reached_by(programs: Programs) -> None:
    query = "query($t: String!) { users(text: $t) { nodes { name skills } } }"
    names = [it["name"] for it in data(programs.vic, query, t="volunteer")["users"]["nodes"]]
    assert names == ["Sam Volunteer", "Sue Volunteer"]
    assert data(programs.vic, query, t="example.org")["users"]["nodes"] == []


def test_contact_details_are_told_to_oneself_only(programs: Programs) -> None:
    me = data(programs.sam, "{ me { email phone user { name role } } }")["me"]
    assert me["email"].startswith("sam.")
    assert me["user"] == {"name": "Sam Volunteer", "role": "SUV"}
    for field in ("email", "phone", "emergencyContact", "notes", "passwordHash"):
        found = refusal(programs.ada, f"{{ users {{ nodes {{ {field} }} }} }}")
        assert found["name"] == "BadQuery"
        assert found["message"] == f"Cannot query field '{field}' on type 'User'."


def test_the_journal_tells_who_did_what_where(programs: Programs, response: Response) -> None:
    query = """query($e: ID!) { journal(eventId: $e, first: 100) {
      nodes { seq verb actorKind actor { name } user { name } event { title } facts changed } } }"""
    entries = data(programs.vic, query, e=str(response.event_id))["journal"]["nodes"]
    assert [entry["verb"] for entry in entries] == [
        "assignment.accepted",
        "allocation.made",
        "need.added",
        "event.opened",
    ]
    assert entries[0]["actor"] == entries[0]["user"] == {"name": "Sue Volunteer"}
    assert entries[1]["actorKind"] == "SYSTEM"
    assert entries[1]["facts"]["quantity"] == "2"
    assert all(entry["event"] == {"title": "Cellar flooded"} for entry in entries)


def test_a_wall_display_sees_active_events_and_needs_only(programs: Programs, response: Response) -> None:
    display = programs.device(programs.cast.ada, DeviceKind.DISPLAY)
    (only,) = data(display, EVERYTHING)["events"]["nodes"]
    assert (only["people"], only["needs"][0]["allocations"]) == ([], [])
    for name in (*LISTS, "users", "journal"):
        field = "seq" if name == "journal" else "id"
        assert refusal(display, f"{{ {name} {{ nodes {{ {field} }} }} }}")["name"] == "Forbidden"
    assert refusal(display, "{ me { email } }")["name"] in ("Forbidden", "NotFound")


def test_a_tracker_sees_nothing_of_the_situation(programs: Programs, response: Response) -> None:
    tracker = programs.device(programs.cast.ada, DeviceKind.TRACKER)
    for query in ("{ events { nodes { id } } }", "{ needs { nodes { id } } }", "{ resourceTypes { id } }"):
        assert refusal(tracker, query)["name"] == "Forbidden"


PAGED = {
    "events": "id",
    "needs": "id",
    "offers": "id",
    "allocations": "id",
    "assignments": "id",
    "users": "id",
    "devices": "id",
    "journal": "seq",
}


@pytest.mark.parametrize("name", PAGED)
def test_lists_go_on_by_key_until_their_end(programs: Programs, response: Response, name: str) -> None:
    programs.device(programs.cast.sue, DeviceKind.PHONE)
    field = PAGED[name]
    query = f"""query($f: Int!, $a: String) {{ {name}(first: $f, after: $a) {{
      nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    whole = [it[field] for it in data(programs.ada, query, f=100, a=None)[name]["nodes"]]
    found, after = [], None
    while True:
        page = data(programs.ada, query, f=1, a=after)[name]
        found += [it[field] for it in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole != []


@pytest.mark.parametrize("name", PAGED)
def test_a_cursor_that_is_none_is_refused(programs: Programs, name: str) -> None:
    query = f"query($a: String) {{ {name}(after: $a) {{ nodes {{ __typename }} }} }}"
    for cursor in ("x", "0-0", "' OR 1=1", "9" * 40):
        assert refusal(programs.ada, query, a=cursor)["name"] == "NotFound"


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
def test_a_page_has_one_to_a_hundred(programs: Programs, response: Response, first: int) -> None:
    for query in (
        f"{{ events(first: {first}) {{ nodes {{ id }} }} }}",
        f"{{ events(first: 1) {{ nodes {{ needs(first: {first}) {{ id }} }} }} }}",
    ):
        found = refusal(programs.ada, query)
        assert (found["name"], found["fields"][0]["field"]) == ("Invalid", "first")


def test_filters_narrow_lists(programs: Programs, response: Response) -> None:
    event = str(response.event_id)
    assert data(programs.ada, '{ events(text: "cellar") { nodes { id } } }')["events"]["nodes"] == [
        {"id": event}
    ]
    for query in (
        "{ events(status: RESOLVED) { nodes { id } } }",
        "{ events(category: FIRE) { nodes { id } } }",
        "{ events(priority: 5) { nodes { id } } }",
        "{ needs(status: MET) { nodes { id } } }",
        '{ needs(eventId: "999") { nodes { id } } }',
        "{ offers(status: WITHDRAWN) { nodes { id } } }",
        "{ allocations(status: RETURNED) { nodes { id } } }",
        '{ assignments(userId: "999") { nodes { id } } }',
        "{ assignments(status: NO_CONTACT) { nodes { id } } }",
        "{ devices(status: REVOKED) { nodes { id } } }",
        '{ users(role: VC, text: "Sam") { nodes { id } } }',
    ):
        (found,) = data(programs.ada, query).values()
        assert found["nodes"] == [], query


@both_databases
@pytest.mark.parametrize("priority", [0, 6, -1, 1401124])
def test_a_priority_that_is_none_is_refused_in_words(programs: Programs, priority: int) -> None:
    answer = ask(programs.ada, f"{{ events(priority: {priority}) {{ nodes {{ id }} }} }}").get_json()
    assert answer["errors"][0]["extensions"]["statusCode"] == 422
    assert "1 to 5" in answer["errors"][0]["message"]
