import pytest

from exchange import deciding
from tests.api.answers import NOT_ALLOWED, NOT_FOUND, SOME_UUID, refusal, wrong_id_told, wrong_ids

MUTATION = "recallAuthorization"


@pytest.fixture
async def request_id(api, candidate, recruiter):
    return api.id("AuthorizationRequest", await api.world.request(recruiter, candidate))


def too_late(request_id, state):
    stored = {"id": request_id, "state": state}
    return refusal("RequestNotOpen", "TOO_LATE", authorizationRequest=stored)


async def test_a_pending_request_is_taken_back(api, candidate, recruiter, request_id):
    result = await api.perform(MUTATION, recruiter, authorizationRequestId=request_id)

    request = result["authorizationRequest"]
    assert (result["__typename"], request["state"], request["viewerCanRecall"]) == (
        "AuthorizationRequestSuccess",
        "RECALLED",
        False,
    )
    assert request["decidedAt"] is not None
    inbox = await api.data("{ authorizationRequests { nodes { state viewerCanApprove } } }", candidate)
    assert inbox == {"authorizationRequests": {"nodes": [{"state": "RECALLED", "viewerCanApprove": False}]}}


async def test_a_request_that_was_declined_meanwhile_is_recalled_like_a_pending_one(api, candidate, recruiter):
    other = await api.world.candidate()
    first = await api.world.request(recruiter, candidate)
    second = await api.world.request(recruiter, other)
    await deciding.decline(api.world.call(candidate), request_id=first.id)

    answers = [
        await api.perform(MUTATION, recruiter, authorizationRequestId=api.id("AuthorizationRequest", row))
        for row in (first, second)
    ]

    shown = [
        {key: answer["authorizationRequest"][key] for key in ("state", "held", "viewerCanRecall", "message")}
        for answer in answers
    ]
    assert shown[0] == shown[1] == {**shown[0], "state": "RECALLED", "viewerCanRecall": False}


async def test_an_approved_and_a_recalled_request_can_no_longer_be_recalled(api, candidate, recruiter, request_id):
    await api.perform(MUTATION, recruiter, authorizationRequestId=request_id)
    again = await api.refuse(MUTATION, recruiter, authorizationRequestId=request_id)
    colleague = await api.world.member(employer=recruiter.employer)
    approved = api.id("AuthorizationRequest", (await api.world.grant(colleague, candidate)).request_id)

    assert again == too_late(request_id, "RECALLED")
    late = await api.refuse(MUTATION, recruiter, authorizationRequestId=approved)
    assert late == too_late(approved, "APPROVED")


async def test_an_expired_request_reads_not_available_and_cannot_be_recalled(api, candidate, recruiter):
    api.world.later(days=-15)
    expired = api.id("AuthorizationRequest", await api.world.request(recruiter, candidate))

    result = await api.refuse(MUTATION, recruiter, authorizationRequestId=expired)

    assert result == too_late(expired, "NOT_AVAILABLE")


async def test_a_request_of_another_employer_and_none_at_all_are_one_answer(api, request_id):
    rival = await api.world.member()

    for wanted in (request_id, api.id("AuthorizationRequest", SOME_UUID)):
        assert await api.refuse(MUTATION, rival, authorizationRequestId=wanted) == NOT_FOUND


async def test_what_is_no_id_of_a_request_is_told_under_its_path(api, recruiter):
    expected = wrong_id_told("AuthorizationRequest", "authorizationRequestId")
    for wrong_id in wrong_ids("AuthorizationRequest"):
        assert await api.refuse(MUTATION, recruiter, authorizationRequestId=wrong_id) == expected


async def test_only_members_recall(api, roles, candidate, request_id):
    for who in (candidate, roles.operator):
        assert await api.refuse(MUTATION, who, authorizationRequestId=request_id) == NOT_ALLOWED
