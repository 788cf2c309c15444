"""The benchmark's own databases: which there are, whether they are what the sources would make, copies, removal."""

import asyncio
import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import asyncpg

from bench import made
from tests.engines import postgres_server

HERE = Path(__file__).resolve().parent
SOURCES = (
    *sorted((HERE.parent / "models" / "migrations").glob("0*.py")),
    *(HERE / name for name in ("made.py", "rows.py")),
    made.KEYS_FILE,
)
GENERATION = 1
"""To be counted up when the made-up people or the way cards are built change in what matters to a measurement."""
PREFIX = "exchange_bench_"


@cache
def server() -> str:
    """Return the PostgreSQL server; it is looked for in a thread, because that runs a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(postgres_server).result()


@dataclass(frozen=True, slots=True)
class Database:
    """One database of so many cards."""

    engine: str
    cards: int
    suffix: str = ""

    @property
    def name(self) -> str:
        """What it is called on a server."""
        return f"{PREFIX}{self.cards}{self.suffix}"

    @property
    def file(self) -> Path:
        """Where it is, if it is a file."""
        return made.FOLDER / f"{self.name}.db"

    @property
    def url(self) -> str:
        """Its URL."""
        return f"sqlite://{self.file}" if self.engine == "sqlite" else server() + self.name

    def is_loaded(self) -> bool:
        """Tell whether it holds what the present sources would load."""
        return _mark_of(self) == content_key(self.cards)


def content_key(cards: int) -> str:
    """Return a digest of everything that the rows depend on."""
    made.desk()  # Makes the keys, if there are none.
    digest = hashlib.sha256(f"{GENERATION} {cards}".encode())
    for file in SOURCES:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def mark(database: Database) -> None:
    """Write down that a database is loaded, and with what."""
    key = content_key(database.cards)
    if database.engine == "sqlite":
        _key_file(database).write_text(key)
    else:
        administer(f"COMMENT ON DATABASE \"{database.name}\" IS '{key}'")


def create(database: Database) -> None:
    """Begin anew with nothing."""
    remove(database)
    if database.engine == "postgres":
        administer(f'CREATE DATABASE "{database.name}"')


def copy(database: Database, suffix: str) -> Database:
    """Return a copy to write into; the database itself stays as it was loaded."""
    target = Database(database.engine, database.cards, suffix)
    remove(target)
    if database.engine == "sqlite":
        shutil.copy(database.file, target.file)
    else:
        administer(f'CREATE DATABASE "{target.name}" TEMPLATE "{database.name}"')
    return target


def remove(database: Database) -> None:
    """Remove a database, if it is there."""
    if database.engine == "postgres":
        administer(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')
        return
    for ending in ("", "-wal", "-shm", ".lock", ".migrating", ".key"):
        database.file.with_name(database.file.name + ending).unlink(missing_ok=True)


def drop_all() -> list[str]:
    """Remove everything that any run has made; return the names."""
    names = [
        row["datname"] for row in administer("SELECT datname FROM pg_database WHERE datname LIKE 'exchange_bench_%'")
    ]
    for name in names:
        administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(made.FOLDER, ignore_errors=True)
    return [*names, str(made.FOLDER.name)]


def administer(statement: str, name: str = "postgres") -> list[asyncpg.Record]:
    """Run one statement outside of any benchmark's database, or in a named one."""
    url = server() + name
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_fetch(url, statement))).result()


async def _fetch(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


def _mark_of(database: Database) -> str | None:
    if database.engine == "sqlite":
        file = _key_file(database)
        return file.read_text() if file.exists() and database.file.exists() else None
    comment = "SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = "
    rows = administer(f"{comment}'{database.name}'")
    return rows[0]["mark"] if rows else None


def _key_file(database: Database) -> Path:
    return database.file.with_name(database.file.name + ".key")
