"""The guard of every change of state: it changes the row that still is as it was seen, and says whether it did."""

from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from models import OutboxMessage, OutboxState, Session
from models.statements import Column, bindable, query
from models.unit_of_work import Transaction, unit_of_work
from tests.factories import NOW

LATER = NOW + timedelta(microseconds=1)


@unit_of_work
async def insert(transaction: Transaction, row) -> None:
    await transaction.insert(row)


@unit_of_work
async def change(transaction: Transaction, where, values, model=OutboxMessage) -> bool:
    return await transaction.compare_and_set(model, where, values)


@pytest.fixture
async def message(database):
    row = OutboxMessage(topic="t", payload="{}", attempts=5, due_at=NOW, created_at=NOW)
    await insert(row)
    return row


async def stored():
    return await OutboxMessage.get()


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"attempts": 5}, True),
        ({"attempts": 4}, False),
        ({"attempts__gt": 4}, True),
        ({"attempts__gt": 5}, False),
        ({"attempts__gte": 5}, True),
        ({"attempts__gte": 6}, False),
        ({"attempts__lt": 6}, True),
        ({"attempts__lt": 5}, False),
        ({"attempts__lte": 5}, True),
        ({"attempts__lte": 4}, False),
        ({"attempts__in": {4, 5}}, True),
        ({"attempts__in": {4, 6}}, False),
        ({"state": OutboxState.DUE}, True),
        ({"state": OutboxState.DONE}, False),
        ({"state__in": {OutboxState.DUE, OutboxState.DEAD}}, True),
        ({"state__in": {OutboxState.DONE}}, False),
        ({"due_at": NOW}, True),
        ({"due_at__lt": NOW}, False),
        ({"due_at__lt": LATER}, True),
        ({"due_at__gte": LATER}, False),
        ({"due_at__lte": Column("created_at")}, True),
        ({"due_at__lt": Column("created_at")}, False),
        ({"attempts": Column("attempts")}, True),
        ({"attempts__lt": Column("attempts", 1)}, True),
        ({"attempts__lt": Column("attempts", -1)}, False),
        ({"attempts": 5, "state": OutboxState.DONE}, False),
    ],
)
async def test_a_row_changes_only_if_every_condition_holds(condition, holds, message):
    changed = await change({"id": message.id, **condition}, {"topic": "changed"})

    assert changed is holds
    assert (await stored()).topic == ("changed" if holds else "t")


async def test_none_means_null_in_a_condition_and_in_a_value(world):
    await world.candidate()
    session = await Session.first()

    ended = await change({"id": session.id, "ended_at": None}, {"ended_at": NOW}, Session)
    again = await change({"id": session.id, "ended_at": None}, {"ended_at": LATER}, Session)
    reopened = await change({"id": session.id, "ended_at": NOW}, {"ended_at": None}, Session)

    assert (ended, again, reopened) == (True, False, True)
    assert (await Session.get(id=session.id)).ended_at is None


async def test_a_column_plus_a_figure_counts_in_the_database(message):
    for _ in range(3):
        assert await change({"id": message.id}, {"attempts": Column("attempts", 1)})

    assert (await stored()).attempts == 8


async def test_only_the_row_named_is_changed(message):
    await insert(OutboxMessage(topic="other", payload="{}", due_at=NOW, created_at=NOW))

    assert await change({"id": message.id}, {"state": OutboxState.DONE})

    assert await OutboxMessage.filter(state=OutboxState.DUE).values_list("topic", flat=True) == ["other"]


async def test_a_row_that_is_not_there_is_not_changed(database):
    assert not await change({"topic": "nobody"}, {"topic": "changed"})


async def test_an_unknown_operator_is_a_mistake_and_changes_nothing(message):
    with pytest.raises(KeyError):
        await change({"attempts__like": 5}, {"topic": "changed"})

    assert (await stored()).topic == "t"


async def test_values_are_bound_and_never_read_as_sql(message):
    text = "x'; DELETE FROM outbox_message; --?$1"

    assert await change({"id": message.id, "topic": "t"}, {"topic": text[:64]})

    assert (await stored()).topic == text[:64]


async def test_a_query_takes_its_values_in_their_order(message):
    rows = await query(
        "SELECT topic FROM outbox_message WHERE attempts = ? AND due_at = ? AND id = ?", 5, NOW, message.id
    )

    assert [row["topic"] for row in rows] == ["t"]


async def test_an_inserted_row_reads_as_it_was_made(message):
    row = await stored()

    assert (row.id, row.topic, row.payload, row.attempts) == (message.id, "t", "{}", 5)
    assert (row.state, row.due_at, row.created_at) == (OutboxState.DUE, NOW, NOW)


async def test_a_row_that_is_there_already_is_not_inserted_again(message):
    with pytest.raises(IntegrityError):
        await insert(message)


def test_values_are_bound_as_each_driver_wants_them():
    assert bindable("sqlite", NOW) == "2026-11-21 09:00:00+00:00"
    assert bindable("postgres", NOW) is NOW
    assert bindable("sqlite", OutboxState.DUE) == "DUE"
    assert bindable("postgres", OutboxState.DUE) == "DUE"
