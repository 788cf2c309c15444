"""Who comes at the same moment: exactly one winner, whole ledgers, right counts. Truly parallel on PostgreSQL.

``RACE_ROUNDS`` says how often each race is run.
"""

import asyncio
import os
import random
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.requests import RequestState
from consent.terms import Category, Narrowing
from exchange import asking, deciding
from exchange.errors import Refused
from models import AuthorizationRequest, DeletionDuty, Employer, Grant, LedgerEntry, Release
from tests.exchange.support import assert_ledgers_verify, colleague, dialect, execute

ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))


async def together(*verbs):
    """Begin all at once, in any order, and return what each answered: a reason, or what it made."""
    order = list(range(len(verbs)))
    random.shuffle(order)
    tasks = {number: asyncio.ensure_future(verbs[number]) for number in order}
    answers = [await asyncio.gather(tasks[number], return_exceptions=True) for number in range(len(verbs))]
    return [_answer(answer) for [answer] in answers]


def _answer(answer):
    if isinstance(answer, Refused):
        return answer.denied.reason
    if isinstance(answer, Exception):
        raise answer
    return answer


def reasons(answers):
    return sorted(answer for answer in answers if isinstance(answer, Reason))


def approval(world, candidate, request, *, now=None, **narrowing):
    call = world.call(candidate, after=(now or world.now) - world.now)
    return deciding.approve(
        call, request_id=request.id, terms_hash=request.terms_hash, narrowing=Narrowing(**narrowing)
    )


async def count_events(event, subject):
    return await LedgerEntry.filter(event=event, subject_id=subject).count()


@pytest.fixture
async def rounds(world):
    """A candidate and a member, and a fresh pending request of each round."""
    candidate, member = await world.candidate(), await world.member()

    async def fresh():
        world.later(days=200)
        return await world.request(member, candidate)

    return candidate, member, fresh


async def test_eight_parallel_approvals_are_one_grant_invariant_3(world, rounds):
    candidate, _, fresh = rounds
    for _ in range(ROUNDS):
        request = await fresh()

        answers = await together(*(approval(world, candidate, request) for _ in range(8)))

        assert len({grant.id for grant in answers}) == 1
        assert await Grant.filter(request_id=request.id).count() == 1
        assert await count_events("candidate:request:approved", request.id) == 1
    await assert_ledgers_verify()


async def test_parallel_approvals_with_different_choices_have_one_winner(world, rounds):
    candidate, _, fresh = rounds
    for _ in range(ROUNDS):
        request = await fresh()

        answers = await together(*(approval(world, candidate, request, access_days=days) for days in (1, 2, 3, 4)))

        [grant] = [answer for answer in answers if isinstance(answer, Grant)]
        assert reasons(answers) == [Reason.ALREADY_DECIDED] * 3
        assert (await Grant.get(request_id=request.id)).terms_hash == grant.terms_hash
        assert await count_events("candidate:request:approved", request.id) == 1
    await assert_ledgers_verify()


async def test_of_approve_decline_and_recall_exactly_one_decides_invariant_1(world, rounds):
    candidate, member, fresh = rounds
    for _ in range(ROUNDS):
        request = await fresh()

        approved, declined, recalled = await together(
            approval(world, candidate, request),
            deciding.decline(world.call(candidate), request_id=request.id),
            asking.recall(world.call(member), request_id=request.id),
        )

        stored = await AuthorizationRequest.get(id=request.id)
        won = {
            RequestState.APPROVED: (True, Reason.ALREADY_DECIDED, Reason.TOO_LATE),
            RequestState.DECLINED: (Reason.ALREADY_DECIDED, True, True),
            RequestState.RECALLED: (Reason.ALREADY_DECIDED, Reason.ALREADY_DECIDED, True),
        }[stored.state]
        told = tuple(answer if isinstance(answer, Reason) else True for answer in (approved, declined, recalled))
        assert told == won
        assert await Grant.filter(request_id=request.id).count() == (stored.state is RequestState.APPROVED)
        decided = [
            await count_events(event, request.id)
            for event in ("candidate:request:approved", "candidate:request:declined")
        ]
        assert sum(decided) == (stored.state is not RequestState.RECALLED)
    await assert_ledgers_verify()


async def test_at_the_deadline_an_approval_in_time_and_one_too_late_agree_with_what_is_stored(world, rounds):
    candidate, member, fresh = rounds
    for number in range(ROUNDS):
        request = await fresh()
        last = request.expires_at - world.now

        in_time, late, asked_again = await together(
            approval(world, candidate, request, now=request.expires_at - timedelta(microseconds=1)),
            approval(world, candidate, request, now=request.expires_at),
            asking.ask(
                world.call(member, after=last),
                question=await world.question(member, candidate, message=f"again {number}"),
            ),
        )

        stored = await AuthorizationRequest.get(id=request.id)
        assert stored.state in {RequestState.APPROVED, RequestState.EXPIRED}
        if stored.state is RequestState.APPROVED:
            assert isinstance(in_time, Grant)
            assert late == Reason.REQUEST_EXPIRED or late.id == in_time.id
            assert asked_again == Reason.ALREADY_GRANTED
        else:
            assert in_time in {Reason.REQUEST_EXPIRED, Reason.ALREADY_DECIDED}
            assert late in {Reason.REQUEST_EXPIRED, Reason.ALREADY_DECIDED}
            assert asked_again.state is RequestState.PENDING
        assert await Grant.filter(request_id=request.id).count() == (stored.state is RequestState.APPROVED)
    await assert_ledgers_verify()


async def test_parallel_refusals_are_one_and_parallel_recalls_are_one(world, rounds):
    candidate, member, fresh = rounds
    for _ in range(ROUNDS):
        request = await fresh()
        declined = await together(*(deciding.decline(world.call(candidate), request_id=request.id) for _ in range(4)))
        recalled = await together(*(asking.recall(world.call(member), request_id=request.id) for _ in range(4)))

        assert reasons(declined) == []
        assert reasons(recalled) == [Reason.TOO_LATE] * 3
        assert await count_events("candidate:request:declined", request.id) == 1
        assert await count_events("employer:request:recalled", request.id) == 1
    await assert_ledgers_verify()


async def test_four_releases_and_a_revocation_are_put_in_order_invariant_4(world):
    member = await world.member()
    for number in range(ROUNDS):
        candidate = await world.candidate()
        grant = await world.grant(member, candidate)

        *released, revoked = await together(
            *(world.release(member, grant, Category.NAME, key=f"{number} {key}") for key in range(4)),
            deciding.revoke(world.call(candidate), grant_id=grant.id),
        )

        stored = await Grant.get(id=grant.id)
        rows = await LedgerEntry.filter(candidate_id=candidate.id).order_by("sequence")
        events = [row.event for row in rows]
        done = [answer for answer in released if not isinstance(answer, Reason)]
        assert (revoked.id, stored.state, stored.generation) == (grant.id, GrantState.REVOKED, 2)
        assert events[-1] == "candidate:grant:revoked"
        assert events.count("candidate:grant:revoked") == 1
        assert events.count("employer:contact:released") == len(done) == stored.uses <= 3
        assert await Release.filter(grant_id=grant.id).count() == len(done)
        assert {row.generation for row in await Release.filter(grant_id=grant.id)} <= {1}
        assert set(reasons(released)) <= {Reason.GRANT_ENDED, Reason.USES_EXHAUSTED, Reason.NOT_ASSIGNED}
        assert await DeletionDuty.filter(grant_id=grant.id).count() == 1
    await assert_ledgers_verify()


async def test_parallel_releases_use_up_a_grant_exactly(world):
    candidate, member = await world.candidate(), await world.member()
    for number in range(ROUNDS):
        world.later(days=200)
        grant = await world.grant(member, candidate, max_uses=3)

        answers = await together(*(world.release(member, grant, key=f"{number} {key}") for key in range(8)))

        assert reasons(answers) == [Reason.USES_EXHAUSTED] * 5
        assert (await Grant.get(id=grant.id)).uses == 3
        assert await Release.filter(grant_id=grant.id).count() == 3
    await assert_ledgers_verify()


async def test_parallel_revocations_are_one(world):
    member = await world.member()
    for _ in range(ROUNDS):
        candidate = await world.candidate()
        grant = await world.grant(member, candidate)

        answers = await together(*(deciding.revoke(world.call(candidate), grant_id=grant.id) for _ in range(6)))

        assert {(answer.id, answer.state) for answer in answers} == {(grant.id, GrantState.REVOKED)}
        assert await count_events("candidate:grant:revoked", grant.id) == 1
        assert await DeletionDuty.filter(grant_id=grant.id).count() == 1
    await assert_ledgers_verify()


async def test_two_colleagues_asking_at_once_make_one_request_invariant_3(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    for _ in range(ROUNDS):
        world.later(days=15)

        answers = await together(
            *(world.request(who, candidate, job_id=member.job.id) for who in (member, other, member, other))
        )

        assert reasons(answers) == [Reason.ALREADY_ASKED] * 3
    assert await AuthorizationRequest.all().count() == ROUNDS
    await assert_ledgers_verify()


@asynccontextmanager
async def suspension(url, employer_id):
    """Suspend on a connection of its own; inside, the change holds its lock, and commits at the end."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("UPDATE employer SET standing = 'SUSPENDED' WHERE id = $1", employer_id)
            yield connection
    finally:
        await connection.close()


async def suspend_among(world, url, employer_id, table, verbs):
    """Run verbs while the employer is suspended; return how many rows were committed before it could be."""
    if dialect() == "sqlite":  # One writer at a time, so the order of begin is the order of commit.
        before = []

        async def suspend():
            await execute("UPDATE employer SET standing = 'SUSPENDED' WHERE id = ?", employer_id)
            before.append(await table.all().count())

        answers = await together(*verbs, suspend())
        return answers[:-1], None

    async def suspend():
        await asyncio.sleep(random.random() / 100)  # noqa: S311 - any moment among them
        async with suspension(url, employer_id) as connection:
            # Whatever was read with the old standing has committed, or this lock could not have been had.
            name = table._meta.db_table
            seen = await connection.fetchval(f"SELECT count(*) FROM {name}")
            await asyncio.sleep(0.01)
            return seen

    *answers, seen = await together(*verbs, suspend())
    return answers, seen


async def test_nothing_is_released_after_the_commit_of_a_suspension(world, database):
    for _ in range(ROUNDS):
        candidate, member = await world.candidate(), await world.member()
        grant = await world.grant(member, candidate, max_uses=10)
        verbs = [world.release(member, grant, key=str(key)) for key in range(8)]

        answers, seen = await suspend_among(world, database, member.employer.id, Release, verbs)

        done = [answer for answer in answers if not isinstance(answer, Reason)]
        total = await Release.all().count()
        assert seen in {None, total}
        assert set(reasons(answers)) <= {Reason.EMPLOYER_SUSPENDED}
        assert await Release.filter(grant_id=grant.id).count() == len(done) == (await Grant.get(id=grant.id)).uses
        assert (await Employer.get(id=member.employer.id)).standing == "SUSPENDED"
    await assert_ledgers_verify()


async def test_nothing_is_approved_after_the_commit_of_a_suspension(world, database):
    for _ in range(ROUNDS):
        member, candidates = await world.member(), [await world.candidate() for _ in range(2)]
        requests = [await world.request(member, candidate) for candidate in candidates]
        pairs = list(zip(candidates, requests, strict=True)) * 2
        verbs = [approval(world, candidate, request) for candidate, request in pairs]

        answers, seen = await suspend_among(world, database, member.employer.id, Grant, verbs)

        total = await Grant.all().count()
        assert seen in {None, total}
        assert set(reasons(answers)) <= {Reason.REQUEST_HELD}
        made = {answer.id for answer in answers if not isinstance(answer, Reason)}
        assert made == {row.id for row in await Grant.filter(employer_id=member.employer.id)}
    await assert_ledgers_verify()


async def test_a_release_waits_for_a_suspension_that_has_begun_and_is_refused_after_it(world, database):
    if dialect() == "sqlite":  # It has one connection: a suspension that has begun lets nobody in.
        return
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)

    async with suspension(database, member.employer.id):
        release = asyncio.ensure_future(world.release(member, grant))
        done, _ = await asyncio.wait([release], timeout=0.2)
        assert not done
    [answer] = await asyncio.gather(release, return_exceptions=True)

    assert answer.denied.reason is Reason.EMPLOYER_SUSPENDED
    assert await Release.all().count() == 0
