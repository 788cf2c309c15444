"""Every test here gets its own database, opened by the application itself, and ends with a search for canaries."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import pytest

from consent.parties import Standing
from tests import engines
from tests.api.harness import Api, ApiWorld, Operator, opened, serving
from tests.api.recorder import Recorder
from tests.factories import CandidatePerson, MemberPerson


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture(scope="session")
def shared_database(template, tmp_path_factory):
    """One PostgreSQL database for all tests: emptying it is quicker than making one for each."""
    if engines.ENGINE == "sqlite":
        yield None
        return
    url = asyncio.run(engines.fresh_database(tmp_path_factory.mktemp("unused")))
    yield url
    asyncio.run(engines.drop_database(url))


@pytest.fixture
async def url(shared_database, tmp_path):
    """A migrated and empty database of the engine under test."""
    if shared_database is None:
        return await engines.fresh_database(tmp_path)
    await emptied(shared_database)
    return shared_database


async def emptied(url):
    """Delete every row, past the triggers that let no one delete."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%migration%'"
        )
        deletes = "; ".join(f'DELETE FROM "{table}"' for (table,) in tables)
        await connection.execute(f"SET session_replication_role = replica; {deletes}")
    finally:
        await connection.close()


@pytest.fixture
async def world(desk, recorder):
    """A world at this hour, because the application reads the clock."""
    return ApiWorld(desk, now=datetime.now(UTC), recorder=recorder)


@pytest.fixture
async def api(url, world, recorder):
    """The application in its development dress."""
    async with opened(url, world, recorder) as api:
        yield api
        await recorder.check()
        await recorder.check_database(url)


@pytest.fixture
async def live(api):
    """The address of the same application behind a real server."""
    async with serving(api) as address:
        yield address


@dataclass
class Roles:
    """Everybody who may call."""

    candidate: CandidatePerson
    other_candidate: CandidatePerson
    recruiter: MemberPerson
    rival: MemberPerson
    interviewer: MemberPerson
    suspended: MemberPerson
    unverified: MemberPerson
    operator: Operator
    anonymous: None = None


@pytest.fixture
async def roles(api: Api):
    world = api.world
    recruiter = await world.member()
    return Roles(
        candidate=await world.candidate(),
        other_candidate=await world.candidate(),
        recruiter=recruiter,
        rival=await world.member(),
        interviewer=await world.interviewer(recruiter),
        suspended=await world.suspended(),
        unverified=await world.member(standing=Standing.UNVERIFIED),
        operator=await world.operator(),
    )


@pytest.fixture
async def candidate(api: Api):
    return await api.world.candidate()


@pytest.fixture
async def recruiter(api: Api):
    return await api.world.member()
