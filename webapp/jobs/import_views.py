"""Imports from a page: a file is handed in, a job reads it, its page says how it went."""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, SelectField, StringField
from wtforms.validators import AnyOf, Length, Optional

from webapp import journal
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Invalid
from webapp.jobs import queries, service, uploads
from webapp.outgoing import Refused
from webapp.outgoing.addresses import check_url
from webapp.policy import Action, may
from webapp.web.answers import go, page
from webapp.web.forms import CommandForm, clean_line
from webapp.web.viewer import settings

blueprint = Blueprint("imports", __name__)

_ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16")
_SHOWN = 10


class NeedsForm(CommandForm):
    """A file of places and what they need."""

    file = FileField(_l("JSON file"), id="needs-file")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Whether a file came with it and every value is one that can be."""
        good = bool(super().validate(*args, **kwargs))
        if handed_in() is None:
            self.take({"file": _("Choose a file.")})
            return False
        return good


class HowRead:
    """How a file of rows is to be read: fields of the forms that take one."""

    encoding = SelectField(_l("Encoding"), choices=list(_ENCODINGS), default="utf-8")
    time_zone = StringField(
        _l("Time zone of the times in it"),
        filters=[clean_line],
        validators=[
            Optional(),
            AnyOf(available_timezones(), _l("Write a zone such as America/Port-au-Prince.")),
        ],
    )
    source = StringField(
        _l("Who sent it"),
        description=_l("Only where several senders number their rows alike."),
        filters=[clean_line],
        validators=[Length(max=40)],
    )


class ReportsForm(HowRead, NeedsForm):
    """A CSV file of reports."""

    file = FileField(_l("CSV file"), id="reports-file")


class AlertForm(CommandForm):
    """A CAP alert, as a file or as an address."""

    file = FileField(_l("XML file"), id="alert-file")
    url = StringField(
        _l("Or its address"),
        description=_l("As https://alerts.example/latest.xml. Addresses inside this network are not asked."),
        filters=[clean_line],
        validators=[Length(max=2000)],
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Whether one of both was given."""
        good = bool(super().validate(*args, **kwargs))
        if (handed_in() is None) == (not self.url.data):
            self.take({"file": _("Choose a file, or write an address.")})
            return False
        return good


def handed_in() -> FileStorage | None:
    """The file of this request, if the person chose one."""
    given = request.files.get("file")
    return given if given is not None and given.filename else None


@blueprint.url_value_preprocessor
def _room_for_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form: who may import may send a larger request here, and nobody else."""
    if request.method == "POST" and may(current_actor(), Action.IMPORT_NEEDS):
        request.max_content_length = settings().max_import_mb * 1_048_576 + 65_536


@blueprint.get("/imports")
@allows(Action.IMPORT_NEEDS)
def show() -> Response:
    """What can be imported, and what this person imported lately."""
    return _page()


@blueprint.post("/imports/reports")
@allows(Action.IMPORT_REPORTS)
def reports() -> Response:
    """Reports from an Ushahidi CSV file, as pending events."""
    form = ReportsForm(request.form)
    if not form.validate():
        return _page(status=422, reports_form=form)
    chosen = {name: form[name].data or "" for name in ("encoding", "time_zone", "source")}
    try:
        return _queued(form, "import.reports", chosen)
    except Invalid as error:
        form.take(error.fields)
        return _page(status=422, reports_form=form)


@blueprint.post("/imports/needs")
@allows(Action.IMPORT_NEEDS)
def needs() -> Response:
    """Places and what they need from a JSON file, as active events."""
    form = NeedsForm(request.form)
    if not form.validate():
        return _page(status=422, needs_form=form)
    try:
        return _queued(form, "import.needs", {})
    except Invalid as error:
        form.take(error.fields)
        return _page(status=422, needs_form=form)


@blueprint.post("/imports/cap")
@allows(Action.IMPORT_REPORTS)
def alert() -> Response:
    """A CAP alert, as a pending event."""
    form = AlertForm(request.form)
    if not form.validate():
        return _page(status=422, alert_form=form)
    try:
        if handed_in() is not None:
            return _queued(form, "import.cap", {})
        return _fetched(form)
    except Invalid as error:
        form.take(error.fields)
        return _page(status=422, alert_form=form)


def _fetched(form: AlertForm) -> Response:
    """Ask for the job that calls the address; its host alone is shown, as the rest may be a secret."""
    url = form.url.data or ""
    try:
        check_url(url)
    except Refused as refused:
        raise Invalid(str(refused), fields={"url": str(refused)}) from None
    job = service.enqueue(
        current_actor(),
        kind="import.cap",
        arguments={"url": url},
        about=urlsplit(url).hostname or "",
        command_id=form.command,
    )
    return go(url_for("jobs.show", job_id=job.id))


def _queued(form: CommandForm, kind: str, chosen: dict[str, str]) -> Response:
    """Keep the file, then ask for the job; the file of one that was asked for already goes again."""
    given = handed_in()
    assert given is not None, "the form was validated"
    arguments = chosen | {"file": uploads.keep(settings(), given)}
    try:
        job = service.enqueue(
            current_actor(),
            kind=kind,
            arguments=arguments,
            about=uploads.shown_name(given),
            command_id=form.command,
        )
    except BaseException:
        uploads.drop(settings(), arguments)
        raise
    if journal.was_replayed():
        uploads.drop(settings(), arguments)
    return go(url_for("jobs.show", job_id=job.id))


def _page(status: int = 200, **sent: CommandForm) -> Response:
    """The page with all its forms; ``sent`` is one that comes back, with what was typed."""
    forms = {"reports_form": ReportsForm, "needs_form": NeedsForm, "alert_form": AlertForm}
    shown = {name: sent.get(name) or kind(formdata=None) for name, kind in forms.items()}
    return page(
        "jobs/imports.html",
        block="main",
        status=status,
        form=next(iter(sent.values()), shown["needs_form"]),
        rows=queries.own_imports(current_actor().user_id or 0, _SHOWN),
        largest=settings().max_import_mb,
        **shown,
    )
