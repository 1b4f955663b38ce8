"""Who a token stands for."""

import pytest

from tests.api.caller import Programs
from webapp.journal.actor import DeviceKind


@pytest.mark.parametrize("name", ["ada", "vic", "sam"])
def test_a_program_is_the_person_who_signed_it_in(programs: Programs, name: str) -> None:
    person = getattr(programs.cast, name)
    answer = getattr(programs, name).get("/auth/me")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "kind": "user",
        "user_id": person.id,
        "name": person.name,
        "role": person.role,
        "device_id": None,
        "device_kind": None,
    }


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_a_device_has_no_role(programs: Programs, kind: DeviceKind) -> None:
    answer = programs.device(programs.cast.ada, kind).get("/auth/me").get_json()
    assert (answer["kind"], answer["role"], answer["device_kind"]) == ("device", None, kind)
    assert answer["user_id"] == programs.cast.ada.id


def test_nobody_is_asked_to_sign_in(programs: Programs) -> None:
    answer = programs.stranger.get("/auth/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mayday"'
    assert answer.get_json()["name"] == "SignInNeeded"
