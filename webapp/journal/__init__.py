"""The journal: every change of the situation is an entry, written in the transaction that makes it."""

from webapp.journal.actor import SYSTEM, Actor, Role
from webapp.journal.models import Command, JournalEntry, Journalled
from webapp.journal.transaction import (
    CommandReused,
    ContentChanged,
    StaleVersion,
    append,
    command,
    committed,
    count,
    require_version,
    say_content,
    was_replayed,
)

__all__ = [
    "SYSTEM",
    "Actor",
    "Command",
    "CommandReused",
    "ContentChanged",
    "JournalEntry",
    "Journalled",
    "Role",
    "StaleVersion",
    "append",
    "command",
    "committed",
    "count",
    "require_version",
    "say_content",
    "was_replayed",
]
