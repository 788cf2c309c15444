"""Fixtures for every test that needs a database: real, migrated, its own. ``TEST_ENGINE`` is sqlite or postgres."""

import pytest
from tortoise import Tortoise

from exchange.call import Desk
from models.database import tortoise_config
from models.unit_of_work import drain
from tests import engines
from tests.factories import World
from vault.keys import Keys

KEYS = Keys.generate()


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def template():
    engines.prepare_template()
    yield
    engines.drop_template()


@pytest.fixture
async def database(template, tmp_path):
    """Open a database of the engine under test and yield its URL."""
    url = await engines.fresh_database(tmp_path)
    context = await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)
    async with context:
        yield url
        await drain()
    await engines.drop_database(url)


@pytest.fixture
def desk():
    return Desk(KEYS)


@pytest.fixture
async def world(database, desk):
    """A small exchange to tell stories in."""
    return World(desk)
