"""Approving, narrowing, declining, recalling, and the clock: each edge case of a request, by name."""

import json
from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.parties import Standing
from consent.requests import RequestState
from consent.terms import Category, Form, Narrowing, Terms
from exchange import cards, deciding, ledger
from models import Assignee, AuthorizationRequest, DeletionDuty, Grant
from tests.exchange.support import (
    colleague,
    counted,
    events_of,
    execute,
    leave,
    refusal,
    set_standing,
    snapshot,
    told,
)
from vault.signing import verify_jws


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


async def test_approving_makes_one_signed_grant_of_what_was_asked_invariant_3(world, asked):
    candidate, member, request = asked
    world.later(hours=1)

    grant = await approve(world, candidate, request)

    stored = await Grant.get()
    assert (stored.id, stored.request_id, stored.arrangement_id) == (grant.id, request.id, request.arrangement_id)
    assert (stored.candidate_id, stored.employer_id, stored.job_id) == (
        candidate.id,
        member.employer.id,
        member.job.id,
    )
    assert (stored.state, stored.generation, stored.uses, stored.max_uses) == (GrantState.ACTIVE, 1, 0, 3)
    assert (stored.not_before, stored.expires_at) == (world.now, world.now + timedelta(days=30))
    assert (stored.terms, stored.terms_hash, stored.ended_at) == (request.terms, request.terms_hash, None)
    signed = verify_jws(world.desk.keys.signing, stored.signature, deciding.GRANT_TYPE)
    assert signed.decode() == deciding.grant_record(stored)
    decided = await AuthorizationRequest.get()
    assert (decided.state, decided.decided_at) == (RequestState.APPROVED, world.now)
    assert await counted("deletion_duty", "release") == {"deletion_duty": 0, "release": 0}


async def test_the_one_who_asked_is_assigned_from_the_approval_on(world, asked):
    candidate, member, request = asked
    world.later(hours=1)

    grant = await approve(world, candidate, request)

    assignee = await Assignee.get()
    assert (assignee.grant_id, assignee.member_id) == (grant.id, member.id)
    assert (assignee.since, assignee.until) == (world.now, None)


async def test_an_approval_is_one_ledger_entry_and_one_message_to_both_sides_invariant_8(world, asked):
    candidate, member, request = asked
    known, heard = await events_of(candidate), len(await told())

    grant = await approve(world, candidate, request)

    assert await events_of(candidate) == [*known, "candidate:request:approved"]
    [message] = (await told())[heard:]
    assert message.topic == "grant.changed"
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}", f"employer:{member.employer.id}"],
        "subject": {"grant": str(grant.id), "request": str(request.id)},
    }


async def test_approving_twice_with_the_same_choice_is_the_same_grant_and_one_entry(world, asked):
    candidate, _, request = asked
    first = await approve(world, candidate, request, drop=frozenset({Category.PHONE}), access_days=7)
    before = await snapshot()

    again = await approve(world, candidate, request, drop=frozenset({Category.PHONE}), access_days=7)

    assert again.id == first.id
    assert await snapshot() == before
    assert (await events_of(candidate)).count("candidate:request:approved") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"drop": frozenset({Category.NAME})},
        {"mask": frozenset({Category.NAME})},
        {"access_days": 6},
        {"max_uses": 1},
        {"retention_days": 1},
        {"drop": frozenset({Category.PHONE})},
    ],
    ids=str,
)
async def test_approving_twice_with_other_choices_the_first_wins_and_the_second_learns_what_is_stored(
    world, asked, other
):
    candidate, _, request = asked
    await approve(world, candidate, request)

    async with refusal(Reason.ALREADY_DECIDED) as refused:
        await approve(world, candidate, request, **other)

    assert (refused.error.subject.id, refused.error.subject.state) == (request.id, RequestState.APPROVED)


async def test_approving_twice_among_other_grants_finds_its_own(world, asked):
    candidate, _, request = asked
    first = await approve(world, candidate, request)
    await world.grant(await world.member(), candidate)

    assert (await approve(world, candidate, request)).id == first.id


async def test_approving_again_with_another_hash_is_refused(world, asked):
    candidate, _, request = asked
    await approve(world, candidate, request)

    async with refusal(Reason.ALREADY_DECIDED):
        await approve(world, candidate, request, shown="0" * 64)


async def test_a_replayed_approval_after_a_revocation_gives_the_revoked_grant_and_revives_nothing(world, asked):
    candidate, _, request = asked
    grant = await approve(world, candidate, request)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)
    before = await snapshot()

    again = await approve(world, candidate, request)

    assert (again.id, again.state) == (grant.id, GrantState.REVOKED)
    assert await snapshot() == before


@pytest.mark.parametrize("shown", ["", "0" * 64, "junk"])
async def test_approving_other_terms_than_were_asked_is_refused_and_the_request_shown_again(world, asked, shown):
    candidate, _, request = asked

    async with refusal(Reason.TERMS_CHANGED) as refused:
        await approve(world, candidate, request, shown=shown)

    assert refused.error.subject.id == request.id


async def test_approving_at_or_after_the_deadline_is_refused_though_nobody_has_swept(world, asked):
    candidate, _, request = asked

    for delta in (timedelta(days=14), timedelta(days=400)):
        world.now = request.asked_at + delta
        async with refusal(Reason.REQUEST_EXPIRED):
            await approve(world, candidate, request)
    assert (await AuthorizationRequest.get()).state is RequestState.PENDING


async def test_approving_one_microsecond_before_the_deadline_is_in_time(world, asked):
    candidate, _, request = asked
    world.now = request.expires_at - timedelta(microseconds=1)

    assert (await approve(world, candidate, request)).state is GrantState.ACTIVE


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.REMOVED, Standing.UNVERIFIED])
async def test_a_request_is_held_while_its_employer_is_not_in_good_standing(world, asked, standing):
    candidate, member, request = asked
    await set_standing(member, standing)

    async with refusal(Reason.REQUEST_HELD):
        await approve(world, candidate, request)


async def test_reinstatement_gives_no_time_back(world, asked):
    candidate, member, request = asked
    await set_standing(member, Standing.SUSPENDED)
    world.later(days=14)
    await set_standing(member, Standing.VERIFIED)

    async with refusal(Reason.REQUEST_EXPIRED):
        await approve(world, candidate, request)


async def test_a_reinstated_employer_can_be_approved_within_the_time_that_is_left(world, asked):
    candidate, member, request = asked
    await set_standing(member, Standing.SUSPENDED)
    world.later(days=13)
    await set_standing(member, Standing.VERIFIED)

    assert (await approve(world, candidate, request)).not_before == world.now


async def test_a_request_of_a_suspended_employer_can_be_declined(world, asked):
    candidate, member, request = asked
    await set_standing(member, Standing.SUSPENDED)

    assert (await decline(world, candidate, request)).state is RequestState.DECLINED


async def test_a_grant_to_a_suspended_employer_can_be_revoked(world, asked):
    candidate, member, request = asked
    grant = await approve(world, candidate, request)
    await set_standing(member, Standing.SUSPENDED)

    assert (await deciding.revoke(world.call(candidate), grant_id=grant.id)).state is GrantState.REVOKED


async def test_the_request_stands_when_the_asking_member_leaves(world, asked):
    candidate, member, request = asked
    await leave(member, world.now)

    assert (await approve(world, candidate, request)).employer_id == member.employer.id


async def test_pending_requests_stay_decidable_and_grants_unchanged_when_the_card_is_hidden(world, asked):
    candidate, member, request = asked
    other = await world.member()
    granted = await world.grant(other, candidate)
    await cards.hide_card(world.call(candidate))

    assert (await approve(world, candidate, request)).state is GrantState.ACTIVE
    assert len((await world.release(other, granted)).contact.values) == 2


@pytest.mark.parametrize(
    ("narrowing", "left"),
    [
        ({}, {"NAME": "RAW", "PHONE": "RAW", "EMAIL": "MASKED"}),
        ({"drop": {"PHONE"}}, {"NAME": "RAW", "EMAIL": "MASKED"}),
        ({"drop": {"PHONE", "NAME"}}, {"EMAIL": "MASKED"}),
        ({"mask": {"PHONE"}}, {"NAME": "RAW", "PHONE": "MASKED", "EMAIL": "MASKED"}),
        ({"mask": {"EMAIL"}}, {"NAME": "RAW", "PHONE": "RAW", "EMAIL": "MASKED"}),
        ({"drop": {"PHONE"}, "mask": {"PHONE", "NAME"}}, {"NAME": "MASKED", "EMAIL": "MASKED"}),
    ],
)
async def test_what_is_granted_is_what_was_asked_less_what_the_candidate_took_away_invariant_2(
    world, asked, narrowing, left
):
    candidate, _, request = asked
    taken = {how: frozenset(map(Category, names)) for how, names in narrowing.items()}

    grant = await approve(world, candidate, request, **taken)

    terms = Terms.parse(grant.terms)
    assert dict(terms.categories) == {Category(name): Form(form) for name, form in left.items()}
    assert grant.terms_hash == terms.digest()
    assert (await AuthorizationRequest.get()).terms == request.terms


async def test_shorter_times_and_fewer_uses_are_granted_as_chosen_invariant_2(world, asked):
    candidate, _, request = asked

    grant = await approve(world, candidate, request, access_days=1, max_uses=1, retention_days=1)

    terms = Terms.parse(grant.terms)
    assert (terms.access_days, terms.max_uses, terms.retention_days) == (1, 1, 1)
    assert (grant.expires_at, grant.max_uses) == (world.now + timedelta(days=1), 1)


@pytest.mark.parametrize(("field", "limit"), [("access_days", 30), ("max_uses", 3), ("retention_days", 90)])
async def test_nothing_can_be_widened_by_an_approval_invariant_2(world, asked, field, limit):
    candidate, _, request = asked

    for asked_for in (limit + 1, 0, -1):
        detail = {"field": field, "limit": str(limit), "asked": str(asked_for)}
        async with refusal(Reason.NOT_A_NARROWING, **detail):
            await approve(world, candidate, request, **{field: asked_for})


@pytest.mark.parametrize("how", ["drop", "mask"])
async def test_what_was_not_asked_cannot_be_taken_away(world, asked, how):
    candidate, _, request = asked

    async with refusal(Reason.NOT_A_NARROWING, field="categories", asked="WECHAT"):
        await approve(world, candidate, request, **{how: frozenset({Category.WECHAT, Category.NAME})})


async def test_taking_everything_away_is_a_refusal_and_not_an_approval(world, asked):
    candidate, _, request = asked

    async with refusal(Reason.NOTHING_ASKED, field="categories"):
        await approve(world, candidate, request, drop=frozenset({Category.NAME, Category.PHONE, Category.EMAIL}))


async def test_a_second_live_grant_for_the_same_job_cannot_be_made_invariant_3(world, asked):
    candidate, member, request = asked
    await approve(world, candidate, request)
    second = await _another_pending(world, member, candidate)

    async with refusal(Reason.ALREADY_GRANTED):
        await approve(world, candidate, second)


async def _another_pending(world, member, candidate):
    """A pending request beside a live grant, as only a hand in the database could make one."""
    first = await AuthorizationRequest.get(candidate_id=candidate.id, job_id=member.job.id)
    world.later(minutes=1)
    other = await world.candidate()
    request = await world.request(member, other)
    await execute(
        "UPDATE authorization_request SET candidate_id = ?, arrangement_id = ? WHERE id = ?",
        candidate.id,
        first.arrangement_id,
        request.id,
    )
    return await AuthorizationRequest.get(id=request.id)


async def test_a_grant_whose_time_is_over_makes_room_is_settled_and_opens_its_duty(world, asked):
    candidate, member, request = asked
    old = await approve(world, candidate, request)
    world.later(days=30)
    second = await world.request(member, candidate)
    world.later(days=1)

    new = await approve(world, candidate, second)

    settled, duty = await Grant.get(id=old.id), await DeletionDuty.get()
    assert (settled.state, settled.generation, settled.ended_at) == (GrantState.EXPIRED, 2, old.expires_at)
    assert (duty.grant_id, duty.opened_at, duty.due_at) == (
        old.id,
        old.expires_at,
        old.expires_at + timedelta(days=30),
    )
    assert [(row.grant_id, row.until) for row in await Assignee.all().order_by("id")] == [
        (old.id, old.expires_at),
        (new.id, None),
    ]
    assert (await Grant.get(id=new.id)).state is GrantState.ACTIVE
    assert (await events_of(candidate))[-3:] == [
        "employer:request:asked",
        "system:grant:expired",
        "candidate:request:approved",
    ]
    assert await ledger.verify(candidate.id) is None


async def test_settling_a_grant_touches_only_the_same_candidate_employer_and_job(world, asked):
    candidate, member, request = asked
    another, stranger = await world.candidate(), await world.member()
    other_job = await colleague(world, member)
    kept = [
        await world.grant(member, another),
        await world.grant(stranger, candidate),
        await world.grant(other_job, candidate),
    ]
    await approve(world, candidate, request)
    world.later(days=30)

    await approve(world, candidate, await world.request(member, candidate))

    states = {row.id: row.state for row in await Grant.all()}
    assert [states[grant.id] for grant in kept] == [GrantState.ACTIVE] * 3
    assert await counted("deletion_duty") == {"deletion_duty": 1}


async def test_declining_is_told_to_the_candidate_alone_and_entered_once(world, asked):
    candidate, member, request = asked
    known, heard = await events_of(candidate), len(await told())
    world.later(hours=1)

    declined = await decline(world, candidate, request)
    again = await decline(world, candidate, request)

    stored = await AuthorizationRequest.get()
    assert (declined.id, again.id) == (request.id, request.id)
    assert (stored.state, stored.decided_at, stored.recalled_at) == (RequestState.DECLINED, world.now, None)
    assert await events_of(candidate) == [*known, "candidate:request:declined"]
    [message] = (await told())[heard:]
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}"],
        "subject": {"request": str(request.id)},
    }
    assert str(member.employer.id) not in message.payload


async def test_declining_at_or_after_the_deadline_is_refused(world, asked):
    candidate, _, request = asked
    world.now = request.expires_at

    async with refusal(Reason.REQUEST_EXPIRED):
        await decline(world, candidate, request)


async def test_what_was_approved_is_not_declined_and_what_was_declined_is_not_approved_invariant_1(world, asked):
    candidate, member, request = asked
    other = await world.request(await world.member(), candidate)
    await approve(world, candidate, request)
    await decline(world, candidate, other)

    async with refusal(Reason.ALREADY_DECIDED):
        await decline(world, candidate, request)
    async with refusal(Reason.ALREADY_DECIDED):
        await approve(world, candidate, other)
