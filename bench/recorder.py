"""Which statements reach the database: counted at the driver, below the ORM."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiosqlite
from asyncpg import Connection as PostgresConnection


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Give a list to which every statement that is run in the block is added. ``BEGIN`` and ``COMMIT`` are not."""
    statements: list[str] = []
    originals = {
        (aiosqlite.Connection, "execute"): aiosqlite.Connection.execute,
        (aiosqlite.Connection, "execute_fetchall"): aiosqlite.Connection.execute_fetchall,
        (PostgresConnection, "_execute"): PostgresConnection._execute,  # noqa: SLF001 - every way of asking leads here
    }
    for (owner, name), original in originals.items():
        setattr(owner, name, _recording(original, statements))
    try:
        yield statements
    finally:
        for (owner, name), original in originals.items():
            setattr(owner, name, original)


def _recording(original, statements: list[str]):  # noqa: ANN001, ANN202 - whatever the driver takes and gives
    def record(self, sql: str, *args: object, **kwargs: object) -> object:  # noqa: ANN001
        if not sql.lstrip().upper().startswith(("BEGIN", "COMMIT")):
            statements.append(sql)
        return original(self, sql, *args, **kwargs)

    return record
