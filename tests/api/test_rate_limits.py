import asyncio
from uuid import uuid4

import httpx2
import pytest

from tests import engines
from tests.api.answers import refusal
from tests.api.harness import opened
from tests.factories import PASSWORD

WRONG = refusal("InvalidCredentials", "INVALID_CREDENTIALS")


@pytest.fixture(params=["memory", "redis"])
async def limited(request, url, world, recorder):
    """The application with its counts in this process or in Redis, called from an address of its own."""
    redis_url = engines.redis_server() if request.param == "redis" else ""
    async with opened(url, world, recorder, redis_url=redis_url) as api:
        transport = httpx2.ASGITransport(app=recorder.wrap(api.app), client=(uuid4().hex, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://exchange.test") as api.client:
            yield api
        await close_redis(api)


async def close_redis(api):
    storage = api.app.state.service.throttle._limiter.storage
    bridge = getattr(storage, "bridge", None)
    if bridge is not None:
        await bridge.storage.aclose()


async def test_the_eleventh_sign_in_for_an_account_is_rate_limited_even_with_the_right_password(limited):
    email = f"{uuid4().hex}@people.example"
    await limited.perform("signUp", email=email, password=PASSWORD)
    for _ in range(10):
        assert await limited.perform("signIn", email=email, password="wrong") == WRONG

    refused = [await limited.refuse("signIn", email=email.upper(), password=PASSWORD) for _ in range(2)]

    for result in refused:
        assert 1 <= result.pop("retryAfter") <= 601
        assert result == refusal("RateLimited", "RATE_LIMITED")
    assert await limited.perform("signIn", email=f"{uuid4().hex}@people.example", password="wrong") == WRONG


async def test_eleven_tries_at_once_are_counted_one_by_one(limited):
    email = f"{uuid4().hex}@people.example"

    results = await asyncio.gather(*(limited.perform("signIn", email=email, password="wrong") for _ in range(15)))

    codes = [result["code"] for result in results]
    assert (codes.count("INVALID_CREDENTIALS"), codes.count("RATE_LIMITED")) == (10, 5)


async def test_an_address_may_try_thirty_times_whatever_the_accounts(limited):
    results = [await limited.perform("signIn", email=uuid4().hex, password="wrong") for _ in range(31)]

    assert [result["code"] for result in results] == ["INVALID_INPUT"] * 30 + ["RATE_LIMITED"]
