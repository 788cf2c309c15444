"""Each viewer reads its own side: what is not visible is not there."""

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.requests import EmployerView, RequestState, RequestVerb
from exchange import deciding, reading
from exchange.actors import actor_of
from exchange.errors import InvalidInput
from models import Job
from tests.exchange.support import assign, colleague, erase, execute, problems, refusal, set_role, set_standing


@pytest.fixture
async def two_stories(world):
    """Two candidates, two employers; each pair has a request with a grant and a release."""
    pairs = [(await world.candidate(), await world.member()) for _ in range(2)]
    grants = [await world.grant(member, candidate) for candidate, member in pairs]
    for (_, member), grant in zip(pairs, grants, strict=True):
        await world.release(member, grant)
    return pairs, grants


async def actors(world, *people):
    return [await actor_of(world.call(person)) for person in people]


async def test_both_sides_read_their_own_requests_grants_releases_and_jobs_and_no_others(world, two_stories):
    [(candidate, member), _], [grant, _] = two_stories

    for actor in await actors(world, candidate, member):
        assert [row.id for row in await reading.requests_of(actor)] == [grant.request_id]
        assert [row.id for row in await reading.grants_of(actor)] == [grant.id]
        assert [row.grant_id for row in await reading.releases_of(actor)] == [grant.id]
        assert [row.id for row in await reading.jobs_of(actor)] == [member.job.id]


async def test_a_candidate_that_was_asked_twice_for_a_job_reads_the_job_once(world):
    candidate, member = await world.candidate(), await world.member()
    await world.request(member, candidate)
    world.later(days=14)
    await world.request(member, candidate)
    [actor] = await actors(world, candidate)

    assert [row.id for row in await reading.jobs_of(actor)] == [member.job.id]
    assert await Job.all().count() == 1


async def test_a_ledger_is_read_by_its_own_candidate(world, two_stories):
    [(candidate, _), (other, _)], _ = two_stories

    [one, two] = await actors(world, candidate, other)

    assert {row.candidate_id for row in await reading.ledger_of(one)} == {candidate.id}
    assert {row.candidate_id for row in await reading.ledger_of(two)} == {other.id}


@pytest.mark.parametrize("rows", ["requests_of", "grants_of", "releases_of"])
async def test_a_member_of_a_suspended_employer_reads_nothing_of_candidates(world, two_stories, rows):
    [(candidate, member), _], _ = two_stories
    await set_standing(member, Standing.SUSPENDED)
    [actor, own] = await actors(world, member, candidate)

    async with refusal(Reason.EMPLOYER_SUSPENDED):
        await getattr(reading, rows)(actor)
    assert len(await getattr(reading, rows)(own)) == 1


async def test_requests_are_seen_with_what_the_viewer_can_do(world):
    candidate, member = await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    mine, theirs = await actors(world, candidate, member)

    [own] = await reading.see_requests(mine, [request], world.now)
    [seen] = await reading.see_requests(theirs, [request], world.now)
    [over] = await reading.see_requests(theirs, [request], request.expires_at)
    [own_over] = await reading.see_requests(mine, [request], request.expires_at)

    assert [own.state, seen.state, over.state, own_over.state] == [
        RequestState.PENDING,
        EmployerView.PENDING,
        EmployerView.NOT_AVAILABLE,
        RequestState.EXPIRED,
    ]
    assert [verb for verb in RequestVerb if own.can(verb)] == [RequestVerb.APPROVE, RequestVerb.DECLINE]
    assert [verb for verb in RequestVerb if seen.can(verb)] == [RequestVerb.RECALL]
    assert [verb for verb in RequestVerb if over.can(verb) or own_over.can(verb)] == []
    assert await reading.see_requests(mine, [], world.now) == []


async def test_a_held_request_can_be_declined_and_not_approved(world):
    candidate, member = await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    await set_standing(member, Standing.SUSPENDED)
    [actor] = await actors(world, candidate)

    [seen] = await reading.see_requests(actor, [request], world.now)
    [over] = await reading.see_requests(actor, [request], request.expires_at)

    assert (seen.held, over.held) == (True, False)
    assert [verb for verb in RequestVerb if seen.can(verb)] == [RequestVerb.DECLINE]


async def test_grants_are_seen_with_what_the_viewer_can_do(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    grant = await world.grant(member, candidate)
    mine, theirs, unassigned = await actors(world, candidate, member, other)

    async def can(actor, now=None):
        [seen] = await reading.see_grants(actor, [grant], now or world.now)
        return seen.can_release, seen.can_revoke

    assert await can(mine) == (False, True)
    assert await can(theirs) == (True, False)
    assert await can(unassigned) == (False, False)
    assert await can(theirs, grant.expires_at) == (False, False)
    assert await can(mine, grant.expires_at) == (False, False)
    await assign(grant, other, world.now)
    assert await can(unassigned) == (True, False)
    await execute("UPDATE assignee SET until = ? WHERE grant_id = ?", world.now, grant.id)
    assert await can(theirs) == (False, False)


@pytest.mark.parametrize("change", ["role", "standing", "erased"])
async def test_a_grant_that_cannot_be_used_is_not_shown_as_usable(world, change):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    if change == "role":
        await set_role(member, MemberRole.INTERVIEWER)
    elif change == "standing":
        await set_standing(member, Standing.SUSPENDED)
    else:
        await erase(candidate, world.now)
    [actor] = await actors(world, member)

    [seen] = await reading.see_grants(actor, [grant], world.now)

    assert (seen.can_release, seen.state) == (False, GrantState.ACTIVE)


async def test_an_erased_candidate_does_not_close_the_grants_of_others(world, two_stories):
    [(candidate, _), (_, member)], [_, grant] = two_stories
    await erase(candidate, world.now)
    [actor] = await actors(world, member)

    [seen] = await reading.see_grants(actor, [grant], world.now)

    assert (seen.can_release, seen.erased) == (True, False)


async def test_an_assignment_to_one_grant_does_not_open_another(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    mine, theirs = await world.grant(member, candidate), await world.grant(other, candidate)
    [actor] = await actors(world, member)

    seen = await reading.see_grants(actor, [mine, theirs], world.now)
    [alone] = await reading.see_grants(actor, [theirs], world.now)

    assert [item.assigned for item in seen] == [True, False]
    assert alone.assigned is False
    assert await reading.see_grants(actor, [], world.now) == []


async def test_names_are_read_for_the_ids_asked_for(world):
    first, second = await world.member(), await world.member()

    assert await reading.employer_names([first.employer.id]) == {first.employer.id: first.employer.legal_name}
    assert await reading.employer_names([]) == {}
    assert set(await reading.member_names([second.id])) == {second.id}


async def test_rows_are_read_by_ids_among_ones_own_alone(world, two_stories):
    [(candidate, _), (other, _)], [mine, theirs] = two_stories
    [actor] = await actors(world, candidate)

    rows = await reading.by_ids(reading.grants_of(actor), "id", [mine.id, theirs.id])

    assert set(rows) == {mine.id}


async def test_of_ones_own_rows_only_those_asked_for_are_read(world):
    candidate = await world.candidate()
    first, second = [await world.grant(await world.member(), candidate) for _ in range(2)]
    [actor] = await actors(world, candidate)

    assert set(await reading.by_ids(reading.grants_of(actor), "id", [first.id])) == {first.id}
    assert set(await reading.by_ids(reading.grants_of(actor), "request_id", [second.request_id])) == {second.request_id}


async def seven_entries(world):
    candidate = await world.candidate()
    return candidate, await actor_of(world.call(candidate))


async def test_pages_follow_each_other_without_gap_or_repetition(world):
    candidate, actor = await seven_entries(world)
    everything = [row.id for row in await reading.ledger_of(actor).order_by("-id")]

    read, after = [], None
    for _ in range(200):
        page = await reading.page(world.call(candidate), reading.ledger_of(actor), first=2, after=after)
        read += [row.id for row in page.rows]
        assert len(page.cursors) == len(page.rows)
        if not page.has_next:
            break
        after = page.cursors[-1]

    assert read == everything
    assert len(read) >= 4


@pytest.mark.parametrize("first", [0, -1, 101, 10**9])
async def test_a_page_has_one_to_a_hundred_rows(world, first):
    candidate, actor = await seven_entries(world)

    async with refusal(InvalidInput) as refused:
        await reading.page(world.call(candidate), reading.ledger_of(actor), first=first, after=None)

    assert problems(refused.error) == ["first"]
    assert len((await reading.page(world.call(candidate), reading.ledger_of(actor), first=100, after=None)).rows) >= 4


@pytest.mark.parametrize("junk", ["", "junk", "A" * 5000, "é"])
async def test_a_junk_cursor_is_an_error_of_its_field(world, junk):
    candidate, actor = await seven_entries(world)

    async with refusal(InvalidInput) as refused:
        await reading.page(world.call(candidate), reading.ledger_of(actor), first=5, after=junk)

    assert problems(refused.error) == ["after"]


async def test_a_cursor_is_good_for_its_own_list_and_viewer_alone(world):
    candidate, actor = await seven_entries(world)
    other, _ = await seven_entries(world)
    page = await reading.page(world.call(candidate), reading.ledger_of(actor), first=1, after=None)

    async with refusal(InvalidInput):
        await reading.page(world.call(other), reading.ledger_of(actor), first=1, after=page.cursors[0])
    async with refusal(InvalidInput):
        await reading.page(world.call(candidate), reading.requests_of(actor), first=1, after=page.cursors[0])


async def test_a_revoked_grant_reads_revoked_on_both_sides(world, two_stories):
    [(candidate, member), _], [grant, _] = two_stories
    await deciding.revoke(world.call(candidate), grant_id=grant.id)

    for actor in await actors(world, candidate, member):
        [seen] = await reading.see_grants(actor, await reading.grants_of(actor), world.now)
        assert (seen.state, seen.can_release, seen.can_revoke) == (GrantState.REVOKED, False, False)
        assert seen.terms.digest() == grant.terms_hash
