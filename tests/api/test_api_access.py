"""Each role and each kind of device against each operation, as the table of who may do what says.

The table is written by hand from the domain's table, not derived from the policy. Programs bear tokens; what
they ask about is Sue's, who is none of them. Sam (the volunteer) owns the devices.
"""

import uuid
from dataclasses import asdict
from typing import Any

import pytest
from flask import Flask

from tests.api.caller import PREFIX, Caller, Programs
from tests.people import Cast
from tests.test_access import RULES, Things, make_things
from webapp.access import action_of
from webapp.api.describing import document
from webapp.api.operation import declared
from webapp.journal.actor import DeviceKind
from webapp.journal.queries import head
from webapp.policy import OPEN_TO_ALL

PHONE = frozenset({"phone"})
READERS = frozenset({"phone", "gateway", "display"})
REPORTERS = frozenset({"phone", "gateway", "tracker"})
DEVICES = READERS | REPORTERS
PEOPLE = frozenset({"SUV", "VC", "AUTHORITY"})
COORDINATORS = frozenset({"VC", "AUTHORITY"})
AUTHORITY = frozenset({"AUTHORITY"})
EVERYBODY = sorted(PEOPLE | DEVICES | {"stranger"})

# operation: who may, when the thing is somebody else's.
WHO = {
    "whoami": PEOPLE | DEVICES,
    "sign_out_everywhere": PEOPLE,
    "list_users": COORDINATORS,
    "show_user": COORDINATORS,
    "show_me": PEOPLE,
    "edit_me": PEOPLE,
    "set_my_status": PEOPLE,
    "change_role": AUTHORITY,
    "deactivate_user": AUTHORITY,
    "reactivate_user": AUTHORITY,
    # A coordinator only while the person is on an event that the coordinator works on.
    "look_at_contact": AUTHORITY,
    "list_events": PEOPLE | READERS,
    "show_event": PEOPLE | READERS,
    "make_event": PEOPLE | REPORTERS,
    "ingest_event": PEOPLE | REPORTERS,
    "edit_event": COORDINATORS,
    "verify_event": AUTHORITY,
    "reject_event": AUTHORITY,
    "close_event": AUTHORITY,
    "reopen_event": AUTHORITY,
    "list_resource_types": PEOPLE | READERS,
    "list_needs": PEOPLE | READERS,
    "list_unmet_needs": PEOPLE | READERS,
    "list_needs_of_event": PEOPLE | READERS,
    "show_need": PEOPLE | READERS,
    "add_need": COORDINATORS,
    "edit_need": COORDINATORS,
    "cancel_need": COORDINATORS,
    "list_offers": PEOPLE,
    "show_offer": COORDINATORS,
    "make_offer": PEOPLE,
    "edit_offer": COORDINATORS,
    "withdraw_offer": COORDINATORS,
    "set_offer_out_of_service": COORDINATORS,
    "set_offer_back_in_service": COORDINATORS,
    "list_allocations": PEOPLE,
    "show_allocation": COORDINATORS,
    "allocate": COORDINATORS,
    "dispatch_allocation": COORDINATORS,
    "deliver_allocation": COORDINATORS,
    "return_allocation": COORDINATORS,
    "release_allocation": COORDINATORS,
    "list_assignments": PEOPLE | PHONE,
    "show_assignment": COORDINATORS,
    "list_people_of_event": PEOPLE,
    "join_event": PEOPLE | PHONE,
    "assign": COORDINATORS,
    "approve_assignment": COORDINATORS,
    "accept_assignment": COORDINATORS,
    "decline_assignment": COORDINATORS,
    "check_in": COORDINATORS,
    "check_out": COORDINATORS,
    "confirm_presence": COORDINATORS,
    "correct_times": COORDINATORS,
    "mark_no_contact": COORDINATORS,
    "cancel_assignment": COORDINATORS,
    "show_my_hours": PEOPLE | PHONE,
    "search_places": PEOPLE,
    "show_stats": COORDINATORS,
    "read_journal": COORDINATORS,
    "show_timeline": COORDINATORS,
    "list_devices": PEOPLE,
    "begin_pairing": PEOPLE,
    "show_device": COORDINATORS,
    "renew_code": AUTHORITY,
    "rename_device": AUTHORITY,
    "revoke_device": COORDINATORS,
    "show_own_device": DEVICES,
    "beat": DEVICES,
    "report": DEVICES,
    "list_messages": PEOPLE | REPORTERS,
    "show_message": COORDINATORS,
    "send_message": COORDINATORS,
    "fetch_mailbox": PEOPLE | DEVICES,
    "acknowledge": PEOPLE | DEVICES,
}
# What lets somebody in asks for no token.
OPEN = frozenset({"openapi", "register", "sign_in", "refresh", "revoke", "pair_device"})
# What ends an asker's own rights comes last.
LAST = ("", "deactivate_user", "sign_out_everywhere")


class Asker:
    """One program of each sort, and the things that they ask about."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.things = app, make_things(app, cast)
        programs = Programs(cast)
        self.callers: dict[str, Caller] = {"stranger": programs.stranger, "SUV": programs.sam}
        self.callers |= {"VC": programs.vera, "AUTHORITY": programs.ada}
        self.callers |= {kind.value: programs.device(cast.sam, kind) for kind in DeviceKind}
        with app.app_context():
            self.examples = examples()

    def ask(self, who: str, name: str) -> int:
        """The answer's status."""
        known = asdict(self.things)
        rule = RULES[f"api.{name}"]
        path = rule.build({argument: known[argument] for argument in rule.arguments})[1]  # type: ignore[index]
        method = declared[name].method
        caller = self.callers[who]
        headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
        headers["Idempotency-Key"] = str(uuid.uuid4())
        if declared[name].conditional:
            headers["If-Match"] = self._etag(caller, path)
        answer = caller.client.open(
            path,
            method=method,
            json=self._body(name) if method != "GET" else None,
            query_string={"q": "Oslo"} if name == "search_places" else None,
            headers=headers,
        )
        return answer.status_code

    def _etag(self, caller: Caller, path: str) -> str:
        """As somebody who may read it has it, so that the right alone decides."""
        reader = caller if path.endswith("/me") else self.callers["AUTHORITY"]
        shown = path.removeprefix(PREFIX).removesuffix("/role")
        return reader.get(shown).headers.get("ETag", '"user-1-v1"')

    def _body(self, name: str) -> dict[str, Any] | None:
        return own_bodies(self.things).get(name, self.examples.get(name))


def own_bodies(things: Things) -> dict[str, dict[str, Any]]:
    """What is sent where the document's example names things that are not there."""
    pumps = {"resource_type_id": things.type_id, "name": "Pumps", "quantity": 1, "unit": "pumps"}
    return {
        "add_need": pumps,
        "make_offer": pumps,
        "edit_need": {"name": "Pumps, large"},
        "edit_offer": {"name": "Pumps, small"},
        "reject_event": {"reason": "False"},
        "allocate": {"need_id": things.need_id, "offer_id": things.offer_id, "quantity": 1},
        "assign": {"user_id": things.user_id},
        "join_event": {},
        "send_message": {"audience": {"kind": "event", "event_id": things.event_id}, "body": "Come"},
        "acknowledge": {"acks": [{"id": 1, "state": "delivered"}]},
    }


def examples() -> dict[str, dict[str, Any]]:
    """The example of each operation's request, from the document."""
    found = {}
    for operations in document()["paths"].values():
        for about in operations.values():
            body = about.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body:
                found[about["operationId"]] = body["example"]
    return found


@pytest.fixture
def asker(app: Flask, cast: Cast) -> Asker:
    """Programs and devices, and things that are none of theirs."""
    return Asker(app, cast)


def test_every_operation_is_in_the_table_and_declares_its_action(app: Flask) -> None:
    operations = {endpoint.removeprefix("api.") for endpoint in RULES if endpoint.startswith("api.")}
    assert operations - set(WHO) - OPEN == set()
    assert (set(WHO) | OPEN) - operations == set()
    opened = {name for name in operations if action_of(app, f"api.{name}") in OPEN_TO_ALL}
    assert opened == OPEN


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_not_is_refused_and_nothing_happens(app: Flask, asker: Asker, who: str) -> None:
    with app.app_context():
        before = head()
    expected = (401,) if who == "stranger" else (403, 404)
    let_in = {
        name: status
        for name, allowed in WHO.items()
        if who not in allowed and (status := asker.ask(who, name)) not in expected
    }
    assert let_in == {}
    with app.app_context():
        assert head() == before, "a refused request left an entry"


@pytest.mark.parametrize("who", sorted(PEOPLE | DEVICES))
def test_who_may_is_let_in(asker: Asker, who: str) -> None:
    mine = [name for name, allowed in WHO.items() if who in allowed]
    mine.sort(key=lambda name: (LAST.index(name) if name in LAST else 0, declared[name].method != "GET"))
    refused = {name: status for name in mine if (status := asker.ask(who, name)) in (401, 403, 404, 405, 500)}
    assert refused == {}
