"""No fragment reaches somebody who may not see it: neither as it happens nor when it is caught up on."""

from dataclasses import dataclass

import pytest

from tests.live.conftest import Site
from tests.live.response import NOTES, OFFER, REPORT, Response
from tests.live.wires import Frame, connect
from tests.people import Person
from webapp import policy
from webapp.journal import Role
from webapp.journal.queries import after
from webapp.live import drawing, fragments
from webapp.web.viewer import Audience

FOR_COORDINATORS = ("board", "resources", "volunteers")
_COORDINATORS_ELEMENTS = (
    "board-",
    "counts",
    "person-",
    "roster",
    "entry-",
    "feed",
    "list-need-",
    "resource-",
)


@dataclass
class Heard:
    """What came to one person."""

    frames: list[Frame]

    @property
    def html(self) -> str:
        return "".join(frame.html for frame in self.frames)

    @property
    def targets(self) -> set[str]:
        return {target for frame in self.frames for target in frame.targets}


@pytest.fixture(scope="module")
def response(site: Site) -> Response:
    begun = Response(site.app, site.cast)
    begun.begin()
    return begun


def everything(site: Site, response: Response, person: Person) -> list[tuple[str, ...]]:
    """All channels that there are, as far as they are these people's, in two pages' worth."""
    event = f"event:{response.event_id}"
    people = [f"user:{each.id}" for each in (site.cast.sam, site.cast.sue, site.cast.vic, site.cast.ada)]
    return [(*FOR_COORDINATORS, event, f"{event}:team"), (*people, f"user:{person.id}")]


def hear(site: Site, response: Response, since: int, *, go_on: bool) -> dict[str, Heard]:
    """What Vic, Sam and Sue get of a busy while: as it happens, or when they come back after it."""
    pages = {
        person.name.split()[0]: [
            connect(site.url, person, *channels, since=since)
            for channels in everything(site, response, person)
        ]
        for person in (site.cast.vic, site.cast.sam, site.cast.sue)
    }
    if go_on:
        response.go_on()
    head = site.head()
    return {
        name: Heard([frame for page in both for frame in page.all_until(head)])
        for name, both in pages.items()
    }


@pytest.fixture(scope="module")
def before(site: Site, response: Response) -> int:
    """Where the journal stood before the busy while."""
    assert response.event_id
    return site.head()


@pytest.fixture(scope="module")
def heard_live(site: Site, response: Response, before: int) -> dict[str, Heard]:
    return hear(site, response, before, go_on=True)


@pytest.fixture(scope="module")
def heard_late(site: Site, response: Response, before: int, heard_live: dict[str, Heard]) -> dict[str, Heard]:
    assert heard_live
    return hear(site, response, before, go_on=False)


@pytest.fixture(params=["as it happens", "caught up"])
def heard(request: pytest.FixtureRequest) -> dict[str, Heard]:
    name = "heard_live" if request.param == "as it happens" else "heard_late"
    found: dict[str, Heard] = request.getfixturevalue(name)
    return found


def test_coordinators_hear_what_volunteers_must_not(heard_live: dict[str, Heard]) -> None:
    """The tests can fail: the marked words do travel, to those who may read them."""
    assert REPORT in heard_live["Vic"].html
    assert OFFER in heard_live["Vic"].html
    assert any(target.startswith("board-") for target in heard_live["Vic"].targets)


def test_volunteers_get_no_element_of_coordinators_pages(heard: dict[str, Heard]) -> None:
    for name in ("Sam", "Sue"):
        assert not [t for t in heard[name].targets if t.startswith(_COORDINATORS_ELEMENTS)]


def test_a_report_of_another_person_is_not_for_volunteers(heard: dict[str, Heard]) -> None:
    assert REPORT not in heard["Sam"].html


def test_somebodys_own_page_and_offer_are_theirs(heard: dict[str, Heard]) -> None:
    assert "now" in heard["Sam"].targets
    assert OFFER in heard["Sam"].html
    assert OFFER not in heard["Sue"].html


def test_contact_details_and_notes_travel_to_nobody(heard: dict[str, Heard]) -> None:
    for each in heard.values():
        assert "@example.org" not in each.html
        assert NOTES not in each.html


def test_no_token_or_secret_travels(heard: dict[str, Heard], site: Site) -> None:
    for each in heard.values():
        assert 'name="csrf_token" value=""' in each.html or "csrf_token" not in each.html
        assert not any(person.token in each.html for person in (site.cast.sam, site.cast.sue, site.cast.vic))


def test_every_source_keeps_coordinators_channels_from_volunteers(
    site: Site, heard_late: dict[str, Heard]
) -> None:
    """Even somebody on the wrong channel would get nothing: each fragment names who may see it."""
    assert heard_late
    volunteer = Audience(Role.SUV, "en", "UTC")
    with site.app.app_context():
        found = fragments.of(after(0, 10_000))
        mine = [fragment for fragment in found if fragment.channel in FOR_COORDINATORS]
        assert {fragment.channel for fragment in mine} == set(FOR_COORDINATORS)
        assert not [f for f in mine if policy.may(volunteer.actor, f.action)]
        assert drawing.frame(1, volunteer, mine, 1) is None
