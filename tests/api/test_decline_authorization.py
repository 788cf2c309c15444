import pytest

from tests.api.answers import NOT_ALLOWED, NOT_FOUND, SOME_UUID, refusal, wrong_id_told, wrong_ids

MUTATION = "declineAuthorization"
SEEN = "{ authorizationRequests { nodes { state decidedAt held viewerCanRecall message grant { id } } } }"


@pytest.fixture
async def request_id(api, candidate, recruiter):
    return api.id("AuthorizationRequest", await api.world.request(recruiter, candidate))


def not_open(code, request_id, state):
    return refusal("RequestNotOpen", code, authorizationRequest={"id": request_id, "state": state})


async def test_a_refusal_is_known_to_the_candidate_and_looks_like_silence_to_the_employer(
    api, candidate, recruiter, request_id
):
    before = await api.data(SEEN, recruiter)

    result = await api.perform(MUTATION, candidate, authorizationRequestId=request_id)

    request = result["authorizationRequest"]
    assert (result["__typename"], request["state"]) == ("AuthorizationRequestSuccess", "DECLINED")
    assert (request["viewerCanApprove"], request["viewerCanDecline"]) == (False, False)
    assert await api.data(SEEN, recruiter) == before


async def test_refusing_twice_is_refusing_once(api, candidate, request_id):
    first = await api.perform(MUTATION, candidate, authorizationRequestId=request_id)

    assert await api.refuse(MUTATION, candidate, authorizationRequestId=request_id) == first


async def test_an_approved_a_recalled_and_an_expired_request_cannot_be_declined(api, candidate, recruiter, request_id):
    await api.perform("recallAuthorization", recruiter, authorizationRequestId=request_id)
    colleague, other = [await api.world.member(employer=recruiter.employer) for _ in range(2)]
    approved = api.id("AuthorizationRequest", (await api.world.grant(colleague, candidate)).request_id)
    api.world.later(days=-15)
    expired = api.id("AuthorizationRequest", await api.world.request(other, candidate))

    for wanted, code, state in (
        (request_id, "ALREADY_DECIDED", "RECALLED"),
        (approved, "ALREADY_DECIDED", "APPROVED"),
        (expired, "REQUEST_EXPIRED", "EXPIRED"),
    ):
        result = await api.refuse(MUTATION, candidate, authorizationRequestId=wanted)
        assert result == not_open(code, wanted, state)


async def test_somebody_elses_request_and_none_at_all_are_one_answer(api, request_id):
    other = await api.world.candidate()

    for wanted in (request_id, api.id("AuthorizationRequest", SOME_UUID)):
        assert await api.refuse(MUTATION, other, authorizationRequestId=wanted) == NOT_FOUND


async def test_what_is_no_id_of_a_request_is_told_under_its_path(api, candidate):
    expected = wrong_id_told("AuthorizationRequest", "authorizationRequestId")
    for wrong_id in wrong_ids("AuthorizationRequest"):
        assert await api.refuse(MUTATION, candidate, authorizationRequestId=wrong_id) == expected


async def test_only_candidates_decline(api, roles, recruiter, request_id):
    for who in (recruiter, roles.operator):
        assert await api.refuse(MUTATION, who, authorizationRequestId=request_id) == NOT_ALLOWED
