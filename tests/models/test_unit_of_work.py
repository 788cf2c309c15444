"""One verb, one transaction: all of it, or none of it."""

import asyncio
from datetime import timedelta

import pytest

from models import OutboxMessage
from models.unit_of_work import NestedUnitOfWork, Transaction, drain, unit_of_work
from tests.factories import NOW


def message(topic="told"):
    return OutboxMessage(topic=topic, payload="{}", due_at=NOW, created_at=NOW)


@unit_of_work
async def tell(transaction: Transaction, *topics: str) -> int:
    for topic in topics:
        await transaction.insert(message(topic))
    return len(topics)


@unit_of_work
async def tell_and_fail(transaction: Transaction) -> None:
    await transaction.insert(message())
    raise LookupError("half way")


@unit_of_work
async def tell_slowly(transaction: Transaction, started: asyncio.Event, go_on: asyncio.Event, *, fails=False) -> str:
    await transaction.insert(message("first"))
    started.set()
    await go_on.wait()
    await transaction.insert(message("second"))
    if fails:
        raise LookupError("at the end")
    return "done"


async def topics():
    return sorted(await OutboxMessage.all().values_list("topic", flat=True))


async def test_what_a_verb_writes_is_there_after_it_and_its_result_is_returned(database):
    told = await tell("one", "two")

    assert told == 2
    assert await topics() == ["one", "two"]


async def test_a_verb_that_raises_has_written_nothing_and_the_next_one_works(database):
    with pytest.raises(LookupError, match="half way"):
        await tell_and_fail()
    await tell("after")

    assert await topics() == ["after"]


async def test_a_verb_inside_a_verb_is_refused_and_undoes_the_outer_one(database):
    @unit_of_work
    async def outer(transaction: Transaction) -> None:
        await transaction.insert(message("outer"))
        await tell("inner")

    with pytest.raises(NestedUnitOfWork, match="tell"):
        await outer()

    assert await topics() == []


async def test_a_verb_after_a_verb_is_not_nested(database):
    await tell("one")
    await tell("two")

    assert await topics() == ["one", "two"]


async def test_callbacks_run_after_the_commit_in_their_order(database):
    seen = []

    @unit_of_work
    async def verb(transaction: Transaction) -> None:
        transaction.after_commit(lambda: seen.append("first"))
        transaction.after_commit(lambda: seen.append("second"))
        await transaction.insert(message())
        assert seen == []

    await verb()

    assert seen == ["first", "second"]
    assert await topics() == ["told"]


async def test_callbacks_of_a_verb_that_raises_never_run(database):
    seen = []

    @unit_of_work
    async def verb(transaction: Transaction) -> None:
        transaction.after_commit(lambda: seen.append("called"))
        raise LookupError

    with pytest.raises(LookupError):
        await verb()

    assert seen == []


async def test_callbacks_run_outside_of_the_transaction(database):
    nested = []

    @unit_of_work
    async def verb(transaction: Transaction) -> None:
        transaction.after_commit(lambda: nested.append(asyncio.ensure_future(tell("from a callback"))))
        await transaction.insert(message("verb"))

    await verb()
    await nested[0]

    assert await topics() == ["from a callback", "verb"]


async def test_a_verb_whose_caller_is_cancelled_runs_to_its_commit(database):
    started, go_on = asyncio.Event(), asyncio.Event()
    caller = asyncio.ensure_future(tell_slowly(started, go_on))
    await started.wait()

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await drain()

    assert await topics() == ["first", "second"]


async def test_a_verb_whose_caller_is_cancelled_may_still_fail_as_a_whole_and_quietly(database):
    started, go_on = asyncio.Event(), asyncio.Event()
    caller = asyncio.ensure_future(tell_slowly(started, go_on, fails=True))
    await started.wait()

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await drain()

    assert await topics() == []
    assert await tell("after") == 1


async def test_a_limit_of_time_around_a_verb_stops_the_waiting_and_not_the_work(database):
    started, go_on = asyncio.Event(), asyncio.Event()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(tell_slowly(started, go_on), timeout=0.2)
    go_on.set()
    await drain()

    assert started.is_set()
    assert await topics() == ["first", "second"]


async def test_draining_waits_for_the_work_of_callers_that_are_gone(database):
    started, go_on = asyncio.Event(), asyncio.Event()
    caller = asyncio.ensure_future(tell_slowly(started, go_on))
    await started.wait()
    caller.cancel()
    draining = asyncio.ensure_future(drain())

    await asyncio.sleep(0.05)
    waited = not draining.done()
    go_on.set()
    await draining

    assert waited
    assert await topics() == ["first", "second"]


async def test_what_a_verb_reads_through_a_model_is_read_in_its_transaction(database):
    @unit_of_work
    async def verb(transaction: Transaction) -> int:
        await transaction.insert(message())
        return await OutboxMessage.all().count()

    assert await verb() == 1


async def test_a_row_keeps_its_time_to_the_microsecond(database):
    due = NOW + timedelta(microseconds=123457)

    @unit_of_work
    async def verb(transaction: Transaction) -> None:
        row = message()
        row.due_at = due
        await transaction.insert(row)

    await verb()

    assert (await OutboxMessage.get()).due_at == due
