"""Live updates: to every subscriber of a channel, in every process, and to nobody else."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from delivery.live import QUEUE_LENGTH, MemoryBus, Overflow, PostgresBus, Switchboard, Update
from tests.app.faults import faulty_link
from tests.app.processes import HOUSE, within
from tests.engines import ENGINE

ON_POSTGRES = pytest.mark.skipif(ENGINE == "sqlite", reason="of PostgreSQL's NOTIFY")


def update(number=0):
    return Update("grant.changed", {"grant": str(number)})


async def heard(updates, count=1):
    found = []
    async with asyncio.timeout(within(5)):
        async for item in updates:
            found.append(item)
            if len(found) == count:
                break
    return found


async def taking(updates, count):
    async for item in updates:
        yield item
        count -= 1
        if not count:
            return


async def test_a_subscriber_hears_its_channel_in_order_and_no_other():
    switchboard = Switchboard()
    bus = MemoryBus(switchboard)
    await bus.start()

    with switchboard.subscribed("a") as mine, switchboard.subscribed("b") as other:
        for number in range(3):
            await bus.publish(["a"], update(number))
        await bus.publish(["b", "c"], update(9))
        first, second = await heard(mine, 3), await heard(other)
    await bus.stop()

    assert first == [update(0), update(1), update(2)]
    assert second == [update(9)]


async def test_who_left_is_forgotten_and_its_channel_with_it():
    switchboard = Switchboard()

    with switchboard.subscribed("a"), switchboard.subscribed("a"):
        pass

    assert dict(switchboard._subscribers) == {}


async def test_a_listener_hears_every_update_once():
    switchboard, found = Switchboard(), []
    switchboard.on_update(found.append)

    await MemoryBus(switchboard).publish(["a", "b"], update())
    await MemoryBus(switchboard).publish(["nobody"], update(1))

    assert found == [update(), update(1)]


async def test_a_subscriber_that_does_not_keep_up_is_told_and_harms_nobody_else():
    switchboard = Switchboard()
    quick = []

    async def follow(updates):
        quick.extend([item async for item in taking(updates, 3 * QUEUE_LENGTH)])

    with switchboard.subscribed("a") as slow, switchboard.subscribed("a") as other:
        following = asyncio.ensure_future(follow(other))
        for number in range(3 * QUEUE_LENGTH):
            await MemoryBus(switchboard).publish(["a"], update(number))
            await asyncio.sleep(0)
        await following
        with pytest.raises(Overflow):
            await heard(slow)

    assert quick == [update(number) for number in range(3 * QUEUE_LENGTH)]
    assert slow._queue.qsize() <= QUEUE_LENGTH


async def test_an_interruption_is_told_to_a_subscriber_that_waits():
    switchboard = Switchboard()

    with switchboard.subscribed("a") as updates:
        waiting = asyncio.ensure_future(heard(updates))
        await asyncio.sleep(0)
        switchboard.interrupt()
        with pytest.raises(Overflow):
            await waiting


@asynccontextmanager
async def bus_on(url):
    switchboard = Switchboard()
    bus = PostgresBus(switchboard, url)
    await bus.start()
    try:
        yield bus, switchboard
    finally:
        await bus.stop()


@ON_POSTGRES
async def test_every_bus_on_one_database_hears_what_any_of_them_publishes(database):
    async with bus_on(database) as (first, here), bus_on(database) as (_, there):
        with here.subscribed("a") as mine, there.subscribed("a") as theirs:
            await first.publish(["a"], update(1))
            found = await heard(mine), await heard(theirs)

    assert found == ([update(1)], [update(1)])


@ON_POSTGRES
async def test_a_bus_in_another_event_loop_hears_too(database):
    found, listening = [], threading.Event()

    async def listen():
        async with bus_on(database) as (_, switchboard):
            with switchboard.subscribed("a") as updates:
                listening.set()
                found.extend(await heard(updates, 2))

    thread = threading.Thread(target=asyncio.run, args=(listen(),))
    thread.start()
    await asyncio.to_thread(listening.wait, 10)
    async with bus_on(database) as (bus, _):
        await bus.publish(["a"], update(1))
        await bus.publish(["a"], update(2))
        await asyncio.to_thread(thread.join, 10)

    assert found == [update(1), update(2)]


SPEAKER = """
import asyncio, sys
from delivery.live import PostgresBus, Switchboard, Update

async def main():
    bus = PostgresBus(Switchboard(), sys.argv[1])
    await bus.start()
    await bus.publish(["a", "b"], Update("grant.changed", {"grant": "1"}))
    await bus.stop()

asyncio.run(main())
"""


@ON_POSTGRES
async def test_a_bus_in_another_process_is_heard(database):
    async with bus_on(database) as (_, switchboard):
        with switchboard.subscribed("a") as updates:
            command = [sys.executable, "-c", SPEAKER, database]
            end = await asyncio.to_thread(
                subprocess.run, command, cwd=HOUSE, capture_output=True, text=True, timeout=30, check=False
            )
            found = await heard(updates)

    assert end.stderr == ""
    assert found == [update(1)]


@ON_POSTGRES
async def test_a_bus_whose_connection_is_cut_listens_again_and_tells_that_updates_may_be_missing(database):
    async with bus_on(database) as (bus, switchboard):
        with switchboard.subscribed("a") as before:
            begun = time.perf_counter()
            await _cut_listeners(database)
            with pytest.raises(Overflow):
                await heard(before)
            seconds = time.perf_counter() - begun
        with switchboard.subscribed("a") as after:
            await bus.publish(["a"], update(2))
            found = await heard(after)

    assert seconds < within(3)
    assert found == [update(2)]


@ON_POSTGRES
async def test_while_its_connection_is_down_publishing_waits_or_fails_and_never_loses_in_silence(database):
    async with bus_on(database) as (bus, switchboard):
        with switchboard.subscribed("a") as updates:
            await _cut_listeners(database)
            try:
                await bus.publish(["a"], update(1))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                return
            with pytest.raises(Overflow):
                await heard(updates, 2)


@ON_POSTGRES
async def test_a_connection_that_fell_silent_is_found_and_replaced(database, unread_futures):
    parts = urlsplit(database)
    async with faulty_link(parts.hostname, parts.port) as link:
        url = f"postgresql://{parts.username}@127.0.0.1:{link.port}{parts.path}"
        async with bus_on(url) as (bus, switchboard):
            with switchboard.subscribed("a") as before:
                link.fall_silent()
                begun = time.perf_counter()
                with pytest.raises(TimeoutError):
                    await bus.publish(["a"], update(1))
                waited = time.perf_counter() - begun
                link.break_down()
                link.heal()
                with pytest.raises(Overflow):
                    await _heard_late(before)
            with switchboard.subscribed("a") as after:
                await bus.publish(["a"], update(2))
                found = await heard(after)

    assert waited < within(6)
    assert found == [update(2)]


@pytest.fixture
async def unread_futures():
    """Let asyncpg leave a future unread, as it does when a connection is lost while it cancels a statement on it."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: unread.append(context["message"]))
    unread = []
    yield
    gc.collect()
    await asyncio.sleep(0)
    loop.set_exception_handler(before)
    assert set(unread) <= {"Future exception was never retrieved", "Task exception was never retrieved"}


async def _heard_late(updates):
    async with asyncio.timeout(within(20)):
        async for _ in updates:
            pass


async def _cut_listeners(url):
    connection = await asyncpg.connect(url)
    cut = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    )
    await connection.close()
    assert len(cut) == 1
