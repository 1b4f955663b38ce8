"""How views answer: a page or its named block, done, go elsewhere, not valid."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from webapp.journal.queries import head
from webapp.web.viewer import viewer

# With either of these HTMX wants the whole page: a link that it follows, a step back whose page it forgot.
_WHOLE = ("HX-Boosted", "HX-History-Restore-Request")
# What an answer depends on.
ASKED_WITH = ("HX-Request", *_WHOLE)


def is_htmx() -> bool:
    """Whether HTMX asks for a part of a page."""
    asked = request.headers
    return asked.get("HX-Request") == "true" and not any(asked.get(name) == "true" for name in _WHOLE)


def page(
    template: str,
    *,
    block: str = "panel",
    status: int = 200,
    channels: Iterable[str] = (),
    live_seq: int | None = None,
    **context: Any,
) -> Response:
    """The page; for HTMX its named block, where it has one.

    ``channels`` are the live channels that the page follows. ``live_seq``, where the caller knows it, is the
    newest entry of the snapshot that the page is drawn from, exactly: drawings are put in order by it.
    """
    if is_htmx() and block in current_app.jinja_env.get_template(template).blocks:
        return make_response(render_block(template, block, **context), status)
    live = tuple(channels)
    person = viewer().user_id
    if live and person is not None and f"user:{person}" not in live:
        live = (*live, f"user:{person}")  # every page says what waits in the person's inbox
    if live and live_seq is None:
        live_seq = head()
    html = render_template(template, live_channels=live, live_seq=live_seq, **context)
    response = make_response(html, status)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def render_block(template: str, block: str, **context: Any) -> str:
    """One named block of a page template, with the same context as the page."""
    found = current_app.jinja_env.get_template(template)
    current_app.update_template_context(context)
    drawn_in = found.new_context(context)
    # A page's imports stand outside its blocks: its first step, before any output, runs them.
    next(found.root_render_func(drawn_in), "")
    return "".join(found.blocks[block](drawn_in))


def done(url: str, message: str) -> Response:
    """It is saved: HTMX gets the message and an empty panel (the live channel brings the change),
    a plain form goes to ``url``."""
    if is_htmx():
        response = make_response(render_template("_done.html", message=message, url=url))
        response.headers["HX-Trigger"] = "saved"
        return response
    flash(message, "success")
    return redirect(url, 303)


def go(url: str, message: str | None = None) -> Response:
    """It is saved, and the person goes on to another page."""
    if message:
        flash(message, "success")
    if is_htmx():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def safe_next(target: str | None, otherwise: str) -> str:
    """A local path to return to; anything that leads elsewhere is replaced (open redirects)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return otherwise
    if any(ord(c) < 33 for c in target) or "\\" in target:
        return otherwise
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else otherwise
