"""The 409 page: both values of each field side by side, with who and when, and one button each."""

from typing import Any

from flask import make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.journal import JournalEntry, StaleVersion
from webapp.web.answers import is_htmx, render_block
from webapp.web.forms import CommandForm


def conflict(error: StaleVersion, form: CommandForm, theirs: dict[str, Any], back: str) -> Response:
    """Ask which values to keep. ``theirs`` are the present values by form field name.

    Choosing "mine" posts the same form again on the present version; choosing "theirs" goes ``back``.
    """
    who, when = _last_change(error)
    rows = [
        (field.label.text, theirs.get(field.name), field.data, field)
        for field in form
        if field.name in theirs and _plain(theirs[field.name]) != _plain(field.data)
    ]
    form.version.data = str(error.subject.version)
    shown = {"rows": rows, "form": form, "who": who, "when": when, "back": back, "action": request.path}
    template = "conflict.html"
    html = render_block(template, "panel", **shown) if is_htmx() else render_template(template, **shown)
    response = make_response(html, 409)
    if is_htmx():
        response.headers["HX-Retarget"] = "#panel"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _plain(value: object) -> object:
    """What is compared: nothing is nothing however it is written, 2.50 is 2.5, ticks have no order."""
    if isinstance(value, list):
        return sorted(value) or None
    return (value.strip() if isinstance(value, str) else value) or None


def _last_change(error: StaleVersion) -> tuple[str | None, Any]:
    statement = (
        select(User.name, JournalEntry.at)
        .select_from(JournalEntry)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(
            JournalEntry.subject_type == type(error.subject).__tablename__,  # type: ignore[attr-defined]
            JournalEntry.subject_id == error.subject.id,
        )
        .order_by(JournalEntry.seq.desc())
        .limit(1)
    )
    row = db.session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else (None, None)
