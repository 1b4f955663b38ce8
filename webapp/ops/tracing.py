"""Tracing with OpenTelemetry: requests in, SQL, Redis and HTTP out, sent by OTLP. Off unless it is set.

Imported only when MAYDAY_OTLP_ENDPOINT is set. A trace begins with a request: what the server does by
itself (the live reader's looks at the journal) makes none. What leaves the process is made from a list of
names that may leave, so no query string, form, SQL value, address or person can be in it.
"""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from flask import Flask, Response, g, request
from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from sqlalchemy.engine import Engine

from webapp.ops.logs import UNTOLD, mask_text
from webapp.settings import Settings

# What may leave the process; everything else is dropped. Old and new names of the same thing.
MAY_LEAVE = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.status_code"),
        *("http.response.status_code", "http.scheme", "url.scheme"),
        *("net.peer.name", "net.peer.port", "server.address", "server.port"),
        *("db.system", "db.system.name", "db.statement", "db.query.text", "db.redis.args_length"),
        *("error.type", "mayday.request_id"),
    }
)
_LITERALS = re.compile(r"'(?:[^']|'')*'|(?<![\w.:$])\d+(?:\.\d+)?\b")
_WAIT = 5  # seconds for the receiver of traces: one that is away holds up nothing for long


class FromRequests(Sampler):
    """Sample a share of requests; a span without a request around it is none."""

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        *more: Any,
        **named: Any,
    ) -> SamplingResult:
        """Decide by the trace's id, so that all of a trace are kept or none."""
        if kind is not SpanKind.SERVER:
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(parent_context, trace_id, name, kind, *more, **named)

    def get_description(self) -> str:
        """How the choice is named."""
        return f"requests:{self._share.get_description()}"


class Discreet(SpanExporter):
    """Sends what may leave: times, kinds, names of routes and statements, and how it went."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans without anything private."""
        return self._exporter.export([discreet(span) for span in spans])

    def shutdown(self) -> None:
        """Stop sending."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is kept."""
        return self._exporter.force_flush(timeout_millis)


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span with only what may leave: no events (tracebacks), no links, no words of errors."""
    attributes = dict(span.attributes or {})
    return ReadableSpan(
        name=_name(span, attributes),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: _masked(name, attributes[name]) for name in MAY_LEAVE & attributes.keys()},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan, attributes: Mapping[str, AttributeValue]) -> str:
    """The method and route, or the first word: a path or a key may let somebody in."""
    first = span.name.split(" ", 1)[0]
    route = attributes.get("http.route")
    return f"{first} {route}" if route else first


def _masked(name: str, value: AttributeValue) -> AttributeValue:
    if not isinstance(value, str):
        return value
    if name in ("db.statement", "db.query.text"):
        # Our statements have placeholders; should one hold a value, it goes.
        return mask_text(_LITERALS.sub("?", value))[:2000]
    return value


class PerProcess(SpanProcessor):
    """Sends in the background from the process that made the span: threads do not survive a fork."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._pid = 0
        self._sender: BatchSpanProcessor | None = None

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span; the first one of a process starts its sender."""
        with self._lock:
            if self._pid != os.getpid():
                exporter = OTLPSpanExporter(endpoint=self._endpoint, timeout=_WAIT)
                self._sender = BatchSpanProcessor(Discreet(exporter), export_timeout_millis=_WAIT * 1000)
                self._pid = os.getpid()
            sender = self._sender
        assert sender is not None
        sender.on_end(span)

    def shutdown(self) -> None:
        """Send what is left and stop."""
        if self._sender is not None and self._pid == os.getpid():
            self._sender.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is kept now."""
        sender = self._sender if self._pid == os.getpid() else None
        return sender is None or sender.force_flush(timeout_millis)


def init_app(app: Flask, settings: Settings, engine: Engine) -> TracerProvider:
    """Trace this app. Call it before anything else is done before a request, so that all of it is seen."""
    provider = TracerProvider(
        sampler=ParentBased(
            FromRequests(settings.trace_share),
            # A stranger's header may join a trace, but not decide that it is kept or dropped.
            remote_parent_sampled=FromRequests(settings.trace_share),
            remote_parent_not_sampled=FromRequests(settings.trace_share),
        ),
        resource=Resource.create({"service.name": "mayday", "service.version": version("mayday")}),
    )
    provider.add_span_processor(PerProcess(settings.otlp_endpoint))
    # Only trace ids travel on: baggage would carry a stranger's words to other servers.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    trace_requests(app, provider.get_tracer("mayday"))
    # The instrumentation asks for SQLAlchemy below 2.1 and would silently do nothing; it works on 2.1.
    SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
    RedisInstrumentor().instrument(tracer_provider=provider)
    RequestsInstrumentor().instrument(tracer_provider=provider, excluded_urls=settings.otlp_endpoint)
    return provider


def trace_requests(app: Flask, tracer: Tracer) -> None:
    """A span around each request. OpenTelemetry's own for Flask reads the address of every request, which
    raises out of the application when the host is not a trusted one."""

    @app.before_request
    def _begin() -> None:
        if request.endpoint in UNTOLD:
            return
        route = str(request.url_rule) if request.url_rule else "unknown address"
        span = tracer.start_span(
            f"{request.method} {route}",
            propagate.extract(request.headers),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": request.method, "http.route": route},
        )
        g.trace_span, g.trace_token = span, context.attach(trace.set_span_in_context(span))
        g.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    @app.after_request
    def _answered(response: Response) -> Response:
        if "trace_span" in g:
            g.trace_span.set_attribute("http.response.status_code", response.status_code)
            g.trace_span.set_attribute("mayday.request_id", g.get("request_id", ""))
            if response.status_code >= 500:
                g.trace_span.set_status(StatusCode.ERROR)
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        if "trace_span" in g:
            g.pop("trace_span").end()
            context.detach(g.pop("trace_token"))
