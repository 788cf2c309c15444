from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from consent.parties import in_good_standing
from exchange.actors import MemberActor
from exchange.errors import require
from resolvers.context import Info, OperationContext
from schema.consents import AuthorizationRequest, Grant


@strawberry.type(description="What can be heard of as it happens. Each viewer hears of its own side.")
class Subscription:
    @strawberry.subscription(description="Requests that are new or have changed: a candidate's inbox, an employer's.")
    async def authorization_request_changed(self, info: Info) -> AsyncGenerator[AuthorizationRequest, None]:
        async for context, key in _changes(info.context, "request"):
            request = await context.loaders.requests.load(key)
            if request is not None:
                yield request

    @strawberry.subscription(description="Grants that are new, were used, or have ended.")
    async def grant_changed(self, info: Info) -> AsyncGenerator[Grant, None]:
        async for context, key in _changes(info.context, "grant"):
            grant = await context.loaders.grants.load(key)
            if grant is not None:
                yield grant


async def _changes(context: OperationContext, subject: str) -> AsyncGenerator[tuple[OperationContext, UUID], None]:
    """Yield, for each change, a context of that moment, whose loaders read with the viewer's rights of that moment."""
    actor = await context.loaders.actor()
    if isinstance(actor, MemberActor):
        require(in_good_standing(actor.standing))
    with context.live.subscribed(actor.channel) as updates:
        async for update in updates:
            key = update.subject.get(subject)
            if key is not None:
                yield context.later(), UUID(key)
