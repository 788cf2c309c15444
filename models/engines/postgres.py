"""PostgreSQL: a connection whose transaction cannot begin goes back to the pool instead of being lost to it."""

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

ACQUIRE_SECONDS = 5.0


class ReturningTransactionContext(TransactionContextPooled):
    """Waits a bounded time for a connection and always gives it back."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool  # noqa: SLF001 - Tortoise offers no other way to its pool
        self.client._connection = await pool.acquire(timeout=ACQUIRE_SECONDS)  # noqa: SLF001
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)  # noqa: SLF001
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class ExchangePostgresClient(AsyncpgDBClient):
    """The client that Tortoise uses for PostgreSQL databases of the exchange."""

    def _in_transaction(self) -> TransactionContext:
        return ReturningTransactionContext(TransactionWrapper(self), self._pool_init_lock)


def get_client_class(_db_info: dict[str, Any]) -> type[AsyncpgDBClient]:
    """Return the client class: what Tortoise asks an engine module for."""
    return ExchangePostgresClient
