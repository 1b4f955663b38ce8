"""Pages about alert feeds, for authorities."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.errors import Conflict, Invalid, NotFound
from webapp.feeds import queries, service
from webapp.feeds.forms import FeedForm, FiltersForm
from webapp.feeds.models import CapFeed
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.conflict import conflict
from webapp.web.forms import posted_action

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/alert-feeds")
@allows(Action.FEEDS)
def index() -> Response:
    """All feeds, and the form for another, which proposes the area of the response."""
    area = queries.own_area()
    proposed = dict(zip(("latitude", "longitude", "radius_km"), area, strict=True)) if area else {}
    return _index(FeedForm(formdata=None, data=proposed))


@blueprint.post("/alert-feeds")
@allows(Action.FEEDS)
def subscribe() -> Response:
    """Subscribe to one."""
    form = FeedForm(request.form)
    if not form.validate():
        return _index(form, 422)
    try:
        feed = service.subscribe(current_actor(), url=form.url.data, **_typed(form), command_id=form.command)
    except Invalid as error:
        form.take(error.fields)
        return _index(form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        return _index(form, 409)
    return go(
        _address(feed.id), _("Subscribed. It is read within seconds; load this page again to see what came.")
    )


@blueprint.get("/alert-feeds/<int:feed_id>")
@allows(Action.FEEDS)
def show(feed_id: int) -> Response:
    """One feed: how its readings go, its filters."""
    feed = _feed(feed_id)
    return _show(feed, FiltersForm(formdata=None, data=_values(feed) | {"version": feed.version}))


@blueprint.post("/alert-feeds/<int:feed_id>")
@allows(Action.FEEDS)
def edit(feed_id: int) -> Response:
    """Change its name and filters."""
    form = FiltersForm(request.form, data=_values(_feed(feed_id)))
    if not form.validate():
        return _show(_feed(feed_id), form, 422)
    try:
        service.edit(
            current_actor(),
            feed_id=feed_id,
            seen_version=form.seen_version,
            **_typed(form),
            command_id=form.command,
        )
    except StaleVersion as stale:
        return conflict(stale, form, _values(_feed(feed_id)), _address(feed_id))
    except Invalid as error:
        form.take(error.fields)
        return _show(_feed(feed_id), form, 422)
    return go(_address(feed_id), _("Saved."))


@blueprint.post("/alert-feeds/<int:feed_id>/<any(read, pause, resume, remove):step>")
@allows(Action.FEEDS)
def step(feed_id: int, step: str) -> Response:
    """Read it now, pause it, go on, remove it."""
    form, actor = posted_action(), current_actor()
    if step == "remove":
        service.remove(actor, feed_id=feed_id, command_id=form.command)
        return go(url_for("feeds.index"), _("The feed is removed. Its events stay."))
    if step == "read":
        service.read_soon(actor, feed_id=feed_id, command_id=form.command)
        return go(_address(feed_id), _("It is read within seconds. Load this page again to see what came."))
    service.switch(actor, feed_id=feed_id, on=step == "resume", command_id=form.command)
    return go(_address(feed_id), _("It is read again.") if step == "resume" else _("It is paused."))


def _address(feed_id: int) -> str:
    return url_for("feeds.show", feed_id=feed_id)


def _feed(feed_id: int) -> CapFeed:
    found = queries.by_id(feed_id)
    if found is None:
        raise NotFound(_("There is no such feed."))
    return found


def _values(feed: CapFeed) -> dict[str, Any]:
    """What the form shows."""
    values = {name: getattr(feed, name) for name in CapFeed.editable}
    return values | {"least_severity": feed.least_severity or ""}


def _typed(form: FiltersForm) -> dict[str, Any]:
    return {name: form[name].data for name in CapFeed.editable}


def _index(form: FeedForm, status: int = 200) -> Response:
    return page("feeds/index.html", block="main", status=status, form=form, rows=queries.every())


def _show(feed: CapFeed, form: FiltersForm, status: int = 200) -> Response:
    return page("feeds/show.html", block="main", status=status, form=form, feed=feed)
