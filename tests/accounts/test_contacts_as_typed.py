"""Phone numbers and e-mail addresses in the ways that people type, paste and export them."""

import pytest
from flask import Flask

from tests.accounts.browsing import PASSWORD, Browser, text_of, user_of
from tests.accounts.test_me import profile
from tests.people import Cast
from webapp.accounts import contact, passwords
from webapp.accounts.contact import Contact
from webapp.accounts.service import create_user
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.journal import SYSTEM

FORM = {"name": "Lena Kruse", "password": PASSWORD}


def signed_up(app: Flask, typed: str) -> Browser:
    browser = Browser(app)
    answer = browser.post("/sign-up", FORM | {"contact": typed})
    assert answer.status_code == 303, text_of(answer)
    return browser


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("Lena.Kruse@Example.ORG", "lena.kruse@example.org"),
        ("mailto:lena@example.org", "lena@example.org"),
        ("MAILTO:lena%2Bflood@example.org?subject=Hi", "lena+flood@example.org"),
        ("Lena Kruse <lena@example.org>", "lena@example.org"),
        ('"Kruse, Lena" <mailto:Lena@example.org>', "lena@example.org"),
        (" lena\u200b@exa\u00admple.org\ufeff", "lena@example.org"),
        ("\u202alena@example.org\u202c", "lena@example.org"),
        ("ｌｅｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "lena@example.org"),
        ("weiß@example.org", "weiß@example.org"),
        ("weiss@example.org", "weiss@example.org"),
        ("WEIẞ@example.org", "weiß@example.org"),
        ("ﬁona@example.org", "ﬁona@example.org"),
        ("lena@straße.example", "lena@straße.example"),
        ("rene\u0301@example.org", "ren\u00e9@example.org"),
    ],
)
def test_an_address_is_compared_in_lower_case_and_in_nothing_else(typed: str, email: str) -> None:
    found = contact.parse(typed)
    assert found.email == email
    assert contact.parse(found.typed or email).email == email


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("a@example.org; b@example.org", "one e-mail address only"),
        ("Max <a@example.org>, Eva <b@example.org>", "one e-mail address only"),
        ("lena@", "not complete"),
        ("mailto:@example.org", "not complete"),
        ("0161 496 0008 / 0161 496 0009", "one phone number only"),
        ("0161 496 0008 or 0161 496 0009", "one phone number only"),
        ("0161 496 0008,01614960009", "one phone number only"),
        ("1.61496E+09", "country code"),
    ],
)
def test_what_is_none_or_several_is_refused_with_advice(typed: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        contact.parse(typed, "GB")


@pytest.mark.parametrize(
    "typed",
    [
        "0161 496 0007 ext 12", "0161 496 0007 ext. 12", "0161 496 0007 extension 12", "0161 496 0007x12",
        "0161 496 0007 x 12", "0161 496 0007 #12", "+44 161 496 0007;ext=12", "tel:+44-161-496-0007;ext=12",
        "0161 496 0007 Durchwahl 12", "0161 496 0007, DW: 12", "0161 496 0007 poste 12",
        "0161 496 0007 доб. 12", "0161 496 0007 (Ext. 12)", "+44 161 496 0007 int. 12",
    ],
)  # fmt: skip
def test_an_extension_is_part_of_the_number_however_it_is_written(typed: str) -> None:
    assert contact.parse(typed, "GB").phone == "+441614960007;ext=12"


def test_words_in_brackets_behind_a_number_are_no_part_of_it() -> None:
    assert contact.parse("+44 161 496 0018 (WhatsApp)").phone == "+441614960018"
    assert contact.parse("+44 (0)161 496 0018").phone == "+441614960018"


def test_two_mailboxes_are_two_people_at_every_door(app: Flask) -> None:
    signed_up(app, "weiß@example.org")
    signed_up(app, "weiss@example.org")
    assert user_of(app, email="weiß@example.org").id != user_of(app, email="weiss@example.org").id
    again = Browser(app).post("/sign-up", FORM | {"contact": "Weiß <WEIß@example.org>"})
    assert again.status_code == 422
    assert "registered with this already" in text_of(again)


def test_two_people_behind_one_switchboard_sign_in_by_their_extensions(app: Flask) -> None:
    signed_up(app, "+44 161 496 0007 ext 12")
    signed_up(app, "+44 161 496 0007 ext 13")
    assert user_of(app, phone="+441614960007;ext=12").id != user_of(app, phone="+441614960007;ext=13").id
    browser = Browser(app)
    assert browser.sign_in("+44 161 496 0007 Durchwahl 13", PASSWORD).status_code == 303


def test_who_was_written_down_with_ss_for_ß_still_gets_in_and_nobody_else(app: Flask) -> None:
    with app.app_context():
        create_user(
            SYSTEM,
            name="Lena",
            contact=Contact(email="weiss@example.org"),
            password_hash=passwords.hashed(PASSWORD),
        )
    assert Browser(app).sign_in("weiß@example.org", "not the password").status_code == 422
    browser = Browser(app)
    assert browser.sign_in("weiß@example.org", PASSWORD).status_code == 303
    other = "a long other password"
    assert Browser(app).post(
        "/sign-up", FORM | {"contact": "weiß@example.org", "password": other}
    ).status_code == 303  # fmt: skip
    assert Browser(app).sign_in("weiß@example.org", PASSWORD).status_code == 422
    assert Browser(app).sign_in("weiß@example.org", other).status_code == 303


def test_an_address_is_sent_to_as_it_was_typed(app: Flask, cast: Cast) -> None:
    signed_up(app, "Lena.Kruse@example.org")
    lena = user_of(app, email="lena.kruse@example.org")
    shown = text_of(cast.ada.post(f"/people/{lena.id}/contact"))
    assert 'href="mailto:Lena.Kruse@example.org"' in shown
    assert Browser(app).sign_in("LENA.KRUSE@example.org", PASSWORD).status_code == 303


def test_a_profile_keeps_the_spelling_and_sent_back_unchanged_changes_nothing(app: Flask, cast: Cast) -> None:
    assert cast.sam.post("/me", profile(app, cast.sam, email="Sam.V@Example.org")).status_code == 303
    sam = user_of(app, id=cast.sam.id)
    assert (sam.email, sam.address) == ("sam.v@example.org", "Sam.V@example.org")
    assert 'value="Sam.V@example.org"' in text_of(cast.sam.get("/me"))
    cast.sam.post("/me", profile(app, cast.sam, email="Sam.V@example.org"))
    assert user_of(app, id=cast.sam.id).address == "Sam.V@example.org"
    cast.sam.post("/me", profile(app, cast.sam, email="sam.v@example.org"))
    assert user_of(app, id=cast.sam.id).email_typed is None


def test_after_an_erasure_no_spelling_is_left(app: Flask, cast: Cast) -> None:
    from webapp.accounts.erasure import erase

    signed_up(app, "Lena.Kruse@example.org")
    lena = user_of(app, email="lena.kruse@example.org")
    with app.app_context():
        erase(cast.ada.actor, user_id=lena.id, typed_name="Lena Kruse")
        db.session.rollback()
    gone = user_of(app, id=lena.id)
    assert (gone.email, gone.email_typed) == (None, None)
