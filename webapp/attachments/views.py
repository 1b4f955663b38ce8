"""Pages of files: adding one to an event, looking at it, removing it, and its bytes by right."""

import re
from urllib.parse import quote

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.http import dump_options_header
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.attachments import content, queries, service
from webapp.attachments.forms import FileForm
from webapp.attachments.images import Busy
from webapp.attachments.models import KEY_LENGTH, Attachment
from webapp.attachments.store import store
from webapp.errors import Invalid, NotFound
from webapp.events import queries as events
from webapp.events.models import Event
from webapp.policy import Action
from webapp.web.answers import done, go, page
from webapp.web.forms import posted_action
from webapp.web.viewer import settings

blueprint = Blueprint("attachments", __name__)

MB = 1_048_576
_RETRY_AFTER = "5"  # seconds: by then a picture or two are drawn
_AROUND = 65_536  # bytes of a request around the file: its other fields
_KEY = re.compile(rf"[A-Za-z0-9_-]{{{KEY_LENGTH}}}")
# Nothing in a file runs, loads or is framed; a year, as a key's bytes never change.
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
}


@blueprint.url_value_preprocessor
def _let_a_file_in(endpoint: str | None, _values: object) -> None:
    """Only where a file is added, and for people who are signed in, may a request be as large as one.

    Comes before anything reads the form.
    """
    if endpoint == "attachments.add" and current_actor().role is not None:
        request.max_content_length = settings().max_upload_mb * MB + _AROUND


@blueprint.route("/events/<int:event_id>/files", methods=["GET", "POST"])
@allows(Action.ATTACHMENT_ADD)
def add(event_id: int) -> Response:
    """Add a photo or a document to an event."""
    event = _visible(event_id)
    policy.require(current_actor(), Action.ATTACHMENT_ADD, queries.place_of(current_actor(), event_id))
    if request.method == "GET":
        return _form(FileForm(None), event)
    form = FileForm(CombinedMultiDict([request.files, request.form]))
    if not form.validate():
        return _form(form, event, 422)
    try:
        service.add(
            current_actor(),
            event_id=event_id,
            name=_sent_name(),
            caption=form.caption.data or "",
            data=_sent_bytes(),
            command_id=form.command,
        )
    except (Invalid, Busy) as error:
        form.take(error.fields)
        refused = _form(form, event, error.status)
        if error.status == Busy.status:
            refused.headers["Retry-After"] = _RETRY_AFTER
        return refused
    return go(url_for("events.show", event_id=event_id), _("The file is added."))


@blueprint.get("/events/<int:event_id>/files/<int:attachment_id>")
@allows(Action.EVENT_VIEW)
def show(event_id: int, attachment_id: int) -> Response:
    """One file with what is known of it."""
    event = _visible(event_id)
    attachment = queries.attachment(event_id, attachment_id)
    (card,) = queries.these([attachment_id])
    return page("attachments/show.html", event=event, attachment=attachment, it=card)


@blueprint.post("/events/<int:event_id>/files/<int:attachment_id>/remove")
@allows(Action.ATTACHMENT_REMOVE)
def remove(event_id: int, attachment_id: int) -> Response:
    """Remove a file for good."""
    form = posted_action()
    service.remove(current_actor(), event_id=event_id, attachment_id=attachment_id, command_id=form.command)
    return done(url_for("events.show", event_id=event_id), _("The file is removed."))


@blueprint.get("/files/<key>", endpoint="original")
@allows(Action.EVENT_VIEW)
def original(key: str) -> Response:
    """The bytes of a file: pictures to look at, everything else to save."""
    attachment = _file(key)
    return _bytes(attachment, attachment.key, attachment.sha256)


@blueprint.get("/files/<key>/small", endpoint="small")
@allows(Action.EVENT_VIEW)
def small(key: str) -> Response:
    """The smaller picture of a picture."""
    attachment = _file(key)
    if not attachment.is_image:
        raise NotFound("There is no picture of this file.")
    return _bytes(attachment, service.small_key(attachment.key), f"{attachment.sha256}-small")


def _visible(event_id: int) -> Event:
    event = events.event(event_id)
    policy.require(current_actor(), Action.EVENT_VIEW, event)
    return event


def _file(key: str) -> Attachment:
    """The file with this key, if the person may see its event."""
    if not _KEY.fullmatch(key):
        raise NotFound("There is nothing here, or it is not yours to see.")
    attachment = queries.by_key(key)
    _visible(attachment.event_id)
    return attachment


def _bytes(attachment: Attachment, key: str, tag: str) -> Response:
    response = make_response()
    response.headers.update(_SAFE)
    response.set_etag(tag)
    response.content_type = attachment.media_type
    response.headers["Content-Disposition"] = _disposition(attachment)
    if response.make_conditional(request).status_code != 304:
        response.set_data(store().get(key))
    return response


def _disposition(attachment: Attachment) -> str:
    """Shown or saved, under its name: as ASCII for old readers, and whole."""
    kind = "inline" if attachment.is_image else "attachment"
    plain = attachment.name.encode("ascii", "replace").decode().replace("?", "_")
    whole = f"UTF-8''{quote(attachment.name, safe='')}"
    return dump_options_header(kind, {"filename": plain, "filename*": whole})


def _form(form: FileForm, event: Event, status: int = 200) -> Response:
    most = settings().max_upload_mb
    return page(
        "attachments/add.html", status=status, form=form, event=event, most=most, types=content.ACCEPTED
    )


def _sent_name() -> str | None:
    sent = request.files.get("file")
    return sent.filename if sent else None


def _sent_bytes() -> bytes:
    """What was sent. Raises `Invalid` when nothing was, and for one byte too many."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(_("Choose a file."), fields={"file": _("Choose a file.")})
    most = settings().max_upload_mb
    data = sent.stream.read(most * MB + 1)
    if len(data) > most * MB:
        words = _("This file is larger than %(most)s MB. Send a smaller one.", most=most)
        raise Invalid(words, fields={"file": words})
    return data
