import pytest

from tests.api.answers import NOT_ALLOWED, invalid

PHONE = "Give a phone number, with its country code outside mainland China, such as +852 5123 4567."
LONG = "Give at most 300 printable characters."


async def test_what_is_given_is_set_what_is_null_is_removed_and_the_rest_stays(api, candidate):
    result = await api.perform("updateContactDetails", candidate, phone="139 1234 5678", wechat=None, address="")

    assert result["__typename"] == "CandidateProfileSuccess"
    assert result["profile"]["contact"] == {
        "__typename": "OwnContact",
        "name": candidate.canary.name,
        "phone": "+8613912345678",
        "email": candidate.canary.email,
        "wechat": None,
        "address": None,
    }


async def test_nothing_given_changes_no_value(api, candidate):
    result = await api.perform("updateContactDetails", candidate)

    assert result["profile"]["contact"]["address"] == candidate.canary.address


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"phone": "x"}, {"phone": PHONE}),
        ({"phone": "12"}, {"phone": PHONE}),
        ({"email": "x"}, {"email": "Give one e-mail address, such as name@example.com."}),
        ({"name": "x" * 301}, {"name": LONG}),
        ({"wechat": "line\nbreak"}, {"wechat": LONG}),
        ({"address": "\0"}, {"address": LONG}),
    ],
)
async def test_a_value_that_cannot_be_is_told_under_its_path_and_nothing_changes(api, candidate, changes, problem):
    result = await api.refuse("updateContactDetails", candidate, **{"name": "Somebody Else", **changes})

    assert result == invalid(**problem)


async def test_no_contact_detail_reaches_the_card(api, candidate, recruiter):
    await api.perform("updateContactDetails", candidate, wechat="entirely_new_wechat")

    assert "entirely_new_wechat" not in str(await api.data("{ cards { nodes { skills { name } } } }", recruiter))


async def test_only_candidates_have_contact_details(api, roles):
    for who in (roles.recruiter, roles.operator):
        assert await api.refuse("updateContactDetails", who, name="X") == NOT_ALLOWED
