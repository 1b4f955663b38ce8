"""Pages of devices: one's own with pairing, and all of them for coordinators."""

import io

import segno
from flask import Blueprint, make_response, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts import codes
from webapp.accounts.identity import current_actor
from webapp.devices import pairing, queries, service
from webapp.devices.forms import KIND_WORDS, PairForm, RenameForm
from webapp.devices.models import DeviceStatus
from webapp.devices.queries import DeviceCard
from webapp.errors import Conflict, Invalid, NotFound
from webapp.journal.actor import DeviceKind
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.forms import posted_action
from webapp.web.viewer import settings

blueprint = Blueprint("devices", __name__)

# The code of the device that was just made, in the person's cookie until it is paired or runs out.
_CODE = "pairing_code"


@blueprint.get("/me/devices")
@allows(Action.DEVICE_OWN)
def mine() -> Response:
    """One's own devices, and the form that pairs another."""
    return _mine(PairForm(formdata=None))


@blueprint.post("/me/devices")
@allows(Action.DEVICE_OWN)
def begin_pairing() -> Response:
    """Make a device that can be paired, and go on to its code."""
    form = PairForm(request.form)
    if not form.validate():
        return _mine(form, 422)
    actor = current_actor()
    code = pairing.code_for(actor.user_id or 0, form.command)
    try:
        device = service.begin_pairing(
            actor,
            name=form.name.data or "",
            kind=DeviceKind(form.kind.data),
            code_hash=pairing.hashed(code),
            command_id=form.command,
        )
    except Invalid as error:
        form.take(error.fields)
        return _mine(form, 422)
    except Conflict as error:
        form.form_errors = [error.message]
        return _mine(form, 409)
    session[_CODE] = [device.id, code]
    return go(url_for("devices.code", device_id=device.id))


@blueprint.get("/me/devices/<int:device_id>/code")
@allows(Action.DEVICE_OWN)
def code(device_id: int) -> Response:
    """The code to type or scan on the device. It is shown to whom it was made for, and to nobody later."""
    it = _own(device_id)
    known = _known_code(device_id) if it.status is DeviceStatus.PAIRING else None
    answer = page(
        "devices/code.html",
        block="main",
        channels=_channels(),
        it=it,
        code=codes.shown(known) if known else None,
        minutes=int(pairing.GOOD_FOR.total_seconds()) // 60,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/me/devices/<int:device_id>/code")
@allows(Action.DEVICE_OWN)
def renew_code(device_id: int) -> Response:
    """Another code; the one before it ends."""
    _own(device_id)
    form, actor = posted_action(), current_actor()
    made = pairing.code_for(actor.user_id or 0, form.command)
    service.renew_code(actor, device_id=device_id, code_hash=pairing.hashed(made), command_id=form.command)
    session[_CODE] = [device_id, made]
    return go(url_for("devices.code", device_id=device_id))


@blueprint.get("/me/devices/<int:device_id>/code.svg")
@allows(Action.DEVICE_OWN)
def code_picture(device_id: int) -> Response:
    """The code with this server's address, for the device's camera."""
    known = _known_code(_own(device_id).id)
    if known is None:
        raise NotFound(_("This code is not shown any more. Make a new one."))
    server = settings().public_url or request.host_url.rstrip("/")
    picture = io.BytesIO()
    segno.make(f"mayday:pair?server={server}&code={known}", error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, xmldecl=False, light="#fff", dark="#000"
    )
    response = make_response(picture.getvalue())
    response.headers["Content-Type"] = "image/svg+xml"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/devices")
@allows(Action.DEVICE_VIEW)
def index() -> Response:
    """All devices, silent ones first."""
    only = request.args.get("only", "")
    after = _cursor(request.args.get("after", ""))
    rows = queries.listed(only, after)
    last = rows[queries.PAGE - 1] if len(rows) > queries.PAGE else None
    return page(
        "devices/index.html",
        block="main",
        # A later page stays as it is while one reads it; a filtered one is loaded again.
        channels=() if after else ("devices",),
        rows=rows[: queries.PAGE],
        only=only if only in ("silent", "low") else "",
        limit=queries.PAGE,
        next_url=url_for("devices.index", only=only or None, after=last.key) if last else None,
    )


@blueprint.get("/devices/<int:device_id>")
@allows(Action.DEVICE_OWN)
def show(device_id: int) -> Response:
    """One device: what it told of itself, and what can be done with it."""
    return _show(_visible(device_id), RenameForm(formdata=None))


@blueprint.post("/devices/<int:device_id>/rename")
@allows(Action.DEVICE_OWN)
def rename(device_id: int) -> Response:
    """Give a device another name."""
    it = _visible(device_id)
    policy.require(current_actor(), Action.DEVICE_OWN, it)
    form = RenameForm(request.form, data={"name": it.name})
    if not form.validate():
        return _show(it, form, 422)
    service.rename(current_actor(), device_id=device_id, name=form.name.data or "", command_id=form.command)
    return go(url_for("devices.show", device_id=device_id), _("Saved."))


@blueprint.post("/devices/<int:device_id>/revoke")
@allows(Action.DEVICE_REVOKE)
def revoke(device_id: int) -> Response:
    """End a device at once."""
    form = posted_action()
    device = service.revoke(current_actor(), device_id=device_id, command_id=form.command)
    own = device.owner_id == current_actor().user_id
    said = _("%(name)s is no longer paired. It can read and send nothing.", name=device.name)
    return go(url_for("devices.mine" if own else "devices.index"), said)


def _mine(form: PairForm, status: int = 200) -> Response:
    actor = current_actor()
    return page(
        "devices/mine.html",
        block="main",
        status=status,
        channels=_channels(),
        rows=queries.of_person(actor.user_id or 0),
        form=form,
        kind_words=KIND_WORDS,
    )


def _show(it: DeviceCard, form: RenameForm, status: int = 200) -> Response:
    if not form.is_submitted():
        form.name.data = it.name
    actor = current_actor()
    own = it.owner_id == actor.user_id
    return page(
        "devices/show.html",
        block="main",
        status=status,
        channels=_channels() if own else ("devices",),
        it=it,
        own=own,
        form=form,
    )


def _channels() -> tuple[str, ...]:
    return (f"user:{current_actor().user_id}",)


def _visible(device_id: int) -> DeviceCard:
    """The device, if the person owns it or sees all. Raises `NotFound`."""
    it = next(iter(queries.these([device_id])), None)
    if it is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    if not policy.may(current_actor(), Action.DEVICE_VIEW, it):
        policy.require(current_actor(), Action.DEVICE_OWN, it)
    return it


def _own(device_id: int) -> DeviceCard:
    """The device, if the person owns it: nobody else is shown its code. Raises `NotFound`."""
    it = _visible(device_id)
    if it.owner_id != current_actor().user_id:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return it


def _known_code(device_id: int) -> str | None:
    kept = session.get(_CODE)
    return kept[1] if kept and kept[0] == device_id else None


def _cursor(text: str) -> tuple[int, int] | None:
    """The place after which the list goes on; one that is none begins anew."""
    rank, _dash, id_ = text.partition("-")
    if len(rank) == 1 and rank in "0123" and id_.isascii() and id_.isdigit() and len(id_) <= 18:
        return int(rank), int(id_)
    return None
