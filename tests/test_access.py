"""Each role against each route, as the table of who may do what says; a new route must be added here.

The table below is written by hand from the domain's table, not derived from the policy: what it says is
asked of every route with things that exist and belong to somebody else.
"""

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.api.caller import paired
from tests.attachments.making import picture
from tests.conftest import settings_for
from tests.people import Cast, Person
from webapp import create_app
from webapp.access import action_of
from webapp.accounts import invitations
from webapp.attachments import service as attachments
from webapp.events import service as events
from webapp.events.models import Visibility
from webapp.extensions import db
from webapp.feeds import service as feeds
from webapp.jobs.service import enqueue
from webapp.journal import SYSTEM, Role
from webapp.journal.actor import DeviceKind
from webapp.journal.queries import head
from webapp.messages import service as messages
from webapp.messages.audience import Audience
from webapp.messages.models import AudienceKind
from webapp.policy import OPEN_TO_ALL
from webapp.resources import allocating
from webapp.resources import service as resources
from webapp.resources.models import ResourceType
from webapp.volunteers import service as volunteers
from webapp.webhooks import service as webhooks
from webapp.webhooks.models import Delivery, DeliveryStatus

ANYBODY = frozenset({"stranger", "SUV", "VC", "AUTHORITY"})
SIGNED_IN = frozenset({"SUV", "VC", "AUTHORITY"})
COORDINATORS = frozenset({"VC", "AUTHORITY"})
AUTHORITY = frozenset({"AUTHORITY"})

# endpoint: who may, when the thing is somebody else's. SUV is a volunteer with no part in it.
WHO = {
    "accounts.accept_invitation": ANYBODY,
    "accounts.add_my_skill": SIGNED_IN,
    "accounts.arrive": ANYBODY,
    "accounts.ask_erasure": SIGNED_IN,
    "accounts.change_password": SIGNED_IN,
    "accounts.change_role": AUTHORITY,
    "accounts.code_written": SIGNED_IN,
    # A coordinator only while the person is on an event that the coordinator works on.
    "accounts.contact": AUTHORITY,
    "accounts.deactivate": AUTHORITY,
    "accounts.edit_me": SIGNED_IN,
    "accounts.end_other_sessions": SIGNED_IN,
    "accounts.enter": ANYBODY,
    "accounts.enter_by_link": ANYBODY,
    "accounts.erase": AUTHORITY,
    "accounts.invitation": ANYBODY,
    "accounts.invitation_picture": ANYBODY,
    "accounts.invite": COORDINATORS,
    "accounts.join": ANYBODY,
    "accounts.join_picture": COORDINATORS,
    "accounts.join_poster": COORDINATORS,
    "accounts.link": ANYBODY,
    "accounts.make_code": COORDINATORS,
    "accounts.make_invitation": COORDINATORS,
    "accounts.me": SIGNED_IN,
    "accounts.my_code": SIGNED_IN,
    "accounts.my_data": SIGNED_IN,
    "accounts.password": SIGNED_IN,
    "accounts.provider_back": ANYBODY,
    "accounts.provider_link": ANYBODY,
    "accounts.provider_linked": ANYBODY,
    "accounts.provider_new": ANYBODY,
    "accounts.provider_signed_up": ANYBODY,
    "accounts.provider_start": ANYBODY,
    "accounts.reactivate": AUTHORITY,
    "accounts.register": ANYBODY,
    "accounts.renew_my_code": SIGNED_IN,
    "accounts.revoke_invitation": COORDINATORS,
    "accounts.set_my_status": SIGNED_IN,
    "accounts.sign_in": ANYBODY,
    "accounts.sign_out": SIGNED_IN,
    "accounts.sign_up": ANYBODY,
    "accounts.user": AUTHORITY,
    "accounts.users": AUTHORITY,
    "api_docs.index": ANYBODY,
    "api_docs.show": ANYBODY,
    "attachments.add": COORDINATORS,
    "attachments.original": SIGNED_IN,
    "attachments.remove": COORDINATORS,
    "attachments.show": SIGNED_IN,
    "attachments.small": SIGNED_IN,
    "board.show": COORDINATORS,
    "calendars.end": SIGNED_IN,
    "calendars.feed": ANYBODY,
    "calendars.make": SIGNED_IN,
    "calendars.show": SIGNED_IN,
    # The event of this test is public; of others `interchange/test_cap_out.py` asks.
    "cap.show": ANYBODY,
    "events.close": AUTHORITY,
    "events.edit": COORDINATORS,
    "events.index": SIGNED_IN,
    "events.new": SIGNED_IN,
    "events.reject": AUTHORITY,
    "events.reopen": AUTHORITY,
    "events.show": SIGNED_IN,
    "events.verify": AUTHORITY,
    "exports.show": COORDINATORS,
    "graph.ask": SIGNED_IN,
    "health.live": ANYBODY,
    "health.ready": ANYBODY,
    "home": ANYBODY,
    "imports.begin": COORDINATORS,
    "imports.look": COORDINATORS,
    "imports.alert": AUTHORITY,
    "imports.needs": COORDINATORS,
    "imports.reports": AUTHORITY,
    "imports.show": COORDINATORS,
    "imports.tables": COORDINATORS,
    "jobs.backup": AUTHORITY,
    "jobs.index": AUTHORITY,
    "jobs.show": AUTHORITY,
    "jobs.step": AUTHORITY,
    "places.search": SIGNED_IN,
    "public.feed": ANYBODY,
    "public.index": ANYBODY,
    "public.show": ANYBODY,
    "resources.allocate": COORDINATORS,
    "resources.allocation_step": COORDINATORS,
    "resources.my_offers": SIGNED_IN,
    "resources.need_cancel": COORDINATORS,
    "resources.need_edit": COORDINATORS,
    "resources.need_new": COORDINATORS,
    "resources.need_show": SIGNED_IN,
    "resources.offer_edit": COORDINATORS,
    "resources.offer_new": SIGNED_IN,
    "resources.offer_show": COORDINATORS,
    "resources.offer_step": COORDINATORS,
    "resources.side_by_side": COORDINATORS,
    "resources.type_edit": AUTHORITY,
    "resources.type_list": AUTHORITY,
    "resources.type_new": AUTHORITY,
    "resources.type_step": AUTHORITY,
    "static": ANYBODY,
    "timeline.show": COORDINATORS,
    "volunteers.assign": COORDINATORS,
    "volunteers.assign_many": COORDINATORS,
    "devices.begin_pairing": SIGNED_IN,
    "devices.index": COORDINATORS,
    "devices.mine": SIGNED_IN,
    "devices.rename": AUTHORITY,
    "devices.revoke": COORDINATORS,
    "devices.show": COORDINATORS,
    "messages.inbox": SIGNED_IN,
    "messages.mark_all_read": SIGNED_IN,
    "messages.new": SIGNED_IN,
    "messages.sent": SIGNED_IN,
    "messages.show": COORDINATORS,
    "volunteers.assignment": COORDINATORS,
    "volunteers.call_for_help": SIGNED_IN,
    "volunteers.correct_times": COORDINATORS,
    "volunteers.help_called": SIGNED_IN,
    "volunteers.join_event": SIGNED_IN,
    "volunteers.leave": COORDINATORS,
    "volunteers.nearby": SIGNED_IN,
    "volunteers.notes": COORDINATORS,
    "volunteers.now": SIGNED_IN,
    "volunteers.person": COORDINATORS,
    "volunteers.roster": COORDINATORS,
    "volunteers.take_step": COORDINATORS,
    "feeds.edit": AUTHORITY,
    "feeds.index": AUTHORITY,
    "feeds.show": AUTHORITY,
    "feeds.step": AUTHORITY,
    "feeds.subscribe": AUTHORITY,
    "webhooks.add": AUTHORITY,
    "webhooks.edit": AUTHORITY,
    "webhooks.index": AUTHORITY,
    "webhooks.renew_secret": AUTHORITY,
    "webhooks.retry": AUTHORITY,
    "webhooks.show": AUTHORITY,
    "webhooks.step": AUTHORITY,
}
# Theirs alone, whoever asks: a skill or a session of somebody else is not there for anybody.
NOBODY_ELSES = frozenset(
    {"devices.code", "devices.code_picture", "devices.renew_code", "messages.mark_read"}
    | {"accounts.end_program"}
    | {"accounts.remove_my_skill", "accounts.end_session", "accounts.unlink_identity", "exports.fetch"}
)
# Asked in other tests: a handshake is no page, and these look at who asks by other means.
ELSEWHERE = frozenset({"live.live", "mail_socket.mail", "metrics.scrape"})


@dataclass
class Things:
    """One of everything, none of it Sam's."""

    event_id: int
    need_id: int
    offer_id: int
    allocation_id: int
    assignment_id: int
    user_id: int
    invitation_id: int
    type_id: int
    job_id: int
    code: str
    session_id: int
    attachment_id: int
    key: str
    webhook_id: int
    feed_id: int
    delivery_id: int
    device_id: int
    message_id: int
    skill_id: int = 999
    family_id: int = 999
    identity_id: int = 999
    token: str = "unknown-token-0123456789"
    table: str = "events"


def make_things(app: Flask, cast: Cast) -> Things:
    with app.app_context():
        kind = db.session.execute(db.select(ResourceType.id).where(ResourceType.code == "equipment.pump"))
        type_id = kind.scalar_one()
        event = events.open_event(SYSTEM, title="Flood", visibility=Visibility.PUBLIC)
        need = resources.add_need(
            SYSTEM, event_id=event.id, resource_type_id=type_id, name="Pumps", quantity=5, unit="pumps"
        )
        offer = resources.make_offer(
            cast.sue.actor, resource_type_id=type_id, name="My pumps", quantity=3, unit="pumps"
        )
        allocation = allocating.allocate(SYSTEM, need_id=need.id, offer_id=offer.id, quantity=1)
        assignment = volunteers.join(cast.sue.actor, event_id=event.id)
        file = attachments.add(
            cast.sue.actor, event_id=event.id, name="a", caption="", data=picture(), command_id=None
        )
        invitation_id = invitations.invite(cast.vera.actor, token="t" * 32, role=Role.SUV).id
        hook = webhooks.add(
            SYSTEM, url="https://receiver.example/", verbs=["event.*"], nonce="n" * 32, command_id=None
        )
        return Things(
            event_id=event.id,
            need_id=need.id,
            offer_id=offer.id,
            allocation_id=allocation.id,
            assignment_id=assignment.id,
            user_id=cast.sue.id,
            invitation_id=invitation_id,
            type_id=type_id,
            job_id=enqueue(SYSTEM, kind="clean-up").id,
            code=event.join_code or "",
            session_id=cast.sue.session_id,
            attachment_id=file.id,
            key=file.key,
            webhook_id=hook.id,
            feed_id=feeds.subscribe(SYSTEM, url="https://met.example/alerts", name="Met").id,
            delivery_id=_dead_delivery(hook.id),
            device_id=paired(SYSTEM, owner_id=cast.sue.id, kind=DeviceKind.PHONE).id,
            message_id=messages.send(
                SYSTEM, audience=Audience(AudienceKind.PERSON, user_id=cast.sue.id), body="Come."
            ).id,
        )


def _dead_delivery(webhook_id: int) -> int:
    row = Delivery(webhook_id=webhook_id, seq=1, verb="event.opened", status=DeliveryStatus.DEAD)
    db.session.add(row)
    db.session.commit()
    return row.id


def rules() -> list[Rule]:
    """Every route of the application."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return list(create_app(settings_for(Path(folder))).url_map.iter_rules())


RULES = {rule.endpoint: rule for rule in rules()}
# The step that is asked of routes with several.
STEPS = {
    "accounts.ask_erasure": "ask",
    "jobs.step": "cancel",
    "resources.allocation_step": "dispatch",
    "resources.offer_step": "withdraw",
    "resources.type_step": "retire",
    "volunteers.take_step": "check_in",
    "feeds.step": "pause",
    "webhooks.step": "off",
}


def address(endpoint: str, things: Things) -> str:
    """The route's address for the things of this test."""
    values = {name: getattr(things, name, None) for name in RULES[endpoint].arguments}
    values |= {"step": STEPS.get(endpoint)} if "step" in values else {}
    values |= {"status": "unavailable"} if "status" in values else {}
    values |= {"filename": "css/mayday.css"} if "filename" in values else {}
    values |= {"name": "edit_event"} if endpoint == "api_docs.show" else {}
    adapter = create_adapter()
    return adapter.build(endpoint, values)


def create_adapter():  # type: ignore[no-untyped-def]
    rule = next(iter(RULES.values()))
    return rule.map.bind("localhost")


def ask(person: Person | None, cast: Cast, method: str, path: str) -> int:
    """The answer's status; 401 stands for being sent to sign in."""
    if person is None:
        client = cast.app.test_client()
        if method == "GET":
            answer = client.get(path)
        else:
            page = client.get("/sign-in").get_data(as_text=True)
            token = page.split('name="csrf-token" content="')[1].split('"')[0]
            answer = client.post(path, data={"csrf_token": token, "command_id": str(uuid.uuid4())})
    else:
        answer = person.get(path) if method == "GET" else person.post(path)
    if answer.status_code == 302 and answer.location.startswith("/sign-in"):
        return 200 if path == "/" else 401
    return answer.status_code


def methods(endpoint: str) -> list[str]:
    return [method for method in ("GET", "POST") if method in (RULES[endpoint].methods or ())]


# Programs ask with tokens, and devices ask, too: see tests/api/test_api_access.py.
API = frozenset(endpoint for endpoint in RULES if endpoint.startswith("api."))


def test_every_route_is_in_the_table_and_declares_its_action(app: Flask) -> None:
    known = set(WHO) | NOBODY_ELSES | ELSEWHERE | API
    assert set(RULES) - known == set()
    assert known - set(RULES) - {"metrics.scrape"} == set()
    assert [endpoint for endpoint in RULES if action_of(app, endpoint) is None] == []


def test_only_what_anybody_may_is_open_to_all(app: Flask) -> None:
    opened = {endpoint for endpoint in RULES if action_of(app, endpoint) in OPEN_TO_ALL}
    assert opened - ELSEWHERE - API == {endpoint for endpoint, who in WHO.items() if who == ANYBODY}


@pytest.mark.parametrize("endpoint", sorted(set(WHO) | NOBODY_ELSES))
def test_each_role_is_let_in_or_refused_as_the_domain_says(app: Flask, cast: Cast, endpoint: str) -> None:
    people = {"stranger": None, "SUV": cast.sam, "VC": cast.vera, "AUTHORITY": cast.ada}
    things = make_things(app, cast)
    path = address(endpoint, things)
    allowed = WHO.get(endpoint, frozenset())
    for method in methods(endpoint):
        with app.app_context():
            before = head()
        for name in sorted(set(people) - allowed):
            status = ask(people[name], cast, method, path)
            expected = (401,) if name == "stranger" else (403, 404)
            assert status in expected, f"{name} {method} {path}: {status}"
        with app.app_context():
            assert head() == before, "a refused request left an entry"
        for name in sorted(allowed):
            status = ask(people[name], cast, method, path)
            unknown_token = "token" in RULES[endpoint].arguments and status in (404, 410)
            if endpoint == "accounts.provider_start":
                assert status == 404  # no provider is set up here
                continue
            assert status not in (401, 403, 404, 405, 500) or unknown_token, (
                f"{name} {method} {path}: {status}"
            )
