"""Who in a file of people is somebody already: a shared contact and the name together say so.

A family has one phone, a shelter one e-mail address. A contact that belongs to somebody of another name is
left out of the row and said; a row that has no other is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.interchange.tables.asking import Read
from webapp.interchange.tables.reading import Refused
from webapp.places.folding import fold

CONTACTS = {"email": "e-mail address", "phone": "phone number"}
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a contact is: their name as it is compared, and where they stand."""

    names: Names
    where: str


def names_of(name: str) -> Names:
    """A name without case, accents, punctuation and the order of its parts: “Vestergaard, Olga”."""
    return tuple(sorted(fold(name).split()))


def here(rows: Iterable[Read]) -> dict[str, Holder]:
    """Who is registered with the contacts of these rows, by contact; one statement."""
    asked = list(rows)
    emails, phones = ({row.more[kind] for row in asked} - {None} for kind in CONTACTS)
    statement = select(User.id, User.name, User.email, User.phone).where(
        or_(User.email.in_(emails), User.phone.in_(phones))
    )
    found: dict[str, Holder] = {}
    for person in db.session.execute(statement):
        holder = Holder(names_of(person.name), f"person {person.id} here")
        found |= {contact: holder for contact in (person.email, person.phone) if contact}
    return found


class SamePeople:
    """Tells the people of one file apart; remembers which row has which contact."""

    def __init__(self) -> None:
        self._rows: dict[str, Holder] = {}

    def told_apart(self, rows: Sequence[Read]) -> Iterator[Read | Refused]:
        """Each row as a new person, as one who is known, or as refused."""
        registered = here(rows)
        for row in rows:
            yield self._judged(row, registered)

    def _judged(self, row: Read, registered: dict[str, Holder]) -> Read | Refused:
        own = {kind: contact for kind in CONTACTS if (contact := row.more[kind])}
        names = names_of(row.values["name"])
        holders = {
            kind: holder
            for kind, contact in own.items()
            if (holder := self._rows.get(contact) or registered.get(contact))
        }
        same = [kind for kind, holder in holders.items() if holder.names == names]
        if same:
            self._remember(row, names, same)
            return self._known(row, holders, same)
        free = [kind for kind in own if kind not in holders]
        if not free:
            kind, holder = next(iter(holders.items()))
            return Refused(
                row.where,
                f"its {CONTACTS[kind]} is that of {holder.where}, who has another name. "
                "Write another phone number or e-mail address.",
            )
        self._remember(row, names, free)
        notes = [
            f"its {CONTACTS[kind]} is that of {holder.where}, who has another name; imported without it"
            for kind, holder in holders.items()
        ]
        more = row.more | dict.fromkeys(holders)
        return replace(row, ref=own[free[0]], more=more, notes=(*row.notes, *notes))

    def _remember(self, row: Read, names: Names, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self._rows.setdefault(row.more[kind], Holder(names, row.where))

    @staticmethod
    def _known(row: Read, holders: dict[str, Holder], same: Sequence[str]) -> Read:
        """The row as one of somebody who is left as they are; another contact in it is not taken over."""
        who = holders[same[0]].where
        others = [kind for kind in CONTACTS if row.more[kind] and kind not in same]
        notes = [
            f"is {who}, who is left as they are; its {CONTACTS[kind]} is not taken over" for kind in others
        ]
        return replace(
            row, ref=f"known:{row.where}", more=row.more | {"known": True}, notes=(*row.notes, *notes)
        )
