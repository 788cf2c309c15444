"""Clients that send a mutation over a socket and do not wait for it."""

import asyncio
import os
import signal
import time
from itertools import cycle

from consent.requests import RequestState
from models import AuthorizationRequest
from tests.app.callers import APPROVE, INBOX, approval_of, calling, live, token_of
from tests.app.processes import serving, within
from tests.app.wholeness import broken_ledgers, torn_approvals

STORM = int(os.environ.get("CANCEL_STORM", "200")) // 2  # One half is completed, the other dropped.
PEOPLE = 10
WAVE = 50
PAUSES = cycle((0, 0.001, 0.003, 0.01, 0.02))  # From before the work has begun to after it has ended.


async def test_mutations_that_are_completed_at_once_leave_nothing_half_done(town, production, tmp_path):
    waves = await _waves(town)

    async with serving(tmp_path, **production) as server:
        slowest, approved = await _storm(server, town, waves, _complete_each)

    assert slowest < within(1)
    assert 0 < approved <= STORM
    assert await torn_approvals() == []
    assert await broken_ledgers() == []


async def test_mutations_whose_socket_is_dropped_at_once_leave_nothing_half_done(town, production, tmp_path):
    waves = await _waves(town)

    async with serving(tmp_path, **production) as server:
        slowest, approved = await _storm(server, town, waves, _drop_each)
        code, ending = await server.stop()

    assert slowest < within(1)
    assert 0 < approved <= STORM
    assert await torn_approvals() == []
    assert await broken_ledgers() == []
    assert code == -signal.SIGTERM
    assert ending < within(5)


async def test_beyond_its_capacity_for_abandoned_work_the_server_says_so_and_recovers(town, production, tmp_path):
    people = [await town.candidate() for _ in range(PEOPLE)]
    members = [await town.member() for _ in range(12)]
    requests = [[await town.request(member, person) for member in members] for person in people]

    async with serving(tmp_path, **production) as server:
        await asyncio.gather(*(_complete_each(server, town, *pair) for pair in zip(people, requests, strict=True)))
        codes = await _codes_until_answered(server, town, people[0])
        await _settled()

    assert codes <= {"OVERLOADED"}
    assert await torn_approvals() == []
    assert await broken_ledgers() == []


async def _waves(town):
    """Return waves of pairs: a person, and the requests it will approve in that wave."""
    people = [await town.candidate() for _ in range(PEOPLE)]
    waves = []
    for _ in range(STORM // WAVE):
        members = [await town.member() for _ in range(WAVE // PEOPLE)]
        waves.append([(person, [await town.request(member, person) for member in members]) for person in people])
    return waves


async def _storm(server, town, waves, send):
    """Send the waves; return the slowest answer to a query right after one, and how many were approved."""
    answers, approved = [], 0
    for wave in waves:
        await asyncio.gather(*(send(server, town, *pair) for pair in wave))
        answers.append(await _next_answer(server, town, wave[0][0]))
        approved = await _settled()
    print(f"{len(waves) * WAVE} sent, {approved} approved, slowest next answer {max(answers):.3f} s")
    return max(answers), approved


async def _complete_each(server, town, person, requests):
    async with live(server.socket, token_of(town, person)) as client:
        for number, request in enumerate(requests):
            await client.subscribe(str(number), APPROVE, **approval_of(request))
            await asyncio.sleep(next(PAUSES))
            await client.complete(str(number))
        await client.listens()


async def _drop_each(server, town, person, requests):
    for request in requests:
        async with live(server.socket, token_of(town, person)) as client:
            await client.subscribe("1", APPROVE, **approval_of(request))
            await asyncio.sleep(next(PAUSES))
            client.drop()


async def _next_answer(server, town, person):
    async with calling((server.graphql, token_of(town, person))) as [caller]:
        answer, seconds = await caller.timed(INBOX)
    assert "errors" not in answer, answer
    return seconds


async def _codes_until_answered(server, town, person):
    """Ask until there is an answer; return the codes of the refusals before it, each of which came within a second."""
    codes, begun = set(), time.perf_counter()
    async with calling((server.graphql, token_of(town, person))) as [caller]:
        while time.perf_counter() - begun < within(10):
            answer, seconds = await caller.timed(INBOX)
            assert seconds < within(1)
            if "errors" not in answer:
                return codes
            codes |= {error["extensions"]["code"] for error in answer["errors"]}
            await asyncio.sleep(0.05)
    raise AssertionError(f"no answer in 10 s, only {codes}")


async def _settled():
    """Return how many requests are approved once that changes no more."""
    last = -1
    while (now := await AuthorizationRequest.filter(state=RequestState.APPROVED).count()) != last:
        last = now
        await asyncio.sleep(0.5)
    return now
