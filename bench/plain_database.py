"""The database without an ORM: the drivers alone, with the same settings as the exchange gives them."""

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from models.database import is_sqlite, tortoise_config
from models.statements import _numbered, bindable

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]
Statements = Generator[tuple[str, Sequence[object]], Rows, T]
"""A transaction: yields statements written with ``?`` and their values, is sent the rows, returns its answer."""

WRITES = ("INSERT", "UPDATE", "DELETE")


class PlainDatabase(Protocol):
    """Reads one statement, or runs a transaction."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def read(self, sql: str, *values: object) -> Rows: ...
    async def transact(self, begin: Callable[[], Statements[T]]) -> T: ...


def plain_database(url: str) -> PlainDatabase:
    """Return the database of a URL."""
    return SqliteFile(url) if is_sqlite(url) else PostgresPool(url)


class SqliteFile:
    """One connection in one thread. A whole transaction is one visit to the thread."""

    def __init__(self, url: str) -> None:
        credentials = tortoise_config(url)["connections"]["default"]["credentials"]
        self._file = credentials.pop("file_path")
        self._pragmas = credentials
        self._thread = ThreadPoolExecutor(1)

    async def open(self) -> None:
        await self._visit(self._connect)

    async def close(self) -> None:
        await self._visit(self.connection.close)
        self._thread.shutdown()

    async def read(self, sql: str, *values: object) -> Rows:
        return await self._visit(lambda: self._rows(sql, values))

    async def transact(self, begin: Callable[[], Statements[T]]) -> T:
        return await self._visit(lambda: self.run(begin()))

    def run(self, statements: Statements[T]) -> T:
        """Run a transaction here and now."""
        self.connection.execute("BEGIN IMMEDIATE")
        rows: Rows = []
        try:
            next_statement = next(statements)
            while True:
                rows = self._rows(*next_statement)
                next_statement = statements.send(rows)
        except StopIteration as end:
            self.connection.execute("COMMIT")
            return end.value  # type: ignore[no-any-return]
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise

    def _connect(self) -> None:
        self.connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        for name, value in {"journal_mode": "WAL", "foreign_keys": "ON", **self._pragmas}.items():
            self.connection.execute(f"PRAGMA {name}={value}")

    def _rows(self, sql: str, values: Sequence[object]) -> Rows:
        cursor = self.connection.execute(sql, [bindable("sqlite", value) for value in values])
        rows: list[Any] = cursor.fetchall()
        return rows or [{"count": cursor.rowcount}] if sql.startswith(WRITES) else rows

    async def _visit(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class PostgresPool:
    """A pool as large as the exchange's own."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=10)

    async def close(self) -> None:
        await self._pool.close()

    async def read(self, sql: str, *values: object) -> Rows:
        return await self._pool.fetch(_numbered(sql), *(bindable("postgres", value) for value in values))  # type: ignore[no-any-return]

    async def transact(self, begin: Callable[[], Statements[T]]) -> T:
        async with self._pool.acquire() as connection, connection.transaction():
            statements = begin()
            try:
                sql, values = next(statements)
                while True:
                    sql, values = statements.send(await self._ask(connection, sql, values))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    @staticmethod
    async def _ask(connection: PoolConnectionProxy, sql: str, values: Sequence[object]) -> Rows:
        bound = [bindable("postgres", value) for value in values]
        if sql.startswith(WRITES) and "RETURNING" not in sql:
            status: str = await connection.execute(_numbered(sql), *bound)
            return [{"count": int(status.rsplit(" ", 1)[1])}]
        return await connection.fetch(_numbered(sql), *bound)  # type: ignore[no-any-return]
