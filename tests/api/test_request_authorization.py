from datetime import timedelta

import pytest

from consent.parties import Visibility
from exchange import deciding
from models import AuthorizationRequest
from tests.api.answers import (
    NOT_ALLOWED,
    NOT_ASSIGNED,
    NOT_FOUND,
    NOT_VERIFIED,
    SOME_UUID,
    SUSPENDED,
    invalid,
    refusal,
    wrong_id_told,
    wrong_ids,
)

ASKED = [{"category": "NAME", "form": "RAW"}, {"category": "PHONE", "form": "MASKED"}]
MUTATION = "requestAuthorization"


@pytest.fixture
async def question(api, candidate, recruiter):
    return {
        "cardId": await api.card_id(recruiter, candidate),
        "jobId": api.id("Job", recruiter.job),
        "purpose": "RECRUIT_CONTACT",
        "categories": ASKED,
        "accessDays": 30,
        "retentionDays": 90,
        "message": "Would you talk with us?",
    }


async def test_a_question_is_answered_with_the_terms_that_were_asked(api, candidate, recruiter, question):
    result = await api.perform(MUTATION, recruiter, **question)

    request = result["authorizationRequest"]
    terms = {key: value for key, value in request["terms"].items() if key in question or key in {"maxUses", "methods"}}
    assert result["__typename"] == "AuthorizationRequestSuccess"
    assert terms == {
        "purpose": "RECRUIT_CONTACT",
        "categories": [{"__typename": "CategoryTerm", **item} for item in ASKED],
        "methods": ["CONTACT", "VIEW"],
        "accessDays": 30,
        "maxUses": 3,
        "retentionDays": 90,
    }
    assert request["terms"]["recipient"]["legalName"] == recruiter.employer.legal_name
    assert (request["state"], request["origin"], request["held"]) == ("PENDING", "EMPLOYER", False)
    can = [request[f"viewerCan{verb}"] for verb in ("Approve", "Decline", "Recall")]
    assert can == [False, False, True]
    assert (request["job"]["id"], request["card"]["id"]) == (question["jobId"], question["cardId"])
    assert (request["message"], request["decidedAt"], request["grant"]) == ("Would you talk with us?", None, None)


async def test_the_notice_follows_the_language_and_its_hash_with_it(api, candidate, recruiter, question):
    await api.perform(MUTATION, recruiter, **question)
    document = "{ authorizationRequests { nodes { notice { version language text hash } terms { hash } } } }"

    english, chinese = [
        (await api.data(document, candidate, language=language))["authorizationRequests"]["nodes"][0]
        for language in ("en", "zh")
    ]

    assert (english["notice"]["language"], chinese["notice"]["language"]) == ("en", "zh")
    assert recruiter.employer.legal_name in english["notice"]["text"]
    assert "您可以拒绝" in chinese["notice"]["text"]
    assert english["notice"]["hash"] != chinese["notice"]["hash"]
    assert english["terms"] == chinese["terms"]


async def test_the_same_key_gives_the_same_request_and_another_question_under_it_is_a_mismatch(
    api, recruiter, question
):
    first = await api.perform(MUTATION, recruiter, **question, idempotencyKey="k")

    async with api.nothing_changes():
        again = await api.perform(MUTATION, recruiter, **question, idempotencyKey="k")
        other = await api.perform(MUTATION, recruiter, **{**question, "accessDays": 29}, idempotencyKey="k")

    assert again == first
    assert other == refusal("IdempotencyMismatch", "IDEMPOTENCY_MISMATCH")


async def test_what_goes_beyond_the_template_names_field_limit_and_what_was_asked(api, recruiter, question):
    widest = "EMAIL:RAW EMPLOYER_NAMES:MASKED NAME:RAW PHONE:RAW RESUME_DOCUMENT:RAW WECHAT:RAW"
    address = [{"category": "ADDRESS", "form": "MASKED"}]
    for changes, told in (
        ({"accessDays": 91}, ("accessDays", "90", "91")),
        ({"accessDays": 0}, ("accessDays", "90", "0")),
        ({"maxUses": 11}, ("maxUses", "10", "11")),
        ({"retentionDays": -1}, ("retentionDays", "180", "-1")),
        ({"categories": address}, ("categories", widest, "ADDRESS:MASKED")),
        ({"methods": []}, ("methods", None, "")),
    ):
        result = await api.refuse(MUTATION, recruiter, **{**question, **changes})

        field, limit, asked = told
        assert result == refusal("LimitExceeded", "LIMIT_EXCEEDED", field=field, limit=limit, asked=asked)
    nothing = await api.refuse(MUTATION, recruiter, **{**question, "categories": []})
    assert nothing == refusal("LimitExceeded", "NOTHING_ASKED", field="categories", limit=None, asked=None)


async def test_more_open_questions_than_the_purpose_allows_are_too_many(api, candidate, recruiter, question):
    question = {**question, "purpose": "BACKGROUND_CHECK", "categories": ASKED[:1]}
    rows = []
    for _ in range(20):
        colleague = await api.world.member(employer=recruiter.employer)
        request = await api.world.request(colleague, candidate)
        rows.append(request.id)
    await AuthorizationRequest.filter(id__in=rows).update(purpose="BACKGROUND_CHECK")

    result = await api.refuse(MUTATION, recruiter, **question)

    assert result == refusal("LimitExceeded", "LIMIT_EXCEEDED", field="openRequests", limit="20", asked="21")


async def test_asking_again_while_it_is_open_granted_or_just_revoked_is_a_conflict(api, candidate, recruiter, question):
    request = await api.world.request(recruiter, candidate)
    assert await api.refuse(MUTATION, recruiter, **question) == refusal("AskConflict", "ALREADY_ASKED", until=None)

    grant = await api.world.approve(candidate, request)
    assert await api.refuse(MUTATION, recruiter, **question) == refusal("AskConflict", "ALREADY_GRANTED", until=None)

    await deciding.revoke(api.world.call(candidate), grant_id=grant.id)
    until = (api.world.now + timedelta(days=90)).isoformat()
    assert await api.refuse(MUTATION, recruiter, **question) == refusal("AskConflict", "COOLING_DOWN", until=until)


async def test_a_closed_job_is_a_conflict(api, recruiter, question):
    await api.perform("closeJob", recruiter, jobId=question["jobId"])

    assert await api.refuse(MUTATION, recruiter, **question) == refusal("AskConflict", "JOB_CLOSED", until=None)


async def test_what_cannot_be_is_told_under_its_path(api, recruiter, question):
    for changes, problem in (
        ({"message": "x" * 501}, {"message": "Give at most 500 characters."}),
        ({"idempotencyKey": ""}, {"idempotencyKey": "Give 1 to 64 characters."}),
        ({"idempotencyKey": "x" * 65}, {"idempotencyKey": "Give 1 to 64 characters."}),
        ({"categories": [*ASKED, ASKED[0]]}, {"categories": "Name each category once."}),
    ):
        assert await api.refuse(MUTATION, recruiter, **{**question, **changes}) == invalid(**problem)


async def test_what_is_no_id_is_told_under_its_path(api, recruiter, question):
    for path, type_name in (("cardId", "Card"), ("jobId", "Job")):
        for wrong_id in wrong_ids(type_name):
            result = await api.refuse(MUTATION, recruiter, **{**question, path: wrong_id})
            assert result == wrong_id_told(type_name, path)


async def test_cards_and_jobs_of_others_of_nobody_and_hidden_ones_are_one_answer(api, candidate, recruiter, question):
    rival, hidden = await api.world.member(), await api.world.candidate(visibility=Visibility.HIDDEN)
    for changes in (
        {"jobId": api.id("Job", rival.job)},
        {"jobId": api.id("Job", SOME_UUID)},
        {"cardId": await api.card_id(rival, candidate)},
        {"cardId": await api.card_id(recruiter, hidden)},
        {"cardId": api.id("Card", "junk")},
        {"cardId": api.id("Card", candidate)},
    ):
        assert await api.refuse(MUTATION, recruiter, **{**question, **changes}) == NOT_FOUND


async def test_only_recruiters_of_verified_employers_ask(api, roles, question):
    async def ask(who):
        own = {"cardId": await api.card_id(who, roles.candidate), "jobId": api.id("Job", who.job)}
        return await api.refuse(MUTATION, who, **{**question, **own})

    assert await ask(roles.interviewer) == NOT_ASSIGNED
    assert await ask(roles.unverified) == NOT_VERIFIED
    assert await ask(roles.suspended) == SUSPENDED
    for who in (roles.candidate, roles.operator):
        assert await api.refuse(MUTATION, who, **question) == NOT_ALLOWED
