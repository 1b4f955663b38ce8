"""Traces show what a request did and how long, hold nothing private, and nobody waits for their receiver."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import REDIS, both_databases, settings_for
from tests.people import Cast
from tests.servers import free_port, running_server
from webapp import create_app
from webapp.access import allows
from webapp.extensions import db
from webapp.policy import Action
from webapp.settings import Settings

# Everything that must never be in a span, wherever a request carries it.
PLANTED = {
    "query": "token-in-the-query",
    "form": "password-in-the-form",
    "path": "code-in-the-path",
    "header": "cookie-in-the-header",
    "value": "value-in-the-sql",
    "literal": "literal-in-the-sql",
    "error": "words-of-an-error",
    "name": "Zoraida",
    "email": "zoraida@example.org",
}


class Receiver:
    """A real OTLP/HTTP receiver: what arrives is decoded as the collector would."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        received = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/traces":
                    if self.headers.get("Content-Encoding") == "gzip":
                        import gzip

                        body = gzip.decompress(body)
                    received.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list["SpanSeen"]:
        """All spans that arrived."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [SpanSeen(span) for span in scope.spans]
        return found

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class SpanSeen:
    """A span as it arrived."""

    def __init__(self, span: "object") -> None:
        self.name: str = span.name  # type: ignore[attr-defined]
        self.trace: bytes = span.trace_id  # type: ignore[attr-defined]
        self.id: bytes = span.span_id  # type: ignore[attr-defined]
        self.parent: bytes = span.parent_span_id  # type: ignore[attr-defined]
        self.server: bool = span.kind == 2  # type: ignore[attr-defined]
        self.attributes = {
            pair.key: pair.value.string_value or pair.value.int_value
            for pair in span.attributes  # type: ignore[attr-defined]
        }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of traces on loopback."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def settings(data_dir: Path, database_url: str, receiver: Receiver) -> Settings:
    """An installation that traces."""
    return settings_for(
        data_dir,
        database_url=database_url,
        otlp_endpoint=f"{receiver.url}/v1/traces",
        trusted_proxies=("127.0.0.0/8",),
    )


@pytest.fixture
def app(settings: Settings, receiver: Receiver) -> Iterator[Flask]:
    """The tracing application, and an address that does everything that is traced, with private values."""
    made = create_app(settings)

    def busy(code: str) -> str:
        db.session.execute(db.text("SELECT :v, 'literal-in-the-sql', 5550123"), {"v": PLANTED["value"]})
        requests.get(f"{receiver.url}/search?q={PLANTED['query']}", timeout=5)
        raise ValueError(PLANTED["error"] + code)

    made.add_url_rule("/busy/<code>", "busy", allows(Action.ENTER)(busy), methods=["GET", "POST"])
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """Instrumentations are the process's: taken off, so that the next test's app has its own."""
    yield
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

    for instrumentor in (RedisInstrumentor(), RequestsInstrumentor(), SQLAlchemyInstrumentor()):
        instrumentor.uninstrument()


def sent(app: Flask, receiver: Receiver) -> list[SpanSeen]:
    """What has been sent, after a flush."""
    assert app.extensions["tracing"].force_flush(10_000)
    return receiver.spans()


@both_databases
def test_a_request_is_a_trace_of_all_that_it_did(app: Flask, client: FlaskClient, receiver: Receiver) -> None:
    answer = client.get("/busy/x", headers={"X-Request-ID": "abc-12345678"})
    assert answer.status_code == 500
    spans = sent(app, receiver)
    (root,) = (span for span in spans if span.server)
    assert root.name == "GET /busy/<code>"
    assert root.attributes["http.response.status_code"] == 500
    assert root.attributes["mayday.request_id"] == "abc-12345678"
    within = [span for span in spans if not span.server]
    assert {span.trace for span in within} == {root.trace}
    assert [span for span in within if span.attributes.get("db.statement", "").startswith("SELECT")]
    assert [span for span in within if span.attributes.get("http.method") == "GET"]


def test_nothing_private_is_in_a_span(app: Flask, cast: Cast, receiver: Receiver) -> None:
    asked = f"/busy/{PLANTED['path']}?token={PLANTED['query']}"
    form = {"secret": PLANTED["form"], "name": PLANTED["name"], "contact": PLANTED["email"]}
    headers = {"X-Secret": PLANTED["header"], "baggage": f"who={PLANTED['name']}"}
    cast.sam.post(asked, form, headers=headers)
    cast.sam.get(f"/{PLANTED['path']}?x={PLANTED['query']}", headers=headers)
    page = {"command_id": str(uuid.uuid4()), **form, "csrf_token": cast.sam.csrf}
    cast.sam.client.post("/sign-up", data=page)
    cast.person(PLANTED["name"])
    spans = sent(app, receiver)
    assert len([span for span in spans if span.server]) >= 3
    everything = b"".join(receiver.bodies)
    private = [
        *PLANTED.values(),
        "5550123",
        cast.sam.token,
        "127.0.0.1/",
        str(app.config["SETTINGS"].data_dir),
    ]
    assert not [value for value in private if value.encode() in everything]


def test_what_is_traced_outside_of_requests_is_nothing(app: Flask, cast: Cast, receiver: Receiver) -> None:
    cast.person("Nia New")
    assert sent(app, receiver) == []


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/static/mayday.svg"])
def test_probes_make_no_trace(app: Flask, client: FlaskClient, receiver: Receiver, path: str) -> None:
    assert client.get(path).status_code == 200
    assert sent(app, receiver) == []


def test_a_caller_can_join_its_trace_to_ours(app: Flask, client: FlaskClient, receiver: Receiver) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    client.get("/sign-in", headers={"traceparent": f"00-{trace}-{parent}-01"})
    (root,) = (span for span in sent(app, receiver) if span.server)
    assert (root.trace.hex(), root.parent.hex()) == (trace, parent)


@pytest.mark.parametrize("given", ["", "garbage", "00-0-0-00", "x" * 5000])
def test_a_damaged_trace_header_harms_nothing(client: FlaskClient, given: str) -> None:
    assert client.get("/sign-in", headers={"traceparent": given}).status_code == 200


def test_a_host_that_is_not_ours_is_still_answered(data_dir: Path, receiver: Receiver) -> None:
    settings = settings_for(data_dir, otlp_endpoint=f"{receiver.url}/v1/traces", trusted_hosts="help.example")
    answer = create_app(settings).test_client().get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_a_share_of_nothing_sends_nothing_whatever_the_caller_says(
    data_dir: Path, receiver: Receiver
) -> None:
    endpoint = f"{receiver.url}/v1/traces"
    made = create_app(settings_for(data_dir, otlp_endpoint=endpoint, trace_share=0))
    wanted = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    assert made.test_client().get("/sign-in", headers=wanted).status_code == 200
    assert sent(made, receiver) == []


def test_tracing_is_off_without_the_setting(data_dir: Path) -> None:
    made = create_app(settings_for(data_dir))
    assert "tracing" not in made.extensions


def test_a_receiver_that_is_away_holds_up_nobody(data_dir: Path) -> None:
    away = f"http://127.0.0.1:{free_port()}/v1/traces"
    client = create_app(settings_for(data_dir, otlp_endpoint=away)).test_client()
    started = time.monotonic()
    assert {client.get("/sign-in").status_code for _ in range(20)} == {200}
    assert time.monotonic() - started < 20  # one wait for the receiver alone would take five seconds each


@pytest.mark.redis
def test_redis_is_traced_without_its_keys(data_dir: Path, receiver: Receiver) -> None:
    settings = settings_for(data_dir, otlp_endpoint=f"{receiver.url}/v1/traces", redis_url=REDIS)
    made = create_app(settings)

    def ask() -> str:
        from redis import Redis

        Redis.from_url(REDIS).get(f"limit:{PLANTED['email']}")
        return "asked"

    made.add_url_rule("/ask", "ask", allows(Action.ENTER)(ask))
    assert made.test_client().get("/ask").status_code == 200
    spans = sent(made, receiver)
    assert [span for span in spans if span.attributes.get("db.system") == "redis" and span.name == "GET"]
    assert PLANTED["email"].encode() not in b"".join(receiver.bodies)


@pytest.mark.slow
def test_every_worker_sends_its_spans_and_the_last_ones_at_its_end(
    settings: Settings, receiver: Receiver
) -> None:
    with running_server(settings, workers=2) as server, ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: requests.get(f"{server.url}/sign-in", timeout=20), range(40))
        assert {answer.status_code for answer in answers} == {200}
        server.terminate()
    assert len([span for span in receiver.spans() if span.name == "GET /sign-in"]) == 40
