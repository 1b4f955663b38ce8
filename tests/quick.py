"""What makes tests quick and lets them prove no less."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule


def build_addresses_when_asked() -> None:
    """Have werkzeug compile what builds a rule's address when that is first asked for: it makes two for
    every rule of every app, which takes longer than all the rest of making an app, and a test asks for few.
    """
    compile_now = Rule._compile_builder

    def compile_later(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        made: list[Callable[..., Any]] = []

        def build(*args: Any, **kwargs: Any) -> Any:
            if not made:
                made.append(compile_now(rule, append_unknown))
            return made[0](*args, **kwargs)

        return build

    Rule._compile_builder = compile_later  # type: ignore[method-assign]


def wait_for_no_disk(app: Flask) -> None:
    """Have this process not wait for the disk at each commit: no test cuts its own power. Servers of
    their own, which tests do kill, are not touched by it."""
    from webapp.extensions import db

    def hurry(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    with app.app_context():
        event.listen(db.engine, "connect", hurry)
