"""The database is silent, or gone: clients are told to try again, and it heals by itself."""

import asyncio
import time
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.app.callers import APPROVE, INBOX, SIGN_IN, approval_of, calling, token_of
from tests.app.conftest import ON_POSTGRES
from tests.app.faults import faulty_link
from tests.app.processes import serving, within
from tests.app.wholeness import torn_approvals
from tests.factories import PASSWORD

pytestmark = ON_POSTGRES

LONGEST = 7
INTERNALS = ("asyncpg", "postgres", "tortoise", "Traceback", "SELECT", "connection", "127.0.0.1", "5432")


@pytest.fixture
async def link(database):
    parts = urlsplit(database)
    async with faulty_link(parts.hostname, parts.port or 5432) as link:
        yield link


@pytest.fixture
def behind_link(production, link):
    parts = urlsplit(production["database_url"])
    url = f"postgresql://{parts.username}@127.0.0.1:{link.port}{parts.path}"
    return {**production, "database_url": url}


@pytest.mark.parametrize("fault", ["fall_silent", "break_down"])
async def test_without_its_database_the_server_says_try_again_and_heals_by_itself(
    fault, town, behind_link, link, tmp_path
):
    candidate, member = await town.candidate(), await town.member()
    request = await town.request(member, candidate)

    async with serving(tmp_path, **behind_link) as server, asking(server, town, candidate) as caller:
        await caller.do(INBOX)
        getattr(link, fault)()
        answers = await asyncio.gather(
            caller.timed(INBOX),
            caller.timed(APPROVE, **approval_of(request)),
            caller.timed(SIGN_IN, email=candidate.email, password=PASSWORD),
        )
        again = await caller.timed(INBOX)
        health = await _health(server.url)
        link.heal()
        healed = await _until_healed(server.url)
        grant = await caller.do(APPROVE, **approval_of(request))

    for answer, seconds in [*answers, again]:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"], answer
        assert not any(word in str(answer["errors"]) for word in INTERNALS)
        assert seconds < within(LONGEST)
    assert health == {"/healthz": 200, "/readyz": 503, "/metrics": 200}
    assert healed < within(5)
    assert grant["__typename"] == "GrantSuccess"
    assert await torn_approvals() == []
    assert "Traceback" not in server.text()


async def test_a_burst_of_calls_during_a_silence_is_answered_in_time_and_the_pool_survives_it(
    town, behind_link, link, tmp_path
):
    candidate = await town.candidate()

    async with serving(tmp_path, **behind_link) as server, asking(server, town, candidate) as caller:
        await caller.do(INBOX)
        link.fall_silent()
        answers = await asyncio.gather(*(caller.timed(INBOX) for _ in range(40)))
        link.heal()
        healed = await _until_healed(server.url)
        after = await asyncio.gather(*(caller.timed(INBOX) for _ in range(40)))

    assert {error["extensions"]["code"] for answer, _ in answers for error in answer["errors"]} == {"UNAVAILABLE"}
    assert max(seconds for _, seconds in answers) < within(LONGEST)
    assert healed < within(5)
    assert all("errors" not in answer for answer, _ in after)
    assert max(seconds for _, seconds in after) < within(2)


async def test_a_server_with_a_silent_database_ends_when_it_is_told(town, behind_link, link, tmp_path):
    candidate = await town.candidate()

    async with serving(tmp_path, **behind_link) as server, asking(server, town, candidate) as caller:
        await caller.do(INBOX)
        link.fall_silent()
        waiting = asyncio.gather(*(caller.timed(INBOX) for _ in range(5)), return_exceptions=True)
        await asyncio.sleep(0.3)
        _, seconds = await server.stop()
        await waiting

    assert seconds < within(2 * LONGEST)


@asynccontextmanager
async def asking(server, town, person):
    async with calling((server.graphql, token_of(town, person))) as [caller]:
        yield caller


async def _health(url):
    async with httpx2.AsyncClient(timeout=LONGEST) as client:
        paths = ("/healthz", "/readyz", "/metrics")
        answers = await asyncio.gather(*(client.get(url + path) for path in paths))
    return dict(zip(paths, [answer.status_code for answer in answers], strict=True))


async def _until_healed(url):
    begun = time.perf_counter()
    async with httpx2.AsyncClient(timeout=LONGEST) as client:
        while (await client.get(f"{url}/readyz")).status_code != 200:
            assert time.perf_counter() - begun < 30
            await asyncio.sleep(0.1)
    return time.perf_counter() - begun
