"""Asking: what becomes of a question that may be asked, and of the same question again."""

import json
from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import COOL_DOWN_AFTER_REVOCATION
from consent.parties import MemberRole, Standing, Visibility
from consent.requests import REQUEST_LIFETIME, RequestOrigin, RequestState
from consent.terms import Method, Purpose, Recipient, Terms
from exchange import asking, cards, deciding, jobs, ledger, reading
from exchange.actors import candidate_of
from exchange.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from models import AuthorizationRequest, Employer, LedgerEntry
from tests.exchange.support import (
    colleague,
    counted,
    end_session,
    events_of,
    execute,
    leave,
    problems,
    refusal,
    set_role,
    set_standing,
    told,
)
from tests.factories import ASKED


async def test_asking_stores_one_pending_request_with_the_terms_its_hash_and_its_end(world):
    candidate, member = await world.candidate(), await world.member()

    request = await world.request(member, candidate, idempotency_key="k")

    stored = await AuthorizationRequest.get()
    terms = Terms.parse(stored.terms)
    assert stored.id == request.id
    assert (stored.state, stored.origin) == (RequestState.PENDING, RequestOrigin.EMPLOYER)
    assert (stored.candidate_id, stored.employer_id) == (candidate.id, member.employer.id)
    assert (stored.job_id, stored.asked_by_id) == (member.job.id, member.id)
    assert (stored.asked_at, stored.expires_at) == (world.now, world.now + timedelta(days=14))
    assert (stored.decided_at, stored.recalled_at) == (None, None)
    assert (stored.message, stored.idempotency_key) == ("Would you talk with us?", "k")
    assert stored.terms_hash == terms.digest()
    assert terms.categories == ASKED
    assert terms.methods == (Method.CONTACT, Method.VIEW)
    assert (terms.access_days, terms.max_uses, terms.retention_days) == (30, 3, 90)
    assert (terms.purpose, terms.job_id, terms.job_title) == (
        Purpose.RECRUIT_CONTACT,
        str(member.job.id),
        member.job.title,
    )


async def test_asking_is_one_ledger_entry_and_one_message_to_both_sides(world):
    candidate, member = await world.candidate(), await world.member()
    known = await events_of(candidate)

    request = await world.request(member, candidate)

    assert await events_of(candidate) == [*known, "employer:request:asked"]
    entry = await LedgerEntry.filter(candidate_id=candidate.id).order_by("-sequence").first()
    assert (entry.employer_id, entry.member_id, entry.subject_id) == (member.employer.id, member.id, request.id)
    assert json.loads(entry.data) == {"terms_hash": request.terms_hash}
    [message] = await told()
    assert message.topic == "request.changed"
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}", f"employer:{member.employer.id}"],
        "subject": {"request": str(request.id)},
    }
    assert await ledger.verify(candidate.id) is None


async def test_the_recipient_is_the_members_own_employer_frozen_when_asked(world):
    candidate, member = await world.candidate(), await world.member()
    was = member.employer

    request = await world.request(member, candidate)
    await execute(
        "UPDATE employer SET legal_name = 'Renamed Ltd', contact = 'new@employer.example' WHERE id = ?", was.id
    )

    stored = await AuthorizationRequest.get(id=request.id)
    assert Terms.parse(stored.terms).recipient == Recipient(
        was.legal_name, was.credit_code, was.contact, was.address, was.country
    )
    grant = await world.approve(candidate, stored)
    assert Terms.parse(grant.terms).recipient.legal_name == was.legal_name


async def test_a_member_speaks_for_its_employer_whatever_it_is_called_now(world):
    candidate, member = await world.candidate(), await world.member()
    await execute("UPDATE employer SET legal_name = 'Renamed Ltd' WHERE id = ?", member.employer.id)

    request = await world.request(member, candidate)

    assert Terms.parse(request.terms).recipient.legal_name == "Renamed Ltd"


async def test_an_unverified_employer_cannot_ask(world):
    candidate, member = await world.candidate(), await world.member(standing=Standing.UNVERIFIED)

    async with refusal(Reason.EMPLOYER_NOT_VERIFIED):
        await world.request(member, candidate)


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.REMOVED])
async def test_an_employer_that_lost_its_standing_cannot_ask(world, standing):
    candidate, member = await world.candidate(), await world.member()
    await set_standing(member, standing)

    async with refusal(Reason.EMPLOYER_SUSPENDED):
        await world.request(member, candidate)


@pytest.mark.parametrize("standing", [Standing.UNVERIFIED, Standing.SUSPENDED])
async def test_an_employer_that_may_not_ask_cannot_learn_whether_a_card_is_there(world, standing):
    hidden, member = await world.candidate(visibility=Visibility.HIDDEN), await world.member(standing=standing)
    reason = Reason.EMPLOYER_NOT_VERIFIED if standing is Standing.UNVERIFIED else Reason.EMPLOYER_SUSPENDED

    async with refusal(reason):
        await world.request(member, hidden)
    async with refusal(reason):
        await world.request(member, hidden, card_id="junk")


async def test_an_interviewer_cannot_ask(world):
    candidate, member = await world.candidate(), await world.member(role=MemberRole.INTERVIEWER)

    async with refusal(Reason.NOT_ASSIGNED):
        await world.request(member, candidate)


@pytest.mark.parametrize("role", [MemberRole.ADMIN, MemberRole.RECRUITER])
async def test_admins_and_recruiters_can_ask(world, role):
    candidate, member = await world.candidate(), await world.member(role=role)

    assert (await world.request(member, candidate)).state is RequestState.PENDING


async def test_a_closed_job_cannot_be_named(world):
    candidate, member = await world.candidate(), await world.member()
    await jobs.close_job(world.call(member), job_id=member.job.id)

    async with refusal(Reason.JOB_CLOSED):
        await world.request(member, candidate)


async def test_a_job_of_another_employer_is_not_found(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()

    async with refusal(NotFound, what="jobId"):
        await world.request(member, candidate, job_id=other.job.id)


async def test_a_job_that_never_was_is_not_found(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(NotFound, what="jobId"):
        await world.request(member, candidate, job_id=candidate.id)


async def test_a_card_id_given_to_another_employer_is_not_found(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()

    async with refusal(NotFound, what="cardId"):
        await world.request(member, candidate, card_id=await world.card_id(other, candidate))


@pytest.mark.parametrize("junk", ["", "junk", "A" * 44, "é", "A" * 5000, "____"])
async def test_a_junk_card_id_is_not_found(world, junk):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(NotFound, what="cardId"):
        await world.request(member, candidate, card_id=junk)


async def test_an_id_of_the_wrong_length_is_not_found_even_if_it_is_ours(world):
    candidate, member = await world.candidate(), await world.member()
    short = world.desk.opaque.conceal(b"short", b"card", member.employer.id.bytes)

    async with refusal(NotFound, what="cardId"):
        await world.request(member, candidate, card_id=short)


async def test_a_cursor_is_no_card_id(world):
    candidate, member = await world.candidate(), await world.member()
    await world.candidate()
    page = await world.search(member)

    async with refusal(NotFound, what="cardId"):
        await world.request(member, candidate, card_id=page.cursors[0])


async def test_a_hidden_card_cannot_be_told_from_one_that_does_not_exist_invariant_12(world):
    hidden, member = await world.candidate(visibility=Visibility.HIDDEN), await world.member()
    nobody = world.desk.opaque.conceal(member.id.bytes, b"card", member.employer.id.bytes)

    async with refusal(NotFound, what="cardId") as of_hidden:
        await world.request(member, hidden)
    async with refusal(NotFound, what="cardId") as of_nobody:
        await world.request(member, hidden, card_id=nobody)

    assert vars(of_hidden.error) == vars(of_nobody.error)
    assert str(of_hidden.error) == str(of_nobody.error)


async def test_a_card_hidden_meanwhile_takes_no_new_request_and_keeps_the_old_one_decidable(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()
    request = await world.request(member, candidate)
    await cards.hide_card(world.call(candidate))

    async with refusal(NotFound, what="cardId"):
        await world.request(other, candidate)

    assert (await world.approve(candidate, request)).request_id == request.id


async def test_the_same_question_while_the_first_is_open_is_refused(world):
    candidate, member = await world.candidate(), await world.member()
    await world.request(member, candidate)

    async with refusal(Reason.ALREADY_ASKED):
        await world.request(member, candidate)


async def test_a_colleague_cannot_ask_the_same_candidate_for_the_same_job(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    await world.request(member, candidate)

    async with refusal(Reason.ALREADY_ASKED):
        await world.request(other, candidate, job_id=member.job.id)


async def test_the_same_candidate_can_be_asked_for_another_job_and_another_candidate_for_the_same(world):
    candidate, another, member = await world.candidate(), await world.candidate(), await world.member()
    other = await colleague(world, member)
    await world.request(member, candidate)

    await world.request(member, candidate, job_id=other.job.id)
    await world.request(member, another)

    assert (await counted("authorization_request")) == {"authorization_request": 3}


async def test_two_employers_can_ask_the_same_candidate(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()

    first, second = await world.request(member, candidate), await world.request(other, candidate)

    assert first.arrangement_id != second.arrangement_id


async def test_a_live_grant_leaves_nothing_to_ask(world):
    candidate, member = await world.candidate(), await world.member()
    await world.grant(member, candidate, access_days=1)

    async with refusal(Reason.ALREADY_GRANTED):
        await world.request(member, candidate)
    world.later(days=1, microseconds=-1)
    async with refusal(Reason.ALREADY_GRANTED):
        await world.request(member, candidate)
    world.later(microseconds=1)
    assert (await world.request(member, candidate)).state is RequestState.PENDING


async def test_after_a_revocation_the_employer_waits_ninety_days_invariant_13(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    grant = await world.grant(member, candidate)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)
    until = world.now + timedelta(days=90)
    assert timedelta(days=90) == COOL_DOWN_AFTER_REVOCATION

    for moment in (timedelta(), timedelta(days=89), timedelta(days=90, microseconds=-1)):
        world.now = until - timedelta(days=90) + moment
        async with refusal(Reason.COOLING_DOWN, until=until):
            await world.request(member, candidate)
        async with refusal(Reason.COOLING_DOWN, until=until):
            await world.request(other, candidate)
    world.now = until
    assert (await world.request(member, candidate)).state is RequestState.PENDING


async def test_the_last_revocation_counts_for_the_cool_down(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    early, late = await world.grant(member, candidate), await world.grant(other, candidate)
    await deciding.revoke(world.call(candidate), grant_id=early.id)
    world.later(days=5)
    await deciding.revoke(world.call(candidate), grant_id=late.id)

    async with refusal(Reason.COOLING_DOWN, until=world.now + timedelta(days=90)):
        await world.request(member, candidate)


async def test_a_revocation_binds_neither_other_employers_nor_other_candidates(world):
    candidate, another = await world.candidate(), await world.candidate()
    member, other = await world.member(), await world.member()
    grant = await world.grant(member, candidate)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert (await world.request(other, candidate)).state is RequestState.PENDING
    assert (await world.request(member, another)).state is RequestState.PENDING


@pytest.mark.parametrize("end", ["relinquished", "expired"])
async def test_a_grant_that_ended_without_a_revocation_needs_no_cool_down(world, end):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    if end == "relinquished":
        await execute("UPDATE consent_grant SET state = 'RELINQUISHED', ended_at = ? WHERE id = ?", world.now, grant.id)
    else:
        world.later(days=30)

    assert (await world.request(member, candidate)).state is RequestState.PENDING


async def test_a_request_whose_time_is_over_is_settled_by_the_next_question(world):
    candidate, member = await world.candidate(), await world.member()
    first = await world.request(member, candidate)
    world.later(days=14)

    second = await world.request(member, candidate)

    assert (await AuthorizationRequest.get(id=first.id)).state is RequestState.EXPIRED
    assert (await AuthorizationRequest.get(id=second.id)).state is RequestState.PENDING
    assert (await events_of(candidate))[-3:] == [
        "employer:request:asked",
        "system:request:expired",
        "employer:request:asked",
    ]
    assert await ledger.verify(candidate.id) is None


async def test_settling_touches_only_the_same_candidate_employer_and_job(world):
    candidate, another = await world.candidate(), await world.candidate()
    member, stranger = await world.member(), await world.member()
    other = await colleague(world, member)
    kept = [
        await world.request(member, another),
        await world.request(stranger, candidate),
        await world.request(other, candidate),
    ]
    world.later(days=14)
    before = await events_of(another)

    await world.request(member, candidate)

    states = {row.id: row.state for row in await AuthorizationRequest.all()}
    assert [states[request.id] for request in kept] == [RequestState.PENDING] * 3
    assert await events_of(another) == before


async def test_a_request_one_microsecond_before_its_end_still_holds_its_place(world):
    candidate, member = await world.candidate(), await world.member()
    await world.request(member, candidate)
    world.later(days=14, microseconds=-1)

    async with refusal(Reason.ALREADY_ASKED):
        await world.request(member, candidate)


async def test_a_recalled_question_cannot_be_asked_again_before_the_first_would_have_ended(world):
    candidate, member = await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    await asking.recall(world.call(member), request_id=request.id)

    async with refusal(Reason.ALREADY_ASKED):
        await world.request(member, candidate)
    world.later(days=14)
    assert (await world.request(member, candidate)).state is RequestState.PENDING


@pytest.mark.parametrize("length", [501, 5000])
async def test_a_message_may_have_five_hundred_characters_and_no_more(world, length):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(InvalidInput) as refused:
        await world.request(member, candidate, message="字" * length)

    assert problems(refused.error) == ["message"]
    assert (await world.request(member, candidate, message="字" * 500)).message == "字" * 500


@pytest.mark.parametrize("key", ["", "k" * 65])
async def test_a_key_has_one_to_sixty_four_characters(world, key):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(InvalidInput) as refused:
        await world.request(member, candidate, idempotency_key=key)

    assert problems(refused.error) == ["idempotencyKey"]
    assert (await world.request(member, candidate, idempotency_key="k" * 64)).idempotency_key == "k" * 64


async def test_only_signed_in_members_ask(world):
    candidate, member = await world.candidate(), await world.member()
    question = await world.question(member, candidate)

    async with refusal(NotSignedIn):
        await asking.ask(world.call(), question=question)
    async with refusal(Forbidden, needed="MEMBER"):
        await asking.ask(world.call(candidate), question=question)


async def test_a_member_that_left_cannot_ask(world):
    candidate, member = await world.candidate(), await world.member()
    await leave(member, world.now)

    async with refusal(NotSignedIn):
        await world.request(member, candidate)


async def test_a_session_that_ended_cannot_ask(world):
    candidate, member = await world.candidate(), await world.member()
    await end_session(member, world.now)

    async with refusal(NotSignedIn):
        await world.request(member, candidate)


async def test_the_rights_are_read_anew_at_every_question(world):
    candidate, another, member = await world.candidate(), await world.candidate(), await world.member()
    await world.request(member, candidate)
    await set_role(member, MemberRole.INTERVIEWER)

    async with refusal(Reason.NOT_ASSIGNED):
        await world.request(member, another)


async def test_a_candidate_sees_exactly_what_was_asked_of_it(world):
    candidate, another, member = await world.candidate(), await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    await world.request(member, another)
    call = world.call(candidate)
    actor = await candidate_of(call)

    rows = await reading.requests_of(actor)
    [seen] = await reading.see_requests(actor, rows, world.now)

    assert [row.id for row in rows] == [request.id]
    assert (seen.state, seen.held, seen.terms) == (RequestState.PENDING, False, Terms.parse(request.terms))
    assert (await Employer.get(id=rows[0].employer_id)).legal_name == seen.terms.recipient.legal_name
    assert timedelta(days=14) == REQUEST_LIFETIME
