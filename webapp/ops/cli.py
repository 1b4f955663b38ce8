"""The ``mayday`` command: serve, jobs, demo, import, export, users, db. Features add their own to it."""

import sys

import click
from flask import Flask
from flask.cli import FlaskGroup, routes_command, shell_command

from webapp import create_app, data_folder
from webapp.attachments.cli import files
from webapp.feeds.cli import feeds
from webapp.interchange.cli import imports
from webapp.interchange.tables.cli import export
from webapp.jobs.cli import jobs
from webapp.ops.backup import backup
from webapp.ops.demo.cli import demo
from webapp.ops.restore import restore
from webapp.ops.schema import bind_migrations
from webapp.ops.serve import serve
from webapp.settings import SettingsError, load


def _app() -> Flask:
    app = create_app()
    bind_migrations(app)
    return app


class Commands(FlaskGroup):
    """Flask's group, which lists commands also where a setting keeps the application from starting."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands; those of features only with settings that can be started with."""
        try:
            load()
        except SettingsError as error:
            click.echo(f"Cannot start: {error}", err=True)
            return sorted(self.commands)
        return list(super().list_commands(ctx))


@click.group(cls=Commands, create_app=_app, add_version_option=False, add_default_commands=False)
@click.version_option(package_name="mayday", prog_name="mayday")
def mayday() -> None:
    """Run a disaster response with the people who just showed up."""


for command in (serve, demo, backup, restore, imports, export, feeds, jobs, files):
    mayday.add_command(command)
mayday.add_command(routes_command)
mayday.add_command(shell_command)


def main() -> None:
    """Entry point: a bad setting ends with its name and exit code 2."""
    data_folder.keep_private()
    try:
        mayday()
    except SettingsError as error:
        click.echo(f"Cannot start: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
