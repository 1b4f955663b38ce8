"""Pages of devices: pairing with its code and picture, one's own, all of them, renaming and ending."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.caller import Programs, paired
from tests.people import Cast, Person
from webapp.journal import SYSTEM
from webapp.journal.actor import DeviceKind


def words(answer: TestResponse) -> str:
    """What the page says, without what every page has."""
    text = answer.get_data(as_text=True).split('id="main"')[-1].split("<dialog")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def device_of(app: Flask, person: Person, kind: DeviceKind = DeviceKind.GATEWAY) -> int:
    with app.app_context():
        return paired(SYSTEM, owner_id=person.id, kind=kind).id


def code_on(answer: TestResponse) -> str:
    found = re.search(r"<code>([2-9A-Z]{4}-[2-9A-Z]{4})</code>", answer.get_data(as_text=True))
    assert found, words(answer)
    return found[1]


def test_a_person_pairs_a_device_by_the_code_on_their_screen(programs: Programs) -> None:
    sam = programs.cast.sam
    assert "No device is paired" in words(sam.get("/me/devices"))
    page = sam.post("/me/devices", {"name": "Radio van", "kind": "gateway"}).location
    shown = sam.get(page)
    assert shown.headers["Cache-Control"] == "no-store"
    picture = sam.get(f"{page}.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    answer = programs.stranger.post("/devices/pair", {"code": code_on(shown)})
    assert answer.status_code == 201
    assert "It is paired." in words(sam.get(page))
    assert "Radio van Heard of" in words(sam.get("/me/devices"))


def test_each_press_makes_another_code_and_a_double_tap_the_same(programs: Programs) -> None:
    sam = programs.cast.sam
    form = {"name": "Van", "kind": "gateway", "command_id": "3b1f8e9a-58a5-4f7c-9c8e-0d9c5c1e7b12"}
    page = sam.post("/me/devices", form).location
    first = code_on(sam.get(page))
    assert sam.post("/me/devices", form).location == page
    assert code_on(sam.get(page)) == first
    buttons = re.findall(r'action="/me/devices/\d+/code">.*?value="([0-9a-f-]{36})"', _flat(sam.get(page)))
    assert buttons
    sam.post(page, {"command_id": buttons[0]})
    second = code_on(sam.get(page))
    buttons = re.findall(r'action="/me/devices/\d+/code">.*?value="([0-9a-f-]{36})"', _flat(sam.get(page)))
    sam.post(page, {"command_id": buttons[0]})
    assert len({first, second, code_on(sam.get(page))}) == 3


def _flat(answer: TestResponse) -> str:
    return answer.get_data(as_text=True).replace("\n", " ")


def test_a_code_is_shown_to_its_owner_alone(programs: Programs) -> None:
    page = programs.cast.sam.post("/me/devices", {"name": "Van", "kind": "gateway"}).location
    for other in (programs.cast.sue, programs.cast.vic, programs.cast.ada):
        assert other.get(page).status_code == 404
        assert other.get(f"{page}.svg").status_code == 404
        assert other.post(page).status_code == 404


@pytest.mark.parametrize(
    "form", [{"name": "", "kind": "phone"}, {"name": "x" * 81, "kind": "phone"}, {"name": "A"}]
)
def test_what_cannot_be_is_said_and_kept(cast: Cast, form: dict[str, str]) -> None:
    answer = cast.sam.post("/me/devices", form)
    assert answer.status_code == 422
    assert form["name"] in answer.get_data(as_text=True)


def test_coordinators_see_all_with_silent_ones_first_and_volunteers_their_own(app: Flask, cast: Cast) -> None:
    own, other = device_of(app, cast.sam), device_of(app, cast.sue, DeviceKind.TRACKER)
    page = words(cast.vic.get("/devices"))
    assert "The gateway" in page
    assert "The tracker" in page
    assert "The gateway" not in words(cast.vic.get("/devices?only=silent"))
    assert cast.sam.get("/devices").status_code == 403
    assert cast.sam.get(f"/devices/{own}").status_code == 200
    assert cast.sam.get(f"/devices/{other}").status_code == 404
    for after in ("9-1", "1-x", "1", "1-" + "9" * 30):
        assert "The gateway" in words(cast.vic.get(f"/devices?after={after}"))


def test_a_device_is_renamed_and_ended_on_its_page(app: Flask, cast: Cast) -> None:
    id_ = device_of(app, cast.sam)
    assert cast.sam.post(f"/devices/{id_}/rename", {"name": ""}).status_code == 422
    assert cast.sue.post(f"/devices/{id_}/rename", {"name": "Mine"}).status_code == 404
    assert cast.sam.post(f"/devices/{id_}/rename", {"name": "Van north"}).status_code == 303
    assert "Van north" in words(cast.sam.get(f"/devices/{id_}"))
    assert cast.sue.post(f"/devices/{id_}/revoke").status_code == 404
    assert cast.vic.post(f"/devices/{id_}/revoke").status_code == 303
    assert "Ended" in words(cast.vic.get(f"/devices/{id_}"))
    assert "Van north" not in words(cast.vic.get("/devices"))
    assert "ended the device Van north" in words(cast.vic.get("/timeline"))
