"""The few statements that verbs write: insert a row, and compare-and-set.

A compare-and-set is the guard of every change of state: ``UPDATE … WHERE id = … AND state = …`` and the count of rows
it changed. It is SQL through Tortoise's connection because it stands on the hot path (``docs/decisions``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.models import Model

from models.database import CONNECTION

OPERATORS = {"": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class Column:
    """Another column of the same row, plus a constant: ``Column("uses", 1)`` is ``uses + 1``."""

    name: str
    plus: int = 0


class Statements:
    """Writes through one connection, in the dialect of its database."""

    def __init__(self, connection: BaseDBAsyncClient) -> None:
        self.connection = connection
        self.dialect: str = connection.capabilities.dialect

    async def insert(self, row: Model) -> None:
        """Insert a new row as it is. A broken constraint raises ``tortoise.exceptions.IntegrityError``."""
        sql, names = _insert_sql(type(row), self.dialect)
        await self.connection.execute_query(sql, [bindable(self.dialect, getattr(row, name)) for name in names])

    async def compare_and_set(self, model: type[Model], where: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Change the one row that still is as ``where`` says; tell whether there was one.

        Keys of ``where`` are columns, optionally with ``__gt``, ``__gte``, ``__lt``, ``__lte`` or ``__in``; a value
        of ``None`` means NULL, and :class:`Column` compares with another column.
        """
        binder = _Binder(self.dialect)
        assignments = ", ".join(f"{name} = {binder.term(value)}" for name, value in values.items())
        conditions = " AND ".join(binder.condition(key, value) for key, value in where.items())
        table = model._meta.db_table  # noqa: SLF001 - Tortoise's documented place for it
        count, _ = await self.connection.execute_query(
            f"UPDATE {table} SET {assignments} WHERE {conditions}",  # noqa: S608 - names are ours, values are bound
            binder.bound,
        )
        return count == 1

    async def query(self, sql: str, *values: object) -> Sequence[Mapping[str, Any]]:
        """Run a query written with ``?`` for its values and return the rows."""
        return await query(sql, *values, connection=self.connection)

    async def serialize(self, key: object) -> None:
        """Wait until no other transaction is inside with the same key. SQLite lets one writer in anyway."""
        if self.dialect != "sqlite":
            await self.query("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", str(key))


async def query(sql: str, *values: object, connection: BaseDBAsyncClient | None = None) -> Sequence[Mapping[str, Any]]:
    """Run a query written with ``?`` for its values, by default on the application's own connection."""
    client = connection or get_connection(CONNECTION)
    dialect: str = client.capabilities.dialect
    text = sql if dialect == "sqlite" else _numbered(sql)
    return await client.execute_query_dict(text, [bindable(dialect, value) for value in values])


def bindable(dialect: str, value: object) -> object:
    """Return a value as the driver wants it: SQLite has neither UUIDs, times nor booleans of its own."""
    if isinstance(value, Enum):
        return value.value
    if dialect != "sqlite":
        return value
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat(" ") if isinstance(value, datetime) else value


class _Binder:
    def __init__(self, dialect: str) -> None:
        self.dialect, self.bound = dialect, list[Any]()

    def term(self, value: object) -> str:
        if isinstance(value, Column):
            return f"{value.name} + {value.plus}" if value.plus else value.name
        self.bound.append(bindable(self.dialect, value))
        return _placeholder(self.dialect, len(self.bound))

    def condition(self, key: str, value: object) -> str:
        name, _, operator = key.partition("__")
        if value is None:
            return f"{name} IS NULL"
        if operator == "in":
            return f"{name} IN ({', '.join(self.term(item) for item in sorted(value))})"  # type: ignore[call-overload]  # enums sort as the strings they are
        return f"{name} {OPERATORS[operator]} {self.term(value)}"


@cache
def _insert_sql(model: type[Model], dialect: str) -> tuple[str, tuple[str, ...]]:
    meta = model._meta  # noqa: SLF001 - Tortoise's documented place for it
    names = tuple(name for name in meta.fields_db_projection if name in meta.fields_map)
    marks = ", ".join(_placeholder(dialect, number + 1) for number in range(len(names)))
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    return f"INSERT INTO {meta.db_table} ({columns}) VALUES ({marks})", names  # noqa: S608 - our own names


def _placeholder(dialect: str, number: int) -> str:
    return "?" if dialect == "sqlite" else f"${number}"


@cache
def _numbered(sql: str) -> str:
    pieces = sql.split("?")
    return "".join(f"{piece}${number}" for number, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
