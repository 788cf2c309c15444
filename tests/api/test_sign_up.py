from datetime import UTC, datetime, timedelta

import pytest

from models import Account, Candidate
from tests.api.answers import invalid, refusal

NEW = {"email": "new@people.example", "password": "ten quiet harbours"}
PROFILE = "{ viewer { kind candidate { visibility resume cardPreview { id } contact { name email } } member { id } } }"


async def test_signing_up_opens_a_hidden_and_empty_account_and_signs_it_in(api):
    result = await api.perform("signUp", **NEW)

    assert (result["__typename"], result["kind"]) == ("SessionSuccess", "CANDIDATE")
    lasts = datetime.fromisoformat(result["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < lasts <= timedelta(minutes=10)
    profile = (await api.post(PROFILE, authorization=f"Bearer {result['accessToken']}")).json()["data"]["viewer"]
    assert profile == {
        "kind": "CANDIDATE",
        "candidate": {
            "visibility": "HIDDEN",
            "resume": None,
            "cardPreview": None,
            "contact": {"name": None, "email": None},
        },
        "member": None,
    }
    assert (await Account.all().count(), await Candidate.all().count()) == (1, 1)


@pytest.mark.parametrize("email", ["new@people.example", "NEW@people.example", " new@people.example "])
async def test_an_address_that_has_an_account_is_told_to_sign_in(api, email):
    await api.perform("signUp", **NEW)

    result = await api.refuse("signUp", email=email, password="another long secret")

    assert result == {
        "__typename": "EmailTaken",
        "code": "EMAIL_TAKEN",
        "message": "There is an account with this e-mail address: sign in.",
    }


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "spaced name@people.example", "@people.example", "name@"])
async def test_what_is_no_address_is_invalid(api, email):
    result = await api.refuse("signUp", **{**NEW, "email": email})

    assert result == invalid(email="Give one e-mail address, such as name@example.com.")


@pytest.mark.parametrize("password", ["", "nine char", "x" * 201, "aaaaaaaaaaaa", "1234567890"])
async def test_a_password_that_is_easily_guessed_is_invalid(api, password):
    result = await api.refuse("signUp", **{**NEW, "password": password})

    assert (result["code"], [problem["path"] for problem in result["problems"]]) == ("INVALID_INPUT", ["password"])
    assert password == "" or password not in str(result)


async def test_the_twenty_first_sign_up_from_one_address_is_rate_limited(api):
    for number in range(20):
        await api.perform("signUp", email="x", password=str(number))

    result = await api.refuse("signUp", **NEW)

    assert 1 <= result.pop("retryAfter") <= 601
    assert result == refusal("RateLimited", "RATE_LIMITED")
