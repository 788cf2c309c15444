"""PostgreSQL: every wait is bounded, and a connection in doubt is thrown away instead of being lost to the pool.

Stock Tortoise waits for ever for a free connection, and for one whose server has fallen silent while it gives it back;
a transaction that cannot begin keeps its connection. Giving back is bounded here, and never turns what was done into
an error: after a commit it is done, whatever becomes of the connection.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    PoolConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

ACQUIRE_SECONDS = 5.0
RELEASE_SECONDS = 1.0
CLOSE_SECONDS = 2.0
BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class BoundedConnection(PoolConnectionWrapper[Any]):
    """One statement's loan from the pool."""

    async def __aenter__(self) -> Any:  # noqa: ANN401 - asyncpg's proxy has no type of its own
        await self.ensure_connection()
        self.connection = await self.client._pool.acquire(timeout=ACQUIRE_SECONDS)  # noqa: SLF001 - Tortoise offers no other way
        return self.connection

    async def __aexit__(self, *_exception: object) -> None:
        await _give_back(self.client._pool, self.connection)  # noqa: SLF001 - same


class ReturningTransactionContext(TransactionContextPooled):
    """Waits a bounded time for a connection and always gives it back."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool  # noqa: SLF001 - Tortoise offers no other way to its pool
        self.client._connection = await pool.acquire(timeout=ACQUIRE_SECONDS)  # noqa: SLF001
        try:
            await self.client.begin()
        except BaseException:
            await _give_back(pool, self.client._connection)  # noqa: SLF001
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            await (self.client.commit() if kind is None else self._roll_back())
        finally:
            get_connections().reset(self.token)
            await _give_back(self.client._parent._pool, self.client._connection)  # noqa: SLF001

    async def _roll_back(self) -> None:
        """Roll back, or drop the connection, which does the same; either way the first error is the one that counts."""
        if self.client._finalized:  # noqa: SLF001 - as above
            return
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self.client.rollback()
        except BROKEN:
            self.client._connection.terminate()  # noqa: SLF001


class ExchangePostgresClient(AsyncpgDBClient):
    """The client that Tortoise uses for PostgreSQL databases of the exchange."""

    def acquire_connection(self) -> PoolConnectionWrapper[Any]:
        """Borrow a connection for one statement."""
        return BoundedConnection(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return ReturningTransactionContext(TransactionWrapper(self), self._pool_init_lock)

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            pool.terminate()


async def _give_back(pool: Any, connection: Any) -> None:  # noqa: ANN401 - asyncpg is not typed
    """Return a connection; one that cannot be reset in time is terminated by the pool itself."""
    with contextlib.suppress(*BROKEN):
        await pool.release(connection, timeout=RELEASE_SECONDS)


def get_client_class(_db_info: dict[str, Any]) -> type[AsyncpgDBClient]:
    """Return the client class: what Tortoise asks an engine module for."""
    return ExchangePostgresClient
