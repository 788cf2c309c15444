"""One verb, one transaction. The only place that opens one; a lint keeps it so.

Stock transactions break in two ways under a server: cancelling a task inside one wedges the connection, and a failed
commit may leave it open. Here the work runs in a task of its own behind a shield: whoever waits may be cancelled, the
work runs to its commit or its rollback. After the commit, and never inside the transaction, its callbacks are called.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from models.statements import Statements

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 4

_inside: ContextVar[bool] = ContextVar("inside_unit_of_work", default=False)
_running: set[asyncio.Task[Any]] = set()


class NestedUnitOfWork(RuntimeError):
    """A verb was called inside another verb: half of the work could then commit without the rest."""


class Transaction(Statements):
    """What a verb writes through. ``after_commit`` callbacks are plain, quick functions."""

    def __init__(self, connection: BaseDBAsyncClient) -> None:
        super().__init__(connection)
        self.callbacks: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once the transaction is committed; never, if it is rolled back."""
        self.callbacks.append(callback)


def unit_of_work(
    verb: Callable[Concatenate[Transaction, P], Awaitable[T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a verb run in one transaction: raising means that nothing happened."""

    @wraps(verb)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _inside.get():
            raise NestedUnitOfWork(verb.__name__)

        async def attempt(transaction: Transaction) -> T:
            return await verb(transaction, *args, **kwargs)

        task = asyncio.ensure_future(_with_retries(attempt))
        _running.add(task)
        task.add_done_callback(_forget)
        return await asyncio.shield(task)

    return run


async def drain() -> None:
    """Wait for every transaction that is still running: called before the database is closed."""
    while _running:
        await asyncio.wait(tuple(_running))


def _forget(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # Marks it as seen: whoever asked may have gone, and the rollback has already happened.


async def _with_retries(work: Callable[[Transaction], Awaitable[T]]) -> T:
    for _ in range(ATTEMPTS - 1):
        try:
            return await _transact(work)
        except asyncpg.TransactionRollbackError:
            # Deadlock or serialization failure: PostgreSQL undid everything and asks to try again.
            await asyncio.sleep(0)
    return await _transact(work)


async def _transact(work: Callable[[Transaction], Awaitable[T]]) -> T:
    token = _inside.set(True)
    try:
        async with in_transaction() as connection:
            transaction = Transaction(connection)
            result = await work(transaction)
    finally:
        _inside.reset(token)
    for callback in transaction.callbacks:
        callback()
    return result
