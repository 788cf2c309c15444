"""Bringing a database to the present structure, from any earlier one, with nothing lost.

SQLite: Tortoise's script runner commits as it goes, so the work is done on a copy which then takes the place of the
file in one rename; a kill in between leaves the old file as it was. Nobody else may have the file open meanwhile, since
what was written to the old file would be lost. Foreign keys are off, because rebuilding a table would cascade into its
children, and are checked before the rename. PostgreSQL: each migration is a transaction, and an advisory lock lets one
process at a time in.
"""

import fcntl
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.exceptions import OperationalError
from tortoise.migrations.api import migrate as apply_migrations

from models.database import is_sqlite, tortoise_config
from models.statements import query

ADVISORY_LOCK = 0x7265_7375_6D65  # "resume"

Report = Callable[[str], None]


class BrokenReferences(RuntimeError):
    """After a migration some rows refer to rows that do not exist; the old file was kept."""


class DatabaseInUse(RuntimeError):
    """A SQLite file cannot be migrated while another process has it open."""


async def migrate(url: str, report: Report = lambda _line: None, *, target: str | None = None) -> None:
    """Apply what is missing, up to ``target`` (such as ``models.0001_initial``) or all. Progress goes to ``report``."""
    if is_sqlite(url):
        await _migrate_sqlite(_file_of(url), report, target)
    else:
        async with _advisory_lock(url):
            await _apply(tortoise_config(url), report, target)


def available() -> list[str]:
    """Return the names of all migrations, in order."""
    return sorted(file.stem for file in (Path(__file__).parent / "migrations").glob("0*.py"))


async def missing() -> list[str]:
    """Return the migrations that the open database lacks."""
    try:
        applied = {row["name"] for row in await query("SELECT name FROM tortoise_migrations")}
    except OperationalError:
        return available()  # A database that nobody has migrated yet has not even the table.
    return [name for name in available() if name not in applied]


async def _apply(config: dict[str, Any], report: Report, target: str | None) -> None:
    try:
        await apply_migrations(config=config, target=target, progress=_reporter(report))
    finally:
        await Tortoise.close_connections()


async def _migrate_sqlite(file: Path, report: Report, target: str | None) -> None:
    with _file_lock(file):
        if target is None and _is_complete(file):
            return
        copy = file.with_name(file.name + ".migrating")
        with _alone(file) as old:
            _remove(copy)
            with _connected(copy) as new:
                old.backup(new)
            config = tortoise_config(f"sqlite://{copy}")
            config["connections"]["default"]["credentials"] |= {"foreign_keys": "OFF", "journal_mode": "DELETE"}
            await _apply(config, report, target)
            _check_references(copy)
            copy.replace(file)


def _reporter(report: Report) -> Callable[[str, str, str], None]:
    def progress(stage: str, _app: str, name: str) -> None:
        if stage.endswith("start"):
            report(name)

    return progress


def _is_complete(file: Path) -> bool:
    with _connected(file) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'").fetchone():
            return False
        applied = {row[0] for row in connection.execute("SELECT name FROM tortoise_migrations")}
    return applied.issuperset(available())


@contextmanager
def _alone(file: Path) -> Iterator[sqlite3.Connection]:
    """Hold the file's exclusive lock, with everything of its write-ahead log brought home and the log gone."""
    with _connected(file) as connection:
        connection.isolation_level = None
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # In this mode the lock stays.
        except sqlite3.OperationalError as busy:
            raise DatabaseInUse(f"{file} has to be migrated, but another process has it open: stop that one.") from busy
        yield connection


def _check_references(file: Path) -> None:
    with _connected(file) as connection:
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenReferences(f"{len(broken)} rows, the first in table {broken[0][0]}")


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _file_lock(file: Path) -> Iterator[None]:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.with_name(file.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def _advisory_lock(url: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        yield
    finally:
        await connection.close()


def _file_of(url: str) -> Path:
    return Path(tortoise_config(url)["connections"]["default"]["credentials"]["file_path"])


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
