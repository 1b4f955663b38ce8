"""Importing a table from a page: hand it in, see what would come of it, then have a job write it."""

import uuid
from dataclasses import asdict, dataclass
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField, SelectField

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid, NotFound
from webapp.interchange.files import Unreadable
from webapp.interchange.tables import importing
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.importing import ACTIONS, Options
from webapp.jobs import service, uploads
from webapp.jobs.export_views import WORDS
from webapp.jobs.import_views import HowRead, blueprint, handed_in
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import CommandForm, posted_action
from webapp.web.viewer import settings

_SALT = "table-import"
# The nightly clean-up keeps a file that waits for so long.
_PATIENCE_SECONDS = 86_400
# Rows of a file that a page looks through; the import looks at all of them.
LOOKED_AT = 2_000
_NAMESPACE = uuid.UUID("b9d1c4f6-6a5e-4b33-8f39-5d2f0a7c9e02")


class TableForm(HowRead, CommandForm):
    """A CSV or GeoJSON file, and how it is to be read."""

    kind = SelectField(_l("What it lists"))
    file = FileField(_l("CSV or GeoJSON file"), id="table-file")
    trusted = BooleanField(
        _l("These events are verified"),
        description=_l(
            "They become active at once, or what the file says they are. Otherwise they are pending."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may = [table for table in Table if policy.may(current_actor(), ACTIONS[table])]
        self.kind.choices = [(table.value, WORDS[table]) for table in may]


@dataclass(frozen=True)
class Kept:
    """A file that was handed in and waits for its import: whose, what it is called, how it is read."""

    file: str
    name: str
    user_id: int
    table: str
    encoding: str
    time_zone: str
    source: str
    trusted: bool

    @property
    def options(self) -> Options:
        """How it is read."""
        zone = ZoneInfo(self.time_zone or settings().time_zone)
        return Options(self.encoding, zone, self.source, self.trusted)

    @property
    def token(self) -> str:
        """All of it, signed: the next page's address."""
        return _signer().dumps(asdict(self))

    @classmethod
    def of(cls, token: str) -> Self:
        """What the address says, for whom it was signed. Raises `NotFound`."""
        try:
            kept = cls(**_signer().loads(token, max_age=_PATIENCE_SECONDS))
        except BadSignature:
            raise NotFound(_("This file does not wait here any more. Hand it in again.")) from None
        if kept.user_id != current_actor().user_id:
            raise NotFound(_("This file does not wait here any more. Hand it in again."))
        return kept


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=_SALT)


@blueprint.route("/imports/tables", methods=["GET", "POST"])
@allows(Action.IMPORT_NEEDS)
def tables() -> Response:
    """Choose a file; the next page says what would come of it."""
    form = TableForm(request.form)
    if request.method == "GET":
        return _form(form)
    good = form.validate()
    given = handed_in()
    if given is None:
        form.take({"file": _("Choose a file.")})
    if not good or given is None:
        return _form(form, 422)
    try:
        kept = Kept(
            file=uploads.keep(settings(), given),
            name=uploads.shown_name(given),
            user_id=current_actor().user_id or 0,
            table=form.kind.data,
            encoding=form.encoding.data,
            time_zone=form.time_zone.data or "",
            source=form.source.data or "",
            trusted=bool(form.trusted.data) and form.kind.data == Table.EVENTS,
        )
    except Invalid as error:
        form.take(error.fields)
        return _form(form, 422)
    return go(url_for("imports.look", token=kept.token))


@blueprint.get("/imports/tables/<token>")
@allows(Action.IMPORT_NEEDS)
def look(token: str) -> Response:
    """A dry run: the first rows, what is wrong with others, what every column is taken for."""
    kept = Kept.of(token)
    table = Table(kept.table)
    path = uploads.path_of(settings(), {"file": kept.file})
    found, problem = None, ""
    try:
        found = importing.look(current_actor(), table, path, kept.options, most_rows=LOOKED_AT)
    except Unreadable as error:
        problem = str(error).replace(str(path), kept.name)
    return page(
        "jobs/table_look.html",
        block="main",
        status=422 if problem else 200,
        found=found,
        problem=problem,
        kept=kept,
        title=WORDS[table],
        command=_command(kept),
    )


@blueprint.post("/imports/tables/<token>")
@allows(Action.IMPORT_NEEDS)
def begin(token: str) -> Response:
    """Have it imported; the same file asked for twice is one job."""
    posted_action()
    kept = Kept.of(token)
    importing.require(current_actor(), Table(kept.table), kept.options)
    arguments = {
        name: value for name, value in asdict(kept).items() if name not in ("name", "user_id", "table")
    }
    job = service.enqueue(
        current_actor(),
        kind=f"import.table.{kept.table}",
        arguments=arguments,
        about=kept.name,
        command_id=_command(kept),
    )
    return go(url_for("jobs.show", job_id=job.id))


def _command(kept: Kept) -> uuid.UUID:
    """A file that waits is imported once, however often its button is pressed."""
    return uuid.uuid5(_NAMESPACE, f"{kept.file}:{kept.user_id}")


def _form(form: TableForm, status: int = 200) -> Response:
    return page("jobs/tables.html", block="main", status=status, form=form, largest=settings().max_import_mb)
