"""The situation board: what a coordinator looks at all day."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the board and its live fragments."""
    from webapp.board import fragments as fragments
    from webapp.board.views import blueprint

    app.register_blueprint(blueprint)
