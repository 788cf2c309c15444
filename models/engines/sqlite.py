"""SQLite: a write transaction takes its lock at once, and one that fails to begin or commit leaves nothing behind."""

import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that never has to upgrade its lock, so two processes wait instead of failing."""

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def commit(self) -> None:
        try:
            await super().commit()
        except BaseException:
            # A failed COMMIT leaves SQLite inside the transaction, where later writes would be lost.
            await self._connection.rollback()
            self._finalized = True
            raise


class ImmediateTransactionContext(SqliteTransactionContext):
    """Gives the connection's lock back when the transaction cannot begin."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection  # type: ignore[no-any-return]  # Tortoise types its slot as Any


class ExchangeSqliteClient(SqliteClient):
    """The client that Tortoise uses for SQLite databases of the exchange."""

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


def get_client_class(_db_info: dict[str, Any]) -> type[SqliteClient]:
    """Return the client class: what Tortoise asks an engine module for."""
    return ExchangeSqliteClient
