"""What can be done: by the same services, rights and journal as the pages."""

from flask import Flask

from tests.api.caller import Programs
from tests.graph.asker import ask, data, new, refusal
from tests.graph.conftest import Response
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind
from webapp.journal.queries import head

REPORT = """mutation($c: UUID!, $e: EventInput!) {
  reportEvent(commandId: $c, event: $e) { id title status category priority reportedBy { name } } }"""
OPEN = "mutation($c: UUID!, $e: EventInput!) { openEvent(commandId: $c, event: $e) { id status } }"
NEED = """mutation($c: UUID!, $n: NeedInput!) {
  addNeed(commandId: $c, need: $n) { id quantity status event { needsTotal } } }"""
ALLOCATE = """mutation($c: UUID!, $n: ID!, $o: ID!, $q: Decimal!, $over: Boolean! = false) {
  allocate(commandId: $c, needId: $n, offerId: $o, quantity: $q, oversupply: $over) {
    id quantity status need { missing } offer { left owner { name } } } }"""
JOIN = """mutation($c: UUID!, $e: ID!) {
  joinEvent(commandId: $c, eventId: $e) { id status user { name } event { peopleExpected } } }"""
CHECK_IN = """mutation($c: UUID!, $a: ID!) {
  checkIn(commandId: $c, assignmentId: $a) { status checkedInAt event { peopleCheckedIn } } }"""


def entry(app: Flask) -> JournalEntry:
    """The newest entry of the journal."""
    with app.app_context():
        newest = db.select(JournalEntry).order_by(JournalEntry.seq.desc()).limit(1)
        return db.session.execute(newest).scalar_one()


def seq(app: Flask) -> int:
    with app.app_context():
        return head()


def test_anybody_reports_and_the_journal_says_who(app: Flask, programs: Programs) -> None:
    command = new()
    event = {
        "title": "Bridge down",
        "category": "TRANSPORT",
        "priority": 1,
        "latitude": 55.6,
        "longitude": 12.5,
    }
    made = data(programs.sam, REPORT, c=command, e=event)["reportEvent"]
    assert made.pop("id")
    assert made == {
        "title": "Bridge down",
        "status": "PENDING",
        "category": "TRANSPORT",
        "priority": 1,
        "reportedBy": {"name": "Sam Volunteer"},
    }
    told = entry(app)
    assert (told.verb, told.actor_id, str(told.command_id)) == (
        "event.reported",
        programs.cast.sam.id,
        command,
    )


def test_the_same_command_again_changes_nothing_and_gives_the_first_result(
    app: Flask, programs: Programs
) -> None:
    command = new()
    first = data(programs.sam, REPORT, c=command, e={"title": "Bridge down"})
    before = seq(app)
    assert data(programs.sam, REPORT, c=command, e={"title": "Bridge down"}) == first
    assert seq(app) == before
    assert refusal(programs.ada, OPEN, c=command, e={"title": "x"})["name"] == "CommandReused"


def test_only_an_authority_opens(app: Flask, programs: Programs) -> None:
    for caller in (programs.sam, programs.vic):
        before = seq(app)
        found = refusal(caller, OPEN, c=new(), e={"title": "x"})
        assert (found["name"], found["statusCode"], found["path"]) == ("Forbidden", 403, ["openEvent"])
        assert seq(app) == before
    assert data(programs.ada, OPEN, c=new(), e={"title": "x"})["openEvent"]["status"] == "ACTIVE"


def test_what_cannot_be_is_refused_with_the_field(programs: Programs) -> None:
    found = refusal(programs.sam, REPORT, c=new(), e={"title": " ", "latitude": 91.0, "longitude": 0.0})
    assert (found["name"], found["statusCode"]) == ("Invalid", 422)
    assert {it["field"] for it in found["fields"]} == {"title", "latitude"}


def test_a_coordinator_writes_a_need_and_promises_to_it(programs: Programs, response: Response) -> None:
    need = {"eventId": str(response.event_id), "resourceTypeId": str(response.type_id), "name": "More pumps"}
    need |= {"quantity": "4", "unit": "pumps"}
    assert refusal(programs.sam, NEED, c=new(), n=need)["name"] == "Forbidden"
    made = data(programs.vic, NEED, c=new(), n=need)["addNeed"]
    need_id = made.pop("id")
    assert made == {"quantity": "4", "status": "OPEN", "event": {"needsTotal": 2}}
    given = {"n": need_id, "o": str(response.offer_id), "q": "1"}
    assert refusal(programs.sam, ALLOCATE, c=new(), **given)["name"] == "Forbidden"
    allocated = data(programs.vic, ALLOCATE, c=new(), **given)["allocate"]
    assert allocated.pop("id")
    assert allocated == {
        "quantity": "1",
        "status": "RESERVED",
        "need": {"missing": "3"},
        "offer": {"left": "0", "owner": {"name": "Sue Volunteer"}},
    }
    assert refusal(programs.vic, ALLOCATE, c=new(), **given)["name"] == "NotEnough"


def test_an_amount_that_cannot_be_is_refused(programs: Programs, response: Response) -> None:
    given = {"n": str(response.need_id), "o": str(response.offer_id)}
    for amount in ("NaN", "Infinity", "-1", "0", "1e400", "0.0001", "x", "", None, [], 10**30):
        found = refusal(programs.vic, ALLOCATE, c=new(), q=amount, **given)
        assert found["name"] in ("Invalid", "BadQuery", "NotEnough"), amount


def test_a_volunteer_joins_and_checks_in_and_nobody_elses(programs: Programs, response: Response) -> None:
    joined = data(programs.sam, JOIN, c=new(), e=str(response.event_id))["joinEvent"]
    assignment = joined.pop("id")
    assert joined == {"status": "ACCEPTED", "user": {"name": "Sam Volunteer"}, "event": {"peopleExpected": 2}}
    assert refusal(programs.sue, CHECK_IN, c=new(), a=assignment)["name"] == "NotFound"
    arrived = data(programs.sam, CHECK_IN, c=new(), a=assignment)["checkIn"]
    assert arrived["checkedInAt"]
    assert (arrived["status"], arrived["event"]) == ("CHECKED_IN", {"peopleCheckedIn": 1})
    assert refusal(programs.sam, CHECK_IN, c=new(), a=assignment)["name"] == "WrongTransition"
    assert refusal(programs.vic, JOIN, c=new(), e=str(response.report_id))["name"] == "Conflict"
    assert refusal(programs.sam, JOIN, c=new(), e=str(response.report_id))["name"] == "NotFound"


def test_devices_do_what_their_kind_may(app: Flask, programs: Programs, response: Response) -> None:
    tracker = programs.device(programs.cast.ada, DeviceKind.TRACKER)
    made = data(
        tracker,
        "mutation($c: UUID!, $e: EventInput!) { reportEvent(commandId: $c, event: $e) { source } }",
        c=new(),
        e={"title": "Smoke again"},
    )
    assert made["reportEvent"]["source"] == "DEVICE"
    told = entry(app)
    assert (told.actor_kind, told.actor_id) == ("device", programs.cast.ada.id)
    assert told.device_id is not None
    assert refusal(tracker, OPEN, c=new(), e={"title": "x"})["name"] == "Forbidden"
    display = programs.device(programs.cast.ada, DeviceKind.DISPLAY)
    assert refusal(display, REPORT, c=new(), e={"title": "x"})["name"] == "Forbidden"
    phone = programs.device(programs.cast.sam, DeviceKind.PHONE)
    assert data(phone, JOIN, c=new(), e=str(response.event_id))["joinEvent"]["status"] == "ACCEPTED"


def test_deeds_are_done_in_their_order_each_by_itself(programs: Programs) -> None:
    query = """mutation($a: UUID!, $b: UUID!, $c: UUID!) {
      one: openEvent(commandId: $a, event: {title: "One"}) { title }
      two: openEvent(commandId: $b, event: {title: ""}) { title }
      three: openEvent(commandId: $c, event: {title: "Three"}) { title } }"""
    body = ask(programs.ada, query, a=new(), b=new(), c=new()).get_json()
    assert body["data"] == {"one": {"title": "One"}, "two": None, "three": {"title": "Three"}}
    assert [(error["path"], error["extensions"]["name"]) for error in body["errors"]] == [
        (["two"], "Invalid")
    ]
    titles = [it["title"] for it in data(programs.ada, "{ events { nodes { title } } }")["events"]["nodes"]]
    assert titles == ["Three", "One"]


def test_what_a_deed_gives_is_how_it_is_after_it(programs: Programs, response: Response) -> None:
    need = (
        f'{{eventId: "{response.event_id}", resourceTypeId: "{response.type_id}", name: "Pumps", quantity: 1,'
    )
    need += ' unit: "pumps"}'
    query = f"""mutation($a: UUID!, $b: UUID!) {{
      one: addNeed(commandId: $a, need: {need}) {{ event {{ needsTotal }} }}
      two: addNeed(commandId: $b, need: {need}) {{ event {{ needsTotal }} }} }}"""
    done = data(programs.vic, query, a=new(), b=new())
    assert done == {"one": {"event": {"needsTotal": 2}}, "two": {"event": {"needsTotal": 3}}}


def test_a_deed_needs_a_command_id(app: Flask, programs: Programs) -> None:
    before = seq(app)
    for command in ("", "x", "1234", None):
        assert refusal(programs.sam, REPORT, c=command, e={"title": "x"})["name"] == "BadQuery"
    assert seq(app) == before


def test_a_position_says_how_exact_it_is(programs: Programs) -> None:
    asked = OPEN.replace("status", "locationPrecision")
    place = {"title": "Flood", "latitude": 55.6, "longitude": 12.5}
    for more, known in (({}, "EXACT"), ({"locationPrecision": "TOWN"}, "TOWN")):
        made = data(programs.ada, asked, c=new(), e=place | more)["openEvent"]
        assert made["locationPrecision"] == known
