"""Taking a question back, and who may decide one at all."""

import json

import pytest

from consent.decision import Reason
from consent.parties import MemberRole, Standing
from consent.requests import RequestState
from consent.terms import Narrowing
from exchange import asking, deciding
from exchange.errors import Forbidden, NotFound, NotSignedIn
from models import AuthorizationRequest
from tests.exchange.support import (
    colleague,
    end_session,
    erase,
    events_of,
    leave,
    refusal,
    set_role,
    set_standing,
    set_state,
    told,
)


@pytest.fixture
async def asked(world):
    """A candidate, a member, and a pending request between them."""
    candidate, member = await world.candidate(), await world.member()
    return candidate, member, await world.request(member, candidate)


async def approve(world, who, request, *, shown=None, **narrowing):
    return await deciding.approve(
        world.call(who),
        request_id=request.id,
        terms_hash=request.terms_hash if shown is None else shown,
        narrowing=Narrowing(**narrowing),
    )


async def decline(world, who, request):
    return await deciding.decline(world.call(who), request_id=request.id)


async def recall(world, who, request):
    return await asking.recall(world.call(who), request_id=request.id)


async def test_recalling_takes_the_question_back_and_tells_both_sides(world, asked):
    candidate, member, request = asked
    known, heard = await events_of(candidate), len(await told())
    world.later(minutes=5)

    recalled = await recall(world, member, request)

    stored = await AuthorizationRequest.get()
    assert (recalled.id, stored.state) == (request.id, RequestState.RECALLED)
    assert (stored.recalled_at, stored.decided_at) == (world.now, world.now)
    assert await events_of(candidate) == [*known, "employer:request:recalled"]
    [message] = (await told())[heard:]
    assert json.loads(message.payload)["channels"] == [f"candidate:{candidate.id}", f"employer:{member.employer.id}"]


async def test_a_recalled_request_can_be_neither_approved_nor_declined_nor_recalled_again(world, asked):
    candidate, member, request = asked
    await recall(world, member, request)

    async with refusal(Reason.ALREADY_DECIDED):
        await approve(world, candidate, request)
    async with refusal(Reason.ALREADY_DECIDED):
        await decline(world, candidate, request)
    async with refusal(Reason.TOO_LATE, state="RECALLED"):
        await recall(world, member, request)


async def test_recall_after_the_approval_comes_too_late(world, asked):
    candidate, member, request = asked
    await approve(world, candidate, request)

    async with refusal(Reason.TOO_LATE, state="APPROVED"):
        await recall(world, member, request)


async def test_recall_at_the_deadline_comes_too_late(world, asked):
    _, member, request = asked
    world.now = request.expires_at

    async with refusal(Reason.TOO_LATE, state="NOT_AVAILABLE"):
        await recall(world, member, request)


async def test_a_colleague_can_recall_and_another_employer_finds_nothing(world, asked):
    _, member, request = asked
    stranger = await world.member()

    async with refusal(NotFound, what="authorizationRequestId"):
        await recall(world, stranger, request)
    assert (await recall(world, await colleague(world, member), request)).state is RequestState.RECALLED


@pytest.mark.parametrize("verb", [approve, decline])
async def test_a_request_to_another_candidate_is_not_found(world, asked, verb):
    _, _, request = asked
    other = await world.candidate()

    async with refusal(NotFound, what="authorizationRequestId"):
        await verb(world, other, request)


@pytest.mark.parametrize("verb", [approve, decline])
async def test_only_the_signed_in_candidate_decides(world, asked, verb):
    candidate, member, request = asked

    async with refusal(Forbidden, needed="CANDIDATE"):
        await verb(world, member, request)
    async with refusal(NotSignedIn):
        await verb(world, None, request)
    await end_session(candidate, world.now)
    async with refusal(NotSignedIn):
        await verb(world, candidate, request)


async def test_an_erased_candidate_decides_nothing(world, asked):
    candidate, _, request = asked
    await erase(candidate, world.now)

    async with refusal(NotSignedIn):
        await approve(world, candidate, request)


async def test_a_candidate_cannot_recall_nor_can_a_member_that_left(world, asked):
    candidate, member, request = asked

    async with refusal(Forbidden, needed="MEMBER"):
        await recall(world, candidate, request)
    await leave(member, world.now)
    async with refusal(NotSignedIn):
        await recall(world, member, request)


async def test_a_request_closed_by_the_service_is_decided_invariant_6(world, asked):
    candidate, _, request = asked
    await set_state("authorization_request", request.id, "CLOSED")

    async with refusal(Reason.ALREADY_DECIDED):
        await approve(world, candidate, request)
    async with refusal(Reason.ALREADY_DECIDED):
        await decline(world, candidate, request)


async def test_an_interviewer_recalls_nothing(world, asked):
    _, member, request = asked
    await set_role(member, MemberRole.INTERVIEWER)

    async with refusal(Reason.NOT_ASSIGNED):
        await recall(world, member, request)


async def test_an_employer_that_is_not_in_good_standing_recalls_nothing(world, asked):
    _, member, request = asked
    await set_standing(member, Standing.SUSPENDED)

    async with refusal(Reason.EMPLOYER_SUSPENDED):
        await recall(world, member, request)
