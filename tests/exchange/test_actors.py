"""Who is calling is read anew at every call: a token's claims are claims."""

from dataclasses import replace

import pytest

from consent.parties import MemberRole, Standing
from exchange import accounts, cards
from exchange.actors import actor_of, candidate_of, member_of, require_operator
from exchange.errors import Forbidden, NotSignedIn
from models import Account, AccountKind
from models.unit_of_work import unit_of_work
from tests.exchange.support import colleague, end_session, erase, leave, refusal, set_role, set_standing
from tests.factories import NOW
from vault.lookup import email_hash


async def test_a_candidate_and_a_member_are_who_their_sessions_say(world):
    candidate, member = await world.candidate(), await world.member(role=MemberRole.ADMIN)

    one, other = await actor_of(world.call(candidate)), await actor_of(world.call(member))

    assert (one.candidate_id, one.channel) == (candidate.id, f"candidate:{candidate.id}")
    assert (other.member_id, other.employer_id) == (member.id, member.employer.id)
    assert (other.role, other.standing) == (MemberRole.ADMIN, Standing.VERIFIED)
    assert other.channel == f"employer:{member.employer.id}"
    assert other.recipient.legal_name == member.employer.legal_name


async def test_role_and_standing_are_those_of_this_moment(world):
    member = await world.member()
    await set_role(member, MemberRole.INTERVIEWER)
    await set_standing(member, Standing.SUSPENDED)

    actor = await member_of(world.call(member))

    assert (actor.role, actor.standing) == (MemberRole.INTERVIEWER, Standing.SUSPENDED)


async def test_nobody_is_not_signed_in(world):
    for read in (candidate_of, member_of, actor_of):
        async with refusal(NotSignedIn):
            await read(world.call())


async def test_each_kind_of_account_has_its_own_verbs(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(Forbidden, needed="CANDIDATE"):
        await candidate_of(world.call(member))
    async with refusal(Forbidden, needed="MEMBER"):
        await member_of(world.call(candidate))


async def test_a_claim_to_be_of_another_kind_gives_nothing(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(NotSignedIn):
        await member_of(world.call(replace(candidate.viewer, kind=AccountKind.MEMBER)))
    async with refusal(NotSignedIn):
        await candidate_of(world.call(replace(member.viewer, kind=AccountKind.CANDIDATE)))


async def test_a_session_serves_its_own_account_alone(world):
    candidate, other = await world.candidate(), await world.candidate()
    member, stranger = await world.member(), await world.member()

    async with refusal(NotSignedIn):
        await candidate_of(world.call(replace(candidate.viewer, session_id=other.viewer.session_id)))
    async with refusal(NotSignedIn):
        await member_of(world.call(replace(member.viewer, session_id=stranger.viewer.session_id)))
    async with refusal(NotSignedIn):
        await candidate_of(world.call(replace(candidate.viewer, session_id=None)))


async def test_an_ended_session_is_nobody(world):
    candidate, member = await world.candidate(), await world.member()
    await end_session(candidate, world.now)
    await end_session(member, world.now)

    async with refusal(NotSignedIn):
        await candidate_of(world.call(candidate))
    async with refusal(NotSignedIn):
        await member_of(world.call(member))


async def test_another_session_of_the_same_account_lives_on(world):
    candidate = await world.candidate()
    other = await accounts._signed_in(world.call(), await _account(candidate))
    await accounts.sign_out(world.call(candidate))

    async with refusal(NotSignedIn):
        await candidate_of(world.call(candidate))
    assert (await candidate_of(world.call(world.viewer_of(other)))).candidate_id == candidate.id


async def _account(candidate):
    return await Account.get(id=candidate.viewer.account_id)


async def test_who_left_or_was_erased_is_nobody(world):
    candidate, member = await world.candidate(), await world.member()
    stays = await colleague(world, member)
    await leave(member, world.now)
    await erase(candidate, world.now)

    async with refusal(NotSignedIn):
        await member_of(world.call(member))
    async with refusal(NotSignedIn):
        await cards.hide_card(world.call(candidate))
    assert (await member_of(world.call(stays))).member_id == stays.id


@pytest.mark.parametrize("inside", [False, True])
async def test_the_rights_are_the_same_inside_a_transaction_and_outside(world, inside):
    @unit_of_work
    async def in_transaction(transaction, call):
        return await member_of(call, transaction)

    member = await world.member()
    read = in_transaction if inside else member_of

    assert (await read(world.call(member))).member_id == member.id
    await leave(member, world.now)
    async with refusal(NotSignedIn):
        await read(world.call(member))


@unit_of_work
async def an_operator(transaction, world):
    email = f"operator{world.now.timestamp()}@exchange.example"
    account = Account(
        kind=AccountKind.OPERATOR,
        email_hash=email_hash(world.desk.keys.lookup, email),
        password_hash="-",
        created_at=NOW,
    )
    await transaction.insert(account)
    return world.viewer_of(await accounts._begin_session(transaction, world.call(), account))


async def test_an_operator_is_one_who_signed_in_as_such(world):
    operator, member, candidate = await an_operator(world), await world.member(), await world.candidate()

    await require_operator(world.call(operator))
    for other in (member, candidate):
        async with refusal(Forbidden, needed="OPERATOR"):
            await require_operator(world.call(other))
    async with refusal(NotSignedIn):
        await require_operator(world.call())
    async with refusal(NotSignedIn):
        await require_operator(world.call(replace(operator, session_id=member.viewer.session_id)))


async def test_an_operator_whose_session_has_ended_is_nobody(world):
    operator = await an_operator(world)
    await accounts.sign_out(world.call(operator))

    async with refusal(NotSignedIn):
        await require_operator(world.call(operator))
