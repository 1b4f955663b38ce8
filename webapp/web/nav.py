"""The links that each role has on every page, with the keys that open them."""

from typing import NamedTuple

from flask import request, url_for
from flask_babel import gettext as _

from webapp.policy import Action, may
from webapp.web.viewer import viewer


class Link(NamedTuple):
    """One entry of the navigation."""

    url: str
    label: str
    icon: str
    key: str
    current: bool


# endpoint, label, icon, keys, the action that shows it. Coordinators first, then field volunteers.
_COORDINATOR = (
    ("board.show", "Board", "layout-dashboard", "b", Action.BOARD),
    ("events.index", "Events", "siren", "e", Action.EVENT_LIST),
    ("resources.side_by_side", "Resources", "package", "r", Action.RESOURCE_BOARD),
    ("volunteers.roster", "People", "users", "v", Action.ROSTER),
    ("messages.inbox", "Messages", "message-square", "m", Action.INBOX),
    ("timeline.show", "Timeline", "history", "t", Action.TIMELINE),
    ("accounts.users", "Users", "shield", "u", Action.USER_ADMIN),
)
_VOLUNTEER = (
    ("volunteers.now", "Now", "house", "n", Action.NOW),
    ("volunteers.nearby", "Nearby", "map-pin", "e", Action.EVENT_LIST),
    ("resources.my_offers", "Offer", "hand-heart", "o", Action.OFFER_MAKE),
    ("messages.inbox", "Inbox", "mail", "i", Action.INBOX),
    ("accounts.me", "Me", "circle-user", "m", Action.STAY),
)


def account_links() -> list[tuple[str, str, str]]:
    """The links of the person's own menu: address, label, icon."""
    actor = viewer().actor
    if actor.role is None:
        return []
    found = [
        (url_for("accounts.me"), _("My profile"), "circle-user"),
        (url_for("devices.mine"), _("My devices"), "smartphone"),
    ]
    if may(actor, Action.DEVICE_VIEW):
        found.append((url_for("devices.index"), _("All devices"), "radio"))
    if may(actor, Action.IMPORT_NEEDS):
        found.append((url_for("imports.show"), _("Import"), "upload"))
    if may(actor, Action.JOB_LIST):
        found.append((url_for("jobs.index"), _("Background jobs"), "list-checks"))
    if may(actor, Action.FEEDS):
        found.append((url_for("feeds.index"), _("Alert feeds"), "siren"))
    if may(actor, Action.WEBHOOKS):
        found.append((url_for("webhooks.index"), _("Webhooks"), "send"))
    return found


def links() -> list[Link]:
    """The navigation of the present viewer."""
    actor = viewer().actor
    if actor.role is None:
        return []
    rows = _COORDINATOR if actor.coordinates else _VOLUNTEER
    return [
        Link(url_for(endpoint), _(label), icon, key, request.endpoint == endpoint)
        for endpoint, label, icon, key, action in rows
        if may(actor, action)
    ]
