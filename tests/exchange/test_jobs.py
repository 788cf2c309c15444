from dataclasses import replace

import pytest

from anonymity.pay import Pay
from consent.decision import Reason
from consent.parties import MemberRole, Standing
from exchange import jobs
from exchange.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from exchange.jobs import JobDraft
from exchange.words import asked_pay
from models import Job, JobState
from tests.exchange.support import colleague, leave, problems, refusal, set_role, set_standing, snapshot

DRAFT = JobDraft(" Backend Engineer ", " Build. ", "上海", "CN", Pay(20000, "CNY", "MONTH"), 40000)


async def test_a_job_is_read_in_the_words_of_the_cards(world):
    member = await world.member()

    job = await jobs.create_job(world.call(member), draft=DRAFT)

    stored = await Job.get(id=job.id)
    assert (stored.employer_id, stored.state, stored.created_at) == (member.employer.id, JobState.OPEN, world.now)
    assert (stored.title, stored.description) == ("Backend Engineer", "Build.")
    assert (stored.function_code, stored.region_code) == ("backend", "cn.sh")
    assert (stored.pay_min, stored.pay_max, stored.pay_currency, stored.pay_period) == (20000, 40000, "CNY", "MONTH")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": "  "}, "title"),
        ({"title": "t" * 121}, "title"),
        ({"description": "d" * 5001}, "description"),
        ({"title": "two\nlines"}, "title"),
        ({"description": "hid\0den"}, "description"),
        ({"pay_to": 19999}, "pay"),
        ({"pay_to": 100_000_001}, "pay"),
    ],
)
async def test_a_job_states_its_title_and_a_range_of_pay(world, change, path):
    member = await world.member()

    async with refusal(InvalidInput) as refused:
        await jobs.create_job(world.call(member), draft=replace(DRAFT, **change))

    assert problems(refused.error) == [path]


async def test_every_problem_of_a_job_is_named_at_once(world):
    member = await world.member()

    async with refusal(InvalidInput) as refused:
        await jobs.create_job(world.call(member), draft=replace(DRAFT, title="", description="d" * 5001, pay_to=1))

    assert problems(refused.error) == ["title", "description", "pay"]


@pytest.mark.parametrize(
    ("amount", "currency", "period"), [(0, "CNY", "MONTH"), (1, "XXX", "MONTH"), (1, "CNY", "EON")]
)
def test_pay_that_cannot_be_is_invalid_input(amount, currency, period):
    with pytest.raises(InvalidInput) as refused:
        asked_pay("expectedPay", amount, currency, period)

    assert problems(refused.value)[0].startswith("expectedPay.")


@pytest.mark.parametrize("verb", ["create", "close"])
async def test_only_recruiting_members_in_good_standing_have_jobs(world, verb):
    member, candidate = await world.member(), await world.candidate()

    async def attempt(who):
        if verb == "create":
            return await jobs.create_job(world.call(who), draft=DRAFT)
        return await jobs.close_job(world.call(who), job_id=member.job.id)

    async with refusal(Forbidden, needed="MEMBER"):
        await attempt(candidate)
    async with refusal(NotSignedIn):
        await attempt(None)
    await set_role(member, MemberRole.INTERVIEWER)
    async with refusal(Reason.NOT_ASSIGNED):
        await attempt(member)
    await set_standing(member, Standing.SUSPENDED)
    async with refusal(Reason.EMPLOYER_SUSPENDED):
        await attempt(member)
    await set_standing(member, Standing.UNVERIFIED)
    async with refusal(Reason.EMPLOYER_NOT_VERIFIED):
        await attempt(member)
    await leave(member, world.now)
    async with refusal(NotSignedIn):
        await attempt(member)


async def test_a_job_of_another_employer_cannot_be_closed(world):
    member, other = await world.member(), await world.member()

    async with refusal(NotFound, what="jobId"):
        await jobs.close_job(world.call(member), job_id=other.job.id)


async def test_a_colleague_can_close_a_job_and_closing_twice_is_closing_once(world):
    member = await world.member()
    other = await colleague(world, member)

    closed = await jobs.close_job(world.call(other), job_id=member.job.id)
    before = await snapshot()
    again = await jobs.close_job(world.call(member), job_id=member.job.id)

    assert (closed.state, again.state) == (JobState.CLOSED, JobState.CLOSED)
    assert await snapshot() == before


async def test_closing_a_job_closes_no_other(world):
    member, other = await world.member(), await world.member()

    await jobs.close_job(world.call(member), job_id=member.job.id)

    assert {row.id: row.state.value for row in await Job.all()} == {member.job.id: "CLOSED", other.job.id: "OPEN"}
