"""Who is who in a file of people: families with one phone, the same person twice, people who are here."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import both_databases
from tests.interchange.conftest import Everything, Run
from tests.interchange.table_making import as_table
from tests.interchange.test_table_import_rows import saved, stored
from webapp.accounts.contact import Contact
from webapp.accounts.models import User
from webapp.accounts.service import create_user
from webapp.interchange.tables import importing
from webapp.journal import SYSTEM

FAMILY = (
    {"name": "Ana Ruiz", "email": "ana@example.org", "phone": "+34 600 11 22 33"},
    {"name": "Luis Ruiz", "email": "luis@example.org", "phone": "+34 600 11 22 33"},
    {"name": "Marta Ruiz", "email": "ana@example.org", "phone": "+34 600 11 22 44"},
    {"name": "Abuela Ruiz", "email": "", "phone": "+34 (600) 112-233"},
)


def people(app: Flask) -> list[tuple[str, str | None, str | None]]:
    return [(row.name, row.email, row.phone) for row in stored(app, User)]


@both_databases
def test_a_family_with_one_phone_is_as_many_people_as_it_is(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    file = saved(tmp_path, as_table(*FAMILY))
    result = run("import", "people", file)
    assert result.exit_code == 1
    assert "3 persons imported, 0 already known, 1 rejected." in result.stdout
    without, mailbox, refused = result.stderr.strip().splitlines()
    assert without.startswith("line 3: its phone number is that of line 2")
    assert "imported without it" in without
    assert mailbox.startswith("line 4: its e-mail address is that of line 2")
    assert refused.startswith("line 5: its phone number is that of line 2, who has another name.")
    assert people(app) == [
        ("Ana Ruiz", "ana@example.org", "+34600112233"),
        ("Luis Ruiz", "luis@example.org", None),
        ("Marta Ruiz", None, "+34600112244"),
    ]
    before = everything()
    again = run("import", "people", file)
    assert "0 persons imported, 3 already known, 1 rejected." in again.stdout
    assert everything() == before


@pytest.mark.parametrize("batch", [1, 200])
def test_both_lines_are_named_however_far_apart(
    batch: int, app: Flask, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", batch)
    result = run("import", "people", saved(tmp_path, as_table(*FAMILY)))
    assert "line 5: its phone number is that of line 2" in result.stderr
    assert len(people(app)) == 3


@pytest.mark.parametrize(
    "name",
    ["Zoë Ångström-Øst", "ZOË ÅNGSTRÖM-ØST", "Zoe  Angstrom Ost", "Ångström-Øst, Zoë", "zoe ost angstrom"],
)
def test_the_same_person_is_known_however_the_name_is_spelled(
    name: str, app: Flask, run: Run, tmp_path: Path
) -> None:
    with app.app_context():
        create_user(SYSTEM, name="Zoë Ångström-Øst", contact=Contact(email="zoe@example.org"))
    file = saved(tmp_path, as_table({"name": name, "email": "Zoe@example.org"}))
    result = run("import", "people", file)
    assert result.exit_code == 0
    assert "0 persons imported, 1 already known, 0 rejected." in result.stdout


def test_somebody_else_with_the_contact_of_a_person_here_is_not_that_person(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    with app.app_context():
        zoe = create_user(SYSTEM, name="Zoë Berg", contact=Contact(phone="+4512345678")).id
    file = saved(
        tmp_path,
        as_table(
            {"name": "Tim Berg", "email": "tim@example.org", "phone": "+45 12 34 56 78"},
            {"name": "Ole Berg", "email": "", "phone": "+45 12 34 56 78"},
        ),
    )
    result = run("import", "people", file)
    assert "1 persons imported, 0 already known, 1 rejected." in result.stdout
    assert f"line 2: its phone number is that of person {zoe} here" in result.stderr
    assert f"line 3: its phone number is that of person {zoe} here" in result.stderr
    assert people(app) == [("Zoë Berg", None, "+4512345678"), ("Tim Berg", "tim@example.org", None)]


def test_the_same_person_twice_is_one_and_what_is_not_taken_over_is_said(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "Bo Lind", "email": "bo@example.org", "phone": "+4512345678"},
        {"name": "Lind, Bo", "email": "", "phone": "+45 12 34 56 78"},
        {"name": "bo lind", "email": "bo.other@example.org", "phone": "+45 12 34 56 78"},
        {"name": "Ida Lind", "email": "bo.other@example.org", "phone": ""},
    ]
    result = run("import", "people", saved(tmp_path, as_table(*rows)))
    assert result.exit_code == 0
    assert "2 persons imported, 2 already known, 0 rejected." in result.stdout
    assert result.stderr.strip().splitlines() == [
        "line 4: is line 2, who is left as they are; its e-mail address is not taken over"
    ]
    assert people(app) == [
        ("Bo Lind", "bo@example.org", "+4512345678"),
        ("Ida Lind", "bo.other@example.org", None),
    ]


def test_namesakes_with_contacts_of_their_own_are_two_people(app: Flask, run: Run, tmp_path: Path) -> None:
    rows = ({"name": "Jens Hansen", "phone": "+4512345678"}, {"name": "Jens Hansen", "phone": "+4512345679"})
    assert "2 persons imported" in run("import", "people", saved(tmp_path, as_table(*rows))).stdout
    assert len(people(app)) == 2


def test_extensions_and_mailboxes_tell_people_apart(app: Flask, run: Run, tmp_path: Path) -> None:
    rows = (
        {"name": "Front desk", "contact": "+44 161 496 0007 ext 12"},
        {"name": "Back office", "contact": "+44 161 496 0007 Durchwahl 13"},
        {"name": "Eva Weiß", "contact": "Eva Weiß <Weiß@example.org>"},
        {"name": "Eva Weiss", "contact": "mailto:weiss@example.org"},
    )
    assert run("import", "people", saved(tmp_path, as_table(*rows))).exit_code == 0
    assert people(app) == [
        ("Front desk", None, "+441614960007;ext=12"),
        ("Back office", None, "+441614960007;ext=13"),
        ("Eva Weiß", "weiß@example.org", None),
        ("Eva Weiss", "weiss@example.org", None),
    ]
    assert stored(app, User)[2].address == "Weiß@example.org"


def test_a_dry_run_tells_people_apart_alike(
    app: Flask, run: Run, everything: Everything, tmp_path: Path
) -> None:
    before = everything()
    result = run("import", "people", saved(tmp_path, as_table(*FAMILY)), "--dry-run")
    assert "3 new, 0 already known, 1 rejected. Nothing was written." in result.stdout
    assert "line 5: its phone number is that of line 2" in result.stderr
    assert everything() == before


@pytest.mark.parametrize("sign", [",", "1", "@", "x", "<", "1 x", "+", "(", "a@"])
def test_a_huge_contact_is_refused_at_once(sign: str, run: Run, tmp_path: Path) -> None:
    row = {"name": "Bo", "phone": sign * (1_000_000 // len(sign))}
    result = run("import", "people", saved(tmp_path, as_table(row)))
    assert "at most 400 characters" in result.stderr
