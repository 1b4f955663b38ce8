"""What Mayday keeps about one person, for themselves."""

from datetime import timedelta
from typing import Any

from webapp.accounts import linking, queries
from webapp.accounts.models import User
from webapp.devices.queries import of_person as devices_of
from webapp.journal.plain import plain
from webapp.messages.queries import cards, inbox
from webapp.volunteers import hours

_FIELDS = (
    "name",
    "email",
    "phone",
    "role",
    "status",
    "languages",
    "locale",
    "time_zone",
    "home_area",
    "availability",
    "emergency_contact",
    "notes",
    "consents",
    "created_at",
    "last_seen_at",
)


def everything(user_id: int) -> dict[str, Any]:
    """Profile, skills, devices, assignments with hours, and what happened around the account."""
    user = queries.user(user_id)
    return {
        "profile": {name: plain(getattr(user, name)) for name in _FIELDS} | {"email": user.address}
        if isinstance(user, User)
        else {},
        "skills": [
            {"name": s.name, "certificate": s.certificate, "expires_on": plain(s.expires_on)}
            for s in queries.skills_of(user_id)
        ],
        "devices": [
            {"browser": s.browser, "since": plain(s.created_at), "last_used": plain(s.last_seen_at)}
            for s in queries.open_sessions(user_id)
        ],
        "paired_devices": [
            {
                "name": d.name,
                "kind": plain(d.kind),
                "status": plain(d.status),
                "last_seen": plain(d.last_seen_at),
                "latitude": d.latitude,
                "longitude": d.longitude,
            }
            for d in devices_of(user_id)
        ],
        "messages": [
            {"from": m.letter.sender, "text": m.letter.body, "sent": plain(m.letter.sent_at)}
            for m in inbox(user_id, 1000)
        ],
        "messages_sent": [
            {"to": plain(m.audience), "text": m.body, "sent": plain(m.created_at)}
            for m in cards(1000, sender_id=user_id)
        ],
        "linked_accounts": [
            {"issuer": i.issuer, "email": i.email, "since": plain(i.created_at)}
            for i in linking.identities(user_id)
        ],
        "programs": [
            {"name": p.client, "since": plain(p.created_at), "last_used": plain(p.last_used_at)}
            for p in queries.open_programs(user_id)
        ],
        "assignments": [
            {
                "event": title,
                "task": row.task,
                "status": plain(row.status),
                "checked_in": plain(row.checked_in_at),
                "checked_out": plain(row.checked_out_at),
            }
            for row, title in queries.assignments_of(user_id)
        ],
        "account_log": [
            {"at": plain(e.at), "what": e.verb, "by": e.facts.get("by")}
            for e in queries.own_log(user_id, 1000)
        ],
    }


def hours_so_far(user_id: int) -> timedelta:
    """What was worked up to now, by the one rule for hours."""
    return hours.in_all(user_id)
