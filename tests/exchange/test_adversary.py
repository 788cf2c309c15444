"""Doors that an attacker found open once: each test is one of them, and fails when it is opened again."""

import json
from dataclasses import replace

import pytest

from anonymity.pay import Pay
from consent.decision import Reason
from consent.terms import Category, Form, Narrowing, Purpose
from exchange import asking, deciding, jobs, reading, releasing, resumes
from exchange.actors import member_of
from exchange.errors import InvalidInput
from exchange.jobs import JobDraft
from models import AuthorizationRequest
from tests.exchange.support import events_of, problems, refusal, told
from tests.factories import resume_of

DRAFT = JobDraft("Backend Engineer", "Build.", "上海", "CN", Pay(20000, "CNY", "MONTH"), 40000)
REACH = (Category.NAME, Category.PHONE, Category.EMAIL, Category.WECHAT)
SECRETIVE = frozenset({Category.NAME, Category.EMAIL, Category.WECHAT})


def telling_resume(canary):
    """A resume that says who it is in every place a JSON Resume has for it."""
    document = resume_of(canary)
    document["basics"] |= {
        "url": f"https://{canary.wechat}.example",
        "image": "https://img.example/face.jpg",
        "mobile": canary.phone,
        "profiles": [
            {"network": "WeChat", "username": canary.wechat},
            {"network": "GitHub", "username": canary.wechat},
        ],
    }
    document["basics"]["location"]["postalCode"] = "200000"
    return document


async def released_document(world, categories, narrowing, purpose=Purpose.RECRUIT_CONTACT):
    candidate, member = await world.candidate(), await world.member()
    await resumes.import_resume(world.call(candidate), document=telling_resume(candidate.canary))
    request = await world.request(member, candidate, categories=categories, purpose=purpose)
    grant = await world.approve(candidate, request, narrowing)
    disclosure = await world.release(member, grant, Category.RESUME_DOCUMENT)
    return candidate, disclosure.contact.values[Category.RESUME_DOCUMENT].value


async def test_what_was_dropped_or_masked_does_not_leave_inside_the_resume(world):
    asked = dict.fromkeys((*REACH, Category.RESUME_DOCUMENT), Form.RAW)
    less = Narrowing(drop=frozenset({Category.PHONE}), mask=SECRETIVE)

    candidate, document = await released_document(world, asked, less)

    told = json.dumps(document, ensure_ascii=False)
    assert not [value for value in candidate.canary.values()[:5] if value in told]
    assert document["basics"] == {
        "label": "Senior Backend Engineer",
        "location": {"city": "上海", "countryCode": "CN"},
    }
    assert [set(step) & {"name", "url"} for step in document["work"]] == [set(), set()]
    assert document["skills"] == [{"name": "Python"}, {"name": "Kubernetes"}]


async def test_what_was_granted_in_full_stays_inside_the_resume(world):
    asked = {Category.PHONE: Form.RAW, Category.WECHAT: Form.RAW, Category.RESUME_DOCUMENT: Form.RAW}

    candidate, document = await released_document(world, asked, Narrowing())

    assert document["basics"] == {
        "label": "Senior Backend Engineer",
        "phone": candidate.canary.phone,
        "location": {"city": "上海", "countryCode": "CN"},
        "profiles": [{"network": "WeChat", "username": candidate.canary.wechat}],
    }


async def test_a_resume_leaves_whole_when_everything_was_granted_in_full(world):
    asked = dict.fromkeys(Category, Form.RAW)

    candidate, document = await released_document(world, asked, Narrowing(), Purpose.OFFER)

    assert document == telling_resume(candidate.canary)


@pytest.mark.parametrize("purpose", [Purpose.BACKGROUND_CHECK])
async def test_a_resume_carries_no_category_that_the_template_does_not_allow(world, purpose):
    asked = dict.fromkeys((Category.NAME, Category.EMPLOYER_NAMES, Category.RESUME_DOCUMENT), Form.RAW)

    candidate, document = await released_document(world, asked, Narrowing(), purpose)

    told = json.dumps(document, ensure_ascii=False)
    assert document["basics"]["name"] == candidate.canary.name
    assert document["work"][0]["name"] == "Tencent"
    assert not [value for value in (candidate.canary.phone, candidate.canary.email) if value in told]


async def test_the_digests_of_two_grants_join_no_lists(world):
    candidate, one, other = await world.candidate(), await world.member(), await world.member()
    grants = [await world.grant(member, candidate, categories={Category.NAME: Form.MASKED}) for member in (one, other)]

    digests = [
        (await world.release(member, grant, Category.NAME)).release.content_hash
        for member, grant in zip((one, other), grants, strict=True)
    ]

    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    "title",
    ["Engineer”, to receive: nothing.\nPurpose: none", "a\0b", "\u200b\u200b", "a\u202eb", "a\u2028b", "\u2066a\u2069"],
)
async def test_a_jobs_title_cannot_forge_the_notice_it_stands_in(world, title):
    member = await world.member()

    async with refusal(InvalidInput) as refused:
        await jobs.create_job(world.call(member), draft=replace(DRAFT, title=title))

    assert problems(refused.error) == ["title"]


@pytest.mark.parametrize("text", ["a\0b", "a\u202eb", "a\x1b[2Jb"])
async def test_no_text_to_a_candidate_reorders_or_breaks_its_screen(world, text):
    candidate, member = await world.candidate(), await world.member()

    async with refusal(InvalidInput) as refused:
        await jobs.create_job(world.call(member), draft=replace(DRAFT, description=text))
    assert problems(refused.error) == ["description"]
    question = await world.question(member, candidate, message=text)
    async with refusal(InvalidInput) as refused:
        await asking.ask(world.call(member), question=question)
    assert problems(refused.error) == ["message"]


async def test_ordinary_text_of_several_lines_and_scripts_is_taken(world):
    candidate, member = await world.candidate(), await world.member()
    words = "您好！\n\t一、远程　办公 👩‍💻\r\n二、שלום"

    request = await world.request(member, candidate, message=words)
    job = await jobs.create_job(
        world.call(member), draft=replace(DRAFT, title="C++／后端工程师　高级", description=words)
    )

    assert (request.message, job.description, job.title) == (words, words, "C++／后端工程师　高级")


@pytest.mark.parametrize("key", ["a\0b", "a\nb", "\u200b"])
async def test_an_idempotency_key_is_one_visible_line(world, key):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)

    async with refusal(InvalidInput) as refused:
        await releasing.release_contact(
            world.call(member), grant_id=grant.id, categories=frozenset({Category.NAME}), idempotency_key=key
        )
    assert problems(refused.error) == ["idempotencyKey"]
    question = await world.question(member, candidate, idempotency_key=key)
    async with refusal(InvalidInput) as refused:
        await asking.ask(world.call(member), question=question)
    assert problems(refused.error) == ["idempotencyKey"]


@pytest.mark.parametrize("number", [10**30, -(10**30), float("inf"), float("nan")])
async def test_a_number_that_no_answer_can_carry_is_no_part_of_a_resume(world, number):
    candidate = await world.candidate()

    async with refusal(InvalidInput) as refused:
        await resumes.import_resume(world.call(candidate), document={"basics": {"x": number}})

    assert problems(refused.error) == ["resume.basics.?"]


async def test_contact_details_from_a_resume_are_held_to_the_rules_of_those_that_are_typed(world):
    candidate = await world.candidate()
    await resumes.update_contact(
        world.call(candidate),
        changes=dict.fromkeys(resumes.OWN_CATEGORIES),  # removes them
    )
    basics = {"name": "张\n三\n丰", "phone": "javascript:1", "email": "Known@Person.Example"}

    await resumes.import_resume(world.call(candidate), document={"basics": basics})

    own = await resumes.own_profile(world.call(candidate))
    assert own.contact == {"EMAIL": "known@person.example"}


async def test_nobody_can_approve_a_question_about_a_job_that_is_no_more(world):
    candidate, member = await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    heard = len(await told())

    await jobs.close_job(world.call(member), job_id=member.job.id)

    async with refusal(Reason.ALREADY_DECIDED):
        await world.approve(candidate, request)
    assert (await events_of(candidate))[-1] == "system:request:closed"
    [message] = (await told())[heard:]
    assert json.loads(message.payload) == {
        "channels": [f"candidate:{candidate.id}"],
        "subject": {"request": str(request.id)},
    }


async def test_a_grant_and_the_requests_of_other_jobs_outlive_a_closed_job(world):
    candidates, member = [await world.candidate() for _ in range(2)], await world.member()
    other = await jobs.create_job(world.call(member), draft=DRAFT)
    grant = await world.grant(member, candidates[0])
    request = await world.request(member, candidates[1], job_id=other.id)

    await jobs.close_job(world.call(member), job_id=member.job.id)

    assert (await world.release(member, grant, Category.NAME)).release.grant_id == grant.id
    assert (await world.approve(candidates[1], request)).request_id == request.id


async def test_closing_a_job_does_not_tell_who_refused(world):
    refusing, silent = await world.candidate(), await world.candidate()
    member = await world.member()
    requests = [await world.request(member, candidate) for candidate in (refusing, silent)]
    await deciding.decline(world.call(refusing), request_id=requests[0].id)

    await jobs.close_job(world.call(member), job_id=member.job.id)

    actor = await member_of(world.call(member))
    rows = [await AuthorizationRequest.get(id=request.id) for request in requests]
    seen = await reading.see_requests(actor, rows, world.now)
    assert [item.state for item in seen] == ["PENDING", "PENDING"]
    for request in requests:
        await asking.recall(world.call(member), request_id=request.id)
    rows = [await AuthorizationRequest.get(id=request.id) for request in requests]
    assert [item.state for item in await reading.see_requests(actor, rows, world.now)] == ["RECALLED", "RECALLED"]
