"""One request's look at the situation: who asks, until when, and what was read already.

Rows that many fields want are read together: a field says which ones it wants, and once all fields of a level
have said so, one statement reads them for all.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import DocumentNode
from strawberry.dataloader import DataLoader

from webapp import policy
from webapp.accounts import lists as people
from webapp.accounts.models import User
from webapp.errors import TookTooLong
from webapp.journal import Actor
from webapp.policy import Action

T = TypeVar("T")
Read = Callable[[Actor, Sequence[int]], Mapping[int, T]]

SECONDS = 10.0


class Looking:
    """What the resolvers of one request share. It lives as long as the request."""

    def __init__(self, actor: Actor, document: DocumentNode) -> None:
        self.actor = actor
        self.document = document
        self._until = time.monotonic() + SECONDS
        self._loaders: dict[object, DataLoader[int, Any]] = {}

    def wanted(self, read: Read[T], key: int | None, *, kind: object = None) -> Awaitable[T | None]:
        """What ``read`` finds for this key, read for all keys of the level at once.

        ``kind`` tells readers apart that are made anew for each field (as with another ``first``).
        """
        return self._loader(read, kind or read).load(key) if key is not None else _nothing()

    async def person(self, user_id: int | None) -> User | None:
        """The person, if the actor may see their profile."""
        user = await self.wanted(_people, user_id)
        return user if user is not None and policy.may(self.actor, Action.PROFILE_VIEW, user) else None

    def met(self, users: Iterable[User | None]) -> None:
        """These people came along with other rows and need not be read again."""
        loader = self._loader(_people, _people)
        loader.prime_many({user.id: user for user in users if user is not None and user.erased_at is None})

    def require_time(self) -> None:
        """Raise `TookTooLong` when the answer takes longer than anybody waits."""
        if time.monotonic() > self._until:
            raise TookTooLong("This takes too long. Ask for less at once.")

    def changed(self) -> None:
        """Something was changed: what was read before is not how it is now."""
        self._loaders.clear()

    def _loader(self, read: Read[Any], kind: object) -> DataLoader[int, Any]:
        if kind not in self._loaders:

            async def batch(keys: list[int]) -> list[Any]:
                self.require_time()
                found = read(self.actor, keys)
                return [found.get(key) for key in keys]

            self._loaders[kind] = DataLoader(batch)
        return self._loaders[kind]


def _people(_actor: Actor, ids: Sequence[int]) -> dict[int, User]:
    return {user.id: user for user in people.these(ids)}


async def _nothing() -> Any:
    return None
