import pytest

from tests.api.answers import refusal
from tests.factories import PASSWORD

REFUSED = refusal("InvalidCredentials", "INVALID_CREDENTIALS")
VIEWER = "{ viewer { kind } }"


@pytest.fixture
async def session(api, recruiter):
    return await api.perform("signIn", email=recruiter.email, password=PASSWORD)


async def test_a_refresh_token_is_exchanged_for_a_new_pair(api, session):
    result = await api.perform("refreshSession", refreshToken=session["refreshToken"])

    assert (result["__typename"], result["kind"]) == ("SessionSuccess", "MEMBER")
    assert result["refreshToken"] != session["refreshToken"]
    for token in (session["accessToken"], result["accessToken"]):
        assert (await api.post(VIEWER, authorization=f"Bearer {token}")).json() == {
            "data": {"viewer": {"kind": "MEMBER"}}
        }


async def test_a_refresh_token_that_comes_twice_ends_the_whole_session(api, session):
    second = await api.perform("refreshSession", refreshToken=session["refreshToken"])

    assert await api.perform("refreshSession", refreshToken=session["refreshToken"]) == REFUSED

    assert await api.perform("refreshSession", refreshToken=second["refreshToken"]) == REFUSED
    answer = (await api.post(VIEWER, authorization=f"Bearer {second['accessToken']}")).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("token", ["", "x", "\0", "名", "x" * 10_000])
async def test_junk_is_not_accepted(api, token):
    assert await api.refuse("refreshSession", refreshToken=token) == REFUSED


async def test_the_refresh_token_of_an_ended_session_is_not_accepted(api, session):
    await api.post("mutation { signOut { __typename } }", authorization=f"Bearer {session['accessToken']}")

    assert await api.refuse("refreshSession", refreshToken=session["refreshToken"]) == REFUSED


async def test_the_121st_exchange_from_one_address_is_rate_limited(api):
    for _ in range(120):
        await api.app.state.service.throttle.hit("refresh", "127.0.0.1")

    result = await api.refuse("refreshSession", refreshToken="x")

    assert 1 <= result.pop("retryAfter") <= 601
    assert result == refusal("RateLimited", "RATE_LIMITED")
