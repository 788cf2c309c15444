"""``node(id:)``: any node that the viewer may see."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from exchange import reading, search
from exchange.actors import CandidateActor
from exchange.errors import Forbidden, NotFound
from resolvers import profiles, wrapping
from resolvers.context import OperationContext
from schema.ids import WrongId, split_id
from schema.nodes import Node

Finder = Callable[[OperationContext, str], Awaitable[Node | None]]


async def node(context: OperationContext, global_id: str) -> Node | None:
    """Return a node, or ``None`` for anything that is not there or not for this viewer."""
    await context.loaders.actor()
    try:
        type_name, key = split_id(global_id)
        finder = FINDERS.get(type_name)
        return None if finder is None else await finder(context, key)
    except (WrongId, NotFound, Forbidden, ValueError):
        return None


async def _card(context: OperationContext, key: str) -> Node | None:
    found = await search.open_card(context.call, card_id=key)
    return wrapping.card_source(found)  # type: ignore[return-value]  # answered as the stored object


async def _request(context: OperationContext, key: str) -> Node | None:
    return await context.loaders.requests.load(UUID(key))


async def _grant(context: OperationContext, key: str) -> Node | None:
    return await context.loaders.grants.load(UUID(key))


async def _job(context: OperationContext, key: str) -> Node | None:
    return await context.loaders.jobs.load(UUID(key))


async def _profile(context: OperationContext, key: str) -> Node | None:
    return _own(await profiles.own_profile(context.call), "CandidateProfile", key)


async def _member(context: OperationContext, key: str) -> Node | None:
    member = (await profiles.viewer(context.call)).member
    return None if member is None else _own(member, "Member", key)


async def _employer(context: OperationContext, key: str) -> Node | None:
    member = (await profiles.viewer(context.call)).member
    return None if member is None else _own(member.employer, "Employer", key)


async def _release(context: OperationContext, key: str) -> Node | None:
    rows = await reading.by_ids(reading.releases_of(await context.loaders.actor()), "id", [UUID(key)])
    return next((wrapping.release_type(row) for row in rows.values()), None)


async def _ledger_entry(context: OperationContext, key: str) -> Node | None:
    actor = await context.loaders.actor()
    if not isinstance(actor, CandidateActor):
        return None
    rows = await reading.by_ids(reading.ledger_of(actor), "id", [UUID(key)])
    employers = await reading.employer_names({row.employer_id for row in rows.values() if row.employer_id})
    members = await reading.member_names({row.member_id for row in rows.values() if row.member_id})
    return next((wrapping.ledger_type(row, employers, members) for row in rows.values()), None)


def _own(found: Node, type_name: str, key: str) -> Node | None:
    return found if found.id == wrapping.node_id(type_name, key) else None


FINDERS: dict[str, Finder] = {
    "Card": _card,
    "AuthorizationRequest": _request,
    "Grant": _grant,
    "Job": _job,
    "CandidateProfile": _profile,
    "Member": _member,
    "Employer": _employer,
    "Release": _release,
    "LedgerEntry": _ledger_entry,
}
