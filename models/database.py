"""Where the database is and how it is opened: one configuration for SQLite and PostgreSQL."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMAND_SECONDS = 5
CONNECTION = "default"


class UnknownDatabase(ValueError):
    """A database URL that is neither SQLite nor PostgreSQL."""


def tortoise_config(url: str, *, pool_size: int = 10) -> dict[str, Any]:
    """Return Tortoise's configuration for ``sqlite:///path`` or ``postgresql://user:password@host:port/name``."""
    return {
        "connections": {CONNECTION: _connection(url, pool_size)},
        "apps": {"models": {"models": ["models"], "default_connection": CONNECTION, "migrations": "models.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def is_sqlite(url: str) -> bool:
    """Tell whether a database URL names a SQLite file."""
    return urlsplit(url).scheme == "sqlite"


def _connection(url: str, pool_size: int) -> dict[str, Any]:
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _sqlite(url.removeprefix("sqlite://"))
    if scheme in {"postgres", "postgresql"}:
        return _postgres(url, pool_size)
    raise UnknownDatabase("DATABASE_URL must begin with sqlite:/// or postgresql://")


def _sqlite(path: str) -> dict[str, Any]:
    file = path.removeprefix("/") if path.startswith("/.") else path
    Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # synchronous=FULL: an acknowledged approval must survive a power cut.
    pragmas = {"synchronous": "FULL", "busy_timeout": 5000, "cache_size": -65536, "temp_store": "MEMORY"}
    return {"engine": "models.engines.sqlite", "credentials": {"file_path": file, **pragmas}}


def _postgres(url: str, pool_size: int) -> dict[str, Any]:
    parts = urlsplit(url)
    credentials = {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.removeprefix("/"),
        "minsize": 1,
        "maxsize": pool_size,
        "reset": _nothing_to_reset,
        "timeout": COMMAND_SECONDS,
        "command_timeout": COMMAND_SECONDS,
        "server_settings": {
            "statement_timeout": str(COMMAND_SECONDS * 1000),
            "timezone": "UTC",
            # A plan that knows neither the tokens nor the limit of a search may read the whole table.
            "plan_cache_mode": "force_custom_plan",
            "random_page_cost": "1.1",
        },
    }
    return {"engine": "models.engines.postgres", "credentials": credentials}


async def _nothing_to_reset(_connection: object) -> None:
    """Spare a round trip for each statement: asyncpg itself ends transactions, and sessions hold nothing else."""
