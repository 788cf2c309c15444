"""The worker that carries the outbox: claims what is due, hands it over, tries again later, gives up visibly.

A claim moves ``due_at`` into the future in the same guarded update that counts the attempt: two workers never hold
the same message, and one that was killed with a message in hand loses only its lease. At least once; receivers drop
repeats by id.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from delivery.live import Bus, Update
from exchange.outbox import on_queued
from models import OutboxMessage, OutboxState
from models.statements import query
from models.unit_of_work import Transaction, unit_of_work

BATCH = 50
LEASE = timedelta(seconds=30)
ATTEMPTS = 10
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=30)
POLL_SECONDS = 1.0
STOP_SECONDS = 3.0

log = structlog.get_logger()
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class OutboxWorker:
    """Runs inside the server, or apart."""

    def __init__(self, bus: Bus, clock: Clock = utc_now) -> None:
        self._bus, self._clock = bus, clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._unhook: Callable[[], None] = lambda: None

    @property
    def is_running(self) -> bool:
        """Whether the worker is alive."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin to work, woken by every commit that queues something, and once a second for what others queued."""
        self._unhook = on_queued(self._woken.set)
        self._stopping = False
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the message in hand, give the others of its batch back, and end; in any case within seconds."""
        self._unhook()
        task, self._task = self._task, None
        self._stopping = True
        self._woken.set()
        if task is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(task, timeout=STOP_SECONDS)

    async def carry_due(self) -> int:
        """Carry one batch of what is due; return how many messages that was."""
        messages = await claim(self._clock())
        for message in messages:
            await (_due_again(message, self._clock()) if self._stopping else self._carry(message))
        return len(messages)

    async def _run(self) -> None:
        while not self._stopping:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._woken.wait(), timeout=POLL_SECONDS)
            self._woken.clear()
            await self._carry_all()

    async def _carry_all(self) -> None:
        try:
            while await self.carry_due() == BATCH and not self._stopping:
                pass
        except Exception as error:  # noqa: BLE001 - the worker outlives a database that is away for a while
            log.warning("outbox_interrupted", error=type(error).__name__)

    async def _carry(self, message: Mapping[str, Any]) -> None:
        try:
            payload = json.loads(message["payload"])
            await self._bus.publish(payload["channels"], Update(message["topic"], payload["subject"]))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the message is tried again later
            log.warning(
                "delivery_failed", topic=message["topic"], attempt=message["attempts"], error=type(error).__name__
            )
            await _postpone(message, self._clock())
        else:
            await _settle(message, OutboxState.DONE)


@unit_of_work
async def claim(transaction: Transaction, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Take a lease on the oldest due messages and return them, oldest first."""
    skip = "" if transaction.dialect == "sqlite" else " FOR UPDATE SKIP LOCKED"
    rows = await transaction.query(
        "UPDATE outbox_message SET attempts = attempts + 1, due_at = ? WHERE id IN ("  # noqa: S608 - our own text
        f"SELECT id FROM outbox_message WHERE state = 'DUE' AND due_at <= ? ORDER BY due_at, id LIMIT {BATCH}{skip}"
        ") RETURNING id, topic, payload, attempts",
        now + LEASE,
        now,
    )
    return sorted(rows, key=lambda row: str(row["id"]))  # Ids grow with time; RETURNING keeps no order.


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failures: doubling, capped, with a random half on top."""
    seconds = min(FIRST_DELAY.total_seconds() * 2.0 ** (attempts - 1), LONGEST_DELAY.total_seconds())
    return timedelta(seconds=seconds + seconds * secrets.randbelow(500) / 1000)


async def _postpone(message: Mapping[str, Any], now: datetime) -> None:
    if message["attempts"] >= ATTEMPTS:
        await _settle(message, OutboxState.DEAD)
    else:
        await _due_again(message, now + delay_after(message["attempts"]))


async def _settle(message: Mapping[str, Any], state: OutboxState) -> None:
    await _change(message, {"state": state})


async def _due_again(message: Mapping[str, Any], due_at: datetime) -> None:
    await _change(message, {"due_at": due_at})


@unit_of_work
async def _change(transaction: Transaction, message: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    mine = {"id": message["id"], "state": OutboxState.DUE, "attempts": message["attempts"]}
    await transaction.compare_and_set(OutboxMessage, mine, values)


async def backlog(now: datetime) -> tuple[int, float]:
    """Return how many messages are due and the age of the oldest, in seconds."""
    rows = await query("SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox_message WHERE state = 'DUE'")
    oldest = rows[0]["oldest"]
    created = datetime.fromisoformat(oldest) if isinstance(oldest, str) else oldest
    return rows[0]["waiting"], 0.0 if created is None else (now - created).total_seconds()
