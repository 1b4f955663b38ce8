"""What messages say of a person who is erased: not who they were, nor where."""

import re

from sqlalchemy import or_, select

from webapp import journal
from webapp.accounts.models import User
from webapp.extensions import db
from webapp.journal import Actor
from webapp.messages.models import Message

GONE = "•"  # stands where the name stood


@journal.command
def forget(_actor: Actor, *, user_id: int) -> None:
    """Take the person's name out of what they wrote and what was written to them, and where they wrote it.

    What was said stays: others acted on it. The caller has decided that the actor may.
    """
    name = db.session.get_one(User, user_id).name
    words = sorted({name, *name.split()[:1]}, key=len, reverse=True)
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")\b", re.IGNORECASE)
    about = or_(Message.sender_id == user_id, Message.to_user_id == user_id)
    for message in db.session.execute(select(Message).where(about).with_for_update()).scalars():
        message.body = pattern.sub(GONE, message.body)
        if message.sender_id == user_id:
            message.latitude = message.longitude = None
