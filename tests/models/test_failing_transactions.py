"""Commits that fail, transactions that cannot begin, deadlocks and an empty pool: each is told, and none lasts."""

import asyncio
import sqlite3
import time

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.exceptions import BaseORMException, OperationalError

from models import OutboxMessage
from models.database import tortoise_config
from models.outages import is_outage
from models.statements import query
from models.unit_of_work import ATTEMPTS, Transaction, drain, unit_of_work
from tests.app.processes import within
from tests.engines import ENGINE
from tests.factories import NOW

ON_SQLITE = pytest.mark.skipif(ENGINE != "sqlite", reason="of SQLite's one connection")
ON_POSTGRES = pytest.mark.skipif(ENGINE != "postgres", reason="of PostgreSQL's pool and row locks")


@unit_of_work
async def tell(transaction: Transaction, topic: str, payload: str = "{}") -> None:
    await transaction.insert(OutboxMessage(topic=topic, payload=payload, due_at=NOW, created_at=NOW))


async def topics():
    return sorted(await OutboxMessage.all().values_list("topic", flat=True))


@unit_of_work
async def break_a_deferred_key(transaction: Transaction) -> None:
    await transaction.insert(OutboxMessage(topic="lost", payload="{}", due_at=NOW, created_at=NOW))
    await transaction.query("INSERT INTO child (parent_id) VALUES (?)", 1)


async def test_a_commit_that_fails_is_told_and_later_writes_are_not_lost(database):
    await query("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    await query("CREATE TABLE child (parent_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")

    for _ in range(3):
        with pytest.raises((sqlite3.IntegrityError, BaseORMException, asyncpg.PostgresError)):
            await break_a_deferred_key()
    await tell("later")

    assert await topics() == ["later"]
    assert await _seen_by_others(database) == ["later"]


@ON_SQLITE
async def test_a_disk_that_is_full_is_told_and_writes_work_again_when_there_is_room(database):
    await tell("before")
    pages = (await query("PRAGMA page_count"))[0]["page_count"]
    await query(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(OperationalError) as full:
        await _fill_up()
    await query("PRAGMA max_page_count = 1000000")
    fitted = await OutboxMessage.filter(topic="too much").count()
    await tell("after")

    assert is_outage(full.value)
    assert await _seen_by_others(database) == ["after", "before", *["too much"] * fitted]


@ON_SQLITE
async def test_a_transaction_that_cannot_begin_gives_the_connection_back(database):
    file = database.removeprefix("sqlite://")
    await query("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="locked") as locked:
        await tell("locked out")
    read = await topics()
    other.execute("ROLLBACK")
    other.close()
    await asyncio.wait_for(tell("let in"), 2)

    assert is_outage(locked.value)
    assert read == []
    assert await topics() == ["let in"]


@ON_SQLITE
async def test_a_transaction_waits_for_the_lock_of_another_process_instead_of_failing(database):
    other = sqlite3.connect(database.removeprefix("sqlite://"), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    waiting = asyncio.ensure_future(tell("patient"))
    await asyncio.sleep(0.3)
    still = waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting

    assert not still
    assert await topics() == ["patient"]


@ON_POSTGRES
async def test_a_deadlock_is_tried_again_and_both_verbs_succeed(database):
    await tell("a")
    await tell("b")
    both_in, tries = asyncio.Barrier(2), []

    @unit_of_work
    async def touch(transaction: Transaction, first: str, second: str) -> None:
        tries.append(first)
        await transaction.query("UPDATE outbox_message SET attempts = attempts + 1 WHERE topic = ?", first)
        if len(tries) <= 2:
            await both_in.wait()
        await transaction.query("UPDATE outbox_message SET attempts = attempts + 1 WHERE topic = ?", second)

    await asyncio.gather(touch("a", "b"), touch("b", "a"))

    assert len(tries) == 3
    assert await OutboxMessage.all().order_by("topic").values_list("attempts", flat=True) == [2, 2]


@ON_POSTGRES
async def test_a_conflict_that_never_ends_is_told_after_some_attempts(database):
    tries = []

    @unit_of_work
    async def unlucky(transaction: Transaction) -> None:
        tries.append(1)
        await transaction.insert(OutboxMessage(topic="lost", payload="{}", due_at=NOW, created_at=NOW))
        await transaction.query("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$")

    with pytest.raises(asyncpg.SerializationError) as conflict:
        await unlucky()

    assert len(tries) == ATTEMPTS
    assert is_outage(conflict.value)
    assert await topics() == []


@ON_POSTGRES
@pytest.mark.parametrize("kind", ["transaction", "statement"])
async def test_when_the_pool_is_exhausted_waiting_is_bounded_and_the_pool_recovers(kind, database):
    await Tortoise.close_connections()
    async with await Tortoise.init(config=tortoise_config(database, pool_size=2), _enable_global_fallback=True):
        held = [asyncio.Event() for _ in range(2)]
        free = asyncio.Event()
        holders = [asyncio.ensure_future(_hold(event, free)) for event in held]
        await asyncio.gather(*(event.wait() for event in held))

        begun = time.perf_counter()
        with pytest.raises(TimeoutError) as waited:
            await (tell("no room") if kind == "transaction" else topics())
        seconds = time.perf_counter() - begun
        free.set()
        await asyncio.gather(*holders)
        await tell("room")
        stored = await topics()
        await drain()

    assert is_outage(waited.value)
    assert 4 < seconds < within(6)
    assert stored == ["held", "held", "room"]


@ON_POSTGRES
async def test_a_connection_that_is_cut_in_a_transaction_is_told_and_replaced(database):
    @unit_of_work
    async def cut(transaction: Transaction) -> None:
        await transaction.insert(OutboxMessage(topic="lost", payload="{}", due_at=NOW, created_at=NOW))
        rows = await transaction.query("SELECT pg_backend_pid() AS pid")
        await query("SELECT pg_terminate_backend(?)", rows[0]["pid"], connection=_other())
        await transaction.insert(OutboxMessage(topic="lost", payload="{}", due_at=NOW, created_at=NOW))

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)) as broken:
        await cut()
    await tell("after")

    assert is_outage(broken.value)
    assert await topics() == ["after"]


async def _fill_up():
    for _ in range(100):
        await tell("too much", "x" * 100_000)


def _other():
    """Return the application's own client, which borrows another connection than the transaction's."""
    from tortoise.context import get_current_context  # noqa: PLC0415 - only here

    client = get_current_context().connections.get("default")
    return getattr(client, "_parent", client)


async def _seen_by_others(url):
    """Read what is stored over a connection of its own."""
    sql = "SELECT topic FROM outbox_message ORDER BY topic"
    if ENGINE == "sqlite":
        connection = sqlite3.connect(url.removeprefix("sqlite://"))
        rows = connection.execute(sql).fetchall()
        connection.close()
        return [row[0] for row in rows]
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(sql)
    await connection.close()
    return [row["topic"] for row in rows]


@unit_of_work
async def _hold(transaction: Transaction, held: asyncio.Event, free: asyncio.Event) -> None:
    await transaction.insert(OutboxMessage(topic="held", payload="{}", due_at=NOW, created_at=NOW))
    held.set()
    await free.wait()
