"""The widest terms of each purpose, limit by limit: one step beyond is refused, and the refusal names the limit."""

import pytest

from consent.decision import Reason
from consent.requests import RequestState
from consent.terms import Category, Form, Method, Purpose, Terms
from exchange import asking, deciding
from exchange.errors import InvalidInput
from models import Job
from models.unit_of_work import unit_of_work
from tests.exchange.support import execute, problems, refusal

# purpose: access days, uses, retention days, and the widest form of each category it may ask for
WIDEST = {
    "RECRUIT_CONTACT": (
        90,
        10,
        180,
        "NAME:RAW PHONE:RAW EMAIL:RAW WECHAT:RAW EMPLOYER_NAMES:MASKED RESUME_DOCUMENT:RAW",
    ),
    "INTERVIEW": (
        120,
        20,
        180,
        "NAME:RAW PHONE:RAW EMAIL:RAW WECHAT:RAW EMPLOYER_NAMES:RAW RESUME_DOCUMENT:RAW PHOTO:RAW ADDRESS:MASKED",
    ),
    "OFFER": (
        60,
        10,
        365,
        "NAME:RAW PHONE:RAW EMAIL:RAW WECHAT:RAW EMPLOYER_NAMES:RAW RESUME_DOCUMENT:RAW PHOTO:RAW ADDRESS:RAW",
    ),
    "BACKGROUND_CHECK": (30, 5, 90, "NAME:RAW EMPLOYER_NAMES:RAW RESUME_DOCUMENT:RAW"),
    "TALENT_POOL": (365, 5, 365, "NAME:MASKED EMAIL:MASKED PHONE:MASKED"),
}
FIGURES = ("access_days", "max_uses", "retention_days")


def widest(purpose):
    access_days, max_uses, retention_days, spelled = WIDEST[purpose]
    categories = {Category(name): Form(form) for name, form in (pair.split(":") for pair in spelled.split())}
    return {
        "purpose": Purpose(purpose),
        "categories": categories,
        "access_days": access_days,
        "max_uses": max_uses,
        "retention_days": retention_days,
        "methods": tuple(Method),
    }


def spelled_widest(purpose):
    return " ".join(sorted(WIDEST[purpose][3].split()))


@pytest.mark.parametrize("purpose", WIDEST)
async def test_the_widest_terms_of_each_purpose_can_be_asked(world, purpose):
    candidate, member = await world.candidate(), await world.member()

    request = await world.request(member, candidate, **widest(purpose))

    terms = Terms.parse(request.terms)
    assert {name: getattr(terms, name) for name in FIGURES} == {name: widest(purpose)[name] for name in FIGURES}
    assert terms.categories == widest(purpose)["categories"]
    assert request.state is RequestState.PENDING


async def test_every_purpose_stands_in_the_table_of_the_widest():
    assert set(WIDEST) == {purpose.value for purpose in Purpose}


@pytest.mark.parametrize("purpose", WIDEST)
async def test_no_figure_may_go_one_beyond_its_limit_or_under_one(world, purpose):
    candidate, member = await world.candidate(), await world.member()

    for name, limit in zip(FIGURES, WIDEST[purpose][:3], strict=True):
        for asked in (limit + 1, 0, -1, 10**9):
            async with refusal(Reason.LIMIT_EXCEEDED, field=name, limit=str(limit), asked=str(asked)):
                await world.request(member, candidate, **{**widest(purpose), name: asked})


@pytest.mark.parametrize("purpose", WIDEST)
async def test_no_category_may_be_asked_that_its_purpose_does_not_name_or_in_a_wider_form(world, purpose):
    candidate, member = await world.candidate(), await world.member()
    allowed = widest(purpose)["categories"]
    wider = {(category, form) for category in Category for form in Form} - {
        (category, form) for category in allowed for form in Form if form.within(allowed[category])
    }

    for category, form in sorted(wider):
        asked = {category: form, **{name: shape for name, shape in allowed.items() if name != category}}
        detail = {"field": "categories", "limit": spelled_widest(purpose), "asked": f"{category}:{form}"}
        async with refusal(Reason.LIMIT_EXCEEDED, **detail):
            await world.request(member, candidate, **{**widest(purpose), "categories": asked})


async def test_nothing_is_no_question(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(Reason.NOTHING_ASKED, field="categories"):
        await world.request(member, candidate, categories={})


async def test_a_question_names_what_will_be_done_with_the_data(world):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(Reason.LIMIT_EXCEEDED, field="methods", asked=""):
        await world.request(member, candidate, methods=())


@unit_of_work
async def jobs_for(transaction, world, member, count):
    rows = [
        Job(
            employer_id=member.employer.id,
            title=f"Job {number}",
            description="",
            function_code="backend",
            region_code="cn.sh",
            pay_min=1,
            pay_max=2,
            pay_currency="CNY",
            pay_period="MONTH",
            created_at=world.now,
        )
        for number in range(count)
    ]
    for row in rows:
        await transaction.insert(row)
    return rows


@pytest.fixture
async def twenty_open(world):
    """An employer with as many open background checks as it may have, and one job more."""
    candidate, member = await world.candidate(), await world.member()
    *jobs, spare = await jobs_for(world, member, 21)
    requests = [await check(world, member, candidate, job) for job in jobs]
    return candidate, member, requests, spare


async def check(world, member, candidate, job):
    return await world.request(member, candidate, job_id=job.id, **widest("BACKGROUND_CHECK"))


async def test_an_employer_has_so_many_open_requests_of_a_purpose_and_no_more(world, twenty_open):
    candidate, member, _, spare = twenty_open

    async with refusal(Reason.LIMIT_EXCEEDED, field="openRequests", limit="20", asked="21"):
        await check(world, member, candidate, spare)
    other = await world.member()
    assert (await world.request(other, candidate, **widest("BACKGROUND_CHECK"))).state is RequestState.PENDING
    assert (await world.request(member, candidate, **widest("OFFER"))).state is RequestState.PENDING


async def test_open_requests_of_another_purpose_hold_no_place(world):
    candidate, member = await world.candidate(), await world.member()
    *jobs, spare = await jobs_for(world, member, 21)
    for job in jobs:
        await world.request(member, candidate, job_id=job.id)

    assert (await check(world, member, candidate, spare)).state is RequestState.PENDING


async def test_an_approval_gives_back_a_place_at_once(world, twenty_open):
    candidate, member, requests, spare = twenty_open

    await world.approve(candidate, requests[0])

    assert (await check(world, member, candidate, spare)).state is RequestState.PENDING


async def test_a_recall_gives_back_a_place_at_once(world, twenty_open):
    candidate, member, requests, spare = twenty_open

    await asking.recall(world.call(member), request_id=requests[0].id)

    assert (await check(world, member, candidate, spare)).state is RequestState.PENDING


async def test_a_refusal_gives_back_a_place_only_when_silence_would_invariant_11(world, twenty_open):
    candidate, member, requests, spare = twenty_open
    for request in requests:
        await deciding.decline(world.call(candidate), request_id=request.id)

    async with refusal(Reason.LIMIT_EXCEEDED, field="openRequests", limit="20", asked="21"):
        await check(world, member, candidate, spare)
    world.later(days=14, microseconds=-1)
    async with refusal(Reason.LIMIT_EXCEEDED, field="openRequests", limit="20", asked="21"):
        await check(world, member, candidate, spare)
    world.later(microseconds=1)
    assert (await check(world, member, candidate, spare)).state is RequestState.PENDING


async def test_requests_whose_time_is_over_hold_no_place(world, twenty_open):
    candidate, member, _, spare = twenty_open
    world.later(days=14)

    assert (await check(world, member, candidate, spare)).state is RequestState.PENDING


async def test_the_reasons_come_in_a_fixed_order(world):
    candidate, member = await world.candidate(), await world.member()
    await world.request(member, candidate)
    beyond = {**widest("RECRUIT_CONTACT"), "access_days": 91}

    async with refusal(Reason.LIMIT_EXCEEDED, field="access_days", limit="90", asked="91"):
        await world.request(member, candidate, **beyond)
    await execute("UPDATE job SET state = 'CLOSED' WHERE id = ?", member.job.id)
    async with refusal(Reason.JOB_CLOSED):
        await world.request(member, candidate, **beyond)
    await execute("UPDATE employer SET standing = 'SUSPENDED' WHERE id = ?", member.employer.id)
    async with refusal(Reason.EMPLOYER_SUSPENDED):
        await world.request(member, candidate, **beyond)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"message": "hid\0den"}, "message"),
        ({"message": "turned \u202e round"}, "message"),
        ({"idempotency_key": "two\nlines"}, "idempotencyKey"),
        ({"idempotency_key": "hid\u200bden"}, "idempotencyKey"),
    ],
)
async def test_nothing_that_hides_or_turns_text_can_be_asked(world, change, path):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(InvalidInput) as refused:
        await world.request(member, candidate, **change)

    assert problems(refused.error) == [path]
    assert (await world.request(member, candidate, message="two\nlines")).message == "two\nlines"
