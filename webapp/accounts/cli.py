"""``mayday users``: see and administer people from the command line, as the system."""

import functools
import secrets
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from webapp.accounts import codes, contact, invitations, leaving, passwords, queries, service
from webapp.accounts.first import server_address
from webapp.accounts.models import User
from webapp.errors import Problem
from webapp.extensions import db
from webapp.journal import SYSTEM, Role
from webapp.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
# A number of more digits is a phone's, written without its country.
LONGEST_ID = 5
_ROLE = click.Choice([role.value for role in Role], case_sensitive=False)


def register(app: Flask) -> None:
    """Add the commands to the app's command line."""
    app.cli.add_command(users)


@click.group("users")
def users() -> None:
    """See and administer people. Ends with 1 when something is refused, with 2 on a wrong command."""


def says_refusals(run: F) -> F:
    """Turn a refusal of a service into its message and exit code 1."""

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return run(*args, **kwargs)
        except Problem as problem:
            raise click.ClickException(problem.message) from None

    return wrapped  # type: ignore[return-value]


@users.command("list")
@click.option("--role", type=_ROLE, help="Only people in this role.")
@with_appcontext
def list_(role: str | None) -> None:
    """List people by name: id, role, state, name. Contact details are not shown."""
    search = queries.Search(role=Role(role) if role else None)
    after: int | None = None
    while True:
        rows, after = queries.people(search, after)
        for row in rows:
            state = row.status.value if row.active else "deactivated"
            click.echo(f"{row.id}\t{row.role.value}\t{state}\t{row.name}")
        if after is None:
            return


@users.command()
@click.option(
    "--role", type=_ROLE, default=Role.SUV.value, show_default=True, help="The role of the newcomer."
)
@click.option("--note", default="", help="For whom it is.")
@with_appcontext
@says_refusals
def invite(role: str, note: str) -> None:
    """Print a link that lets one person sign up, once, within seven days."""
    token = secrets.token_urlsafe(24)
    invitations.invite(SYSTEM, role=Role(role), token=token, note=note[:120])
    click.echo(f"{server_address(_settings())}/invitation/{token}")


@users.command()
@click.argument("person")
@with_appcontext
@says_refusals
def code(person: str) -> None:
    """Print a code that signs a person (id, phone or e-mail) in, once, within ten minutes."""
    made = "".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH))
    codes.make_at_desk(SYSTEM, user_id=_person(person).id, code_hash=passwords.hashed(made))
    click.echo(codes.shown(made))


@users.command()
@click.argument("person")
@click.argument("role", type=_ROLE)
@with_appcontext
@says_refusals
def role(person: str, role: str) -> None:
    """Give a person (id, phone or e-mail) another role."""
    changed = service.change_role(SYSTEM, user_id=_person(person).id, role=Role(role))
    click.echo(f"{changed.name} is {changed.role.value} now.")


@users.command()
@click.argument("person")
@with_appcontext
@says_refusals
def deactivate(person: str) -> None:
    """Sign a person (id, phone or e-mail) out everywhere and let them in no more."""
    changed = leaving.deactivate(SYSTEM, user_id=_person(person).id)
    click.echo(f"{changed.name} is signed out everywhere and cannot sign in.")


def _person(typed: str) -> User:
    """The person with this id, as `users list` shows it, or contact; ends with 1 when there is none."""
    short = typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_ID
    person = db.session.get(User, int(typed)) if short else None
    if person is None:
        found = contact.parse(typed, _settings().phone_region)
        person = queries.by_contact(found.email, found.phone)
    if person is None:
        click.echo("Nobody is registered with this.", err=True)
        sys.exit(1)
    return person


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
