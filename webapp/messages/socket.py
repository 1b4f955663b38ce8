"""``/api/v1/mailbox/socket``: a mailbox over a WebSocket. Rights are checked, then the hub has it."""

from typing import Any

from flask import Blueprint, current_app, request
from simple_websocket import ConnectionError as HandshakeError
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wsproto.utilities import ProtocolError

from webapp.access import allows
from webapp.accounts.access_tokens import InvalidToken
from webapp.accounts.identity import current_actor
from webapp.devices import heartbeat
from webapp.extensions import db, sock
from webapp.journal.queries import head
from webapp.live.socket import take_away
from webapp.live.wire import Wire
from webapp.messages.carrier import Carrier, Newcomer
from webapp.policy import Action
from webapp.web.csrf import host_of
from webapp.web.failures import answer

blueprint = Blueprint("mail_socket", __name__, url_prefix="/api/v1")


@blueprint.before_request
def check_handshake() -> None:
    """Refuse, before the handshake, pages of other sites and whoever brings no token: a browser would send
    its cookie along for any page. Raises `Forbidden`, `InvalidToken`."""
    origin = request.headers.get("Origin")
    if origin is not None and host_of(origin) != request.host:
        raise Forbidden("another site")
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    if current_actor().family_id is None:
        raise InvalidToken("Send the access token as “Authorization: Bearer …”.")


@blueprint.errorhandler(ProtocolError)
@blueprint.errorhandler(HandshakeError)
def bad_handshake(_error: Exception) -> Response:
    """What came was no WebSocket handshake that the RFC knows."""
    return answer(400, "BadHandshake", "The connection was not asked for as it should be.")


@sock.route("/mailbox/socket", bp=blueprint)
@allows(Action.INBOX)
def mail(ws: Any) -> None:
    """After the handshake: hand the socket over; what waits is sent at once."""
    actor = current_actor()
    heartbeat.seen(actor)
    wire: Wire = current_app.extensions["live"]
    carrier: Carrier = current_app.extensions["mail_carrier"]
    wire.follow(head())
    db.session.rollback()
    carrier.admit(Newcomer(take_away(ws), actor))
