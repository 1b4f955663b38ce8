"""Pages about webhooks, for authorities."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.access import allows
from webapp.accounts import binding
from webapp.accounts.identity import current_actor
from webapp.errors import Conflict, Invalid, NotFound
from webapp.journal import StaleVersion
from webapp.policy import Action
from webapp.web.answers import go, page
from webapp.web.conflict import conflict
from webapp.web.forms import ActionForm, posted_action
from webapp.webhooks import queries, service
from webapp.webhooks.forms import VerbsForm, WebhookForm
from webapp.webhooks.models import DeliveryStatus, Webhook
from webapp.webhooks.signing import secret_of
from webapp.webhooks.verbs import FAMILIES

blueprint = Blueprint("webhooks", __name__)

PAGE = 50


@blueprint.get("/webhooks")
@allows(Action.WEBHOOKS)
def index() -> Response:
    """All webhooks, and the form for another."""
    return _index(WebhookForm(formdata=None, data={"verbs": ["event.*", "need.*", "allocation.*"]}))


@blueprint.post("/webhooks")
@allows(Action.WEBHOOKS)
def add() -> Response:
    """Add one and show its secret, this once."""
    form = WebhookForm(request.form)
    if not form.validate():
        return _index(form, 422)
    try:
        hook = service.add(
            current_actor(),
            url=form.url.data,
            verbs=form.verbs.data,
            nonce=binding.token("webhook", form.command),
            command_id=form.command,
        )
    except Invalid as error:
        form.take(error.fields)
        return _index(form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        return _index(form, 409)
    return _secret_page(hook)


@blueprint.get("/webhooks/<int:webhook_id>")
@allows(Action.WEBHOOKS)
def show(webhook_id: int) -> Response:
    """One webhook: what it hears of, what it was sent, what it answered."""
    hook = _hook(webhook_id)
    return _show(hook, VerbsForm(formdata=None, data={"verbs": hook.verbs, "version": hook.version}))


@blueprint.post("/webhooks/<int:webhook_id>")
@allows(Action.WEBHOOKS)
def edit(webhook_id: int) -> Response:
    """Change what it hears of."""
    form = VerbsForm(request.form)
    if not form.validate():
        return _show(_hook(webhook_id), form, 422)
    back = url_for("webhooks.show", webhook_id=webhook_id)
    try:
        service.edit(
            current_actor(),
            webhook_id=webhook_id,
            seen_version=form.seen_version,
            verbs=form.verbs.data,
            command_id=form.command,
        )
    except StaleVersion as stale:
        return conflict(stale, form, {"verbs": _hook(webhook_id).verbs}, back)
    return go(back, _("Saved."))


@blueprint.post("/webhooks/<int:webhook_id>/secret")
@allows(Action.WEBHOOKS)
def renew_secret(webhook_id: int) -> Response:
    """Give it another secret and show it, this once."""
    form = posted_action()
    hook = service.renew_secret(
        current_actor(),
        webhook_id=webhook_id,
        nonce=binding.token("webhook", form.command),
        command_id=form.command,
    )
    return _secret_page(hook)


@blueprint.post("/webhooks/<int:webhook_id>/<any(on, off, test, remove):step>")
@allows(Action.WEBHOOKS)
def step(webhook_id: int, step: str) -> Response:
    """Switch it, test it, remove it."""
    form, actor = posted_action(), current_actor()
    back = url_for("webhooks.show", webhook_id=webhook_id)
    if step == "remove":
        service.remove(actor, webhook_id=webhook_id, command_id=form.command)
        return go(url_for("webhooks.index"), _("The webhook is removed."))
    if step == "test":
        service.test(actor, webhook_id=webhook_id, command_id=form.command)
        return go(back, _("A test is on its way. Load this page again to see what came of it."))
    service.switch(actor, webhook_id=webhook_id, on=step == "on", command_id=form.command)
    return go(back, _("It is on.") if step == "on" else _("It is off."))


@blueprint.post("/webhooks/deliveries/<int:delivery_id>/retry")
@allows(Action.WEBHOOKS)
def retry(delivery_id: int) -> Response:
    """Have a delivery that was given up tried again."""
    form = posted_action()
    hook = service.retry(current_actor(), delivery_id=delivery_id, command_id=form.command)
    return go(url_for("webhooks.show", webhook_id=hook.id), _("It is tried again."))


def _hook(webhook_id: int) -> Webhook:
    found = queries.by_id(webhook_id)
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


def _index(form: WebhookForm, status: int = 200) -> Response:
    return page(
        "webhooks/index.html",
        block="main",
        status=status,
        form=form,
        rows=queries.every(),
        unsent=queries.unsent(),
        families=FAMILIES,
        host=service.host,
    )


def _show(hook: Webhook, form: VerbsForm, status: int = 200) -> Response:
    only = next((known for known in DeliveryStatus if known == request.args.get("status")), None)
    before = request.args.get("before", type=_seq)
    rows = queries.deliveries(hook.id, PAGE + 1, status=only, before=before)
    return page(
        "webhooks/show.html",
        block="main",
        status=status,
        form=form,
        button=ActionForm(formdata=None),
        hook=hook,
        host=service.host(hook.url),
        rows=rows[:PAGE],
        only=only,
        statuses=list(DeliveryStatus),
        next_before=rows[PAGE - 1].seq if len(rows) > PAGE else None,
    )


def _seq(text: str) -> int:
    """A number that an entry can have. Raises ValueError, which leaves the cursor out."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError
    return int(text)


def _secret_page(hook: Webhook) -> Response:
    answer = page("webhooks/secret.html", block="main", hook=hook, secret=secret_of(hook.nonce))
    answer.headers["Cache-Control"] = "no-store"
    return answer
