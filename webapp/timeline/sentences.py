"""What an entry says in words: the verb's own sentence, filled with the entry's facts."""

from collections import defaultdict
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.timeline.queries import Happening

# The actor's name stands before the sentence and the event's title behind it. `who` is the person whom
# the entry concerns besides the actor; the second form is for somebody acting for themselves.
_SENTENCES = {
    "event.reported": _l("reported an event"),
    "event.opened": _l("opened the event"),
    "event.verified": _l("verified the report"),
    "event.rejected": _l("rejected the report: %(reason)s"),
    "event.edited": _l("changed %(changed)s"),
    "event.closed": _l("closed the event: %(note)s"),
    "event.reopened": _l("reopened the event: %(reason)s"),
    "event.source_updated": _l("passed on what its sender says now: %(changed)s"),
    "event.source_cancelled": _l("passed on that its sender cancelled the alert"),
    "event.alert_ended": _l("noted that what its alert said has expired"),
    "event.source_joined": _l("passed on that its sender joined the alert to another: %(joined_title)s"),
    "cap.received": _l("took in a message that changed nothing: %(title)s"),
    "need.added": _l("needs %(amount)s"),
    "need.edited": _l("changed the need for %(name)s"),
    "need.cancelled": _l("no longer needs %(name)s: %(reason)s"),
    "offer.made": _l("offers %(amount)s"),
    "offer.edited": _l("changed the offer of %(name)s"),
    "offer.withdrawn": _l("withdrew the offer of %(name)s"),
    "offer.out_of_service": _l("took %(name)s out of service"),
    "offer.back_in_service": _l("put %(name)s back in service"),
    "allocation.made": _l("promised %(amount)s"),
    "allocation.dispatched": _l("sent %(amount)s on the way"),
    "allocation.delivered": _l("delivered %(amount)s"),
    "allocation.returned": _l("took back %(amount)s"),
    "allocation.released": _l("released %(amount)s"),
    "assignment.offered": _l("asked %(who)s to help"),
    "assignment.requested": _l("would like to help"),
    "assignment.accepted": (_l("has %(who)s coming"), _l("is coming to help")),
    "assignment.declined": (_l("declined for %(who)s"), _l("cannot come")),
    "assignment.checked_in": (_l("checked in %(who)s"), _l("checked in")),
    "assignment.checked_out": (_l("checked out %(who)s"), _l("checked out")),
    "assignment.still_there": (_l("says that %(who)s is still there"), _l("is still there")),
    "assignment.overdue": _l("asks whether %(who)s is still there"),
    "assignment.corrected": _l("corrected the times of %(who)s: %(reason)s"),
    "assignment.no_contact": _l("has no contact with %(who)s"),
    "assignment.cancelled": (_l("cancelled the assignment of %(who)s"), _l("cancelled coming")),
    "assignment.distress": _l("NEEDS HELP NOW"),
    "attachment.added": _l("added the file %(name)s"),
    "attachment.removed": _l("removed the file %(name)s"),
    "device.paired": _l("paired the device %(name)s"),
    "device.renamed": _l("renamed a device to %(name)s"),
    "device.revoked": _l("ended the device %(name)s"),
    "device.silent": _l("has heard nothing of %(name)s for %(minutes)s minutes"),
    "device.heard": _l("hears of %(name)s again"),
    "device.battery_low": _l("has %(battery)s %% of battery left on %(name)s"),
    "device.distress": _l("PASSES ON A CALL FOR HELP through %(name)s"),
    "device.guessed": _l("refuses many wrong pairing codes: somebody guesses"),
    "message.sent": _l("sent a message (%(priority)s) to %(recipients)s"),
    "message.expired": _l("had a message expire that %(unreached)s did not get"),
    "resource_type.added": _l("added the resource type %(name)s"),
    "resource_type.edited": _l("changed the resource type %(name)s"),
    "resource_type.retired": _l("retired the resource type %(name)s"),
    "resource_type.restored": _l("restored the resource type %(name)s"),
    "user.registered": (_l("registered %(who)s"), _l("signed up")),
    "user.edited": (_l("changed the profile of %(who)s"), _l("changed their profile")),
    "user.role_changed": _l("made %(who)s %(role)s"),
    "user.status_set": _l("is now %(status)s"),
    "user.deactivated": _l("deactivated %(who)s"),
    "user.reactivated": _l("reactivated %(who)s"),
    "user.erased": _l("erased a person"),
    "invitation.made": _l("invited somebody as %(role)s"),
    "invitation.used": _l("accepted an invitation"),
    "invitation.revoked": _l("revoked an invitation"),
    "invitation.forgotten": _l("removed invitations that ran out long ago"),
    "feed.subscribed": _l("subscribed to the alert feed %(name)s"),
    "feed.edited": _l("changed the alert feed %(name)s"),
    "feed.paused": _l("paused the alert feed %(name)s"),
    "feed.resumed": _l("went on with the alert feed %(name)s"),
    "feed.asked": _l("had the alert feed %(name)s read at once"),
    "feed.removed": _l("removed the alert feed %(name)s"),
    "feed.failed": _l("cannot read the alert feed %(name)s. %(reason)s"),
    "feed.recovered": _l("can read the alert feed %(name)s again"),
    "webhook.added": _l("added a webhook to %(name)s"),
    "webhook.edited": _l("changed what the webhook to %(name)s hears of"),
    "webhook.secret_renewed": _l("gave the webhook to %(name)s another secret"),
    "webhook.switched_on": _l("switched on the webhook to %(name)s"),
    "webhook.switched_off": _l("switched off the webhook to %(name)s. %(reason)s"),
    "webhook.tested": _l("tested the webhook to %(name)s"),
    "webhook.retried": _l("had a delivery to %(name)s tried again"),
    "webhook.removed": _l("removed the webhook to %(name)s"),
    "export.made": _l("exported %(count)s rows of %(kind)s"),
    "export.fetched": _l("fetched an export of %(kind)s"),
    "job.queued": _l("asked for: %(name)s"),
    "job.cancelled": _l("called off: %(name)s"),
    "job.retried": _l("asked again for: %(name)s"),
    "job.finished": _l("is done: %(name)s"),
    "job.failed": _l("failed: %(name)s. %(reason)s"),
}

# How loud an entry is in the feed: the tone of its mark.
_TONES = {
    "assignment.distress": "danger",
    "assignment.no_contact": "danger",
    "device.distress": "danger",
    "device.silent": "wait",
    "device.battery_low": "wait",
    "device.guessed": "wait",
    "event.reported": "wait",
    "event.opened": "go",
    "event.verified": "go",
    "assignment.overdue": "wait",
    "assignment.checked_in": "go",
    "assignment.checked_out": "ended",
    "allocation.made": "part",
    "allocation.delivered": "done",
    "event.closed": "done",
    "event.rejected": "ended",
    "event.source_cancelled": "wait",
}

_FIELD_WORDS = {
    "latitude": _l("place"),
    "longitude": _l("place"),
    "location_precision": _l("place"),
    "place_name": _l("place"),
    "address": _l("address"),
    "needs_approval": _l("approval"),
    "parent_id": _l("larger event"),
    "visibility": _l("who may see it"),
}


def sentence(happening: Happening) -> str:
    """The entry in words, after the actor's name."""
    forms = _SENTENCES.get(happening.verb)
    if forms is None:
        return happening.verb.partition(".")[2].replace("_", " ")
    if isinstance(forms, tuple):
        for_other, for_self = forms
        forms = for_self if happening.actor_id == happening.user_id or not _who(happening) else for_other
    return str(forms) % defaultdict(str, _facts(happening))


def actor(happening: Happening) -> str:
    """Who did it, as a name to stand before the sentence."""
    if happening.actor_name:
        return happening.actor_name
    return _("Somebody") if happening.actor_id else "Mayday"


def tone(happening: Happening) -> str:
    """The tone class of the entry's mark."""
    return _TONES.get(happening.verb, "")


def _facts(happening: Happening) -> dict[str, str]:
    facts = {name: str(value) for name, value in happening.facts.items() if value is not None}
    facts["who"] = _who(happening)
    facts["amount"] = _amount(facts)
    facts["changed"] = ", ".join(_changed(happening)) or _("details")
    return facts


def _who(happening: Happening) -> str:
    facts = happening.facts
    return str(facts.get("person") or facts.get("name") or "")


def _amount(facts: dict[str, str]) -> str:
    quantity = facts.get("quantity")
    if not quantity:
        return facts.get("name", "")
    return f"{Decimal(quantity).normalize():f} {facts.get('unit', '')} · {facts.get('name', '')}".strip(" ·")


def _changed(happening: Happening) -> list[str]:
    words = (str(_FIELD_WORDS.get(name, name.replace("_", " "))) for name in happening.changed)
    return list(dict.fromkeys(words))
