"""Closing a job: what was asked for it and not answered can no longer be approved, and nothing else changes."""

import json

import pytest

from consent.decision import Reason
from consent.requests import EmployerView, RequestState
from exchange import deciding, jobs, ledger, reading
from exchange.actors import member_of
from models import AuthorizationRequest, Grant
from tests.exchange.support import colleague, events_of, refusal, snapshot, told


@pytest.fixture
async def two_asked(world):
    """Two candidates with a pending request each for one job, and a member of the same employer with another job."""
    candidates, member = [await world.candidate(), await world.candidate()], await world.member()
    requests = [await world.request(member, candidate) for candidate in candidates]
    return candidates, member, requests, await colleague(world, member)


async def close(world, member):
    return await jobs.close_job(world.call(member), job_id=member.job.id)


async def states():
    return {row.id: row.state for row in await AuthorizationRequest.all()}


async def test_closing_a_job_closes_each_of_its_pending_requests_and_tells_the_candidates(world, two_asked):
    candidates, member, requests, _ = two_asked
    heard = len(await told())
    world.later(hours=1)

    await close(world, member)

    for row in await AuthorizationRequest.all():
        assert (row.state, row.decided_at, row.recalled_at) == (RequestState.CLOSED, world.now, None)
    for candidate in candidates:
        assert (await events_of(candidate))[-1] == "system:request:closed"
        assert await ledger.verify(candidate.id) is None
    messages = [json.loads(message.payload) for message in (await told())[heard:]]
    assert [message["channels"] for message in messages] == [[f"candidate:{person.id}"] for person in candidates]
    assert [message["subject"] for message in messages] == [{"request": str(request.id)} for request in requests]


async def test_what_was_closed_can_be_neither_approved_nor_declined(world, two_asked):
    [candidate, _], member, [request, _], _ = two_asked
    await close(world, member)

    async with refusal(Reason.ALREADY_DECIDED):
        await world.approve(candidate, request)
    async with refusal(Reason.ALREADY_DECIDED):
        await deciding.decline(world.call(candidate), request_id=request.id)


async def test_closing_a_job_leaves_the_requests_for_other_jobs_and_those_answered(world, two_asked):
    [candidate, another], member, [approved, declined], other = two_asked
    elsewhere = await world.request(other, candidate)
    grant = await world.approve(candidate, approved)
    await deciding.decline(world.call(another), request_id=declined.id)
    known = await events_of(candidate), await events_of(another)

    await close(world, member)

    assert await states() == {
        approved.id: RequestState.APPROVED,
        declined.id: RequestState.DECLINED,
        elsewhere.id: RequestState.PENDING,
    }
    assert (await events_of(candidate), await events_of(another)) == known
    assert (await Grant.get()).state == grant.state


async def test_closing_a_job_closes_nothing_whose_time_is_over(world, two_asked):
    candidates, member, requests, _ = two_asked
    world.now = requests[0].expires_at
    known = [await events_of(candidate) for candidate in candidates]

    await close(world, member)

    assert set((await states()).values()) == {RequestState.PENDING}
    assert [await events_of(candidate) for candidate in candidates] == known


async def test_closing_twice_closes_once(world, two_asked):
    _, member, _, _ = two_asked
    await close(world, member)
    before = await snapshot()
    world.later(hours=1)

    await close(world, member)

    assert await snapshot() == before


async def test_refused_and_unanswered_requests_for_a_closed_job_read_alike(world, two_asked):
    [_, refusing], member, requests, _ = two_asked
    await deciding.decline(world.call(refusing), request_id=requests[1].id)
    await close(world, member)
    actor = await member_of(world.call(member))

    for moment, view in ((world.now, EmployerView.PENDING), (requests[0].expires_at, EmployerView.NOT_AVAILABLE)):
        seen = await reading.see_requests(actor, await AuthorizationRequest.all(), moment)
        assert [item.state for item in seen] == [view, view]
