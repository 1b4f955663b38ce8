"""Every error is an answer: a page or fragment that keeps what was typed, an envelope for programs,
with the request's id, and never a stack trace or SQL."""

import errno
import io
import json
import logging
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.conftest import REDIS, settings_for
from tests.people import Cast
from tests.servers import free_port
from webapp import create_app
from webapp.access import allows
from webapp.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.extensions import db, limiter
from webapp.journal.models import JournalEntry
from webapp.ops import logs
from webapp.policy import Action
from webapp.settings import Settings

ID = "abc-12345678"
BELIEVED = ("127.0.0.0/8",)
JSON = {"Accept": "application/json", "X-Request-ID": ID}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "X-Request-ID": ID}
HTMX = {"HX-Request": "true", "X-Request-ID": ID}
SECRETS = ("Traceback", "SELECT", "sqlalchemy", "sqlite3", "psycopg", "hunter2", 'File "')


def _raise(error: Exception) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


def _no_such_table() -> str:
    db.session.execute(text("SELECT hunter2 FROM no_such_table"))
    return ""


def _reads_json() -> str:
    return str(request.get_json())


FAULTS: dict[str, tuple[Callable[[], Any], int]] = {
    "bad": (lambda: abort(400, "hunter2"), 400),
    "forbidden": (_raise(Forbidden("Only for coordinators.")), 403),
    "missing": (_raise(NotFound("There is no such event.")), 404),
    "conflict": (_raise(Conflict("Somebody was faster.")), 409),
    "kind": (_reads_json, 415),
    "invalid": (_raise(Invalid("Say how many.", fields={"quantity": "Say how many."})), 422),
    "broken": (_raise(ValueError("hunter2")), 500),
    "database": (_no_such_table, 503),
    "disk": (_raise(OSError(errno.ENOSPC, "hunter2")), 503),
    "system": (_raise(OSError(errno.EPERM, "hunter2")), 500),
}


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """Requests come through a proxy that may name them."""
    return settings_for(data_dir, database_url=database_url, trusted_proxies=BELIEVED)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, and for each kind of fault an address that has it."""
    made = create_app(settings)
    for name, (view, _) in FAULTS.items():
        marked = allows(Action.ENTER)(lambda view=view: view())
        made.add_url_rule(f"/fault/{name}", f"fault_{name}", marked, methods=["GET", "POST"])
    limited = limiter.limit("1 per minute")(allows(Action.ENTER)(lambda: "once"))
    made.add_url_rule("/fault/often", "fault_often", allows(Action.ENTER)(limited))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def refuse_secrets(answer: TestResponse) -> None:
    """Nothing of the inside left the server."""
    body = answer.get_data(as_text=True)
    assert not [word for word in SECRETS if word in body]


def check_envelope(answer: TestResponse, status: int, path: str) -> dict[str, Any]:
    """The one shape of errors for programs."""
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    body: dict[str, Any] = answer.get_json()
    wanted = {"success", "statusCode", "name", "message", "correlationId", "timestamp", "path", "data"}
    assert set(body) == wanted
    assert (body["success"], body["statusCode"], body["path"]) == (False, status, path)
    assert body["correlationId"] == answer.headers["X-Request-ID"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", body["timestamp"])
    assert body["message"]
    return body


@pytest.mark.parametrize("name", FAULTS)
def test_a_program_gets_the_envelope(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/fault/{name}", headers=JSON)
    body = check_envelope(answer, FAULTS[name][1], f"/fault/{name}")
    assert body["correlationId"] == ID
    refuse_secrets(answer)


@pytest.mark.parametrize("name", FAULTS)
def test_a_person_gets_a_page_with_what_they_typed(cast: Cast, name: str) -> None:
    typed = {"title": "Cellar <flooded>", "new_password": "hunter2", "code": "hunter2"}
    answer = cast.sam.post(f"/fault/{name}", typed, headers=HTML)
    page = answer.get_data(as_text=True)
    assert answer.status_code == FAULTS[name][1]
    assert answer.mimetype == "text/html"
    assert "Cellar &lt;flooded&gt;" in page
    assert ID in page
    refuse_secrets(answer)


@pytest.mark.parametrize("name", FAULTS)
def test_htmx_gets_a_message_and_leaves_the_form_alone(cast: Cast, name: str) -> None:
    answer = cast.sam.post(f"/fault/{name}", {"title": "Cellar"}, headers=HTMX)
    assert answer.status_code == FAULTS[name][1]
    assert answer.headers["HX-Retarget"] == "#flash"
    assert "<html" not in answer.get_data(as_text=True)
    refuse_secrets(answer)


def test_a_field_error_names_its_field(client: FlaskClient) -> None:
    body = client.get("/fault/invalid", headers=JSON).get_json()
    assert body["data"]["errors"] == [{"field": "quantity", "message": "Say how many."}]


@pytest.mark.parametrize("headers", [JSON, HTML, HTMX])
def test_an_unknown_address_is_404(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/nowhere", headers=headers).status_code == 404
    assert client.post("/nowhere", headers=headers).status_code == 404


@pytest.mark.parametrize("headers", [JSON, HTML, HTMX])
def test_a_wrong_method_is_405_and_says_what_is_allowed(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.delete("/sign-in", headers=headers)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(re.split(r",\s*", answer.headers["Allow"]))


def test_a_form_without_its_token_is_403_for_a_program(client: FlaskClient) -> None:
    check_envelope(client.post("/sign-in", data={"contact": "a"}, headers=JSON), 403, "/sign-in")


def test_a_program_that_is_not_signed_in_gets_401_and_a_person_goes_to_sign_in(client: FlaskClient) -> None:
    check_envelope(client.get("/me", headers=JSON), 401, "/me")
    answer = client.get("/me", headers=HTML)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_too_large_a_body_is_413(cast: Cast, headers: dict[str, str]) -> None:
    answer = cast.sam.post("/fault/bad", {"title": "x" * 2_000_000}, headers=headers)
    assert answer.status_code == 413
    refuse_secrets(answer)


def test_too_many_fields_are_413(cast: Cast) -> None:
    parts = {f"field{n}": (io.BytesIO(b"x"), "x.txt") for n in range(300)}
    answer = cast.sam.post("/fault/bad", parts, headers=JSON, content_type="multipart/form-data")
    assert answer.status_code == 413


@pytest.mark.parametrize("headers", [JSON, HTML, HTMX])
def test_too_often_is_429_and_says_when_to_come_back(client: FlaskClient, headers: dict[str, str]) -> None:
    limiter.reset()
    client.get("/fault/often")
    answer = client.get("/fault/often", headers=headers)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("name", ["database", "disk"])
@pytest.mark.parametrize("headers", [JSON, HTML, HTMX])
def test_what_another_try_may_cure_is_503_with_retry_after(
    client: FlaskClient, name: str, headers: dict[str, str]
) -> None:
    answer = client.get(f"/fault/{name}", headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_host_that_is_not_ours_is_400(data_dir: Any) -> None:
    client = create_app(settings_for(data_dir, trusted_hosts="help.example")).test_client()
    answer = client.get("/sign-in", headers=JSON | {"Host": "evil.example"})
    check_envelope(answer, 400, "/sign-in")
    page = client.get("/sign-in", headers=HTML | {"Host": "evil.example"})
    assert page.status_code == 400
    assert "evil.example" not in page.get_data(as_text=True)
    assert client.get("/sign-in", headers={"Host": "help.example"}).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/board", "/events/1", "/nowhere"])
@pytest.mark.parametrize("headers", [JSON, HTML, HTMX])
def test_a_signed_in_person_is_told_when_the_database_is_gone(
    cast: Cast, tmp_path: Any, path: str, headers: dict[str, str]
) -> None:
    gone = settings_for(
        tmp_path,
        database_url=f"postgresql://hunter2@127.0.0.1:{free_port()}/x",
        trusted_proxies=BELIEVED,
    )
    browser = create_app(gone).test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = cast.sam.token, True
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 503 or (path == "/nowhere" and answer.status_code == 404)
    assert answer.headers["X-Request-ID"] == ID
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) > 0
        assert "database" in answer.get_data(as_text=True)
    refuse_secrets(answer)


def test_a_form_sent_while_the_database_is_gone_comes_back_with_its_words(tmp_path: Any) -> None:
    gone = settings_for(tmp_path, database_url=f"postgresql://hunter2@127.0.0.1:{free_port()}/x")
    browser = create_app(gone).test_client()
    page = browser.get("/sign-up").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
    assert token
    form = {
        "csrf_token": token[1],
        "command_id": str(uuid.uuid4()),
        "name": "Zoë",
        "contact": "zoe@example.org",
    }
    answer = browser.post("/sign-up", data=form, headers=HTML)
    assert answer.status_code == 503
    assert "Zoë" in answer.get_data(as_text=True)
    refuse_secrets(answer)


def test_a_database_that_accepts_and_then_says_nothing_is_away(tmp_path: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/x"
        browser = create_app(settings_for(tmp_path, database_url=address)).test_client()
        assert browser.get("/health/ready").status_code == 503
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = "anybody"
        assert browser.get("/sign-in", headers=JSON).status_code == 503


def test_json_sent_is_json_answered(client: FlaskClient) -> None:
    answer = client.post("/sign-in", json={"contact": "a"}, headers={"Accept": "*/*"})
    check_envelope(answer, 403, "/sign-in")


def test_a_browser_that_takes_anything_gets_a_page(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers={"Accept": "*/*"}).mimetype == "text/html"
    assert client.get("/nowhere").mimetype == "text/html"


def test_a_signed_in_program_gets_json_too(cast: Cast) -> None:
    check_envelope(cast.sam.get("/nowhere", headers=JSON), 404, "/nowhere")


@pytest.mark.parametrize("env", ["development", "test", "production"])
@pytest.mark.parametrize("debug", [False, True])
def test_no_setting_lets_the_inside_out(data_dir: Any, env: str, debug: bool) -> None:
    made = create_app(settings_for(data_dir, env=env, log_level="DEBUG"))
    made.debug = debug
    made.config["PROPAGATE_EXCEPTIONS"] = None
    made.add_url_rule("/fail", "fail", allows(Action.ENTER)(_raise(ValueError("hunter2 SELECT"))))
    for headers in (JSON, HTML, HTMX):
        answer = made.test_client().get("/fail", headers=headers)
        assert answer.status_code == 500
        refuse_secrets(answer)


@pytest.fixture
def lines(app: Flask) -> Iterator[io.StringIO]:
    """What the process logs, as the production formatter writes it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure(app.config["SETTINGS"])
    written = io.StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def test_one_id_joins_header_log_and_journal(lines: io.StringIO, app: Flask, cast: Cast) -> None:
    form = {"title": "Cellar flooded", "place": "55.67, 12.56", "category": "Other", "priority": "2"}
    answer = cast.vic.post("/sign-out", form, headers=HTML)
    assert answer.status_code < 400, answer.get_data(as_text=True)
    assert answer.headers["X-Request-ID"] == ID
    with app.app_context():
        newest = db.session.execute(
            db.select(JournalEntry.request_id).order_by(JournalEntry.seq.desc()).limit(1)
        ).scalar_one()
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert newest == ID
    assert ID in [line.get("request_id") for line in logged if line["event"] == "request"]


@pytest.mark.parametrize("given", [ID, None])
def test_one_id_joins_page_envelope_header_and_log(lines: io.StringIO, cast: Cast, given: str | None) -> None:
    own = {"X-Request-ID": given} if given else {}
    page = cast.sam.get("/fault/broken", headers={"Accept": "text/html"} | own)
    told = cast.sam.get("/fault/broken", headers={"Accept": "application/json"} | own)
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    for answer in (page, told):
        named = answer.headers["X-Request-ID"]
        assert named == (given or named)
        assert named in answer.get_data(as_text=True)
        events = {line["event"] for line in logged if line.get("request_id") == named}
        assert {"request", "unhandled"} <= events


@pytest.mark.redis
def test_limits_hold_with_redis_away(data_dir: Any) -> None:
    away = settings_for(data_dir, redis_url=REDIS.replace("6379", str(free_port())))
    made = create_app(away)
    limited = limiter.limit("1 per minute")(allows(Action.ENTER)(lambda: "once"))
    made.add_url_rule("/fault/often", "fault_often", allows(Action.ENTER)(limited))
    client = made.test_client()
    assert [client.get("/fault/often").status_code for _ in range(3)] == [200, 429, 429]
