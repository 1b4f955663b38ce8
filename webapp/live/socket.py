"""``/live``: the handshake of a page's socket. Rights are checked here, then the hub has the socket.

flask-sock does the WebSocket handshake on the worker's connection. The connection is then taken away
from the WSGI server, so that 10,000 of them hold neither threads nor connection slots of the workers.
"""

import os
import socket
from typing import Any

from flask import Blueprint, current_app, g, request
from simple_websocket import ConnectionError as HandshakeError
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wsproto.utilities import ProtocolError

from webapp.access import SignInNeeded, allows
from webapp.accounts.identity import current_actor
from webapp.extensions import sock
from webapp.journal.queries import head
from webapp.live import channels
from webapp.live.connection import Subscription
from webapp.live.reader import Arrival
from webapp.live.wire import Wire
from webapp.policy import Action
from webapp.web.csrf import host_of
from webapp.web.failures import answer
from webapp.web.viewer import viewer

blueprint = Blueprint("live", __name__)

_NEWEST = 10**15


class NoThread:
    """Stands where simple-websocket would start a thread that reads the socket: the hub reads it."""

    name = ""

    def __init__(self, target: object) -> None:
        """Nothing is ever run."""

    def start(self) -> None:
        """There is nothing to start."""


@blueprint.before_request
def check_handshake() -> None:
    """Refuse, before the handshake, pages of other sites and people who may hear nothing of it."""
    if host_of(request.headers.get("Origin", "")) != request.host:
        raise Forbidden("another site")
    # Compression would cost 150 KB a socket; not offered, it is not agreed on.
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    # First the seq, then the rights: what ends them later has a larger one, and the reader will see it.
    g.live_checked_at = head()
    g.live_channels = channels.permitted(current_actor(), request.args.getlist("channel"))
    if not g.live_channels:
        raise Forbidden("no channel")


@blueprint.errorhandler(ProtocolError)
@blueprint.errorhandler(HandshakeError)
def bad_handshake(_error: Exception) -> Response:
    """What came was no WebSocket handshake that the RFC knows."""
    return answer(400, "BadHandshake", "The live connection was not asked for as it should be.")


@blueprint.errorhandler(SignInNeeded)
def sign_in_first(error: SignInNeeded) -> Response:
    """A socket cannot follow to the sign-in page: plainly refused."""
    return answer(error.status, error.name, error.message)


@sock.route("/live", bp=blueprint)
@allows(Action.STAY)
def live(ws: Any) -> None:
    """After the handshake: hand the socket over, with what its page knows already."""
    actor, audience = current_actor(), viewer().shared
    session_id = None if actor.session_id is None else str(actor.session_id)
    wire: Wire = current_app.extensions["live"]
    arrival = Arrival(
        sock=take_away(ws),
        subscription=Subscription(g.live_channels, audience, actor.user_id, session_id),
        audience=audience,
        since=_since(),
        checked_at=g.live_checked_at,
    )
    wire.join(arrival)


def take_away(ws: Any) -> socket.socket:
    """The connection of a handshake, taken from flask-sock and from the WSGI server.

    The server will still shut down and close "its" socket, so a fresh unconnected one is put under its
    descriptor: ``dup2`` swaps it in one step, and what the server does to it harms nobody.
    """
    served: socket.socket = ws.sock
    ours = served.dup()
    with socket.socket(served.family, socket.SOCK_STREAM) as blank:
        os.dup2(blank.fileno(), served.fileno(), inheritable=False)
    ws.connected = False  # flask-sock must not say goodbye on it
    return ours


def _since() -> int:
    text = request.args.get("since", "")
    return min(int(text), _NEWEST) if text.isascii() and text.isdigit() and len(text) < 19 else 0
