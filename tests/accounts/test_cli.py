"""Rules of ``mayday users``."""

import re

from flask import Flask

from tests.accounts.browsing import PASSWORD, Browser, registered, user_of
from tests.people import Cast


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["users", *words])
    return result.exit_code, result.output


def test_the_list_shows_people_without_contacts(app: Flask, cast: Cast) -> None:
    status, output = run(app, "list")
    assert status == 0
    assert f"{cast.ada.id}\tAUTHORITY\tavailable\tAda Authority" in output
    assert "@" not in output
    assert run(app, "list", "--role", "vc")[1].count("\n") == 2


def test_an_invitation_from_the_command_line_lets_in(app: Flask) -> None:
    status, output = run(app, "invite", "--role", "VC")
    assert status == 0
    path = re.search(r"/invitation/\S+", output)[0]
    form = {"name": "Nora", "contact": "nora@example.org", "password": PASSWORD}
    assert Browser(app).post(path, form).status_code == 303
    assert user_of(app, email="nora@example.org").role == "VC"


def test_a_code_from_the_command_line_lets_in(app: Flask) -> None:
    registered(app)
    status, output = run(app, "code", "BO@example.org")
    assert status == 0
    assert Browser(app).sign_in("bo@example.org", output.strip()).status_code == 303


def test_a_role_is_changed_and_the_last_authority_kept(app: Flask, cast: Cast) -> None:
    ada, sam = (user_of(app, id=person.id).email for person in (cast.ada, cast.sam))
    assert run(app, "role", sam, "VC")[0] == 0
    assert user_of(app, id=cast.sam.id).role == "VC"
    status, output = run(app, "role", ada, "SUV")
    assert status == 1
    assert "last authority" in output


def test_a_person_is_found_by_the_id_that_the_list_shows(app: Flask, cast: Cast) -> None:
    listed = dict(reversed(line.split("\t")[::3]) for line in run(app, "list")[1].splitlines())
    it = listed["Sam Volunteer"]
    assert run(app, "code", it)[0] == 0
    assert run(app, "role", it, "VC")[0] == 0
    assert user_of(app, id=cast.sam.id).role == "VC"
    assert run(app, "deactivate", it)[0] == 0
    assert run(app, "deactivate", "99999")[0] == 1
    assert run(app, "deactivate", "0")[0] == 1


def test_deactivation_signs_out(app: Flask, cast: Cast) -> None:
    assert run(app, "deactivate", user_of(app, id=cast.sam.id).email)[0] == 0
    assert cast.sam.client.get("/me").status_code == 302


def test_nobody_and_nonsense_end_with_words_and_a_status(app: Flask) -> None:
    assert run(app, "code", "nobody@example.org")[0] == 1
    status, output = run(app, "deactivate", "12")
    assert status == 1
    assert "country code" in output
    assert run(app, "role", "a@example.org", "ROOT")[0] == 2
    assert run(app, "nonsense")[0] == 2


def test_help_names_every_command(app: Flask) -> None:
    status, output = run(app, "--help")
    assert status == 0
    for command in ("list", "invite", "code", "role", "deactivate"):
        assert command in output
