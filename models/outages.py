"""Which errors say that the database is away or too busy for now, rather than that the program is wrong."""

import sqlite3

import asyncpg
from tortoise.exceptions import DBConnectionError, OperationalError

AWAY = (
    OSError,  # a refused or broken connection; a timeout is one too
    DBConnectionError,
    asyncpg.InterfaceError,  # the connection was closed under a statement,
    asyncpg.InternalClientError,  # or just when the next one was sent
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,  # shut down, restarted, or cancelled by its own limit of time
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # deadlocked in every attempt
)
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
PRIMARY_CODE = 0xFF


def is_outage(error: BaseException) -> bool:
    """Tell whether trying again later may well succeed."""
    cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
    if isinstance(cause, sqlite3.OperationalError):
        return getattr(cause, "sqlite_errorcode", 0) & PRIMARY_CODE in BUSY
    return isinstance(error, AWAY)
