"""The context of one operation: the call, and loaders that batch what nested fields ask for."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from consent.decision import ALLOWED
from consent.parties import in_good_standing
from exchange import reading, search
from exchange.actors import Actor, MemberActor, actor_of, as_uuid
from exchange.call import Call
from resolvers import wrapping
from schema.cards import CardSource
from schema.consents import AuthorizationRequest, Grant, Release
from schema.employers import Job

V = TypeVar("V")
Batch = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, V]]]


class Update(Protocol):
    """Something changed: the ids of what it is about."""

    @property
    def topic(self) -> str: ...
    @property
    def subject(self) -> Mapping[str, str]: ...


class LiveUpdates(Protocol):
    """Where subscriptions hear of changes."""

    def subscribed(self, channel: str) -> AbstractContextManager[AsyncIterable[Update]]: ...


class Throttle(Protocol):
    """Counts tries; raises ``RateLimited`` beyond what is allowed."""

    async def hit(self, action: str, *names: str) -> None: ...


class OperationLoaders:
    """Loads related nodes, as the viewer of this call sees them, in one batch a kind."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._actor: Actor | None = None
        self.jobs = _loader(self._jobs)
        self.requests = _loader(self._requests)
        self.grants = _loader(self._grants)
        self.grants_by_request = _loader(self._grants_by_request)
        self.releases_by_grant = DataLoader(load_fn=self._releases)
        self.cards = _loader(self._cards)
        self.member_names = _loader(reading.member_names)

    async def actor(self) -> Actor:
        """Return who calls, read once an operation."""
        if self._actor is None:
            self._actor = await actor_of(self._call)
        return self._actor

    async def _jobs(self, ids: Sequence[UUID]) -> Mapping[UUID, Job]:
        rows = await reading.by_ids(reading.jobs_of(await self.actor()), "id", ids)
        return {key: wrapping.job_type(row, self._call) for key, row in rows.items()}

    async def _requests(self, ids: Sequence[UUID]) -> Mapping[UUID, AuthorizationRequest]:
        actor = await self.actor()
        rows = list((await reading.by_ids(reading.requests_of(actor), "id", ids)).values())
        seen = await reading.see_requests(actor, rows, self._call.now)
        return {item.row.id: wrapping.request_type(item, self._call) for item in seen}

    async def _grants(self, ids: Sequence[UUID]) -> Mapping[UUID, Grant]:
        return await self._grants_by("id", ids)

    async def _grants_by_request(self, ids: Sequence[UUID]) -> Mapping[UUID, Grant]:
        return await self._grants_by("request_id", ids)

    async def _grants_by(self, column: str, ids: Sequence[UUID]) -> Mapping[UUID, Grant]:
        actor = await self.actor()
        rows = await reading.by_ids(reading.grants_of(actor), column, ids)
        seen = await reading.see_grants(actor, list(rows.values()), self._call.now)
        return {getattr(item.row, column): wrapping.grant_type(item) for item in seen}

    async def _releases(self, ids: Sequence[UUID]) -> list[list[Release]]:
        rows = await reading.releases_of(await self.actor()).filter(grant_id__in=list(ids)).order_by("id")
        return [[wrapping.release_type(row) for row in rows if row.grant_id == key] for key in ids]

    async def _cards(self, ids: Sequence[UUID]) -> Mapping[UUID, CardSource]:
        actor = await self.actor()
        if not isinstance(actor, MemberActor) or in_good_standing(actor.standing) != ALLOWED:
            return {}
        found = {as_uuid(row["candidate_id"]): row["payload"] for row in await search.cards_of(self._call, actor, ids)}
        desk, employer = self._call.desk, actor.employer_id
        return {key: wrapping.card_source(search.found_card(desk, employer, key, text)) for key, text in found.items()}


@dataclass(frozen=True)
class OperationContext:
    """What resolvers work with."""

    call: Call
    live: LiveUpdates
    throttle: Throttle
    address: str
    clock: Callable[[], datetime]

    @cached_property
    def loaders(self) -> OperationLoaders:
        """The loaders, made when first asked for."""
        return OperationLoaders(self.call)

    def later(self) -> "OperationContext":
        """Return a context for this moment of a long operation. Its loaders read anew, and those of its fields too."""
        moment = replace(self, call=replace(self.call, now=self.clock()))
        self.__dict__["loaders"] = moment.loaders
        return moment


Info = strawberry.Info[OperationContext, None]


def _loader(batch: Batch[V]) -> DataLoader[UUID, V | None]:
    async def load(ids: list[UUID]) -> list[V | None]:
        found = await batch(ids)
        return [found.get(key) for key in ids]

    return DataLoader(load_fn=load)
