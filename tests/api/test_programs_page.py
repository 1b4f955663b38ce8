"""People see on their own page which programs are signed in as them, and end them there."""

import json
import re

from flask import Flask

from tests.accounts.browsing import text_of, verbs
from tests.api.caller import Programs
from webapp.accounts import erasure
from webapp.accounts.token_models import RefreshToken, TokenFamily
from webapp.extensions import db
from webapp.journal import JournalEntry
from webapp.journal.actor import DeviceKind


def buttons(page: str) -> list[str]:
    """The addresses that end a program."""
    return re.findall(r'action="(/me/programs/\d+/end)"', page)


def test_a_program_is_listed_and_ended_at_once(app: Flask, programs: Programs) -> None:
    sam = programs.cast.sam
    page = text_of(sam.get("/me"))
    assert "Programs" in page
    (button,) = buttons(page)
    assert ">tests<" in page.replace(" ", "").replace("\n", "")
    assert sam.post(button).status_code == 303
    assert programs.sam.get("/auth/me").status_code == 401
    assert programs.sue.get("/auth/me").status_code == 200
    assert buttons(text_of(sam.get("/me"))) == []
    assert "token.revoked" in verbs(app, user_id=sam.id)


def test_another_persons_program_is_not_there(programs: Programs) -> None:
    (button,) = buttons(text_of(programs.cast.sue.get("/me")))
    for other in (programs.cast.sam, programs.cast.ada):
        assert other.post(button).status_code == 404
    assert programs.sue.get("/auth/me").status_code == 200


def test_a_paired_device_is_no_program(app: Flask, programs: Programs) -> None:
    sam = programs.cast.sam
    gateway = programs.device(sam, DeviceKind.GATEWAY)
    with app.app_context():
        family_id = db.session.execute(
            db.select(TokenFamily.id).where(TokenFamily.device_id.is_not(None))
        ).scalar_one()
    page = text_of(sam.get("/me"))
    assert f"/me/programs/{family_id}/end" not in page
    assert sam.post(f"/me/programs/{family_id}/end").status_code == 404
    assert gateway.get("/auth/me").status_code == 200


def test_signing_out_everywhere_else_ends_programs_too(programs: Programs) -> None:
    sam = programs.cast.sam
    assert "/me/sessions/end-others" in text_of(sam.get("/me"))
    sam.post("/me/sessions/end-others")
    assert programs.sam.get("/auth/me").status_code == 401
    assert sam.get("/me").status_code == 200


def test_the_person_reads_in_their_log_who_signed_in(programs: Programs) -> None:
    assert "A program or device signed in" in text_of(programs.cast.sam.get("/me"))


def test_what_one_takes_along_has_the_programs(programs: Programs) -> None:
    found = json.loads(programs.cast.sam.get("/me/data").text)
    assert [program["name"] for program in found["programs"]] == ["tests"]


def test_erasing_leaves_no_token_and_no_name_of_a_program(app: Flask, programs: Programs) -> None:
    cast = programs.cast
    with app.app_context():
        erasure.erase(cast.ada.actor, user_id=cast.sam.id, typed_name=cast.sam.name)
        assert not db.session.execute(db.select(TokenFamily).filter_by(user_id=cast.sam.id)).first()
        statement = db.select(RefreshToken.family_id, TokenFamily.id).outerjoin(
            TokenFamily, TokenFamily.id == RefreshToken.family_id
        )
        assert all(family is not None for _, family in db.session.execute(statement))
        issued = db.select(JournalEntry).filter_by(verb="token.issued", user_id=cast.sam.id)
        assert {entry.facts["client"] for entry in db.session.execute(issued).scalars()} == {"•"}
