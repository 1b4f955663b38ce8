"""Metrics for Prometheus at ``/metrics``, right across several worker processes.

What happened is counted where it happens: requests as they are answered, deeds as their journal entries
are committed, live frames on the reader's thread. How things stand (rows by status, disk, memory) is read
at the moment of the scrape, by `situation`. Which networks and tokens may look: `may_read`.
"""

import hmac
import ipaddress
import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, current_app, g, request

from webapp import redis_line
from webapp.access import allows
from webapp.database import utc_now
from webapp.errors import Forbidden
from webapp.journal import JournalEntry
from webapp.journal.transaction import committed
from webapp.live.cards import CardCache
from webapp.live.reader import passed_on, turned
from webapp.live.wire import Wire
from webapp.ops import meters
from webapp.ops.meters import meter
from webapp.policy import Action
from webapp.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import Counter

blueprint = Blueprint("metrics", __name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SIGN_INS = {"session.started": "let in", "token.issued": "let in", "session.refused": "refused"}
# Requests whose time says nothing about pages: a scrape, a socket that stays, a poll that waits.
_UNTIMED = frozenset({"metrics.scrape", "live.live", "mail_socket.mail", "api.fetch_mailbox"})


class Followed:
    """What was counted so far of counters that live elsewhere in this process (the hub, the card cache)."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}

    def catch_up(self) -> None:
        """Count what was added since the last time. Safe from any thread, and cheap."""
        cards: CardCache = self._app.extensions["cards"]
        wire: Wire = self._app.extensions["live"]
        with self._lock:
            self._add(meter().cards.labels("kept"), "hits", cards.hits)
            self._add(meter().cards.labels("drawn"), "misses", cards.misses)
            for purpose, number in redis_line.failures.items():
                self._add(meter().redis_failures.labels(purpose), f"redis:{purpose}", number)
            if wire.started:
                self._live(wire)

    def _live(self, wire: Wire) -> None:
        stats = wire.stats()
        meter().sockets.set(stats.sockets)
        meter().live_up.labels("hub").set(wire.running)
        meter().reader_seq.labels("live").set(wire.seq)
        self._add(meter().broadcasts, "broadcasts", stats.broadcasts)
        self._add(meter().frames, "frames", stats.frames_sent)
        self._add(meter().frame_bytes, "bytes", stats.bytes_sent)
        for reason, number in stats.dropped.items():
            self._add(meter().dropped.labels(reason), f"dropped:{reason}", number)

    def _add(self, counter: "Counter", name: str, now: int) -> None:
        more = now - self._seen.get(name, 0)
        if more > 0:
            self._seen[name] = now
            counter.inc(more)


def init_app(app: Flask) -> None:
    """Count every request, every committed deed and every broadcast, and serve the sums."""
    app.extensions["followed"] = Followed(app)
    app.register_blueprint(blueprint)
    app.after_request(_count_request)
    committed.connect(_count_entries)
    turned.connect(_follow)
    passed_on.connect(_time_broadcast)


def _count_request(response: Response) -> Response:
    route = str(request.url_rule) if request.url_rule else "none"
    # Whoever asks chooses the method: only known ones become a label.
    method = request.method if request.method in _METHODS else "other"
    meter().requests.labels(route, method, response.status_code).inc()
    if response.status_code == 429:
        meter().limited.labels(route).inc()
        if request.endpoint == "accounts.enter":
            meter().sign_ins.labels("limited").inc()
    if "started" in g and request.endpoint not in _UNTIMED:
        meter().latency.labels(route).observe(time.perf_counter() - g.started)
    current_app.extensions["followed"].catch_up()
    return response


def _count_entries(_sender: object, *, verbs: Iterable[str] = (), **_more: object) -> None:
    for verb in verbs:
        meter().entries.labels(verb).inc()
        if verb in _SIGN_INS:
            meter().sign_ins.labels(_SIGN_INS[verb]).inc()
        if verb == "token.reused":
            meter().tokens_reused.inc()


def _follow(app: Flask) -> None:
    app.extensions["followed"].catch_up()


def _time_broadcast(_sender: object, *, entries: Sequence[JournalEntry]) -> None:
    now = utc_now()
    for entry in entries:
        meter().broadcast_lag.observe(max(0.0, (now - entry.at).total_seconds()))


@blueprint.get("/metrics")
@allows(Action.PROBE)
def scrape() -> Response:
    """All metrics, for those with the token or from a named network."""
    if not may_read():
        raise Forbidden(
            "Metrics are for the token MAYDAY_METRICS_TOKEN or the networks MAYDAY_METRICS_NETWORKS."
        )
    from webapp.ops.situation import Situation

    current_app.extensions["followed"].catch_up()
    text, content_type = meters.exposition(Situation())
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})


def may_read() -> bool:
    """Whether this request has the token, or comes from a network that needs none.

    A request that an unknown proxy passed on has the proxy's address, often the loopback one: the networks
    say nothing about it. A trusted proxy's word (werkzeug's ProxyFix) has replaced the address already.
    """
    settings: Settings = current_app.config["SETTINGS"]
    token = settings.metrics_token.get_secret_value()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode()):
        return True
    passed_on_by_stranger = "werkzeug.proxy_fix.orig" not in request.environ and any(
        name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
    )
    if passed_on_by_stranger or not request.remote_addr:
        return False
    address = ipaddress.ip_address(request.remote_addr)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in ipaddress.ip_network(network) for network in settings.metrics_networks)
