import pytest

from tests.api.answers import NOT_ALLOWED, invalid

PAY = {"amount": 30_000, "currency": "CNY", "period": "MONTH"}
CARDS = "{ cards { nodes { expectedPay { min max currency period } availability { code name } } } }"


async def test_preferences_are_kept_exactly_and_shown_as_a_band(api, candidate, recruiter):
    result = await api.perform("updateJobPreferences", candidate, expectedPay=PAY, availability="ONE_MONTH")

    profile = result["profile"]
    assert profile["expectedPay"] == {"__typename": "ExpectedPay", **PAY}
    assert profile["availability"] == "ONE_MONTH"
    (card,) = (await api.data(CARDS, recruiter))["cards"]["nodes"]
    assert card["expectedPay"]["min"] <= 30_000 < card["expectedPay"]["max"]
    assert (card["expectedPay"]["currency"], card["expectedPay"]["period"]) == ("CNY", "MONTH")
    assert card["availability"]["code"] == "ONE_MONTH"


async def test_null_clears_both(api, candidate, recruiter):
    await api.perform("updateJobPreferences", candidate, expectedPay=PAY, availability="LATER")

    result = await api.perform("updateJobPreferences", candidate, expectedPay=None, availability=None)

    assert (result["profile"]["expectedPay"], result["profile"]["availability"]) == (None, None)
    assert (await api.data(CARDS, recruiter))["cards"]["nodes"] == [{"expectedPay": None, "availability": None}]


@pytest.mark.parametrize(
    ("pay", "problem"),
    [
        ({**PAY, "amount": 0}, {"expectedPay__amount": "The amount must be from 1 to 1000000000000."}),
        ({**PAY, "amount": -5}, {"expectedPay__amount": "The amount must be from 1 to 1000000000000."}),
        (
            {**PAY, "currency": "cny"},
            {"expectedPay__currency": "The currency must be a three-letter ISO 4217 code in capitals."},
        ),
    ],
)
async def test_pay_that_cannot_be_is_told_under_its_path(api, candidate, pay, problem):
    assert await api.refuse("updateJobPreferences", candidate, expectedPay=pay) == invalid(**problem)


async def test_only_candidates_have_preferences(api, roles):
    for who in (roles.recruiter, roles.operator):
        assert await api.refuse("updateJobPreferences", who, availability="LATER") == NOT_ALLOWED
