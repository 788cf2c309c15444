"""Cards: private by default, shown to whom the candidate chose, gone at once, and never a person."""

import json
from dataclasses import replace

import pytest

from anonymity.pay import Pay
from consent.decision import Reason
from consent.parties import MemberRole, Standing, Visibility
from exchange import accounts, cards, jobs, ledger, resumes, search
from exchange.cards import publish_card
from exchange.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from models import Candidate, Card, LedgerEntry
from tests.exchange.support import (
    CANARIES,
    colleague,
    end_session,
    events_of,
    execute,
    leave,
    problems,
    refusal,
    set_standing,
    snapshot,
)
from tests.factories import PASSWORD_HASH

MATCHED = Visibility.MATCHED_EMPLOYERS


async def found(world, member):
    return {card.id for card in (await world.search(member)).cards}


async def open_card(world, member, candidate):
    return await search.open_card(world.call(member), card_id=await world.card_id(member, candidate))


async def test_a_candidate_with_a_resume_is_hidden_until_it_publishes(world):
    candidate, member = await world.candidate(visibility=Visibility.HIDDEN), await world.member()

    assert await found(world, member) == set()
    async with refusal(NotFound, what="cardId"):
        await open_card(world, member, candidate)
    assert (await Candidate.get()).visibility is Visibility.HIDDEN


async def test_a_card_for_all_verified_employers_is_found_by_each_under_an_id_of_its_own(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()
    await execute("UPDATE job SET state = 'CLOSED'")

    first, second = await found(world, member), await found(world, other)

    assert first == {await world.card_id(member, candidate)}
    assert second == {await world.card_id(other, candidate)}
    assert not first & second


async def test_a_card_for_matched_employers_is_found_only_with_an_open_job_of_its_function(world):
    candidate, member, other = await world.candidate(visibility=MATCHED), await world.member(), await world.member()
    await execute("UPDATE job SET function_code = 'nurse' WHERE id = ?", other.job.id)

    assert await found(world, member) == {await world.card_id(member, candidate)}
    assert (await open_card(world, member, candidate)).id == await world.card_id(member, candidate)
    assert await found(world, other) == set()
    async with refusal(NotFound, what="cardId"):
        await open_card(world, other, candidate)
    async with refusal(NotFound, what="cardId"):
        await world.request(other, candidate)


async def test_a_card_for_matched_employers_goes_with_the_last_open_job_of_its_function(world):
    candidate, member = await world.candidate(visibility=MATCHED), await world.member()
    other = await colleague(world, member)

    await jobs.close_job(world.call(member), job_id=member.job.id)
    assert len(await found(world, other)) == 1
    await jobs.close_job(world.call(member), job_id=other.job.id)

    assert await found(world, other) == set()
    async with refusal(NotFound, what="cardId"):
        await open_card(world, member, candidate)


async def test_visibility_can_be_widened_and_narrowed_at_once(world):
    candidate, member = await world.candidate(visibility=MATCHED), await world.member()
    await execute("UPDATE job SET function_code = 'nurse'")

    assert await found(world, member) == set()
    await publish_card(world.call(candidate), visibility=Visibility.VERIFIED_EMPLOYERS)
    assert len(await found(world, member)) == 1
    await publish_card(world.call(candidate), visibility=MATCHED)

    assert await found(world, member) == set()
    assert await Card.all().count() == 1


async def test_a_hidden_card_is_gone_at_once_for_search_opening_and_asking(world):
    candidate, member = await world.candidate(), await world.member()
    assert len(await found(world, member)) == 1

    await cards.hide_card(world.call(candidate))

    assert await found(world, member) == set()
    assert await Card.all().count() == 0
    for verb in (open_card, world.request):
        async with refusal(NotFound, what="cardId"):
            await (verb(world, member, candidate) if verb is open_card else verb(member, candidate))


async def test_hiding_touches_the_own_card_alone_and_is_entered_once(world):
    candidate, other, member = await world.candidate(), await world.candidate(), await world.member()

    await cards.hide_card(world.call(candidate))
    before = await snapshot()
    await cards.hide_card(world.call(candidate))

    assert await snapshot() == before
    assert await found(world, member) == {await world.card_id(member, other)}
    assert (await events_of(candidate)).count("candidate:card:hidden") == 1
    assert (await Candidate.get(id=other.id)).visibility is Visibility.VERIFIED_EMPLOYERS


async def test_publishing_as_hidden_is_no_publishing(world):
    candidate = await world.candidate()

    async with refusal(InvalidInput) as refused:
        await publish_card(world.call(candidate), visibility=Visibility.HIDDEN)

    assert problems(refused.error) == ["visibility"]


async def test_without_a_resume_there_is_no_card(world):
    signed_in = await accounts.open_account(world.call(), email="a@b.example", hashed_password=PASSWORD_HASH)
    viewer = world.viewer_of(signed_in)

    async with refusal(InvalidInput) as refused:
        await publish_card(world.call(viewer), visibility=MATCHED)

    assert problems(refused.error) == ["resume"]


async def test_members_and_nobody_publish_and_hide_nothing(world):
    await world.candidate()
    member = await world.member()

    for who, error in ((member, Forbidden), (None, NotSignedIn)):
        async with refusal(error):
            await publish_card(world.call(who), visibility=MATCHED)
        async with refusal(error):
            await cards.hide_card(world.call(who))


async def test_publishing_is_entered_with_its_visibility(world):
    candidate = await world.candidate(visibility=MATCHED)

    entry = await LedgerEntry.filter(candidate_id=candidate.id).order_by("-sequence").first()

    assert (entry.event, json.loads(entry.data)) == ("candidate:card:published", {"visibility": "MATCHED_EMPLOYERS"})


async def test_opening_a_card_is_entered_in_the_candidates_ledger_with_who_did(world):
    candidate, member = await world.candidate(), await world.member(role=MemberRole.INTERVIEWER)

    card = await open_card(world, member, candidate)

    [listed] = (await world.search(member)).cards
    assert card == listed
    entry = await LedgerEntry.filter(candidate_id=candidate.id).order_by("-sequence").first()
    assert (entry.event, entry.employer_id, entry.member_id) == (
        "employer:card:opened",
        member.employer.id,
        member.id,
    )
    assert await ledger.verify(candidate.id) is None


async def test_a_card_id_of_another_employer_and_junk_are_not_found(world):
    candidate, member, other = await world.candidate(), await world.member(), await world.member()

    for card_id in (await world.card_id(other, candidate), "", "junk", "A" * 5000, str(candidate.id)):
        async with refusal(NotFound, what="cardId"):
            await search.open_card(world.call(member), card_id=card_id)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.UNVERIFIED, Reason.EMPLOYER_NOT_VERIFIED),
        (Standing.SUSPENDED, Reason.EMPLOYER_SUSPENDED),
        (Standing.REMOVED, Reason.EMPLOYER_SUSPENDED),
    ],
)
async def test_an_employer_that_is_not_in_good_standing_sees_no_card(world, standing, reason):
    candidate, member = await world.candidate(), await world.member()
    await set_standing(member, standing)

    async with refusal(reason):
        await world.search(member)
    async with refusal(reason):
        await open_card(world, member, candidate)


async def test_only_signed_in_members_search(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(Forbidden, needed="MEMBER"):
        await world.search(candidate)
    async with refusal(NotSignedIn):
        await world.search(None)
    await leave(member, world.now)
    async with refusal(NotSignedIn):
        await world.search(member)


async def test_an_ended_session_or_one_of_another_account_searches_nothing(world):
    await world.candidate()
    member, other = await world.member(), await world.member()

    async with refusal(NotSignedIn):
        await world.search(replace(member.viewer, session_id=other.viewer.session_id))
    await end_session(member, world.now)
    async with refusal(NotSignedIn):
        await world.search(member)
    assert len(await found(world, other)) == 1


async def test_an_empty_result_of_a_verified_employer_is_no_error(world):
    page = await world.search(await world.member(), text="护理")

    assert (page.cards, list(page.cursors), page.has_next) == ((), [], False)


async def test_no_value_of_the_person_is_on_a_card_in_its_tokens_or_its_ids_invariant_9(world):
    candidate, member = await world.candidate(), await world.member()
    await resumes.update_preferences(world.call(candidate), expected_pay=None, availability="LATER")

    row = await Card.get()
    page = await world.search(member)

    for text in (row.payload_zh, row.payload_en, row.tokens, page.cards[0].payload, page.cards[0].id, *page.cursors):
        assert not CANARIES.search(text)
        assert not [value for value in candidate.canary.values() if value.lower() in text.lower()]
        assert "tencent" not in text.lower()
        assert str(candidate.id) not in text


async def test_a_shown_card_follows_the_resume_and_the_preferences_at_once(world):
    candidate, member = await world.candidate(), await world.member()
    pay = Pay(30000, "CNY", "MONTH")

    await resumes.update_preferences(world.call(candidate), expected_pay=pay, availability="IMMEDIATELY")

    assert len((await world.search(member, availability=("IMMEDIATELY",))).cards) == 1
    assert len((await world.search(member, availability=("LATER",))).cards) == 0
    assert len((await world.search(member, max_pay=Pay(50000, "CNY", "MONTH"))).cards) == 1
    assert len((await world.search(member, max_pay=Pay(10000, "CNY", "MONTH"))).cards) == 0


async def test_a_card_is_answered_in_the_language_of_the_call(world):
    _, member = await world.candidate(), await world.member()
    row = await Card.get()

    for language, payload in (("zh", row.payload_zh), ("en", row.payload_en)):
        page = await search.search_cards(
            world.call(member, language=language), card_filter=search.CardFilter(), first=1, after=None
        )
        assert page.cards[0].payload == payload
    assert row.payload_zh != row.payload_en
