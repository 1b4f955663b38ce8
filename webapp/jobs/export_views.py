"""Exports from a page: a small one comes at once, a large one is written by a job whose page has the file."""

from collections.abc import Iterator

from flask import Blueprint, request, send_file, stream_with_context, url_for
from flask import Response as FileResponse
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.database import utc_now
from webapp.errors import Invalid, NotFound
from webapp.interchange.tables import columns, exporting
from webapp.interchange.tables.columns import Table
from webapp.interchange.tables.exporting import Export
from webapp.interchange.tables.writing import Format
from webapp.jobs import export_files, queries, service
from webapp.jobs.models import JobStatus
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import CommandForm
from webapp.web.viewer import settings

blueprint = Blueprint("exports", __name__)

WORDS = {
    Table.EVENTS: _l("Events"),
    Table.NEEDS: _l("Needs"),
    Table.OFFERS: _l("Offers"),
    Table.PEOPLE: _l("People"),
}
_FORMATS = [
    (Format.CSV.value, _l("CSV, for a spreadsheet")),
    (Format.HXL.value, _l("CSV with HXL hashtags, for other agencies")),
    (Format.GEOJSON.value, _l("GeoJSON, for a map")),
]


class ExportForm(CommandForm):
    """How it is wanted."""

    format = RadioField(_l("Format"), choices=_FORMATS, default=Format.CSV.value)
    contacts = BooleanField(
        _l("With phone numbers and e-mail addresses"),
        description=_l("The journal says that you took them. Keep the file as you would keep them."),
    )

    def fit(self, table: Table) -> None:
        """Offer what this table has."""
        if table is Table.PEOPLE:
            self.format.choices = [choice for choice in _FORMATS if choice[0] != Format.GEOJSON.value]


@blueprint.route("/exports/<any(events, needs, offers, people):table>", methods=["GET", "POST"])
@allows(Action.EXPORT)
def show(table: str) -> Response:
    """Choose how; then it comes, with the filters that stand in the address."""
    kind = Table(table)
    form = ExportForm(request.form)
    form.fit(kind)
    if request.method == "GET":
        return _page(kind, form)
    if not form.validate():
        return _page(kind, form, 422)
    actor = current_actor()
    try:
        export = exporting.asked(
            kind, Format(form.format.data), request.args, contacts=bool(form.contacts.data)
        )
        exporting.require(actor, export)
        count = exporting.chosen(actor, export).counted(exporting.MOST_AT_ONCE + 1)
    except Invalid as error:
        form.form_errors = [error.message]
        return _page(kind, form, 422)
    if count > exporting.MOST_AT_ONCE:
        return _queued(form, export)
    exporting.record(actor, export=export, count=count)
    return _at_once(export)


@blueprint.get("/jobs/<int:job_id>/file")
@allows(Action.EXPORT_FETCH)
def fetch(job_id: int) -> Response:
    """The file that a job made, for who asked for it, as long as they may have what is in it."""
    actor, job = current_actor(), queries.by_id(job_id)
    if job is None or job.kind != export_files.KIND:
        raise NotFound(_("There is no such file."))
    policy.require(actor, Action.EXPORT_FETCH, job)
    export = export_files.from_arguments(queries.arguments(job_id))
    path = export_files.path_of(settings(), job_id)
    if job.status is not JobStatus.DONE or not path.is_file():
        raise NotFound(_("The file is not there any more, or not yet. Export it again."))
    exporting.record_fetched(actor, export=export, job_id=job_id)
    answer = send_file(
        path.resolve(),
        mimetype=export.form.media_type,
        as_attachment=True,
        download_name=_file_name(export),
        max_age=0,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _at_once(export: Export) -> Response:
    """The rows as they are read: the memory of one batch, however many they are."""

    def pieces() -> Iterator[bytes]:
        for piece in text:
            yield piece.encode()

    text = exporting.text(current_actor(), export)
    answer = FileResponse(stream_with_context(pieces()), content_type=export.form.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(export)}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _queued(form: ExportForm, export: Export) -> Response:
    job = service.enqueue(
        current_actor(),
        kind=export_files.KIND,
        arguments=export_files.arguments(export),
        about=export.name,
        command_id=form.command,
    )
    return go(url_for("jobs.show", job_id=job.id), _("There are many: the file is being written."))


def _file_name(export: Export) -> str:
    return f"{export.table}-{utc_now():%Y-%m-%d}{export.form.suffix}"


def _page(table: Table, form: ExportForm, status: int = 200) -> Response:
    actor = current_actor()
    export = exporting.asked(table, Format.CSV, request.args)
    problem, count = "", 0
    try:
        count = exporting.chosen(actor, export).counted(exporting.MOST_AT_ONCE + 1)
    except Invalid as error:
        problem, status = error.message, 422
    if problem and not form.form_errors:
        form.form_errors = [problem]
    return page(
        "jobs/export.html",
        block="main",
        status=status,
        form=form,
        table=table,
        title=WORDS[table],
        filters=export.filters,
        count=count,
        most=exporting.MOST_AT_ONCE,
        contacts=columns.has_contacts(table) and policy.may(actor, Action.EXPORT_CONTACTS),
    )
