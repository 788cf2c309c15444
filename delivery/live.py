"""Live updates: from the outbox to the subscribers of a channel, in this process and in every other.

A bus carries only ids. Who receives one reads what it may read, with its own rights, at that moment.
"""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import structlog

QUEUE_LENGTH = 100
CHANNEL = "exchange_live"
RECONNECT_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
PUBLISH_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Update:
    """Something changed: what, and the ids of what it is about."""

    topic: str
    subject: Mapping[str, str]


class Overflow(Exception):
    """A subscriber has missed updates, for it did not keep up or the bus was down; it has to read its list again."""


class Subscription:
    """The updates of one subscriber, in order, at most ``QUEUE_LENGTH`` behind."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Update | None] = asyncio.Queue(QUEUE_LENGTH)
        self._overflown = False

    def push(self, update: Update) -> None:
        """Hand over an update; never waits."""
        try:
            self._queue.put_nowait(update)
        except asyncio.QueueFull:
            self._overflown = True

    def interrupt(self) -> None:
        """Say that updates may have been missed."""
        self._overflown = True
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Update]:
        while True:
            update = await self._queue.get()
            if self._overflown:
                raise Overflow
            if update is not None:
                yield update


class Bus(Protocol):
    """Carries updates to whoever subscribes to one of their channels."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def publish(self, channels: list[str], update: Update) -> None: ...


class Switchboard:
    """The subscribers of this process, by channel."""

    def __init__(self) -> None:
        self._subscribers: dict[str, set[Subscription]] = defaultdict(set)
        self._listeners: list[Callable[[Update], None]] = []

    @contextmanager
    def subscribed(self, channel: str) -> Iterator[Subscription]:
        """Receive the updates of a channel for the time of a ``with`` block."""
        subscription = Subscription()
        self._subscribers[channel].add(subscription)
        try:
            yield subscription
        finally:
            self._subscribers[channel].discard(subscription)
            if not self._subscribers[channel]:
                del self._subscribers[channel]

    def on_update(self, listener: Callable[[Update], None]) -> None:
        """Call ``listener`` for every update, of whatever channel."""
        self._listeners.append(listener)

    def interrupt(self) -> None:
        """Tell every subscriber that updates may have been missed."""
        for subscriptions in tuple(self._subscribers.values()):
            for subscription in tuple(subscriptions):
                subscription.interrupt()

    def deliver(self, channels: list[str], update: Update) -> None:
        """Hand an update to everybody here who listens."""
        for listener in self._listeners:
            listener(update)
        for channel in channels:
            for subscription in tuple(self._subscribers.get(channel, ())):
                subscription.push(update)


class MemoryBus:
    """One process: what is published is delivered here."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def publish(self, channels: list[str], update: Update) -> None:
        """Deliver at once."""
        self._switchboard.deliver(channels, update)


class PostgresBus:
    """Many processes on one PostgreSQL: ``NOTIFY`` on one channel, ``LISTEN`` on a connection of its own.

    PostgreSQL keeps nothing for a listener that is away. So a connection that fell silent is found by a heartbeat, and
    whoever was subscribed while there was none is told that updates may have been missed.
    """

    def __init__(self, switchboard: Switchboard, url: str) -> None:
        self._switchboard = switchboard
        self._url = url
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._connection: Any = None
        self._turn = asyncio.Lock()  # One statement at a time on a connection.

    async def start(self) -> None:
        """Begin to listen; return when the server has confirmed it."""
        self._task = asyncio.create_task(self._listen_for_ever())
        await asyncio.wait_for(self._ready.wait(), timeout=10)

    async def stop(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def publish(self, channels: list[str], update: Update) -> None:
        """Notify every process, this one too. Raises while the connection is down, so that the outbox tries again."""
        text = json.dumps([channels, update.topic, dict(update.subject)])
        async with asyncio.timeout(PUBLISH_SECONDS):
            await self._ready.wait()
            async with self._turn:
                await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, text)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                log.warning("live_updates_interrupted", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=5)
        closed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: closed.set())
            await connection.add_listener(CHANNEL, self._received)
            self._connection = connection
            self._switchboard.interrupt()
            self._ready.set()
            await self._watch(connection, closed)
        finally:
            self._ready.clear()
            connection.terminate()

    async def _watch(self, connection: Any, closed: asyncio.Event) -> None:  # noqa: ANN401 - asyncpg is not typed
        """Return when the connection is closed; raise when it does not answer."""
        while not closed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), HEARTBEAT_SECONDS)
                return
            async with asyncio.timeout(PUBLISH_SECONDS), self._turn:
                await connection.execute("SELECT 1")

    def _received(self, _connection: object, _pid: int, _channel: str, text: str) -> None:
        channels, topic, subject = json.loads(text)
        self._switchboard.deliver(channels, Update(topic, subject))
