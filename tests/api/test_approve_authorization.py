from datetime import datetime, timedelta

import pytest

from consent.parties import Standing
from models import Employer, Grant
from tests.api.answers import NOT_ALLOWED, NOT_FOUND, SOME_UUID, refusal, wrong_id_told, wrong_ids

MUTATION = "approveAuthorization"


@pytest.fixture
async def shown(api, candidate, recruiter):
    """What the candidate's screen holds of a request: its id and the hash of its terms."""
    return of(api, await api.world.request(recruiter, candidate))


def of(api, request):
    return {"authorizationRequestId": api.id("AuthorizationRequest", request), "termsHash": request.terms_hash}


def not_open(code, shown, state):
    stored = {"id": shown["authorizationRequestId"], "state": state}
    return refusal("RequestNotOpen", code, authorizationRequest=stored)


async def test_what_was_asked_is_granted_and_signed(api, candidate, recruiter, shown):
    result = await api.perform(MUTATION, candidate, **shown)

    grant = result["grant"]
    assert (result["__typename"], grant["state"], grant["uses"], grant["maxUses"]) == ("GrantSuccess", "ACTIVE", 0, 3)
    assert grant["terms"]["hash"] == shown["termsHash"]
    lasts = datetime.fromisoformat(grant["expiresAt"]) - datetime.fromisoformat(grant["notBefore"])
    assert lasts == timedelta(days=30)
    assert (grant["viewerCanRevoke"], grant["viewerCanRelease"], grant["releases"]) == (True, False, [])
    assert grant["authorizationRequest"]["id"] == shown["authorizationRequestId"]
    assert (grant["authorizationRequest"]["state"], grant["authorizationRequest"]["card"]) == ("APPROVED", None)
    assert grant["job"]["id"] == api.id("Job", recruiter.job)
    assert grant["signature"].count(".") == 2


async def test_less_than_was_asked_can_be_granted(api, candidate, shown):
    narrowing = {"dropCategories": ["EMAIL"], "maskCategories": ["PHONE"], "accessDays": 7, "maxUses": 1}

    result = await api.perform(MUTATION, candidate, **shown, narrowing={**narrowing, "retentionDays": 10})

    terms = result["grant"]["terms"]
    assert [(item["category"], item["form"]) for item in terms["categories"]] == [("NAME", "RAW"), ("PHONE", "MASKED")]
    assert [terms[name] for name in ("accessDays", "maxUses", "retentionDays")] == [7, 1, 10]
    assert terms["hash"] != shown["termsHash"]


async def test_the_same_choice_again_is_the_same_grant_even_after_it_was_revoked(api, candidate, shown):
    first = await api.perform(MUTATION, candidate, **shown)
    async with api.nothing_changes():
        assert await api.perform(MUTATION, candidate, **shown) == first
    await api.perform("revokeGrant", candidate, grantId=first["grant"]["id"])

    again = await api.refuse(MUTATION, candidate, **shown)

    assert (again["grant"]["id"], again["grant"]["state"]) == (first["grant"]["id"], "REVOKED")
    assert await Grant.all().count() == 1


async def test_another_choice_after_the_decision_is_refused_with_what_is_stored(api, candidate, shown):
    await api.perform(MUTATION, candidate, **shown)

    result = await api.refuse(MUTATION, candidate, **shown, narrowing={"dropCategories": ["NAME"]})

    assert result == not_open("ALREADY_DECIDED", shown, "APPROVED")


async def test_a_declined_and_a_recalled_request_cannot_be_approved(api, candidate, recruiter, shown):
    await api.perform("declineAuthorization", candidate, authorizationRequestId=shown["authorizationRequestId"])
    assert await api.refuse(MUTATION, candidate, **shown) == not_open("ALREADY_DECIDED", shown, "DECLINED")

    other = await api.world.candidate()
    recalled = of(api, await api.world.request(recruiter, other))
    await api.perform("recallAuthorization", recruiter, authorizationRequestId=recalled["authorizationRequestId"])
    assert await api.refuse(MUTATION, other, **recalled) == not_open("ALREADY_DECIDED", recalled, "RECALLED")


async def test_after_the_deadline_nothing_is_granted(api, candidate, recruiter):
    api.world.later(days=-15)
    expired = of(api, await api.world.request(recruiter, candidate))

    assert await api.refuse(MUTATION, candidate, **expired) == not_open("REQUEST_EXPIRED", expired, "EXPIRED")


async def test_the_request_of_an_employer_that_was_suspended_meanwhile_is_held(api, candidate, recruiter, shown):
    await Employer.filter(id=recruiter.employer.id).update(standing=Standing.SUSPENDED)

    assert await api.refuse(MUTATION, candidate, **shown) == not_open("REQUEST_HELD", shown, "PENDING")
    seen = await api.data("{ authorizationRequests { nodes { held viewerCanApprove viewerCanDecline } } }", candidate)
    assert seen["authorizationRequests"]["nodes"] == [
        {"held": True, "viewerCanApprove": False, "viewerCanDecline": True}
    ]


async def test_other_terms_than_those_that_were_shown_are_shown_again(api, candidate, shown):
    for terms_hash in ("", "0" * 64, "名"):
        result = await api.refuse(MUTATION, candidate, **{**shown, "termsHash": terms_hash})

        stored = {"id": shown["authorizationRequestId"], "state": "PENDING"}
        assert result == refusal("TermsChanged", "TERMS_CHANGED", authorizationRequest=stored)


async def test_more_than_was_asked_is_no_narrowing(api, candidate, shown):
    for narrowing, told in (
        ({"dropCategories": ["WECHAT"]}, ("NOT_A_NARROWING", "categories", None, "WECHAT")),
        ({"accessDays": 31}, ("NOT_A_NARROWING", "accessDays", "30", "31")),
        ({"retentionDays": 0}, ("NOT_A_NARROWING", "retentionDays", "90", "0")),
        ({"maxUses": 4}, ("NOT_A_NARROWING", "maxUses", "3", "4")),
        ({"dropCategories": ["NAME", "PHONE", "EMAIL"]}, ("NOTHING_ASKED", "categories", None, None)),
    ):
        code, field, limit, asked = told
        result = await api.refuse(MUTATION, candidate, **shown, narrowing=narrowing)
        assert result == refusal("LimitExceeded", code, field=field, limit=limit, asked=asked)


async def test_a_second_live_grant_for_the_same_job_is_a_conflict(api, candidate, recruiter, shown):
    second = await api.world.request(await api.world.member(employer=recruiter.employer), candidate)
    await api.perform(MUTATION, candidate, **shown)
    await Grant.filter(candidate_id=candidate.id).update(job_id=second.job_id)

    result = await api.refuse(MUTATION, candidate, **of(api, second))

    assert result == refusal("AskConflict", "ALREADY_GRANTED", until=None)


async def test_somebody_elses_request_and_none_at_all_are_one_answer(api, shown):
    other = await api.world.candidate()

    for wanted in (shown["authorizationRequestId"], api.id("AuthorizationRequest", SOME_UUID)):
        assert await api.refuse(MUTATION, other, **{**shown, "authorizationRequestId": wanted}) == NOT_FOUND


async def test_what_is_no_id_of_a_request_is_told_under_its_path(api, candidate):
    expected = wrong_id_told("AuthorizationRequest", "authorizationRequestId")
    for wrong_id in wrong_ids("AuthorizationRequest"):
        assert await api.refuse(MUTATION, candidate, authorizationRequestId=wrong_id, termsHash="") == expected


async def test_only_candidates_approve(api, roles, recruiter, shown):
    for who in (recruiter, roles.operator):
        assert await api.refuse(MUTATION, who, **shown) == NOT_ALLOWED
