import pytest

from tests.api.answers import NOT_ALLOWED, NOT_ASSIGNED, NOT_VERIFIED, SUSPENDED, invalid

PAY = {"amount": 20_000, "currency": "CNY", "period": "MONTH"}
NEW = {"title": " 后端工程师 ", "description": "Build.", "city": "杭州", "pay": PAY, "payTo": 30_000}
RANGE = "State a range of pay above zero, from lower to higher."


async def test_function_and_region_are_read_from_title_and_city(api, recruiter):
    result = await api.perform("createJob", recruiter, **NEW)

    job = result["job"]
    assert (result["__typename"], job["title"], job["description"]) == ("JobSuccess", "后端工程师", "Build.")
    assert job["function"]["code"] == "backend"
    assert job["region"] == {"__typename": "Term", "code": "cn.zj.hangzhou", "name": "Hangzhou"}
    assert job["pay"] == {"__typename": "PayBand", "min": 20_000, "max": 30_000, "currency": "CNY", "period": "MONTH"}
    assert job["state"] == "OPEN"
    listed = (await api.data("{ jobs { nodes { id } } }", recruiter))["jobs"]["nodes"]
    assert [node["id"] for node in listed] == [job["id"], api.id("Job", recruiter.job)]


async def test_names_of_terms_follow_the_language(api, recruiter):
    names = [
        (await api.perform("createJob", recruiter, language=language, **NEW))["job"]["region"]["name"]
        for language in ("en", "zh", "zh-CN, en;q=0.5", "de, en;q=0.1", "")
    ]

    assert names == ["Hangzhou", "杭州", "杭州", "Hangzhou", "杭州"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"title": " "}, {"title": "Give 1 to 120 characters."}),
        ({"title": "x" * 121}, {"title": "Give 1 to 120 characters."}),
        ({"description": "x" * 5001}, {"description": "Give at most 5000 characters."}),
        ({"payTo": 19_999}, {"pay": RANGE}),
        ({"payTo": 100_000_001}, {"pay": RANGE}),
        ({"pay": {**PAY, "amount": 0}}, {"pay__amount": "The amount must be from 1 to 1000000000000."}),
        (
            {"pay": {**PAY, "currency": "XXX"}},
            {"pay__currency": "The currency must be a three-letter ISO 4217 code in capitals."},
        ),
        ({"title": "", "payTo": 0}, {"title": "Give 1 to 120 characters.", "pay": RANGE}),
    ],
)
async def test_what_cannot_be_is_told_under_its_path(api, recruiter, changes, problems):
    assert await api.refuse("createJob", recruiter, **{**NEW, **changes}) == invalid(**problems)


async def test_only_recruiters_of_verified_employers_create_jobs(api, roles):
    for who, expected in (
        (roles.candidate, NOT_ALLOWED),
        (roles.operator, NOT_ALLOWED),
        (roles.interviewer, NOT_ASSIGNED),
        (roles.unverified, NOT_VERIFIED),
        (roles.suspended, SUSPENDED),
    ):
        assert await api.refuse("createJob", who, **NEW) == expected
