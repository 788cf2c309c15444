"""The same question again: by its key, by another key, and thirty times at once."""

import asyncio

import pytest

from consent.decision import Reason
from consent.terms import Category, Form, Method, Purpose
from exchange import ledger
from exchange.errors import IdempotencyMismatch
from tests.exchange.support import colleague, counted, events_of, refusal, snapshot


async def test_the_same_key_and_question_again_give_the_same_request(world):
    candidate, member = await world.candidate(), await world.member()
    first = await world.request(member, candidate, idempotency_key="once")
    before = await snapshot()

    again = await world.request(member, candidate, idempotency_key="once")
    world.later(days=20)
    much_later = await world.request(member, candidate, idempotency_key="once")

    assert (again.id, much_later.id) == (first.id, first.id)
    assert await snapshot() == before


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Another message"},
        {"access_days": 29},
        {"max_uses": 2},
        {"retention_days": 89},
        {"categories": {Category.NAME: Form.RAW}},
        {"methods": (Method.VIEW,)},
        {"purpose": Purpose.INTERVIEW},
        {"card_id": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_the_same_key_with_another_question_is_a_mismatch(world, change):
    candidate, member = await world.candidate(), await world.member()
    await world.request(member, candidate, idempotency_key="once")

    async with refusal(IdempotencyMismatch):
        await world.request(member, candidate, idempotency_key="once", **change)


async def test_the_same_key_of_another_member_is_another_key(world):
    candidate, member = await world.candidate(), await world.member()
    other = await colleague(world, member)
    first = await world.request(member, candidate, idempotency_key="once")

    second = await world.request(other, candidate, idempotency_key="once")

    assert first.id != second.id


async def test_thirty_parallel_questions_with_the_same_key_are_one_request(world):
    candidate, member = await world.candidate(), await world.member()

    answers = await asyncio.gather(
        *(world.request(member, candidate, idempotency_key="once") for _ in range(30)),
    )

    assert len({request.id for request in answers}) == 1
    assert await counted("authorization_request", "outbox_message") == {"authorization_request": 1, "outbox_message": 1}
    assert (await events_of(candidate)).count("employer:request:asked") == 1
    assert await ledger.verify(candidate.id) is None


async def test_thirty_parallel_questions_without_a_key_are_one_request_and_refusals(world):
    candidate, member = await world.candidate(), await world.member()

    answers = await asyncio.gather(*(world.request(member, candidate) for _ in range(30)), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert [error.denied.reason for error in refused] == [Reason.ALREADY_ASKED] * 29
    assert await counted("authorization_request", "outbox_message") == {"authorization_request": 1, "outbox_message": 1}
    assert (await events_of(candidate)).count("employer:request:asked") == 1


async def test_another_key_of_the_same_member_is_another_question(world):
    first, second, member = await world.candidate(), await world.candidate(), await world.member()
    asked = await world.request(member, first, idempotency_key="one")

    other = await world.request(member, second, idempotency_key="two")

    assert other.id != asked.id
    assert (await world.request(member, first, idempotency_key="one")).id == asked.id
