"""The release: counted, exact, only to the assigned member, only under a live grant, and once for each key."""

import asyncio
import json
from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.terms import Category, Form, Purpose
from exchange import deciding, ledger, releasing, resumes
from exchange.errors import Forbidden, IdempotencyMismatch, InvalidInput, NotFound, NotSignedIn
from models import Grant, LedgerEntry, Release
from tests.exchange.support import (
    assign,
    colleague,
    counted,
    end_session,
    erase,
    events_of,
    execute,
    leave,
    problems,
    refusal,
    set_role,
    set_standing,
    set_state,
    snapshot,
    told,
    values_of,
)

ALL = (Category.NAME, Category.PHONE, Category.EMAIL)


@pytest.fixture
async def granted(world):
    candidate, member = await world.candidate(), await world.member()
    return candidate, member, await world.grant(member, candidate)


async def test_a_release_hands_over_exactly_the_categories_asked_for_in_their_granted_form(world, granted):
    candidate, member, grant = granted

    full = await world.release(member, grant, *ALL, key="full")
    less = await world.release(member, grant, Category.PHONE, key="less")

    assert values_of(full) == {
        Category.NAME: (Form.RAW, candidate.canary.name),
        Category.PHONE: (Form.RAW, candidate.canary.phone),
        Category.EMAIL: (Form.MASKED, "c***@***"),
    }
    assert values_of(less) == {Category.PHONE: (Form.RAW, candidate.canary.phone)}


async def test_masked_categories_never_leave_raw(world):
    candidate, member = await world.candidate(), await world.member()
    masked = dict.fromkeys((*ALL, Category.WECHAT, Category.EMPLOYER_NAMES, Category.RESUME_DOCUMENT), Form.MASKED)
    grant = await world.grant(member, candidate, categories=masked)

    disclosure = await world.release(member, grant, *masked)

    values = values_of(disclosure)
    assert {category: form for category, (form, _) in values.items()} == masked
    assert values[Category.NAME][1] == "C. Z."
    assert values[Category.PHONE][1] == f"+86 ****{candidate.canary.phone[-2:]}"
    assert values[Category.WECHAT][1] == "w***"
    assert set(values[Category.RESUME_DOCUMENT][1].strip()) == set()
    assert len(values[Category.EMPLOYER_NAMES][1].split("\n")) == 2
    printed = repr([value for _, value in values.values()])
    assert not [value for value in candidate.canary.values() if value in printed]
    assert "Tencent" not in printed


async def test_every_category_can_be_released_raw_where_it_was_granted(world):
    candidate, member = await world.candidate(), await world.member()
    raw = dict.fromkeys(Category, Form.RAW)
    grant = await world.grant(member, candidate, categories=raw, purpose=Purpose.OFFER)

    values = values_of(await world.release(member, grant, *Category))

    assert values[Category.ADDRESS] == (Form.RAW, candidate.canary.address)
    assert values[Category.WECHAT] == (Form.RAW, candidate.canary.wechat)
    assert values[Category.EMAIL] == (Form.RAW, candidate.canary.email)
    assert values[Category.EMPLOYER_NAMES] == (Form.RAW, "Tencent\n某某软件有限公司")
    assert values[Category.RESUME_DOCUMENT][1]["basics"]["name"] == candidate.canary.name
    assert Category.PHOTO not in values


async def test_a_document_holds_nothing_in_full_that_was_not_granted_in_full(world):
    candidate, member = await world.candidate(), await world.member()
    asked = {Category.RESUME_DOCUMENT: Form.RAW, Category.NAME: Form.RAW, Category.PHONE: Form.MASKED}
    grant = await world.grant(member, candidate, categories=asked)

    values = values_of(await world.release(member, grant, Category.RESUME_DOCUMENT))

    printed = repr(values)
    assert values[Category.RESUME_DOCUMENT][1]["basics"]["name"] == candidate.canary.name
    hidden = (candidate.canary.phone, candidate.canary.email, candidate.canary.address, "Tencent")
    assert not [value for value in hidden if value in printed]


async def test_a_release_is_counted_recorded_entered_and_told_in_one_go_invariant_8(world, granted):
    candidate, member, grant = granted
    known, heard = await events_of(candidate), len(await told())
    world.later(days=1)

    disclosure = await world.release(member, grant, key="k")

    stored = await Release.get()
    assert (stored.id, stored.grant_id, stored.generation) == (disclosure.release.id, grant.id, 1)
    assert (stored.member_id, stored.released_at, stored.idempotency_key) == (member.id, world.now, "k")
    assert stored.categories == "NAME:RAW PHONE:RAW"
    assert (disclosure.grant.uses, (await Grant.get()).uses) == (1, 1)
    assert await events_of(candidate) == [*known, "employer:contact:released"]
    entry = await LedgerEntry.filter(candidate_id=candidate.id).order_by("-sequence").first()
    assert (entry.employer_id, entry.member_id, entry.subject_id) == (member.employer.id, member.id, stored.id)
    assert json.loads(entry.data) == {
        "grant": str(grant.id),
        "categories": "NAME:RAW PHONE:RAW",
        "content_hash": stored.content_hash,
    }
    [message] = (await told())[heard:]
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}", f"employer:{member.employer.id}"],
        "subject": {"grant": str(grant.id), "release": str(stored.id)},
    }
    assert await ledger.verify(candidate.id) is None


async def test_a_changed_phone_is_what_the_next_release_hands_over(world, granted):
    candidate, member, grant = granted
    await world.release(member, grant, Category.PHONE, key="old")
    await resumes.update_contact(world.call(candidate), changes={Category.PHONE: "+8613900000000"})

    disclosure = await world.release(member, grant, Category.PHONE, key="new")

    assert values_of(disclosure) == {Category.PHONE: (Form.RAW, "+8613900000000")}


async def test_what_the_candidate_has_removed_is_absent(world, granted):
    candidate, member, grant = granted
    await resumes.update_contact(world.call(candidate), changes={Category.PHONE: None})

    disclosure = await world.release(member, grant, Category.PHONE, Category.NAME)

    assert set(values_of(disclosure)) == {Category.NAME}
    assert disclosure.release.categories == "NAME:RAW"


async def test_uses_are_exhausted_after_the_last_and_not_before(world, granted):
    _, member, grant = granted
    for number in range(3):
        disclosure = await world.release(member, grant, key=f"use {number}")
        assert disclosure.grant.uses == number + 1

    async with refusal(Reason.USES_EXHAUSTED, limit="3"):
        await world.release(member, grant, key="one more")


async def test_a_paused_grant_releases_nothing_and_resumed_it_does_again(world, granted):
    _, member, grant = granted
    await set_state("consent_grant", grant.id, "PAUSED")

    async with refusal(Reason.GRANT_PAUSED):
        await world.release(member, grant)
    await set_state("consent_grant", grant.id, "ACTIVE")
    assert (await world.release(member, grant)).grant.uses == 1


@pytest.mark.parametrize("state", ["REVOKED", "EXPIRED", "RELINQUISHED", "TERMINATED", "SUPERSEDED"])
async def test_a_grant_that_has_ended_releases_nothing_invariant_4(world, granted, state):
    _, member, grant = granted
    await set_state("consent_grant", grant.id, state)

    async with refusal(Reason.GRANT_ENDED, state=GrantState(state)):
        await world.release(member, grant)


async def test_a_revoked_grant_releases_nothing_and_takes_the_assignment_with_it(world, granted):
    candidate, member, grant = granted
    await deciding.revoke(world.call(candidate), grant_id=grant.id)

    async with refusal(Reason.GRANT_ENDED, state=GrantState.REVOKED) as refused:
        await world.release(member, grant)

    assert refused.error.subject.id == grant.id


async def test_a_grant_releases_to_the_last_microsecond_and_not_at_its_end_though_nobody_has_swept(world, granted):
    _, member, grant = granted
    world.now = grant.expires_at - timedelta(microseconds=1)
    await world.release(member, grant, key="in time")

    for moment in (timedelta(), timedelta(days=30)):
        world.now = grant.expires_at + moment
        async with refusal(Reason.GRANT_ENDED, state=GrantState.EXPIRED):
            await world.release(member, grant, key="late")
        async with refusal(Reason.GRANT_ENDED, state=GrantState.EXPIRED):
            await world.release(member, grant, key="in time")
    assert (await Grant.get()).state is GrantState.ACTIVE


async def test_a_grant_is_not_valid_before_its_beginning(world, granted):
    _, member, grant = granted
    world.now = grant.not_before - timedelta(microseconds=1)

    async with refusal(Reason.GRANT_NOT_YET_VALID):
        await world.release(member, grant)


async def test_a_colleague_who_is_not_assigned_gets_nothing_invariant_5(world, granted):
    _, member, grant = granted
    other = await colleague(world, member)

    async with refusal(Reason.NOT_ASSIGNED):
        await world.release(other, grant)
    await assign(grant, other, world.now)
    assert (await world.release(other, grant)).release.member_id == other.id


async def test_an_assignment_that_has_ended_gives_nothing_invariant_5(world, granted):
    _, member, grant = granted
    await execute("UPDATE assignee SET until = ? WHERE grant_id = ?", world.now, grant.id)

    async with refusal(Reason.NOT_ASSIGNED):
        await world.release(member, grant)


async def test_an_assignment_to_another_grant_gives_nothing_invariant_5(world, granted):
    _, member, grant = granted
    other = await colleague(world, member)
    await world.grant(other, await world.candidate())

    async with refusal(Reason.NOT_ASSIGNED):
        await world.release(other, grant)


async def test_a_grant_to_another_employer_is_not_found_even_by_an_assignee_invariant_5(world, granted):
    _, _, grant = granted
    stranger = await world.member()
    await assign(grant, stranger, world.now)

    async with refusal(NotFound, what="grantId"):
        await world.release(stranger, grant)


async def test_an_assigned_member_who_became_an_interviewer_gets_nothing(world, granted):
    _, member, grant = granted
    await set_role(member, MemberRole.INTERVIEWER)

    async with refusal(Reason.NOT_ASSIGNED):
        await world.release(member, grant)


async def test_a_member_that_left_gets_nothing(world, granted):
    _, member, grant = granted
    await leave(member, world.now)

    async with refusal(NotSignedIn):
        await world.release(member, grant)


async def test_a_session_that_was_signed_out_gets_nothing(world, granted):
    _, member, grant = granted
    await end_session(member, world.now)

    async with refusal(NotSignedIn):
        await world.release(member, grant)


async def test_candidates_and_nobody_get_nothing(world, granted):
    candidate, _, grant = granted

    async with refusal(Forbidden, needed="MEMBER"):
        await world.release(candidate, grant)
    async with refusal(NotSignedIn):
        await releasing.release_contact(
            world.call(), grant_id=grant.id, categories=frozenset(ALL), idempotency_key="first"
        )


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.SUSPENDED, Reason.EMPLOYER_SUSPENDED),
        (Standing.REMOVED, Reason.EMPLOYER_SUSPENDED),
        (Standing.UNVERIFIED, Reason.EMPLOYER_NOT_VERIFIED),
    ],
)
async def test_an_employer_that_lost_its_standing_gets_nothing_new_and_nothing_again(world, granted, standing, reason):
    _, member, grant = granted
    await world.release(member, grant, key="before")
    await set_standing(member, standing)

    async with refusal(reason):
        await world.release(member, grant, key="after")
    async with refusal(reason):
        await world.release(member, grant, key="before")


async def test_a_reinstated_employer_gets_no_time_back(world, granted):
    _, member, grant = granted
    await set_standing(member, Standing.SUSPENDED)
    world.now = grant.expires_at
    await set_standing(member, Standing.VERIFIED)

    async with refusal(Reason.GRANT_ENDED, state=GrantState.EXPIRED):
        await world.release(member, grant)


async def test_an_erased_candidate_is_released_to_nobody_invariant_10(world, granted):
    candidate, member, grant = granted
    await world.release(member, grant, key="before")
    await erase(candidate, world.now)

    for key in ("after", "before"):
        async with refusal(Reason.GRANT_ENDED, state=GrantState.ACTIVE):
            await world.release(member, grant, key=key)


async def test_a_category_that_was_not_granted_is_refused_whole(world, granted):
    _, member, grant = granted

    async with refusal(Reason.CATEGORY_NOT_GRANTED, asked="ADDRESS WECHAT", limit="EMAIL NAME PHONE"):
        await world.release(member, grant, Category.NAME, Category.WECHAT, Category.ADDRESS)


async def test_nothing_asked_is_nothing_released(world, granted):
    _, member, grant = granted

    async with refusal(Reason.NOTHING_ASKED, field="categories"):
        await releasing.release_contact(
            world.call(member), grant_id=grant.id, categories=frozenset(), idempotency_key="k"
        )


@pytest.mark.parametrize("key", ["", "k" * 65, "two\nlines", "hid\0den"])
async def test_a_release_needs_a_key_of_one_to_sixty_four_visible_characters(world, granted, key):
    _, member, grant = granted

    async with refusal(InvalidInput) as refused:
        await world.release(member, grant, key=key)
    assert problems(refused.error) == ["idempotencyKey"]
    assert (await world.release(member, grant, key="k" * 64)).release.idempotency_key == "k" * 64


async def test_the_same_key_again_gives_the_same_release_and_counts_once(world, granted):
    _, member, grant = granted
    first = await world.release(member, grant, *ALL)
    before = await snapshot()
    world.later(days=3)

    again = await world.release(member, grant, *ALL)

    assert (again.release.id, again.grant.uses, values_of(again)) == (first.release.id, 1, values_of(first))
    assert again.release.released_at == first.release.released_at
    assert await snapshot() == before


async def test_the_answer_of_the_last_use_can_be_repeated(world):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate, max_uses=1)
    first = await world.release(member, grant)

    again = await world.release(member, grant)

    assert again.release.id == first.release.id
    async with refusal(Reason.USES_EXHAUSTED, limit="1"):
        await world.release(member, grant, key="another")


async def test_a_release_is_not_repeated_after_the_grants_end(world, granted):
    candidate, member, grant = granted
    await world.release(member, grant)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)

    async with refusal(Reason.GRANT_ENDED, state=GrantState.REVOKED):
        await world.release(member, grant)


async def test_a_release_is_not_repeated_while_the_grant_is_paused_nor_to_who_is_no_longer_assigned(world, granted):
    _, member, grant = granted
    await world.release(member, grant)
    await set_state("consent_grant", grant.id, "PAUSED")

    async with refusal(Reason.GRANT_PAUSED):
        await world.release(member, grant)
    await set_state("consent_grant", grant.id, "ACTIVE")
    await execute("UPDATE assignee SET until = ? WHERE grant_id = ?", world.now, grant.id)
    async with refusal(Reason.NOT_ASSIGNED):
        await world.release(member, grant)


async def test_the_same_key_for_other_categories_is_a_mismatch(world, granted):
    _, member, grant = granted
    await world.release(member, grant, Category.NAME)

    async with refusal(IdempotencyMismatch):
        await world.release(member, grant, Category.PHONE)
    async with refusal(IdempotencyMismatch):
        await world.release(member, grant, Category.NAME, Category.PHONE)
    async with refusal(Reason.CATEGORY_NOT_GRANTED, asked="ADDRESS", limit="EMAIL NAME PHONE"):
        await world.release(member, grant, Category.ADDRESS)


async def test_a_repeated_release_never_hands_over_what_the_candidate_has_changed_since(world, granted):
    candidate, member, grant = granted
    await world.release(member, grant, Category.PHONE)
    await resumes.update_contact(world.call(candidate), changes={Category.PHONE: "+8613900000000"})

    async with refusal(IdempotencyMismatch):
        await world.release(member, grant, Category.PHONE)


async def test_the_same_key_under_another_grant_is_another_release(world, granted):
    _, member, grant = granted
    other = await world.grant(member, await world.candidate())

    first, second = await world.release(member, grant), await world.release(member, other)

    assert first.release.id != second.release.id


async def test_thirty_parallel_releases_with_the_same_key_are_one(world, granted):
    candidate, member, grant = granted

    answers = await asyncio.gather(*(world.release(member, grant) for _ in range(30)))

    assert len({answer.release.id for answer in answers}) == 1
    assert len({repr(values_of(answer)) for answer in answers}) == 1
    assert (await Grant.get()).uses == 1
    assert await counted("release") == {"release": 1}
    assert (await events_of(candidate)).count("employer:contact:released") == 1
    assert await ledger.verify(candidate.id) is None
