"""Which cards a change of needs, offers or allocations redraws: on the board, resources, event, owner."""

from collections.abc import Iterable, Iterator, Sequence

from webapp.journal import JournalEntry
from webapp.live.fragments import Fragment, follows, refresh, remove, upsert_card
from webapp.policy import Action
from webapp.resources import queries
from webapp.resources.queries import NeedCard, OfferCard

NEED = "resources/_need_card.html"
BOARD_NEED = "resources/_board_need_card.html"
LIST_NEED = "resources/_list_need_card.html"
OFFER = "resources/_offer_card.html"


@follows("need")
def needs(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """A changed need wherever it is shown."""
    for need in queries.with_best(queries.these_needs(ids)):
        yield from _need(need)
    yield from _lists()


@follows("offer")
def offers(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """A changed offer wherever it is shown, and the needs that it may now suit best."""
    for offer in queries.these_offers(ids):
        yield from _offer(offer)
    for need in queries.board_needs_related(ids):
        yield from _unmet(need)
    yield from _lists()


@follows("allocation")
def allocations(ids: frozenset[int], _entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """Both ends of an allocation that moved: its state stands on their cards."""
    need_ids, offer_ids = queries.ends_of(ids)
    for need in queries.with_best(queries.these_needs(need_ids)):
        yield from _need(need)
    for offer in queries.these_offers(offer_ids):
        yield from _offer(offer)


@follows("event")
def needs_of_events(ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The needs of an event that was renamed, moved, closed or opened again."""
    if any(_tells(entry) for entry in entries):
        for need in queries.board_needs_of_events(ids):
            yield from _unmet(need)
        yield from _lists()


def _tells(entry: JournalEntry) -> bool:
    """Whether the entry is about an event itself, not only its counts."""
    return entry.subject_type == "event" and entry.verb != "event.reported"


def _need(need: NeedCard) -> Iterable[Fragment]:
    yield upsert_card(
        f"event:{need.event_id}", Action.NEED_VIEW, "event-needs", f"need-{need.id}", NEED, need
    )
    yield refresh(f"event:{need.event_id}", Action.NEED_VIEW, f"need-page-{need.id}")
    yield from _unmet(need)


def _unmet(need: NeedCard) -> Iterable[Fragment]:
    """On the lists of what is missing: there while it is, gone when it is not."""
    for channel, action, list_id, prefix, template in (
        ("board", Action.BOARD, "board-needs", "board-need", BOARD_NEED),
        ("resources", Action.RESOURCE_BOARD, "resource-needs", "list-need", LIST_NEED),
    ):
        target = f"{prefix}-{need.id}"
        if need.unmet:
            yield upsert_card(channel, action, list_id, target, template, need)
        else:
            yield remove(channel, action, target, list_id)


def _offer(offer: OfferCard) -> Iterable[Fragment]:
    target = f"offer-{offer.id}"
    own_page = f"offer-page-{offer.id}"
    yield upsert_card("resources", Action.RESOURCE_BOARD, "offers-all", target, OFFER, offer)
    yield refresh("resources", Action.RESOURCE_BOARD, own_page)
    if offer.owner_id is not None:
        owner = f"user:{offer.owner_id}"
        yield upsert_card(owner, Action.OFFER_MAKE, "my-offers", target, OFFER, offer)
        yield refresh(owner, Action.OFFER_MAKE, own_page)


def _lists() -> Iterable[Fragment]:
    """Regions that depend on the page's own filters, and the counts of each type."""
    for region in ("resource-types", "resource-offers", "resource-filtered"):
        yield refresh("resources", Action.RESOURCE_BOARD, region)
