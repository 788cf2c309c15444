from datetime import timedelta

import pytest

from models import DeletionDuty, Grant
from tests.api.answers import NOT_ALLOWED, NOT_FOUND, SOME_UUID, refusal, wrong_id_told, wrong_ids

MUTATION = "revokeGrant"


@pytest.fixture
async def grant_id(api, candidate, recruiter):
    return api.id("Grant", await api.world.grant(recruiter, candidate))


async def test_a_revoked_grant_opens_nothing_and_leaves_a_duty_to_delete(api, candidate, recruiter, grant_id):
    result = await api.perform(MUTATION, candidate, grantId=grant_id)

    grant = result["grant"]
    assert (result["__typename"], grant["state"], grant["viewerCanRevoke"]) == ("GrantSuccess", "REVOKED", False)
    assert grant["endedAt"] is not None
    seen = await api.data("{ grants { nodes { state viewerCanRelease viewerCanRevoke } } }", recruiter)
    assert seen["grants"]["nodes"] == [{"state": "REVOKED", "viewerCanRelease": False, "viewerCanRevoke": False}]
    duty = await DeletionDuty.get()
    assert duty.due_at - duty.opened_at == timedelta(days=30)


async def test_revoking_twice_is_revoking_once(api, candidate, grant_id):
    first = await api.perform(MUTATION, candidate, grantId=grant_id)

    assert await api.refuse(MUTATION, candidate, grantId=grant_id) == first


async def test_a_grant_whose_time_is_over_can_no_longer_be_revoked(api, candidate, grant_id):
    grant = await Grant.get()
    await Grant.all().update(expires_at=grant.not_before)

    assert await api.refuse(MUTATION, candidate, grantId=grant_id) == refusal("GrantNotEffective", "GRANT_ENDED")


async def test_somebody_elses_grant_and_none_at_all_are_one_answer(api, grant_id):
    other = await api.world.candidate()

    for wanted in (grant_id, api.id("Grant", SOME_UUID)):
        assert await api.refuse(MUTATION, other, grantId=wanted) == NOT_FOUND


async def test_what_is_no_id_of_a_grant_is_told_under_its_path(api, candidate):
    for wrong_id in wrong_ids("Grant"):
        assert await api.refuse(MUTATION, candidate, grantId=wrong_id) == wrong_id_told("Grant", "grantId")


async def test_only_candidates_revoke(api, roles, recruiter, grant_id):
    for who in (recruiter, roles.operator):
        assert await api.refuse(MUTATION, who, grantId=grant_id) == NOT_ALLOWED
