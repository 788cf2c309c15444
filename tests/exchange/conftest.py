"""On PostgreSQL these many tests share one database, emptied before each: making and dropping one takes a second."""

import asyncio

import asyncpg
import pytest
from tortoise import Tortoise

from models.database import tortoise_config
from models.unit_of_work import drain
from tests import engines


@pytest.fixture(scope="session")
def shared_database(template, tmp_path_factory):
    if engines.ENGINE == "sqlite":
        yield None
        return
    url = asyncio.run(engines.fresh_database(tmp_path_factory.mktemp("shared")))
    # A crash of the server is tried elsewhere; here it need not wait for the disk.
    asyncio.run(_execute(url, f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET synchronous_commit = off"))
    yield url
    asyncio.run(engines.drop_database(url))


@pytest.fixture
async def database(shared_database, tmp_path):
    """Open an empty database of the engine under test and yield its URL."""
    url = shared_database or await engines.fresh_database(tmp_path)
    if shared_database:
        await _empty(url)
    context = await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)
    async with context:
        yield url
        await drain()


async def _empty(url):
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        kept = {"tortoise_migrations"}
        emptied = "; ".join(f"DELETE FROM {row['tablename']}" for row in names if row["tablename"] not in kept)
        # As a replica, no trigger refuses and no foreign key asks for an order.
        await connection.execute(
            f"SET session_replication_role = replica; {emptied}; ALTER SEQUENCE card_sequence RESTART"
        )
    finally:
        await connection.close()


async def _execute(url, statement):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
