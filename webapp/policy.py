"""Who may do what: the one place that decides. One action a line.

``may(actor, action, subject)`` answers for one subject; without a subject it answers whether the actor's
role may ever do it (what a route asks before it looks anything up). Views, services, live channels and
templates ask here and nothing else decides.
"""

import enum
from collections.abc import Callable
from typing import Any

from webapp.errors import Forbidden, NotFound
from webapp.journal.actor import Actor, ActorKind, DeviceKind, Role


class Action(enum.StrEnum):
    """Everything that somebody can want to do."""

    # Anybody, signed in or not.
    ENTER = "enter"  # sign in, sign up, join with a code, help pages
    PROBE = "probe"  # health
    PUBLIC_EVENTS = "event.public"  # what an authority made public, and nothing else of it
    CALENDAR = "calendar"  # whoever has the secret link of a person's calendar
    # Anybody signed in.
    STAY = "stay"  # own session: sign out, preferences, live socket, start page
    NOW = "now"  # the volunteer's own page
    EVENT_LIST = "event.list"
    EVENT_VIEW = "event.view"
    EVENT_REPORT = "event.report"
    EVENT_OPEN = "event.open"  # make it active at once
    EVENT_VERIFY = "event.verify"  # pending to active, or rejected
    EVENT_EDIT = "event.edit"
    EVENT_CLOSE = "event.close"  # and reopen
    EVENT_ARRANGE = "event.arrange"  # who sees it, whether helpers are approved, what it belongs to
    EVENT_JOIN_CODE = "event.join_code"
    ATTACHMENT_ADD = "attachment.add"  # a photo or document to an event that one is on
    ATTACHMENT_REMOVE = "attachment.remove"
    PLACE_SEARCH = "place.search"
    NEED_VIEW = "need.view"
    NEED_WRITE = "need.write"
    OFFER_MAKE = "offer.make"
    OFFER_VIEW = "offer.view"
    OFFER_EDIT = "offer.edit"
    RESOURCE_BOARD = "resource.board"  # needs and offers side by side
    RESOURCE_TYPE_EDIT = "resource_type.edit"
    ALLOCATE = "allocation.make"
    ALLOCATION_MOVE = "allocation.move"  # dispatch, release, take back
    ALLOCATION_DELIVER = "allocation.deliver"
    ASSIGNMENT_VIEW = "assignment.view"
    ASSIGNMENT_OWN = "assignment.own"  # join, accept, decline, check in and out, for oneself
    ASSIGNMENT_MANAGE = "assignment.manage"  # the same for others, and to offer and cancel
    ROSTER = "roster"
    ROSTER_OF_EVENT = "roster.of_event"  # first names and tasks on my event
    PROFILE_VIEW = "profile.view"
    PROFILE_EDIT = "profile.edit"
    PROFILE_NOTES = "profile.notes"  # coordinators' notes and skills of others
    CONTACT_VIEW = "contact.view"
    USER_ADMIN = "user.admin"  # the user list with roles
    USER_INVITE = "user.invite"
    USER_CODE = "user.code"  # a sign-in code for somebody at the desk
    USER_ROLE = "user.role"
    USER_DEACTIVATE = "user.deactivate"
    # Programs and devices.
    TOKEN_REFRESH = "token.refresh"  # noqa: S105 - whoever holds it may trade it for a new one, or end it
    DEVICE_OWN = "device.own"  # pair, list, rename and revoke one's own
    DEVICE_VIEW = "device.view"  # all of them
    DEVICE_REVOKE = "device.revoke"  # a lost one of somebody else
    DEVICE_ACT = "device.act"  # a device's own heartbeat and reports
    MESSAGE_SEND = "message.send"
    MESSAGE_VIEW = "message.view"
    MESSAGE_LIST = "message.list"  # all that was sent
    INBOX = "inbox"  # what was sent to oneself; of a device, its mailbox
    BOARD = "board"
    TIMELINE = "timeline"
    IMPORT_NEEDS = "import.needs"
    IMPORT_REPORTS = "import.reports"
    IMPORT_TABLES = "import.tables"  # events, offers and people as CSV or GeoJSON; needs are IMPORT_NEEDS
    EXPORT = "export"
    EXPORT_CONTACTS = "export.contacts"  # how to reach the people in it
    EXPORT_FETCH = "export.fetch"  # the file that a job made for somebody
    JOB_LIST = "job.list"  # background jobs of everybody, dead letters too
    JOB_VIEW = "job.view"
    JOB_CHANGE = "job.change"  # cancel it, try it again
    CLEAN_UP = "clean_up"
    BACKUP = "backup"
    SETTINGS = "settings"
    FEEDS = "feeds"  # addresses whose alerts become reports
    WEBHOOKS = "webhooks"  # addresses of other systems that hear what happens


Rule = Callable[[Actor, Any], bool]


# Columns that name whose something is.
_OWNERS = ("user_id", "owner_id", "reported_by_id", "requested_by_id")


def _yes(_actor: Actor, _subject: Any) -> bool:
    return True


def _own(actor: Actor, subject: Any) -> bool:
    """About oneself, or something one owns or reported."""
    if actor.user_id is None:
        return False
    owners = (getattr(subject, name, None) for name in _OWNERS)
    is_self = getattr(subject, "__tablename__", "") == "user" and subject.id == actor.user_id
    return is_self or actor.user_id in owners


def _active(_actor: Actor, subject: Any) -> bool:
    return str(subject.status) == "active"


def _active_or_own(actor: Actor, subject: Any) -> bool:
    return _active(actor, subject) or _own(actor, subject)


def _to_coordinators(_actor: Actor, subject: Any) -> bool:
    """A message to the coordinators; of which event one may, `messages.service` says."""
    return str(subject.kind) == "coordinators"


def _sent_or_received(actor: Actor, subject: Any) -> bool:
    return actor.user_id is not None and (subject.received or actor.user_id == subject.sender_id)


def _below_own_rank(actor: Actor, subject: Any) -> bool:
    """About somebody, or an invitation, of a rank below the actor's."""
    return actor.role is not None and subject.role.rank < actor.role.rank


def _not_above_own_rank(actor: Actor, subject: Any) -> bool:
    return actor.role is not None and subject.role.rank <= actor.role.rank


_EVERYBODY: dict[Role, Rule] = dict.fromkeys(Role, _yes)
_COORDINATORS: dict[Role, Rule] = {Role.VC: _yes, Role.AUTHORITY: _yes}
_AUTHORITY: dict[Role, Rule] = {Role.AUTHORITY: _yes}
_OWN_OR_COORDINATORS: dict[Role, Rule] = {Role.SUV: _own, **_COORDINATORS}
_OWN_OR_AUTHORITY: dict[Role, Rule] = {Role.SUV: _own, Role.VC: _own, Role.AUTHORITY: _yes}

OPEN_TO_ALL = frozenset(
    {Action.ENTER, Action.PROBE, Action.TOKEN_REFRESH, Action.PUBLIC_EVENTS, Action.CALENDAR}
)

RULES: dict[Action, dict[Role, Rule]] = {
    Action.ENTER: _EVERYBODY,
    Action.PROBE: _EVERYBODY,
    Action.PUBLIC_EVENTS: _EVERYBODY,
    Action.CALENDAR: _EVERYBODY,
    Action.STAY: _EVERYBODY,
    Action.NOW: _EVERYBODY,
    Action.EVENT_LIST: _EVERYBODY,
    Action.EVENT_VIEW: {Role.SUV: _active_or_own, **_COORDINATORS},
    Action.EVENT_REPORT: _EVERYBODY,
    Action.EVENT_OPEN: _AUTHORITY,
    Action.EVENT_VERIFY: _AUTHORITY,
    Action.EVENT_EDIT: {Role.VC: _active, Role.AUTHORITY: _yes},
    Action.EVENT_CLOSE: _AUTHORITY,
    Action.EVENT_ARRANGE: _AUTHORITY,
    Action.EVENT_JOIN_CODE: _COORDINATORS,
    # A volunteer's right hangs on being on the event; the subject says so (`attachments.queries.Place`).
    Action.ATTACHMENT_ADD: _OWN_OR_COORDINATORS,
    Action.ATTACHMENT_REMOVE: _OWN_OR_COORDINATORS,
    Action.PLACE_SEARCH: _EVERYBODY,
    Action.NEED_VIEW: _EVERYBODY,
    Action.NEED_WRITE: _COORDINATORS,
    Action.OFFER_MAKE: _EVERYBODY,
    Action.OFFER_VIEW: _OWN_OR_COORDINATORS,
    Action.OFFER_EDIT: _OWN_OR_COORDINATORS,
    Action.RESOURCE_BOARD: _COORDINATORS,
    Action.RESOURCE_TYPE_EDIT: _AUTHORITY,
    Action.ALLOCATE: _COORDINATORS,
    Action.ALLOCATION_MOVE: _COORDINATORS,
    Action.ALLOCATION_DELIVER: _OWN_OR_COORDINATORS,
    Action.ASSIGNMENT_VIEW: _OWN_OR_COORDINATORS,
    Action.ASSIGNMENT_OWN: _OWN_OR_COORDINATORS,
    Action.ASSIGNMENT_MANAGE: _COORDINATORS,
    Action.ROSTER: _COORDINATORS,
    Action.ROSTER_OF_EVENT: _EVERYBODY,
    Action.PROFILE_VIEW: _OWN_OR_COORDINATORS,
    Action.PROFILE_EDIT: {Role.SUV: _own, Role.VC: _own, Role.AUTHORITY: _yes},
    Action.PROFILE_NOTES: _COORDINATORS,
    # A VC's right also hangs on an open assignment; `accounts.service.contact_of` adds that.
    Action.CONTACT_VIEW: {Role.SUV: _own, **_COORDINATORS},
    Action.USER_ADMIN: _AUTHORITY,
    Action.USER_INVITE: {Role.VC: _below_own_rank, Role.AUTHORITY: _not_above_own_rank},
    Action.USER_CODE: {Role.VC: _below_own_rank, Role.AUTHORITY: _not_above_own_rank},
    Action.USER_ROLE: _AUTHORITY,
    Action.USER_DEACTIVATE: _AUTHORITY,
    Action.TOKEN_REFRESH: _EVERYBODY,
    Action.DEVICE_OWN: _OWN_OR_AUTHORITY,
    Action.DEVICE_VIEW: _COORDINATORS,
    Action.DEVICE_REVOKE: _OWN_OR_COORDINATORS,
    Action.DEVICE_ACT: {},
    Action.MESSAGE_SEND: {Role.SUV: _to_coordinators, **_COORDINATORS},
    Action.MESSAGE_VIEW: {Role.SUV: _sent_or_received, **_COORDINATORS},
    Action.MESSAGE_LIST: _COORDINATORS,
    Action.INBOX: _EVERYBODY,
    Action.BOARD: _COORDINATORS,
    Action.TIMELINE: _COORDINATORS,
    Action.IMPORT_NEEDS: _COORDINATORS,
    Action.IMPORT_REPORTS: _AUTHORITY,
    Action.IMPORT_TABLES: _AUTHORITY,
    Action.EXPORT: _COORDINATORS,
    Action.EXPORT_CONTACTS: _AUTHORITY,
    Action.EXPORT_FETCH: {Role.VC: _own, Role.AUTHORITY: _own},
    Action.JOB_LIST: _AUTHORITY,
    Action.JOB_VIEW: {Role.VC: _own, Role.AUTHORITY: _yes},
    Action.JOB_CHANGE: {Role.VC: _own, Role.AUTHORITY: _yes},
    Action.CLEAN_UP: _AUTHORITY,
    Action.BACKUP: _AUTHORITY,
    Action.SETTINGS: _AUTHORITY,
    Action.FEEDS: _AUTHORITY,
    Action.WEBHOOKS: _AUTHORITY,
}

_EVERY_DEVICE: dict[DeviceKind, Rule] = dict.fromkeys(DeviceKind, _yes)
_REPORTERS: dict[DeviceKind, Rule] = {
    DeviceKind.PHONE: _yes,
    DeviceKind.GATEWAY: _yes,
    DeviceKind.TRACKER: _yes,
}
_READERS: dict[DeviceKind, Rule] = {
    DeviceKind.PHONE: _yes,
    DeviceKind.GATEWAY: _yes,
    DeviceKind.DISPLAY: _yes,
}

# A device has rights of its own, never its owner's role: one that is lost or opened gives away little.
DEVICE_RULES: dict[Action, dict[DeviceKind, Rule]] = {
    Action.STAY: _EVERY_DEVICE,
    Action.DEVICE_ACT: _EVERY_DEVICE,
    Action.EVENT_LIST: _READERS,
    Action.EVENT_VIEW: dict.fromkeys(_READERS, _active_or_own),
    Action.NEED_VIEW: _READERS,
    Action.EVENT_REPORT: _REPORTERS,
    # A picture of what it reports, or of the event that its owner is on.
    Action.ATTACHMENT_ADD: dict.fromkeys(_READERS.keys() & _REPORTERS.keys(), _own),
    Action.INBOX: _EVERY_DEVICE,
    Action.MESSAGE_SEND: dict.fromkeys(_REPORTERS, _to_coordinators),
    # The owner's own standing, from their phone.
    Action.ASSIGNMENT_VIEW: {DeviceKind.PHONE: _own},
    Action.ASSIGNMENT_OWN: {DeviceKind.PHONE: _own},
}

# Where even existence is private, a refusal looks like absence.
HIDDEN = frozenset(
    {
        Action.EVENT_VIEW,
        Action.OFFER_VIEW,
        Action.ASSIGNMENT_VIEW,
        Action.PROFILE_VIEW,
        Action.CONTACT_VIEW,
        Action.JOB_VIEW,
        Action.JOB_CHANGE,
        Action.EXPORT_FETCH,
        Action.DEVICE_OWN,
        Action.DEVICE_REVOKE,
        Action.MESSAGE_VIEW,
    }
)


def may(actor: Actor, action: Action, subject: object = None) -> bool:
    """Whether the actor may do this to the subject; without one, whether their role may ever do it."""
    if action in OPEN_TO_ALL or actor.kind is ActorKind.SYSTEM:
        return True
    rule = _rule(actor, action)
    if rule is None:
        return False
    return subject is None or rule(actor, subject)


def _rule(actor: Actor, action: Action) -> Rule | None:
    if actor.device_kind is not None:
        return DEVICE_RULES.get(action, {}).get(actor.device_kind)
    return RULES[action].get(actor.role) if actor.role is not None else None


def require(actor: Actor, action: Action, subject: object = None) -> None:
    """Raise `Forbidden`, or `NotFound` where existence is private, unless the actor may."""
    if may(actor, action, subject):
        return
    if action in HIDDEN and subject is not None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    raise Forbidden(_advice(action))


def _advice(action: Action) -> str:
    able = [role for role in Role if role in RULES[action] and RULES[action][role] is not _own]
    who = {Role.VC: "a coordinator", Role.AUTHORITY: "an authority"}
    first = next((who[role] for role in able if role in who), None)
    return f"You may not do this. Ask {first}." if first else "You may not do this."
