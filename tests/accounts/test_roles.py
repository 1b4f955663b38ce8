"""Rules of roles: who changes them, never upward by oneself, never away from the last AUTHORITY."""

import threading
import uuid

import pytest
from flask import Flask

from tests.accounts.browsing import text_of, user_of, verbs
from tests.conftest import both_databases
from tests.people import Cast
from webapp.accounts.leaving import deactivate
from webapp.accounts.service import change_role
from webapp.errors import Forbidden
from webapp.events import service as events
from webapp.journal import SYSTEM, Role


def role_of(app: Flask, user_id: int) -> str:
    return user_of(app, id=user_id).role


@pytest.mark.parametrize("role", list(Role))
def test_an_authority_gives_any_role(app: Flask, cast: Cast, role: Role) -> None:
    assert cast.ada.post(f"/users/{cast.sam.id}/role", {"role": role.value}).status_code == 303
    assert role_of(app, cast.sam.id) == role


@pytest.mark.parametrize("who", ["vic", "sam"])
@pytest.mark.parametrize("target", ["self", "other"])
def test_nobody_else_changes_roles_of_themselves_or_others(
    app: Flask, cast: Cast, who: str, target: str
) -> None:
    person = getattr(cast, who)
    user_id = person.id if target == "self" else cast.sue.id
    for role in Role:
        assert person.post(f"/users/{user_id}/role", {"role": role.value}).status_code == 403
    assert role_of(app, person.id) == person.role
    assert role_of(app, cast.sue.id) == "SUV"


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    assert cast.ada.get(f"/users/{cast.sam.id}").status_code == 200
    assert cast.stranger.get("/users").status_code == 302
    assert cast.stranger.post(f"/users/{cast.sam.id}/role", data={"role": "VC"}).status_code == 403


def test_the_last_authority_stays(app: Flask, cast: Cast) -> None:
    answer = cast.ada.post(f"/users/{cast.ada.id}/role", {"role": "SUV"})
    assert answer.status_code == 409
    assert "last authority" in text_of(answer)
    assert role_of(app, cast.ada.id) == "AUTHORITY"


def test_an_authority_who_is_not_the_last_may_step_down(app: Flask, cast: Cast) -> None:
    cast.person("Abe Authority", Role.AUTHORITY)
    assert cast.ada.post(f"/users/{cast.ada.id}/role", {"role": "VC"}).status_code == 303
    assert cast.ada.get("/users").status_code == 403


def test_a_deactivated_authority_does_not_count_as_one(app: Flask, cast: Cast) -> None:
    abe = cast.person("Abe Authority", Role.AUTHORITY)
    cast.ada.post(f"/users/{abe.id}/deactivate")
    assert cast.ada.post(f"/users/{cast.ada.id}/role", {"role": "VC"}).status_code == 409


@both_databases
def test_of_two_authorities_who_demote_each_other_at_once_one_stays(app: Flask, cast: Cast) -> None:
    abe = cast.person("Abe Authority", Role.AUTHORITY)
    for attempt in range(5):
        answers = at_once(
            lambda: cast.ada.post(f"/users/{abe.id}/role", {"role": "VC"}).status_code,
            lambda: abe.post(f"/users/{cast.ada.id}/role", {"role": "VC"}).status_code,
        )
        roles = [role_of(app, cast.ada.id), role_of(app, abe.id)]
        assert roles.count("AUTHORITY") == 1, (attempt, answers)
        assert sorted(answers)[0] == 303
        assert 500 not in answers
        winner, loser = (cast.ada, abe) if roles[0] == "AUTHORITY" else (abe, cast.ada)
        winner.post(f"/users/{loser.id}/role", {"role": "AUTHORITY"})


@both_databases
def test_of_two_authorities_who_step_down_at_once_one_stays(app: Flask, cast: Cast) -> None:
    abe = cast.person("Abe Authority", Role.AUTHORITY)
    answers = at_once(
        lambda: cast.ada.post(f"/users/{cast.ada.id}/role", {"role": "SUV"}).status_code,
        lambda: abe.post(f"/users/{abe.id}/role", {"role": "SUV"}).status_code,
    )
    assert sorted(answers) == [303, 409]
    assert [role_of(app, cast.ada.id), role_of(app, abe.id)].count("AUTHORITY") == 1


def at_once(*deeds: object) -> list[int]:
    """Run each deed in its own thread, started together."""
    answers: list[int] = []
    start = threading.Barrier(len(deeds))

    def run(deed: object) -> None:
        start.wait()
        answers.append(deed())  # type: ignore[operator]

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_role_that_does_not_exist_is_refused(app: Flask, cast: Cast) -> None:
    for role in ("ROOT", "", "authority "):
        assert cast.ada.post(f"/users/{cast.sam.id}/role", {"role": role}).status_code == 422
    assert cast.ada.post("/users/999999/role", {"role": "VC"}).status_code == 404


def test_a_double_tap_is_one_change(app: Flask, cast: Cast) -> None:
    form = {"role": "VC", "command_id": str(uuid.uuid4())}
    assert [cast.ada.post(f"/users/{cast.sam.id}/role", form).status_code for _ in range(2)] == [303, 303]
    assert verbs(app, user_id=cast.sam.id).count("user.role_changed") == 1


def test_a_new_role_counts_for_sessions_that_are_open(app: Flask, cast: Cast) -> None:
    assert cast.sam.get("/invitations").status_code == 403
    cast.ada.post(f"/users/{cast.sam.id}/role", {"role": "VC"})
    assert cast.sam.get("/invitations").status_code == 200


def test_a_get_or_a_missing_token_changes_nothing(app: Flask, cast: Cast) -> None:
    assert cast.ada.get(f"/users/{cast.sam.id}/role?role=VC").status_code == 405
    assert cast.ada.client.post(f"/users/{cast.sam.id}/role", data={"role": "VC"}).status_code == 403
    assert role_of(app, cast.sam.id) == "SUV"


def test_a_role_that_ended_while_a_request_waited_does_not_count(app: Flask, cast: Cast) -> None:
    began_as = cast.vic.actor
    with app.app_context():
        event = events.open_event(SYSTEM, title="Flood")
        change_role(cast.ada.actor, user_id=cast.vic.id, role=Role.SUV)
        with pytest.raises(Forbidden):
            events.edit_event(began_as, event_id=event.id, seen_version=event.version, title="Mine")


def test_nothing_succeeds_after_the_moment_of_deactivation(app: Flask, cast: Cast) -> None:
    began_as = cast.sam.actor
    with app.app_context():
        deactivate(cast.ada.actor, user_id=cast.sam.id)
        with pytest.raises(Forbidden):
            events.report_event(began_as, title="From nobody")
