import pytest

from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.terms import Category, Form, Narrowing
from models import Employer, Grant, Member, Release
from tests.api.answers import (
    NOT_ALLOWED,
    NOT_ASSIGNED,
    NOT_FOUND,
    SOME_UUID,
    SUSPENDED,
    invalid,
    refusal,
    wrong_id_told,
    wrong_ids,
)

MUTATION = "releaseContact"


@pytest.fixture
async def grant(api, candidate, recruiter):
    return await api.world.grant(recruiter, candidate)


@pytest.fixture
def wanted(api, grant):
    return {"grantId": api.id("Grant", grant), "categories": ["NAME", "EMAIL"], "idempotencyKey": "one"}


def text(form, value):
    return {"__typename": "DisclosedText", "form": form, "value": value}


async def test_what_was_granted_is_handed_over_in_the_granted_form_and_counted(api, candidate, recruiter, wanted):
    result = await api.perform(MUTATION, recruiter, **wanted)

    contact = {name: value for name, value in result["contact"].items() if value is not None}
    assert result["__typename"] == "ReleaseContactSuccess"
    assert contact == {
        "__typename": "DisclosedContact",
        "name": text("RAW", candidate.canary.name),
        "email": text("MASKED", "c***@***"),
    }
    assert (result["grant"]["uses"], result["grant"]["viewerCanRelease"]) == (1, True)
    release = result["release"]
    assert [(item["category"], item["form"]) for item in release["categories"]] == [
        ("EMAIL", "MASKED"),
        ("NAME", "RAW"),
    ]
    assert (release["grant"]["id"], release["memberName"]) == (
        wanted["grantId"],
        (await Member.get(id=recruiter.id)).display_name,
    )
    assert len(release["contentHash"]) == 64


async def test_every_category_can_be_released_and_the_document_comes_as_json(api, candidate, recruiter):
    raw = dict.fromkeys((Category.NAME, Category.PHONE, Category.EMAIL, Category.WECHAT), Form.RAW)
    asked = {**raw, Category.RESUME_DOCUMENT: Form.RAW, Category.EMPLOYER_NAMES: Form.MASKED}
    grant = await api.world.grant(recruiter, candidate, categories=asked)

    result = await api.perform(
        MUTATION, recruiter, grantId=api.id("Grant", grant), categories=[*asked], idempotencyKey="all"
    )

    contact, canary = result["contact"], candidate.canary
    assert [contact[kind]["value"] for kind in ("name", "phone", "email", "wechat")] == [
        canary.name,
        canary.phone,
        canary.email,
        canary.wechat,
    ]
    assert contact["resumeDocument"]["education"][0]["institution"] == canary.school
    assert "Tencent" not in contact["employerNames"]["value"]
    assert (contact["photo"], contact["address"]) == (None, None)


async def test_the_same_key_gives_the_same_release_and_counts_once(api, recruiter, wanted):
    first = await api.perform(MUTATION, recruiter, **wanted)

    assert await api.refuse(MUTATION, recruiter, **wanted) == first
    assert await Release.all().count() == 1


async def test_the_same_key_with_other_categories_or_other_content_is_a_mismatch(api, candidate, recruiter, wanted):
    await api.perform(MUTATION, recruiter, **wanted)
    mismatch = refusal("IdempotencyMismatch", "IDEMPOTENCY_MISMATCH")

    assert await api.refuse(MUTATION, recruiter, **{**wanted, "categories": ["PHONE"]}) == mismatch
    await api.perform("updateContactDetails", candidate, name="Renamed Person")
    assert await api.refuse(MUTATION, recruiter, **wanted) == mismatch


async def test_what_was_not_granted_and_nothing_at_all_are_beyond_the_limit(api, candidate, recruiter, wanted):
    beyond = await api.refuse(MUTATION, recruiter, **{**wanted, "categories": ["NAME", "WECHAT", "ADDRESS"]})
    nothing = await api.refuse(MUTATION, recruiter, **{**wanted, "categories": []})

    assert beyond == refusal(
        "LimitExceeded", "CATEGORY_NOT_GRANTED", field="categories", limit="EMAIL NAME PHONE", asked="ADDRESS WECHAT"
    )
    assert nothing == refusal("LimitExceeded", "NOTHING_ASKED", field="categories", limit=None, asked=None)


async def test_a_narrowed_grant_opens_only_what_is_left(api, candidate, recruiter):
    request = await api.world.request(recruiter, candidate)
    narrowing = Narrowing(drop=frozenset({Category.NAME}), mask=frozenset({Category.PHONE}))
    grant = await api.world.approve(candidate, request, narrowing)
    wanted = {"grantId": api.id("Grant", grant), "idempotencyKey": "one"}

    refused = await api.refuse(MUTATION, recruiter, **wanted, categories=["NAME"])
    result = await api.perform(MUTATION, recruiter, **wanted, categories=["PHONE"])

    assert refused["code"] == "CATEGORY_NOT_GRANTED"
    masked = f"+86 ****{candidate.canary.phone[-2:]}"
    assert result["contact"]["phone"] == text("MASKED", masked)


async def test_after_the_last_agreed_use_nothing_more_is_released(api, candidate, recruiter):
    grant = await api.world.grant(recruiter, candidate, max_uses=1)
    wanted = {"grantId": api.id("Grant", grant), "categories": ["NAME"]}
    await api.perform(MUTATION, recruiter, **wanted, idempotencyKey="one")

    refused = await api.refuse(MUTATION, recruiter, **wanted, idempotencyKey="two")
    repeated = await api.refuse(MUTATION, recruiter, **wanted, idempotencyKey="one")

    assert refused == refusal("GrantNotEffective", "USES_EXHAUSTED")
    assert repeated["contact"]["name"]["value"] == candidate.canary.name


async def test_a_grant_that_has_ended_is_paused_or_not_begun_opens_nothing(api, candidate, recruiter, grant, wanted):
    later = grant.expires_at
    for changes, code in (
        ({"state": GrantState.PAUSED}, "GRANT_PAUSED"),
        ({"state": GrantState.ACTIVE, "not_before": later}, "GRANT_NOT_YET_VALID"),
        ({"not_before": grant.not_before, "expires_at": grant.not_before}, "GRANT_ENDED"),
        ({"expires_at": later, "state": GrantState.REVOKED}, "GRANT_ENDED"),
    ):
        await Grant.filter(id=grant.id).update(**changes)
        assert await api.refuse(MUTATION, recruiter, **wanted) == refusal("GrantNotEffective", code)


async def test_a_repeated_release_is_refused_too_once_the_grant_is_revoked(api, candidate, recruiter, wanted):
    await api.perform(MUTATION, recruiter, **wanted)
    await api.perform("revokeGrant", candidate, grantId=wanted["grantId"])

    assert await api.refuse(MUTATION, recruiter, **wanted) == refusal("GrantNotEffective", "GRANT_ENDED")


async def test_colleagues_who_are_not_assigned_and_interviewers_receive_nothing(api, recruiter, wanted):
    colleague = await api.world.member(employer=recruiter.employer)
    admin = await api.world.member(employer=recruiter.employer, role=MemberRole.ADMIN)
    interviewer = await api.world.interviewer(recruiter)

    for who in (colleague, admin, interviewer):
        assert await api.refuse(MUTATION, who, **wanted) == NOT_ASSIGNED


async def test_a_suspended_employer_receives_nothing(api, recruiter, wanted):
    await Employer.filter(id=recruiter.employer.id).update(standing=Standing.SUSPENDED)

    assert await api.refuse(MUTATION, recruiter, **wanted) == SUSPENDED


async def test_a_key_that_is_empty_or_too_long_is_told_under_its_path(api, recruiter, wanted):
    for key in ("", "x" * 65):
        result = await api.refuse(MUTATION, recruiter, **{**wanted, "idempotencyKey": key})
        assert result == invalid(idempotencyKey="Give 1 to 64 characters.")


async def test_the_grant_of_another_employer_and_none_at_all_are_one_answer(api, wanted):
    rival = await api.world.member()

    for grant_id in (wanted["grantId"], api.id("Grant", SOME_UUID)):
        assert await api.refuse(MUTATION, rival, **{**wanted, "grantId": grant_id}) == NOT_FOUND


async def test_what_is_no_id_of_a_grant_is_told_under_its_path(api, recruiter):
    for wrong_id in wrong_ids("Grant"):
        given = {"grantId": wrong_id, "categories": ["NAME"], "idempotencyKey": "x"}
        assert await api.refuse(MUTATION, recruiter, **given) == wrong_id_told("Grant", "grantId")


async def test_only_members_receive(api, roles, candidate, wanted):
    for who in (candidate, roles.other_candidate, roles.operator):
        assert await api.refuse(MUTATION, who, **wanted) == NOT_ALLOWED
