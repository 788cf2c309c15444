"""Revoking: as easy as approving, once, and by the candidate alone."""

import json
from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from exchange import deciding
from exchange.errors import Forbidden, NotFound, NotSignedIn
from models import Assignee, DeletionDuty
from tests.exchange.support import events_of, execute, refusal, set_state, snapshot, told


@pytest.fixture
async def granted(world):
    candidate, member = await world.candidate(), await world.member()
    return candidate, member, await world.grant(member, candidate)


async def test_revoking_ends_the_grant_its_assignments_and_opens_one_duty(world, granted):
    candidate, member, grant = granted
    heard = len(await told())
    world.later(days=2)

    revoked = await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert (revoked.state, revoked.generation, revoked.ended_at) == (GrantState.REVOKED, 2, world.now)
    assert [row.until for row in await Assignee.all()] == [world.now]
    duty = await DeletionDuty.get()
    assert (duty.grant_id, duty.opened_at, duty.due_at) == (grant.id, world.now, world.now + timedelta(days=30))
    assert (await events_of(candidate))[-1] == "candidate:grant:revoked"
    [message] = (await told())[heard:]
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}", f"employer:{member.employer.id}"],
        "subject": {"grant": str(grant.id)},
    }


async def test_an_assignment_that_ended_before_the_revocation_keeps_its_own_end(world, granted):
    candidate, member, grant = granted
    other = await world.grant(member, await world.candidate())
    await execute("UPDATE assignee SET until = ? WHERE grant_id = ?", world.now, grant.id)
    world.later(days=2)

    await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert (await Assignee.get(grant_id=grant.id)).until == world.now - timedelta(days=2)
    assert (await Assignee.get(grant_id=other.id)).until is None


async def test_revoking_twice_is_revoking_once(world, granted):
    candidate, _, grant = granted
    await deciding.revoke(world.call(candidate), grant_id=grant.id)
    before = await snapshot()
    world.later(days=1)

    again = await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert (again.id, again.state) == (grant.id, GrantState.REVOKED)
    assert await snapshot() == before


async def test_a_paused_grant_can_be_revoked(world, granted):
    candidate, _, grant = granted
    await set_state("consent_grant", grant.id, "PAUSED")

    assert (await deciding.revoke(world.call(candidate), grant_id=grant.id)).state is GrantState.REVOKED


async def test_a_grant_whose_time_is_over_is_not_revoked(world, granted):
    candidate, _, grant = granted
    world.now = grant.expires_at

    async with refusal(Reason.GRANT_ENDED, state=GrantState.EXPIRED):
        await deciding.revoke(world.call(candidate), grant_id=grant.id)


async def test_only_the_candidate_of_a_grant_revokes_it(world, granted):
    candidate, member, grant = granted
    other = await world.candidate()

    async with refusal(NotFound, what="grantId"):
        await deciding.revoke(world.call(other), grant_id=grant.id)
    async with refusal(Forbidden, needed="CANDIDATE"):
        await deciding.revoke(world.call(member), grant_id=grant.id)
    async with refusal(NotSignedIn):
        await deciding.revoke(world.call(), grant_id=grant.id)
