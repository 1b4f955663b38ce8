"""Rows of a table as offers: of the person whom their phone or e-mail names, or of nobody yet."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy import or_, select

from webapp import journal, policy
from webapp.accounts import contact
from webapp.accounts.models import User
from webapp.errors import Invalid, Problem
from webapp.extensions import db
from webapp.interchange.tables import refs, supplies
from webapp.interchange.tables.asking import Ask, Read
from webapp.interchange.tables.batches import Done
from webapp.interchange.tables.supplies import Types
from webapp.journal import SYSTEM, Actor
from webapp.policy import Action
from webapp.resources.models import Offer, OfferStatus
from webapp.resources.service import make_offer, set_out_of_service, withdraw_offer
from webapp.resources.values import checked


def reader(region: str) -> Callable[[Ask], Read]:
    """What reads a row as an offer, with the types of now; ``region`` as `accounts.contact.parse` has it."""
    return partial(read, types_here=Types(), region=region)


def read(ask: Ask, *, types_here: Types, region: str) -> Read:
    """What a row says as an offer. Raises `Rejected`."""
    identity = ask.identity("offer")
    values = supplies.values(ask, types_here) | {
        "condition": ask.line("condition"),
        "place_name": ask.line("place_name"),
        "available_from": ask.moment("available_from"),
        "available_until": ask.moment("available_until"),
        "source_ref": identity.ref,
        **ask.position(),
    }
    try:
        good = checked(values)
    except Invalid as error:
        raise ask.refuse(error) from None
    more = {
        "owner": ask.line("owner"),
        "email": _contact(ask, "owner_email", region).email,
        "phone": _contact(ask, "owner_phone", region).phone,
        "status": ask.choice("status", OfferStatus),
    }
    return Read(ask.row.where, identity.ref, good, more, tuple(ask.notes), identity)


def _contact(ask: Ask, name: str, region: str) -> contact.Contact:
    said = ask.line(name)
    try:
        return contact.parse(said, region, name) if said else contact.Contact()
    except Invalid as error:
        raise ask.refuse(error) from None


def known(rows: Iterable[Read]) -> dict[str, int]:
    """Those that are here, by reference."""
    return refs.known(Offer, (row.ref for row in rows))


@journal.command
def import_batch(actor: Actor, *, rows: Sequence[Read]) -> Done:
    """Write down offers that are not here yet, an entry for each. Whose it is must be somebody here."""
    policy.require(actor, Action.IMPORT_TABLES)
    done = Done()
    here = known(rows)
    owners = _owners(rows)
    for row in rows:
        if row.ref in here:
            continue
        owner_id = owners.get(row.more["email"]) or owners.get(row.more["phone"])
        try:
            here[row.ref] = _make(row, owner_id).id
        except Problem as error:
            done.refused.append((row.where, error.message))
            continue
        done.new.append(row.ref)
        if owner_id is None and row.more["owner"]:
            name = row.more["owner"][:60]
            done.notes.append(
                (row.where, f"nobody here has the contact of “{name}”; imported without an owner")
            )
    return done


def _make(row: Read, owner_id: int | None) -> Offer:
    offer: Offer = make_offer(SYSTEM, **row.values, owner_id=owner_id)
    if row.more["status"] is OfferStatus.OUT_OF_SERVICE:
        set_out_of_service(SYSTEM, offer_id=offer.id)
    elif row.more["status"] is OfferStatus.WITHDRAWN:
        withdraw_offer(SYSTEM, offer_id=offer.id)
    return offer


def _owners(rows: Sequence[Read]) -> dict[str | None, int]:
    """The active people with these phones and e-mails, by both; one statement."""
    emails = {row.more["email"] for row in rows} - {None}
    phones = {row.more["phone"] for row in rows} - {None}
    statement = select(User.id, User.email, User.phone).where(
        User.deactivated_at.is_(None), or_(User.email.in_(emails), User.phone.in_(phones))
    )
    found: dict[str | None, int] = {}
    for row in db.session.execute(statement):
        found |= {row.email: row.id, row.phone: row.id}
    found.pop(None, None)
    return found
