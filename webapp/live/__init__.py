"""Live updates: the hub that owns every WebSocket of the process, and what feeds it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Bind the card cache, the socket's route and the wake-up after commits."""
    from webapp.live import cards, wake
    from webapp.live.socket import NoThread, blueprint
    from webapp.live.wire import Wire

    cards.init_app(app)
    app.extensions["live"] = Wire(app)
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": NoThread}
    app.register_blueprint(blueprint)
    wake.listen_to_commits()
