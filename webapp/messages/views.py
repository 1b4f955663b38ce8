"""Pages of messages: one's inbox, what was sent, one message, and writing one."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, g, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from webapp import policy
from webapp.access import allows
from webapp.accounts.identity import current_actor
from webapp.devices import queries as devices
from webapp.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.journal import Actor
from webapp.messages import deliveries, queries, service
from webapp.messages.audience import Box
from webapp.messages.deliveries import Receipt
from webapp.messages.forms import AUDIENCE_WORDS, MessageForm
from webapp.messages.models import AudienceKind, DeliveryStatus, MessagePriority
from webapp.messages.queries import Unread
from webapp.policy import Action
from webapp.volunteers import people
from webapp.volunteers import queries as volunteers
from webapp.volunteers.roster import Choice, active_events
from webapp.web.answers import go, page, safe_next
from webapp.web.forms import posted_action
from webapp.web.numbers import row_number
from webapp.web.viewer import viewer

blueprint = Blueprint("messages", __name__)


@blueprint.get("/messages")
@allows(Action.INBOX)
def inbox() -> Response:
    """One's letters, the newest first. What is shown here for the first time has arrived."""
    actor = current_actor()
    user_id = _user_id(actor)
    before = row_number(request.args.get("before"))
    if before is None:
        fresh = queries.box_waits(Box(user_id))
        if fresh:
            receipts = [Receipt(id_, DeliveryStatus.DELIVERED) for id_ in fresh]
            deliveries.acknowledge(actor, box=Box(user_id), receipts=receipts)
    rows = queries.inbox(user_id, queries.PAGE + 1, before=before)
    more = rows[queries.PAGE - 1].letter.id if len(rows) > queries.PAGE else None
    return page(
        "messages/inbox.html",
        block="main",
        channels=(f"user:{user_id}",) if before is None else (),
        rows=rows[: queries.PAGE],
        next_url=url_for("messages.inbox", before=more) if more else None,
        writes=policy.may(actor, Action.MESSAGE_LIST) or bool(_own_events(actor)),
    )


@blueprint.post("/messages/<int:message_id>/read")
@allows(Action.INBOX)
def mark_read(message_id: int) -> Response:
    """Say that one has read it; read here it is read on all one's devices."""
    return _mark([message_id])


@blueprint.post("/messages/read")
@allows(Action.INBOX)
def mark_all_read() -> Response:
    """Say that one has read all that this page showed."""
    newest = row_number(request.form.get("newest")) or 0
    rows = queries.inbox(_user_id(current_actor()), queries.PAGE, before=newest + 1)
    return _mark([row.letter.id for row in rows if row.unread])


@blueprint.get("/messages/sent")
@allows(Action.MESSAGE_SEND)
def sent() -> Response:
    """What was sent, with how many it reached: for coordinators all, for anybody else their own."""
    actor = current_actor()
    everything = policy.may(actor, Action.MESSAGE_LIST)
    before = row_number(request.args.get("before"))
    rows = queries.cards(queries.PAGE + 1, before=before, sender_id=None if everything else _user_id(actor))
    more = rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None
    return page(
        "messages/sent.html",
        block="main",
        channels=() if before else ("messages",) if everything else (f"user:{actor.user_id}",),
        rows=rows[: queries.PAGE],
        limit=queries.PAGE,
        next_url=url_for("messages.sent", before=more) if more else None,
    )


@blueprint.get("/messages/<int:message_id>")
@allows(Action.MESSAGE_VIEW)
def show(message_id: int) -> Response:
    """One message; its sender and coordinators see how far it got."""
    actor = current_actor()
    it = next(iter(queries.these([message_id])), None)
    if it is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    received = queries.received(_user_id(actor), message_id)
    policy.require(actor, Action.MESSAGE_VIEW, queries.Sent(it.sender_id, received))
    everything = policy.may(actor, Action.MESSAGE_LIST)
    return page(
        "messages/show.html",
        block="main",
        channels=("messages",) if everything else (f"user:{actor.user_id}",),
        it=it,
        counts=everything or it.sender_id == actor.user_id,
        reached=queries.reached(message_id) if everything else [],
        received=received,
        most=queries.MOST_RECIPIENTS,
    )


@blueprint.route("/messages/new", methods=["GET", "POST"])
@allows(Action.MESSAGE_SEND)
def new() -> Response:
    """Write a message. “Count” says how many would get it, and sends nothing."""
    form = MessageForm(request.form)
    if request.method == "GET":
        _prefill(form)
        return _compose(form)
    if "count" in request.form:
        form.may_be_empty()
    if not form.validate():
        return _compose(form, 422)
    try:
        if "count" in request.form:
            found = service.reach(current_actor(), form.audience())
            return _compose(form, counted=found.number)
        message = service.send(
            current_actor(),
            audience=form.audience(),
            body=form.body.data or "",
            priority=MessagePriority(form.priority.data),
            expires_at=form.until(),
            command_id=form.command,
        )
    except Invalid as error:
        form.take(error.fields)
        return _compose(form, 422)
    except (Conflict, Forbidden) as error:
        form.form_errors = [error.message]
        return _compose(form, error.status)
    said = ngettext("Sent to %(num)s.", "Sent to %(num)s.", message.recipients)
    return go(url_for("messages.show", message_id=message.id), said)


def own_inbox() -> Unread:
    """For templates: what waits in the inbox of who looks at the page; asked for once.

    The page that says that the database is away asks for nothing.
    """
    if "own_inbox" not in g:
        user_id = viewer().user_id if "no_database" not in g else None
        g.own_inbox = queries.unread(user_id) if user_id is not None else Unread(0, None)
    found: Unread = g.own_inbox
    return found


def _compose(form: MessageForm, status: int = 200, counted: int | None = None) -> Response:
    actor = current_actor()
    everything = policy.may(actor, Action.MESSAGE_LIST)
    return page(
        "messages/new.html",
        block="main",
        status=status,
        form=form,
        everything=everything,
        events=active_events() if everything else _own_events(actor),
        devices=devices.active() if everything else [],
        recipient=_person(form.user_id.data) if everything else None,
        words=AUDIENCE_WORDS,
        counted=counted,
    )


def _prefill(form: MessageForm) -> None:
    """What the link that led here says of the audience."""
    if not policy.may(current_actor(), Action.MESSAGE_LIST):
        form.kind.data = AudienceKind.COORDINATORS.value
    for name, field, kind in (
        ("event", form.event_id, AudienceKind.EVENT),
        ("user", form.user_id, AudienceKind.PERSON),
        ("device", form.device_id, AudienceKind.DEVICE),
    ):
        given = row_number(request.args.get(name))
        if given is not None:
            field.data = given
            if form.kind.data != AudienceKind.COORDINATORS.value:
                form.kind.data = kind.value


def _mark(ids: list[int]) -> Response:
    form, actor = posted_action(), current_actor()
    user_id = _user_id(actor)
    if not deliveries.states(Box(user_id), ids) and ids:
        raise NotFound("There is nothing here, or it is not yours to see.")
    receipts = [Receipt(id_, DeliveryStatus.READ) for id_ in ids]
    deliveries.acknowledge(actor, box=Box(user_id), receipts=receipts, command_id=form.command)
    return go(safe_next(_came_from(), url_for("messages.inbox")))


def _came_from() -> str | None:
    """The page of ours on which the button was: the alarm is on every page."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host else None


def _own_events(actor: Actor) -> list[Choice]:
    """The events whose coordinators a volunteer may write to."""
    return [Choice(it.event_id, it.title) for it in volunteers.standings(_user_id(actor))]


def _person(user_id: int | None) -> Any:
    if user_id is None:
        return None
    try:
        return people.profile(user_id)
    except NotFound:
        return None


def _user_id(actor: Actor) -> int:
    assert actor.user_id is not None  # the routes ask for somebody who is signed in
    return actor.user_id
