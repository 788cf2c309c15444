"""Migrations: a fresh database and an old one full of rows come out the same, and a kill in between costs nothing."""

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tortoise import Tortoise

from models.database import tortoise_config
from models.migrate import DatabaseInUse, available, migrate, missing
from tests import engines
from tests.app.processes import HOUSE
from tests.engines import ENGINE
from tests.models import old_rows, structure

FIRST = "models.0001_initial"
GOLDEN = Path(__file__).parent / "golden" / f"{ENGINE}.sql"
ON_SQLITE = pytest.mark.skipif(ENGINE != "sqlite", reason="of a database that is a file")

MIGRATE = """
import asyncio, os, signal, sys
from pathlib import Path
from models.migrate import migrate

def report(name):
    print(name, flush=True)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if "before-rename" in sys.argv:
    Path.replace = die
asyncio.run(migrate(sys.argv[1], report))
"""


@pytest.fixture
async def empty(template, tmp_path):
    """Yield the URL of a database without anything."""
    if ENGINE == "sqlite":
        yield f"sqlite://{tmp_path / 'old.db'}"
        return
    name = f"exchange_test_{uuid4().hex[:12]}"
    await engines._administer(f'CREATE DATABASE "{name}"')
    yield engines.postgres_server() + name
    await engines.drop_database(engines.postgres_server() + name)


@pytest.fixture(scope="module")
def old_template(template, tmp_path_factory):
    """Return a database as the first migration made it, with rows in every table: each test gets a copy."""
    name = f"exchange_old_{uuid4().hex[:12]}"
    file = tmp_path_factory.mktemp("old") / "old.db"
    url = f"sqlite://{file}" if ENGINE == "sqlite" else engines.postgres_server() + name

    async def make():
        if ENGINE == "postgres":
            await engines._administer(f'CREATE DATABASE "{name}"')
        await migrate(url, target=FIRST)
        await _execute(url, *old_rows.statements(ENGINE))

    asyncio.run(make())
    yield url
    asyncio.run(engines.drop_database(url))


@pytest.fixture
async def old(old_template, tmp_path):
    if ENGINE == "sqlite":
        yield f"sqlite://{shutil.copy(_file(old_template), tmp_path / 'old.db')}"
        return
    name = f"exchange_test_{uuid4().hex[:12]}"
    await engines._administer(f'CREATE DATABASE "{name}" TEMPLATE "{old_template.rsplit("/", 1)[1]}"')
    yield engines.postgres_server() + name
    await engines.drop_database(engines.postgres_server() + name)


async def test_a_fresh_database_has_the_structure_of_the_golden_file(empty):
    await migrate(empty)

    assert await structure.of(empty) == GOLDEN.read_text(encoding="utf-8")


async def test_an_old_database_full_of_rows_gets_the_same_structure_and_loses_no_row(old):
    before = await _contents(old)

    await migrate(old)

    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")
    assert {table: len(rows) for table, rows in before.items()} == old_rows.counts()
    assert await _contents(old) == before


async def test_every_table_has_rows_in_the_old_database(old):
    tables = {name for name in await _table_names(old) if name != "tortoise_migrations"}

    assert set(old_rows.counts()) == tables


async def test_old_cards_are_found_after_the_migration(old):
    await migrate(old)

    assert await _search(old, "python") == [10, 20, 30]
    assert await _search(old, "c++") == [10, 20, 30]
    assert await _search(old, "后端") == [10, 20, 30]
    assert await _search(old, "only1") == [20]
    assert await _search(old, "nobody") == []


async def test_the_next_card_is_fresher_than_every_old_one(old):
    await migrate(old)

    if ENGINE == "postgres":
        assert await _fetch(old, "SELECT nextval('card_sequence')") == [(31,)]
    else:
        assert await _fetch(old, "SELECT max(sequence) + 1 FROM card") == [(31,)]


async def test_guards_hold_for_old_rows_too(old):
    await migrate(old)

    for statement in (
        "DELETE FROM ledger_entry",
        "UPDATE release SET categories = 'PHONE:RAW'",
        "UPDATE consent_grant SET terms = '[]'",
        "UPDATE consent_grant SET uses = 4",
        "UPDATE authorization_request SET state = 'PENDING'",
    ):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.PostgresError)):
            await _execute(old, statement)
    assert {table: len(rows) for table, rows in (await _contents(old)).items()} == old_rows.counts()


async def test_migrating_twice_changes_nothing(old):
    lines = []
    await migrate(old)
    before = await _contents(old)

    await migrate(old, lines.append)

    assert lines == []
    assert await _contents(old) == before
    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")


async def test_progress_names_each_migration_that_was_missing(empty):
    lines = []

    await migrate(empty, lines.append)

    assert lines == available()


async def test_missing_names_what_a_database_lacks(old):
    async with _opened(old):
        lacking = await missing()
    await migrate(old)
    async with _opened(old):
        complete = await missing()

    assert lacking == [name for name in available() if not name.startswith("0001")]
    assert complete == []


async def test_processes_that_migrate_at_once_wait_for_each_other(old):
    ends = await asyncio.gather(*(asyncio.to_thread(_run, old) for _ in range(3)))

    assert [(end.returncode, end.stderr) for end in ends] == [(0, "")] * 3
    assert sorted(end.stdout for end in ends if end.stdout) == ["".join(f"{name}\n" for name in available()[1:])]
    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")


@ON_SQLITE
async def test_a_process_killed_before_the_new_file_takes_its_place_leaves_the_old_one_and_the_next_completes(old):
    before, shape = await _contents(old), await structure.of(old)

    killed = await asyncio.to_thread(_run, old, "before-rename")
    after, kept = await _contents(old), await structure.of(old)
    await migrate(old)

    assert killed.returncode == -signal.SIGKILL
    assert (after, kept) == (before, shape)
    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")
    assert await _contents(old) == before
    assert sorted(file.name for file in _file(old).parent.iterdir()) == ["old.db", "old.db.lock"]


@pytest.mark.parametrize("milliseconds", [0, 15])
async def test_a_process_killed_in_the_middle_of_a_migration_leaves_a_database_that_the_next_completes(
    milliseconds, old
):
    before = await _contents(old)

    await asyncio.to_thread(_kill_in_the_middle, old, milliseconds / 1000)
    between = await _contents(old)
    await migrate(old)

    assert between == before
    assert await _contents(old) == before
    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")
    assert await _search(old, "python") == [10, 20, 30]


@ON_SQLITE
async def test_what_still_stands_in_the_write_ahead_log_of_a_killed_process_is_migrated_too(old):
    await asyncio.to_thread(_rename_and_die, _file(old))
    logged = _file(old).with_name("old.db-wal").stat().st_size

    await migrate(old)

    assert logged > 0
    assert await _fetch(old, "SELECT DISTINCT legal_name FROM employer") == [("Renamed",)]


@ON_SQLITE
async def test_a_file_that_another_process_has_open_is_not_migrated_under_it(old):
    other = sqlite3.connect(_file(old), isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("UPDATE employer SET legal_name = 'First'")

    with pytest.raises(DatabaseInUse, match="stop that one"):
        await migrate(old)
    other.execute("UPDATE employer SET legal_name = 'Second'")
    other.close()
    await migrate(old)

    assert await _fetch(old, "SELECT DISTINCT legal_name FROM employer") == [("Second",)]
    assert await structure.of(old) == GOLDEN.read_text(encoding="utf-8")


@ON_SQLITE
async def test_a_file_that_is_complete_may_be_open_elsewhere(old):
    await migrate(old)
    other = sqlite3.connect(_file(old), isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")

    await migrate(old)

    other.close()


def _file(url):
    return Path(url.removeprefix("sqlite://"))


def _run(url, *arguments):
    command = [sys.executable, "-c", MIGRATE, url, *arguments]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)


def _kill_in_the_middle(url, seconds):
    """Start to migrate, and kill the process so many seconds after it began with the second migration."""
    with subprocess.Popen([sys.executable, "-c", MIGRATE, url], cwd=HOUSE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()


def _rename_and_die(file):
    script = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("UPDATE employer SET legal_name = 'Renamed'")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, str(file)], check=False)


@contextlib.asynccontextmanager
async def _opened(url):
    async with await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True):
        yield


async def _execute(url, *statements):
    if ENGINE == "sqlite":
        with contextlib.closing(sqlite3.connect(_file(url))) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
    finally:
        await connection.close()


async def _fetch(url, sql):
    if ENGINE == "sqlite":
        with contextlib.closing(sqlite3.connect(_file(url))) as connection:
            return connection.execute(sql).fetchall()
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _table_names(url):
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    postgres = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return [row[0] for row in await _fetch(url, sqlite if ENGINE == "sqlite" else postgres)]


async def _contents(url):
    """Return the rows of every table of the first migration, in the columns that they were filled in."""
    contents = {}
    for table in old_rows.counts():
        columns = ", ".join(old_rows.columns(table))
        contents[table] = sorted(map(repr, await _fetch(url, f"SELECT {columns} FROM {table}")))
    return contents


async def _search(url, word):
    sqlite = f"SELECT rowid FROM card_search WHERE card_search MATCH '\"{word}\"' ORDER BY rowid"
    postgres = f"SELECT sequence FROM card WHERE token_vector @@ $${word!r}$$::tsquery ORDER BY sequence"
    return [row[0] for row in await _fetch(url, sqlite if ENGINE == "sqlite" else postgres)]
