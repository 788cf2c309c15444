"""SQLite: a write transaction takes its lock at once, and one that fails to begin or commit leaves nothing behind."""

import asyncio
import sqlite3
import time
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

OPEN_SECONDS = 5.0


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

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 - Tortoise's signature
        """Open the file with every pragma or not at all, and wait while another process holds its lock.

        The first change to write-ahead logging heeds no busy timeout; half opened, foreign keys would be off.
        """
        patience = time.monotonic() + OPEN_SECONDS
        while True:
            try:
                return await super().create_connection(with_db)
            except sqlite3.OperationalError as error:
                await self.close()
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                    raise OperationalError(error) from error
            await asyncio.sleep(0.02)

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


def get_client_class(_db_info: dict[str, Any]) -> type[SqliteClient]:
    """Return the client class: what Tortoise asks an engine module for."""
    return ExchangeSqliteClient
