"""The outbox: what a commit queued arrives at least once, whatever happens to who carries it."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from delivery.live import MemoryBus, Switchboard, Update
from delivery.outbox import (
    ATTEMPTS,
    BATCH,
    FIRST_DELAY,
    LEASE,
    LONGEST_DELAY,
    OutboxWorker,
    backlog,
    claim,
    delay_after,
    utc_now,
)
from exchange import outbox
from models import OutboxMessage, OutboxState
from models.unit_of_work import Transaction, unit_of_work
from tests.app.processes import HOUSE, within
from tests.engines import ENGINE
from tests.factories import NOW


class Receiver:
    """A bus that keeps what it carried, and fails as often as it is told to."""

    def __init__(self, failures=0, seconds=0.0):
        self.failures, self.seconds, self.seen = failures, seconds, []

    async def start(self):
        pass

    async def stop(self):
        pass

    async def publish(self, _channels, update):
        await asyncio.sleep(self.seconds)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the receiver is down")
        self.seen.append(update.subject["n"])


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def later(self, by):
        self.now += by


@unit_of_work
async def queue(transaction: Transaction, *numbers: int, at=NOW) -> None:
    for number in numbers:
        subject = {"n": str(number)}
        await outbox.enqueue(transaction, outbox.Topic.GRANT_CHANGED, at, channels=["c"], subject=subject)


async def until_seen(receiver):
    async with asyncio.timeout(within(15)):
        while not receiver.seen:  # noqa: ASYNC110 - a receiver knows nothing of tests
            await asyncio.sleep(0.01)


async def states():
    return Counter(await OutboxMessage.all().values_list("state", flat=True))


async def test_what_is_due_is_carried_in_order_and_is_done_then(database):
    receiver = Receiver()
    await queue(1, 2, 3)

    carried = await OutboxWorker(receiver, lambda: NOW).carry_due()

    assert carried == 3
    assert receiver.seen == ["1", "2", "3"]
    assert await states() == {OutboxState.DONE: 3}
    assert await OutboxWorker(receiver, lambda: NOW).carry_due() == 0


async def test_what_is_not_due_yet_waits(database):
    receiver, clock = Receiver(), Clock()
    await queue(1, at=NOW + timedelta(seconds=1))

    early = await OutboxWorker(receiver, clock).carry_due()
    clock.later(timedelta(seconds=1))
    due = await OutboxWorker(receiver, clock).carry_due()

    assert (early, due) == (0, 1)
    assert receiver.seen == ["1"]


async def test_a_message_in_hand_is_nobody_elses_until_its_lease_ends(database):
    await queue(*range(5))

    mine = await claim(NOW)
    theirs = await claim(NOW + LEASE - timedelta(microseconds=1))
    after = await claim(NOW + LEASE)

    assert len(mine) == 5
    assert theirs == []
    assert {row["id"] for row in after} == {row["id"] for row in mine}
    assert {row["attempts"] for row in after} == {2}


async def test_a_batch_is_bounded_and_takes_the_oldest(database):
    await queue(*range(BATCH + 5))

    first, second = await claim(NOW), await claim(NOW)

    assert len(first) == BATCH
    assert [json.loads(row["payload"])["subject"]["n"] for row in second] == [str(BATCH + n) for n in range(5)]


async def test_a_receiver_that_fails_gets_the_message_again_after_a_growing_while(database):
    receiver, clock = Receiver(failures=3), Clock()
    worker, waits = OutboxWorker(receiver, clock), []
    await queue(1)

    while not receiver.seen:
        assert await worker.carry_due() == 1
        row = await OutboxMessage.get()
        waits.append(row.due_at - clock.now)
        clock.now = row.due_at

    assert receiver.seen == ["1"]
    assert await states() == {OutboxState.DONE: 1}
    for number, wait in enumerate(waits[:3]):
        assert FIRST_DELAY * 2**number <= wait <= 1.5 * FIRST_DELAY * 2**number


async def test_a_message_that_always_fails_is_given_up_visibly_and_stops_nobody(database):
    receiver, clock = Receiver(failures=10_000), Clock()
    worker = OutboxWorker(receiver, clock)
    await queue(1)

    for _ in range(ATTEMPTS):
        assert await worker.carry_due() == 1
        clock.later(2 * LONGEST_DELAY)
    again = await worker.carry_due()
    receiver.failures = 0
    await queue(2, at=clock.now)
    await worker.carry_due()

    assert again == 0
    assert await states() == {OutboxState.DEAD: 1, OutboxState.DONE: 1}
    assert (await OutboxMessage.get(state=OutboxState.DEAD)).attempts == ATTEMPTS
    assert receiver.seen == ["2"]


async def test_a_message_that_cannot_be_read_is_tried_again_and_holds_up_nobody(database):
    receiver = Receiver()
    await _insert_unreadable()
    await queue(1)

    await OutboxWorker(receiver, lambda: NOW).carry_due()

    assert receiver.seen == ["1"]
    assert await states() == {OutboxState.DUE: 1, OutboxState.DONE: 1}


async def test_who_lost_the_lease_does_not_settle_for_who_has_it_now(database):
    slow, clock = Receiver(seconds=0.2), Clock()
    worker = OutboxWorker(slow, clock)
    await queue(1)

    carrying = asyncio.ensure_future(worker.carry_due())
    await asyncio.sleep(0.1)
    [taken] = await claim(NOW + LEASE)
    await carrying

    row = await OutboxMessage.get()
    assert slow.seen == ["1"]
    assert (row.state, row.attempts, taken["attempts"]) == (OutboxState.DUE, 2, 2)


def test_delays_double_and_are_capped():
    for attempts in range(1, 40):
        least = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
        assert least <= delay_after(attempts) <= 1.5 * least


async def test_the_backlog_counts_what_waits_and_how_long(database):
    empty = await backlog(NOW)
    await queue(1, 2)
    waiting = await backlog(NOW + timedelta(seconds=90))
    await OutboxWorker(Receiver(), lambda: NOW).carry_due()

    assert empty == (0, 0.0)
    assert waiting == (2, 90.0)
    assert await backlog(NOW) == (0, 0.0)


async def test_a_commit_wakes_the_worker_within_a_fifth_of_a_second(database):
    switchboard = Switchboard()
    worker = OutboxWorker(MemoryBus(switchboard))
    worker.start()
    waits = []

    with switchboard.subscribed("c") as updates:
        heard = aiter(updates)
        for number in range(10):
            await queue(number, at=utc_now())
            begun = time.perf_counter()
            update = await asyncio.wait_for(anext(heard), 5)
            waits.append(time.perf_counter() - begun)
            assert update == Update("grant.changed", {"n": str(number)})
    running = worker.is_running
    await worker.stop()

    assert running
    assert not worker.is_running
    assert max(waits) < within(0.2)


async def test_a_worker_that_is_stopped_gives_back_what_it_has_not_carried(database):
    receiver = Receiver(seconds=0.05)
    await queue(*range(BATCH), at=utc_now())
    worker = OutboxWorker(receiver)
    worker.start()
    await queue(BATCH, at=utc_now())

    await until_seen(receiver)
    begun = time.perf_counter()
    await worker.stop()
    seconds = time.perf_counter() - begun
    carried = len(receiver.seen)
    await OutboxWorker(receiver).carry_due()
    await OutboxWorker(receiver).carry_due()

    assert carried < BATCH
    assert seconds < within(3)
    assert sorted(map(int, receiver.seen)) == list(range(BATCH + 1))


async def test_a_worker_outlives_a_bus_that_is_down_and_carries_on_when_it_is_back(database):
    receiver = Receiver(failures=2)
    worker = OutboxWorker(receiver)
    worker.start()
    await queue(1, at=utc_now())

    await until_seen(receiver)
    await worker.stop()

    assert receiver.seen == ["1"]
    assert await states() == {OutboxState.DONE: 1}


CLAIMER = """
import asyncio, sys
from tortoise import Tortoise
from delivery.outbox import claim
from models.database import tortoise_config
from tests.factories import NOW

async def main():
    await Tortoise.init(config=tortoise_config(sys.argv[1]))
    while rows := await claim(NOW):
        for row in rows:
            print(row["id"], flush=True)
        if "die" in sys.argv:
            await asyncio.sleep(60)
    await Tortoise.close_connections()

asyncio.run(main())
"""


async def test_two_processes_never_hold_the_same_message(database):
    await queue(*range(300))

    ends = await asyncio.gather(*(asyncio.to_thread(_claim_all, database) for _ in range(2)))

    claimed = [UUID(line) for end in ends for line in end.stdout.split()]
    assert [end.stderr for end in ends] == ["", ""]
    assert len(claimed) == len(set(claimed)) == 300
    assert set(await OutboxMessage.all().values_list("attempts", flat=True)) == {1}


async def test_a_process_killed_with_messages_in_hand_loses_only_their_lease(database):
    receiver, clock = Receiver(), Clock()
    await queue(*range(3))

    await asyncio.to_thread(_claim_and_die, database)
    within_lease = await OutboxWorker(receiver, clock).carry_due()
    clock.later(LEASE)
    after_lease = await OutboxWorker(receiver, clock).carry_due()

    assert (within_lease, after_lease) == (0, 3)
    assert sorted(receiver.seen) == ["0", "1", "2"]
    assert await states() == {OutboxState.DONE: 3}


@pytest.mark.skipif(ENGINE == "sqlite", reason="of PostgreSQL's row locks")
async def test_a_claim_does_not_wait_for_another_that_is_still_open(database):
    await queue(*range(BATCH + 10))
    claimed, go_on = asyncio.Event(), asyncio.Event()
    other = asyncio.ensure_future(_lock_oldest(claimed, go_on))
    await claimed.wait()

    mine = await asyncio.wait_for(claim(NOW), 2)
    go_on.set()
    await other

    assert [json.loads(row["payload"])["subject"]["n"] for row in mine] == [str(BATCH + n) for n in range(10)]


@unit_of_work
async def _lock_oldest(transaction: Transaction, claimed: asyncio.Event, go_on: asyncio.Event) -> None:
    await transaction.query(f"SELECT id FROM outbox_message ORDER BY due_at, id LIMIT {BATCH} FOR UPDATE")
    claimed.set()
    await go_on.wait()


@unit_of_work
async def _insert_unreadable(transaction: Transaction) -> None:
    await transaction.insert(OutboxMessage(topic="grant.changed", payload="not json", due_at=NOW, created_at=NOW))


def _claim_all(url):
    command = [sys.executable, "-c", CLAIMER, url]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)


def _claim_and_die(url):
    command = [sys.executable, "-c", CLAIMER, url, "die"]
    with subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE) as process:
        for _ in range(3):
            process.stdout.readline()
        process.kill()
