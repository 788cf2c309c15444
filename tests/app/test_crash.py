"""A server is killed while it approves: what it acknowledged is there, and nothing is there by half."""

import asyncio
import os
import random
from typing import NamedTuple

import httpx2

from consent.requests import RequestState
from models import AuthorizationRequest, Grant
from schema.ids import global_id
from tests.app.callers import APPROVE, Caller, approval_of, calling, token_of
from tests.app.processes import ServerProcess, launch, within
from tests.app.wholeness import broken_ledgers, torn_approvals
from tests.engines import ENGINE

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "6" if ENGINE == "sqlite" else "4"))
CLIENTS = 8
READY_SECONDS = 5


class Moment(NamedTuple):
    """When to kill: so many seconds after so many approvals were acknowledged."""

    acknowledged: int
    seconds: float


async def test_a_server_killed_while_it_approves_loses_no_acknowledged_approval(town, production, tmp_path):
    candidates = [await town.candidate() for _ in range(CLIENTS)]
    chance = random.Random(20261121)  # noqa: S311 - a repeatable moment, no secret
    server = launch(tmp_path, **production)
    acknowledged, cut, slowest = {}, 0, 0.0

    try:
        await server.until_ready()
        for _ in range(ROUNDS):
            requests = [await _requests(town, candidate) for candidate in candidates]
            moment = Moment(chance.randrange(2 * CLIENTS), chance.uniform(0, 0.02))
            answers = await _approve_until_killed(server, town, candidates, requests, moment)
            server = launch(tmp_path, **production)
            seconds = await server.until_ready()
            assert seconds < within(READY_SECONDS)
            slowest = max(slowest, seconds)
            acknowledged |= answers
            cut += sum(map(len, requests)) - len(answers)
            assert await torn_approvals() == []
    finally:
        server.kill()

    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged, {cut} cut off, ready in {slowest:.1f} s at most")
    granted = {row.request_id: global_id("Grant", row.id) for row in await Grant.all()}
    assert {key: granted.get(key) for key in acknowledged} == acknowledged
    assert await broken_ledgers() == []
    assert cut > 0, "no round was killed in the middle"


async def test_what_was_cut_off_can_be_approved_after_the_restart_and_gives_one_grant(town, production, tmp_path):
    candidate = await town.candidate()
    requests = await _requests(town, candidate)
    server = launch(tmp_path, **production)

    try:
        await server.until_ready()
        before = await _approve_until_killed(server, town, [candidate], [requests], Moment(1, 0.005))
        server = launch(tmp_path, **production)
        await server.until_ready()
        async with calling((server.graphql, token_of(town, candidate))) as [caller]:
            after = {row.id: (await caller.do(APPROVE, **approval_of(row)))["grant"]["id"] for row in requests}
    finally:
        server.kill()

    assert {key: after[key] for key in before} == before
    assert await Grant.all().count() == len(requests)
    assert await AuthorizationRequest.filter(state=RequestState.APPROVED).count() == len(requests)
    assert await torn_approvals() == []


async def _requests(town, candidate):
    return [await town.request(await town.member(), candidate) for _ in range(3)]


async def _approve_until_killed(server: ServerProcess, town, candidates, requests, moment):
    """Approve everything at once, kill the server meanwhile; return the grants it acknowledged, by request."""
    acknowledged, come = {}, asyncio.Event()

    async def approve(caller: Caller, rows):
        for row in rows:
            try:
                answered = await caller.do(APPROVE, **approval_of(row))
            except httpx2.TransportError:
                return
            acknowledged[row.id] = answered["grant"]["id"]
            if len(acknowledged) >= moment.acknowledged:
                come.set()

    async with calling(*((server.graphql, token_of(town, candidate)) for candidate in candidates)) as callers:
        work = asyncio.gather(*(approve(caller, rows) for caller, rows in zip(callers, requests, strict=True)))
        if moment.acknowledged:
            await come.wait()
        await asyncio.sleep(moment.seconds)
        server.kill()
        await work
    return acknowledged
