"""What changes on open pages when a message is sent, arrives, is read or expires."""

from collections.abc import Collection, Iterator, Sequence

from flask import render_template

from webapp.journal import JournalEntry
from webapp.live.fragments import (
    EVERY_ENTRY,
    Fragment,
    follows,
    put,
    put_personal,
    refresh,
    upsert_card,
)
from webapp.messages import queries
from webapp.messages.queries import SentCard
from webapp.policy import Action
from webapp.web.viewer import viewer

CHANNEL = "messages"
CARD = "messages/_card.html"
_MOVED = frozenset({"message.delivered", "message.read"})


@follows(EVERY_ENTRY)
def moved(_ids: frozenset[int], entries: Sequence[JournalEntry]) -> Iterator[Fragment]:
    """The numbers of messages, for coordinators and for who sent them; the inboxes that they came to."""
    about = [entry for entry in entries if entry.verb.startswith("message.")]
    if not about:
        return
    sent = {e.subject_id for e in about if e.subject_id is not None}
    told = {id_ for e in about if e.verb in _MOVED for id_ in e.facts["messages"]}
    for it in queries.these(sent | told):
        yield from _sent(it)
    yield refresh(CHANNEL, Action.MESSAGE_LIST, "message-reached")
    touched = {e.user_id for e in about if e.verb in _MOVED and e.user_id is not None}
    yield from inboxes(queries.inboxes_of(sent) | touched)


def inboxes(people: Collection[int]) -> Iterator[Fragment]:
    """What every page of these people says of their inbox, and the inbox itself."""
    for user_id in people:
        channel = f"user:{user_id}"
        yield put_personal(channel, Action.INBOX, "unread", lambda: _drawn("messages/_unread.html"))
        yield put_personal(channel, Action.INBOX, "alarm", lambda: _drawn("messages/_alarm.html"))
        yield refresh(channel, Action.INBOX, "inbox")


def _sent(it: SentCard) -> Iterator[Fragment]:
    region, card = f"message-{it.id}", f"message-card-{it.id}"
    yield upsert_card(CHANNEL, Action.MESSAGE_LIST, "messages-list", card, CARD, it)
    yield put(CHANNEL, Action.MESSAGE_LIST, region, "messages/_message.html", it=it)
    if it.sender_id is not None:
        own = f"user:{it.sender_id}"
        yield upsert_card(own, Action.MESSAGE_SEND, "messages-list", card, CARD, it)
        yield put(own, Action.MESSAGE_SEND, region, "messages/_message.html", it=it)


def _drawn(template: str) -> str:
    user_id = viewer().user_id
    found = queries.unread(user_id) if user_id is not None else queries.Unread(0, None)
    return render_template(template, inbox=lambda: found).strip()
