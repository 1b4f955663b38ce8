"""Logging, configured in one place: one event a line, with fields, and nothing private in it.

JSON in production, readable lines in development. Every line carries the request id and the person's id
where there are any. Everything passes through `mask` last, gunicorn's own lines and tracebacks included.
"""

import logging
import logging.config
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request
from sqlalchemy import event
from sqlalchemy.engine import Engine

from webapp.settings import Settings
from webapp.web import invalid_fields

MASK = "•••"
# Whatever is kept under such a name is private, wherever it turns up.
_PRIVATE_NAMES = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|csrf|credential|api[_-]?key|"
    r"(^|_)code$|phone|e-?mail|emergency|contact",
    re.IGNORECASE,
)
# Private values inside sentences: addresses, long numbers that may be phones, signed or random tokens.
_PRIVATE_VALUES = (
    re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"),
    re.compile(r"(?<![\w.:-])\+?\d(?:[ ().-]{0,2}\d){7,14}(?![\w.:-])"),
    re.compile(r"\bmrt_\w+"),
    re.compile(r"\beyJ[\w-]+(\.[\w-]+){1,2}"),
    re.compile(r"\$argon2\w*\$\S+"),
    re.compile(r"\b(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{32,}\b"),
    re.compile(r"(?i)(?<=[?&;\s])((?:[\w-]*(?:token|code|secret|password|session|csrf)[\w-]*)=)[^&\s;\"']+"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
# Paths whose last part lets somebody in.
_PRIVATE_PATHS = re.compile(r"/(invitation|sign-in|join|erase|calendar)/[^/\s?\"']+")
# Requests that come by the second and say nothing when they succeed.
UNTOLD = frozenset({"health.live", "health.ready", "metrics.scrape", "static"})
# Fields that are ours and cannot be private; their numbers are not phones.
_PLAIN = frozenset(
    {"timestamp", "level", "event", "logger", "request_id", "trace_id", "user_id", "status", "duration_ms"}
)

log = structlog.stdlib.get_logger(__name__)


def mask_text(text: str) -> str:
    """The text with everything that may be private replaced."""
    text = _PRIVATE_PATHS.sub(rf"/\1/{MASK}", text)
    for pattern in _PRIVATE_VALUES:
        text = pattern.sub(rf"\g<1>{MASK}" if pattern.groups and "=)" in pattern.pattern else MASK, text)
    return text


def mask(value: object, name: str = "") -> object:
    """A value fit for the log; ``name`` is what it is called."""
    if name and _PRIVATE_NAMES.search(name) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {str(key): mask(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(item, name) for item in value]
    if isinstance(value, int | float | bool) or value is None:
        return value
    return mask_text(str(value))


def _mask_line(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: value if name in _PLAIN and name != "event" else mask(value, name)
        for name, value in line.items()
    }


def _request_fields(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    if request:
        line.setdefault("request_id", g.get("request_id"))
        if "trace_id" in g:
            line.setdefault("trace_id", g.trace_id)
        if "actor" in g and g.actor.user_id is not None:
            line.setdefault("user_id", g.actor.user_id)
    return line


_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _request_fields,
]


def configure(settings: Settings) -> None:
    """Send every logger of the process through one formatter to standard error."""
    readable = settings.env == "development"
    draw: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _mask_line,
            draw,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in ("gunicorn.error", "gunicorn.access", "werkzeug", "alembic"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def init_app(app: Flask) -> None:
    """Log each request once, when it is answered."""

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _log(response: Response) -> Response:
        if request.endpoint in UNTOLD and response.status_code < 400:
            return response
        refused = invalid_fields.noted()
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule) if request.url_rule else None,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - g.started) * 1000, 1) if "started" in g else None,
            **({"invalid_fields": refused} if refused else {}),
        )
        return response


def watch_slow_statements(engine: Engine, threshold_ms: int) -> None:
    """Log statements that take longer; their values stay out of the log, the text is enough to find them."""

    @event.listens_for(engine, "before_cursor_execute")
    def _before(_conn: Any, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
        context.mayday_started = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def _after(_conn: Any, _cursor: Any, sql: str, _values: Any, context: Any, _many: bool) -> None:
        took = (time.perf_counter() - context.mayday_started) * 1000
        if took >= threshold_ms:
            log.warning("slow statement", duration_ms=round(took, 1), statement=" ".join(sql.split())[:500])
