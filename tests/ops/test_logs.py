"""The log says what happened, with the request's id, and nothing private, whoever tries."""

import io
import json
import logging
import uuid
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import dispose, settings_for
from tests.people import Cast
from webapp import create_app
from webapp.ops import logs
from webapp.ops.logs import MASK, mask, mask_text
from webapp.settings import Settings

PRIVATE = [
    "bo.lind@example.org",
    "+4512345678",
    "+45 12 34 56 78",
    "(555) 123-4567",
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
    "kJ8s7dhf63HGd73hdgA92kslQWE83jdhs72hdKSn",
]


@pytest.mark.parametrize("value", PRIVATE)
@pytest.mark.parametrize("around", ["{}", "sent to {}", "contact={}&x=1", "'{}'", "<{}>", "line\n{}\nline"])
def test_a_private_value_is_masked_inside_any_text(value: str, around: str) -> None:
    assert value not in mask_text(around.format(value))


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "token", "Authorization", "Cookie", "csrf_token", "phone", "code", "email"],
)
def test_a_value_with_a_private_name_is_masked_however_it_is_nested(name: str) -> None:
    assert "hunter2" not in repr(mask({"form": [{name: "hunter2"}]}))


@pytest.mark.parametrize(
    "path", ["/invitation/abcDEF", "/join/h3lp-me", "/sign-in/one-time", "/calendar/abc.ics"]
)
def test_paths_that_let_somebody_in_are_masked(path: str) -> None:
    assert mask_text(f"GET {path} 200") == f"GET /{path.split('/')[1]}/{MASK} 200"


@pytest.mark.parametrize(
    "plain", ["event 42 closed", "2026-11-21T14:03:00", "127.0.0.1:8000", "12.5 km, 55.47, 8.45"]
)
def test_ordinary_words_and_numbers_stay_readable(plain: str) -> None:
    assert mask_text(plain) == plain


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """Requests come through a proxy that may name them."""
    return settings_for(data_dir, database_url=database_url, trusted_proxies=("127.0.0.0/8",))


@pytest.fixture
def lines(app: Flask) -> io.StringIO:
    """What the process logs, as the production formatter writes it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure(app.config["SETTINGS"])
    written = io.StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def test_each_request_is_one_json_line_with_its_id_and_person(lines: io.StringIO, cast: Cast) -> None:
    cast.ada.get("/me", headers={"X-Request-ID": "abc-12345678"})
    (line,) = (json.loads(text) for text in lines.getvalue().splitlines() if "abc-12345678" in text)
    assert line["event"] == "request"
    assert line["route"] == "/me"
    assert line["status"] == 200
    assert line["user_id"] == cast.ada.id
    assert line["duration_ms"] >= 0


@pytest.mark.parametrize(
    "given",
    ['x"}{"injected', "mrt_4f9a8c7b6d5e4f3a2b1c0d9e", "three-wet-boots", "eyJhbGciOiJIUzI1NiJ9.e30.x", "1"],
)
def test_a_malformed_request_id_is_replaced(lines: io.StringIO, cast: Cast, given: str) -> None:
    answer = cast.ada.get("/timeline", headers={"X-Request-ID": given})
    assert f'"{given}"' not in lines.getvalue()
    assert len(answer.headers["X-Request-ID"]) == 32


def test_nobody_but_a_proxy_that_is_believed_names_a_request(data_dir: Path) -> None:
    given = "0123456789abcdef0123456789abcdef"
    named = {}
    for trusted in ((), ("10.0.0.0/8",), ("127.0.0.0/8",), ("1",)):
        app = create_app(settings_for(data_dir, trusted_proxies=trusted))
        answer = app.test_client().get("/sign-in", headers={"X-Request-ID": given})
        named[trusted] = answer.headers["X-Request-ID"] == given
        dispose(app)
    assert list(named.values()) == [False, False, True, True]


def test_an_error_is_logged_with_its_traceback_and_nothing_private(
    lines: io.StringIO, app: Flask, cast: Cast
) -> None:
    def fail() -> str:
        raise ValueError("no mail to bo.lind@example.org with token=abc123")

    from webapp.access import allows
    from webapp.policy import Action

    app._got_first_request = False
    app.add_url_rule("/fail", "fail", allows(Action.STAY)(fail))
    answer = cast.ada.get("/fail")
    assert answer.status_code == 500
    assert b"ValueError" not in answer.data
    assert "ValueError" in lines.getvalue()
    assert "bo.lind" not in lines.getvalue()
    assert "abc123" not in lines.getvalue()


def test_a_slow_statement_is_logged_without_its_values(lines: io.StringIO, app: Flask) -> None:
    from sqlalchemy import text

    from webapp.extensions import db

    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
    with app.app_context():
        db.session.execute(text(f"{counting} SELECT max(i), :v FROM n"), {"v": "private-value"})
    assert "slow statement" in lines.getvalue()
    assert "private-value" not in lines.getvalue()


def test_the_fields_that_a_form_refused_are_logged_by_name_and_never_what_was_typed(
    lines: io.StringIO, cast: Cast
) -> None:
    cast.ada.post("/events/new", {"title": "", "priority": "hunter2"})
    (line,) = (json.loads(text) for text in lines.getvalue().splitlines() if '"POST"' in text)
    assert line["status"] == 422
    assert {"title", "priority"} <= set(line["invalid_fields"])
    assert "hunter2" not in lines.getvalue()


def test_the_fields_that_the_api_refused_are_logged_but_not_names_that_are_none(
    lines: io.StringIO, cast: Cast
) -> None:
    said = {"title": 5, "Bo Lind, Elm Street": 1}
    key = {"Idempotency-Key": str(uuid.uuid4()), "X-CSRF-Token": cast.ada.csrf}
    answer = cast.ada.client.post("/api/v1/events", json=said, headers=key)
    assert answer.status_code == 422, answer.text
    (line,) = (json.loads(text) for text in lines.getvalue().splitlines() if '"POST"' in text)
    assert {"?", "title"} <= set(line["invalid_fields"])
    assert "Elm" not in lines.getvalue()


def test_a_request_without_refused_fields_says_none(lines: io.StringIO, cast: Cast) -> None:
    cast.ada.get("/me")
    assert "invalid_fields" not in lines.getvalue()
