"""Who may open the live wire, what they hear, and how soon it ends when they may no longer."""

import time
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.live.conftest import Site
from tests.live.wires import Page, connect
from tests.people import Person
from webapp.accounts import service as accounts
from webapp.accounts import sessions
from webapp.events import service as events
from webapp.journal import Role
from webapp.volunteers import service as volunteers

REFUSED = websocket.WebSocketBadStatusException


def refusal(site: Site, person: Person | None, *channels: str, **more: Any) -> int:
    """The status of a handshake that is refused."""
    with pytest.raises(REFUSED) as error:
        connect(site.url, person, *channels, **more)
    return error.value.status_code


def heard_by(site: Site, person: Person, channel: str) -> bool:
    """Whether the person may listen to this channel, beside their own."""
    page = connect(site.url, person, channel, f"user:{person.id}", since=site.head())
    page.close()
    try:
        connect(site.url, person, channel, since=site.head()).close()
    except REFUSED:
        return False
    return True


def test_a_stranger_is_refused(site: Site) -> None:
    assert refusal(site, None, "board") == 401


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_site_is_refused(site: Site, origin: str) -> None:
    assert refusal(site, site.cast.ada, "board", origin=origin) == 403


def test_a_client_that_does_not_say_where_it_is_from_is_refused(site: Site) -> None:
    assert refusal(site, site.cast.ada, "board", suppress_origin=True) == 403


@pytest.mark.parametrize("channel", ["board", "resources", "volunteers", "messages", "devices"])
def test_channels_of_coordinators_are_theirs_alone(site: Site, channel: str) -> None:
    assert heard_by(site, site.cast.ada, channel)
    assert heard_by(site, site.cast.vic, channel)
    assert not heard_by(site, site.cast.sam, channel)


def test_a_persons_channel_is_that_persons_alone(site: Site) -> None:
    sam = f"user:{site.cast.sam.id}"
    assert heard_by(site, site.cast.sam, sam)
    for other in (site.cast.sue, site.cast.vic, site.cast.ada):
        assert not heard_by(site, other, sam)


def test_an_event_is_heard_by_those_who_may_see_it(site: Site) -> None:
    active = f"event:{site.open_event('Active')}"
    with site.app.app_context():
        pending = f"event:{events.report_event(site.cast.sam.actor, title='Reported').id}"
    assert heard_by(site, site.cast.sue, active)
    assert heard_by(site, site.cast.sam, pending)
    assert not heard_by(site, site.cast.sue, pending)
    assert heard_by(site, site.cast.vic, pending)


def test_a_team_is_heard_by_its_people_and_coordinators(site: Site) -> None:
    event_id = site.open_event("With a team")
    with site.app.app_context():
        volunteers.join(site.cast.sam.actor, event_id=event_id)
    team = f"event:{event_id}:team"
    assert heard_by(site, site.cast.sam, team)
    assert heard_by(site, site.cast.vic, team)
    assert not heard_by(site, site.cast.sue, team)


@pytest.mark.parametrize(
    "channel",
    ["", "boards", "event", "event:0", "event:x", "event:999999999", "user", "board:1", "event:1:all"],
)
def test_a_channel_that_is_not_there_is_refused(site: Site, channel: str) -> None:
    assert refusal(site, site.cast.ada, channel) == 403
    assert refusal(site, site.cast.ada) == 403


def test_channels_that_may_not_be_heard_are_left_out(site: Site) -> None:
    sue = site.cast.sue
    page = connect(site.url, sue, "board", "nonsense", f"user:{sue.id}", since=site.head())
    event_id = site.open_event("Not for Sue's board")
    frames = page.all_until(site.head())
    assert f"board-event-{event_id}" not in {target for frame in frames for target in frame.targets}


def test_only_the_first_eight_channels_count(site: Site) -> None:
    sam = site.cast.sam
    nonsense = [f"nonsense:{n}" for n in range(8)]
    assert refusal(site, sam, *nonsense, f"user:{sam.id}") == 403


@pytest.mark.parametrize("version", ["12", "x"])
def test_a_broken_handshake_is_a_bad_request(site: Site, version: str) -> None:
    assert refusal(site, site.cast.vic, "board", header={"Sec-WebSocket-Version": version}) == 400


def closes_within_a_second(page: Page, code: int) -> None:
    began = time.monotonic()
    assert page.goodbye() == code
    assert time.monotonic() - began < 1


def test_signing_out_closes_the_sockets_of_that_session_only(site: Site) -> None:
    here, there = site.cast.person("Twice Here"), site.cast.person("Not Her")
    page = connect(site.url, here, f"user:{here.id}", since=site.head())
    other = connect(site.url, there, f"user:{there.id}", since=site.head())
    with site.app.app_context():
        sessions.end(here.actor, session_id=here.session_id)
    closes_within_a_second(page, 4401)
    assert other.all_until(site.head())
    assert refusal(site, here, f"user:{here.id}") == 401


def test_a_demoted_coordinator_hears_nothing_more(site: Site) -> None:
    kim = site.cast.person("Kim Coordinator", Role.VC)
    page = connect(site.url, kim, "board", since=site.head())
    page.next_frame()
    with site.app.app_context():
        accounts.change_role(site.cast.ada.actor, user_id=kim.id, role=Role.SUV)
    closes_within_a_second(page, 4403)
    assert refusal(site, kim, "board") == 403


def test_a_deactivated_person_is_signed_out(site: Site) -> None:
    kim = site.cast.person("Kim Gone")
    page = connect(site.url, kim, f"user:{kim.id}", since=site.head())
    page.next_frame()
    with site.app.app_context():
        accounts.deactivate(site.cast.ada.actor, user_id=kim.id)
    closes_within_a_second(page, 4401)


def test_who_leaves_a_team_subscribes_again_without_it(site: Site) -> None:
    kim = site.cast.person("Kim Leaves")
    event_id = site.open_event("To leave")
    team = f"event:{event_id}:team"
    with site.app.app_context():
        assignment = volunteers.join(kim.actor, event_id=event_id)
        page = connect(site.url, kim, team, f"user:{kim.id}", since=site.head())
        stays = connect(site.url, site.cast.vic, team, since=site.head())
        volunteers.cancel(kim.actor, assignment_id=assignment.id)
    closes_within_a_second(page, 1012)
    assert refusal(site, kim, team) == 403
    assert stays.all_until(site.head())


def test_volunteers_hear_that_an_event_closed_and_then_no_more_of_it(site: Site) -> None:
    event_id = site.open_event("To close")
    page = connect(site.url, site.cast.sue, f"event:{event_id}", since=site.head())
    with site.app.app_context():
        events.close(site.cast.ada.actor, event_id=event_id, note="All dry again")
    assert 'data-status="resolved"' in page.until("event-head").html
    assert page.goodbye() == 1012
    assert refusal(site, site.cast.sue, f"event:{event_id}") == 403


def test_the_wire_is_not_a_page(site: Site) -> None:
    assert site.cast.vic.get("/live?channel=board").status_code == 400
    assert site.cast.vic.post("/live?channel=board").status_code in (400, 405)


def test_no_module_of_the_wire_decides_rights_by_role() -> None:
    """Rights stand in the policy; only `endings` asks a role, about sockets whose rights it ends."""
    folder = Path(__file__).parents[2] / "webapp" / "live"
    asking = {path.name for path in folder.glob("*.py") if "Role." in path.read_text()}
    assert asking <= {"endings.py"}
