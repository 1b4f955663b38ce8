"""Messages: from a coordinator to people and devices, kept for each until it has them."""

from typing import Any

from flask import Flask

# A quarter of a server's threads may be held by requests that wait for a message.
_SHARE = 4


def init_app(app: Flask) -> None:
    """Register the pages and sockets, the live fragments, and what hears of new messages."""
    from webapp.live.reader import passed_on
    from webapp.live.wire import Wire
    from webapp.messages import api, deliveries, fragments, socket, views
    from webapp.messages.carrier import Carrier
    from webapp.messages.waiting import Waiting

    wire: Wire = app.extensions["live"]
    carrier = Carrier(app, wire)
    waiting = Waiting(wire, max(1, app.config["SETTINGS"].threads // _SHARE))
    wire.listen(carrier.heard, carrier.gone)
    app.extensions |= {"mail_carrier": carrier, "long_polls": waiting}
    assert all((deliveries, fragments))  # imported for what they follow and end
    passed_on.connect(_tell)
    app.before_request_funcs.setdefault(None, []).insert(0, api.allow_photos)
    app.register_blueprint(socket.blueprint)
    app.register_blueprint(views.blueprint)
    app.context_processor(lambda: {"inbox": views.own_inbox})


def _tell(app: Flask, *, entries: Any) -> None:
    """On the reader's thread, after entries were handed to the hub."""
    app.extensions["mail_carrier"].told(entries)
    if any(entry.verb == "message.sent" for entry in entries):
        app.extensions["long_polls"].ring()
