"""What can be done about webhooks: add, change, test, switch, remove, have a delivery tried again."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete

from webapp import journal
from webapp.database import utc_now
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.journal import Actor
from webapp.journal.queries import head
from webapp.outgoing import Refused
from webapp.outgoing.addresses import check_url
from webapp.policy import Action, require
from webapp.webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookStatus
from webapp.webhooks.verbs import TEST, is_pattern

# Each has a thread of its own while it is sent something.
MOST = 50


@journal.command
def add(actor: Actor, *, url: str, verbs: Sequence[str], nonce: str) -> Webhook:
    """Have an address hear of what happens from now on. ``nonce`` is random, and gives the secret.

    Raises `Invalid` for what is no web address. Where it leads is judged at each delivery.
    """
    require(actor, Action.WEBHOOKS)
    try:
        check_url(url)
    except Refused as refused:
        raise Invalid(str(refused), fields={"url": str(refused)}) from None
    if len(db.session.execute(db.select(Webhook.id)).all()) >= MOST:
        raise Conflict(f"There can be {MOST} webhooks. Remove one first.")
    hook = Webhook(url=url, verbs=_checked(verbs), nonce=nonce, since_seq=head())
    db.session.add(hook)
    db.session.flush()
    _say("webhook.added", hook, verbs=hook.verbs)
    return hook


@journal.command
def edit(actor: Actor, *, webhook_id: int, seen_version: int | None, verbs: Sequence[str]) -> Webhook:
    """Change what it hears of. Raises `StaleVersion` when somebody else did since."""
    hook = _locked(actor, webhook_id)
    journal.require_version(hook, seen_version, Webhook.editable)
    hook.verbs = _checked(verbs)
    _say("webhook.edited", hook, verbs=hook.verbs)
    return hook


@journal.command
def renew_secret(actor: Actor, *, webhook_id: int, nonce: str) -> Webhook:
    """Give it another secret; the old one signs nothing any more."""
    hook = _locked(actor, webhook_id)
    hook.nonce = nonce
    _say("webhook.secret_renewed", hook)
    return hook


@journal.command
def switch(actor: Actor, *, webhook_id: int, on: bool) -> Webhook:
    """Switch it off, or on again: then what waited is sent, and what happened while it was off is not."""
    hook = _locked(actor, webhook_id)
    wanted = WebhookStatus.ON if on else WebhookStatus.OFF
    if hook.status is wanted:
        return hook
    if on:
        hook.since_seq, hook.failing_since = head(), None
    hook.status, hook.reason = wanted, ""
    _say("webhook.switched_on" if on else "webhook.switched_off", hook)
    return hook


@journal.command
def give_up(_sender: Actor, *, webhook_id: int, reason: str) -> None:
    """Switch it off because nothing gets through, and say why."""
    hook = db.session.get(Webhook, webhook_id, with_for_update=True)
    if hook is not None and hook.status is WebhookStatus.ON:
        hook.status, hook.reason = WebhookStatus.FAILED, reason[:200]
        _say("webhook.switched_off", hook, reason=hook.reason)


@journal.command
def test(actor: Actor, *, webhook_id: int) -> Webhook:
    """Send it something, so that somebody sees whether it arrives. Raises `Conflict` while it is off."""
    hook = _locked(actor, webhook_id)
    if hook.status is not WebhookStatus.ON:
        raise Conflict("This webhook is off. Switch it on to test it.")
    _say(TEST, hook)
    return hook


@journal.command
def retry(actor: Actor, *, delivery_id: int) -> Webhook:
    """Have a dead delivery tried again, for another day. Raises `Conflict` for one that is not dead."""
    delivery = db.session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    hook = _locked(actor, delivery.webhook_id)
    if delivery.status is not DeliveryStatus.DEAD:
        raise Conflict("Only a delivery that was given up can be tried again.")
    delivery.status, delivery.due_at = DeliveryStatus.WAITING, utc_now()
    delivery.tries, delivery.first_tried_at = 0, None
    _say("webhook.retried", hook, delivery=str(delivery.uid), of=delivery.verb)
    return hook


@journal.command
def remove(actor: Actor, *, webhook_id: int) -> None:
    """Forget it and all it was or would have been sent."""
    hook = _locked(actor, webhook_id)
    db.session.execute(delete(Delivery).where(Delivery.webhook_id == hook.id))
    db.session.delete(hook)
    _say("webhook.removed", hook)


def host(url: str) -> str:
    """Where an address leads, without what may be secret in it."""
    return urlsplit(url).hostname or ""


def _locked(actor: Actor, webhook_id: int) -> Webhook:
    require(actor, Action.WEBHOOKS)
    hook = db.session.get(Webhook, webhook_id, with_for_update=True)
    if hook is None:
        raise NotFound("There is no such webhook.")
    return hook


def _checked(verbs: Sequence[str]) -> list[str]:
    if not verbs or len(verbs) > 100 or not all(is_pattern(verb) for verb in verbs):
        words = "Choose what it hears of."
        raise Invalid(words, fields={"verbs": words})
    return sorted(set(verbs))


def _say(verb: str, hook: Webhook, **facts: Any) -> None:
    journal.append(verb, hook, name=host(hook.url), **facts)
