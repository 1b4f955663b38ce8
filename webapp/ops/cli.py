"""The ``mayday`` command: serve, demo, import, users, db."""

import sys

import click
from flask.cli import FlaskGroup

from webapp import create_app
from webapp.ops.schema import bind_migrations
from webapp.settings import SettingsError


def _app():  # type: ignore[no-untyped-def]
    app = create_app()
    bind_migrations(app)
    return app


@click.group(cls=FlaskGroup, create_app=_app, add_version_option=False)
def mayday() -> None:
    """Run a disaster response with the people who just showed up."""


def main() -> None:
    """Entry point: a bad setting ends with its name and exit code 2."""
    try:
        mayday()
    except SettingsError as error:
        click.echo(f"Cannot start: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
