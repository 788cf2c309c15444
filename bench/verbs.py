"""Verbs without HTTP: approving against the same statements alone, and publishing as the table grows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

from tortoise import Tortoise

from bench import made
from bench.apart import apart
from bench.databases import Database, copy, remove
from bench.generators import summary
from bench.load import PostgresSink, SqliteSink, batched
from bench.plain_database import SqliteFile, plain_database
from bench.plain_writes import Writes
from bench.plan import Run
from bench.rows import prepared_rows, terms_of, triple, wire_models
from consent.parties import Visibility
from consent.terms import Narrowing
from exchange.cards import publish_card
from exchange.deciding import approve
from models import AccountKind
from models.database import tortoise_config
from models.unit_of_work import drain

WRITERS = (1, 16)
PREPARED = 24_000

Work = Callable[[int], Awaitable[object]]


def measure(run: Run) -> None:
    """Measure on a copy of each database."""
    for database in run.databases:
        task = run.progress.add_task(f"verbs, {database.engine}, {database.cards:,} cards", total=3)
        target = copy(database, "_verbs")
        try:
            apart(_prepare, target)
            run.progress.advance(task)
            for case, values in apart(_approve, target, run.rounds, run.seconds).items():
                run.found("approve", database, case, **values)
            run.progress.advance(task)
            middle, p99 = apart(_publish, target, 40 * run.rounds)
            run.found("publish", database, "publish a card", median_ms=middle, p99_ms=p99)
        finally:
            remove(target)
            run.progress.remove_task(task)


async def _prepare(database: Database) -> None:
    """Put pending requests in."""
    await asyncio.to_thread(_fill, database)


def _fill(database: Database) -> None:
    wire_models()
    sink = SqliteSink(database) if database.engine == "sqlite" else PostgresSink(database, cards=False)
    for batch in batched(prepared_rows(0, PREPARED), 4000):
        sink.write(batch)
    sink.finish()


async def _approve(database: Database, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    await Tortoise.init(config=tortoise_config(database.url, pool_size=10))
    raw = plain_database(database.url)
    await raw.open()
    numbers = list(range(PREPARED))
    Random(7).shuffle(numbers)  # noqa: S311 - an order, not a secret
    remaining = iter(numbers)
    for number in numbers:
        _digest(number)
    found = {}
    try:
        for writers in WRITERS:
            found[f"approve, {writers} writer{'s' if writers > 1 else ''}"] = await _compare(
                remaining, {"raw": _raw(raw, database), "verb": _verb}, writers, rounds, seconds
            )
    finally:
        await raw.close()
        await drain()
        await Tortoise.close_connections()
    return found


async def _compare(
    remaining: Iterator[int], ways: dict[str, Work], writers: int, rounds: int, seconds: float
) -> dict[str, float]:
    """Measure the ways in turn; approvals a second, and the median of the rounds' ratios."""
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            speeds[name].append(await _speed(work, remaining, writers, seconds / 2))
    ratio = median(verb / raw for verb, raw in zip(speeds["verb"], speeds["raw"], strict=True))
    return {"ratio": ratio, "verb/s": median(speeds["verb"]), "raw SQL/s": median(speeds["raw"])}


async def _speed(work: Work, remaining: Iterator[int], writers: int, seconds: float) -> float:
    began, done = time.perf_counter(), count()

    async def write() -> None:
        while time.perf_counter() < began + seconds:
            await work(next(remaining))
            next(done)

    await asyncio.gather(*(write() for _ in range(writers)))
    return next(done) / (time.perf_counter() - began)


def _raw(raw: Any, database: Database) -> Work:  # noqa: ANN401 - either of the plain databases
    writes = Writes(database.engine)

    async def approve_raw(number: int) -> object:
        viewer, request = _asked(number)
        begin = writes.approve(viewer, request, datetime.now(UTC))
        # One connection, here and now: no thread is visited, nothing is waited for.
        return raw.run(begin()) if isinstance(raw, SqliteFile) else await raw.transact(begin)

    return approve_raw


async def _verb(number: int) -> object:
    viewer, request = _asked(number)
    return await approve(made.call_of(viewer), request_id=request, terms_hash=_digest(number), narrowing=Narrowing())


def _asked(number: int) -> tuple[Any, UUID]:
    _, candidate, _ = triple(number, made.PREPARED_EMPLOYERS)
    return made.viewer(AccountKind.CANDIDATE, candidate), made.made_id("request", 1_000_000 + number)


def _digest(number: int) -> str:
    employer, _, job = triple(number, made.PREPARED_EMPLOYERS)
    return terms_of(employer, job)[1]


async def _publish(database: Database, times: int) -> tuple[float, float]:
    await Tortoise.init(config=tortoise_config(database.url))
    taken = []
    try:
        for number in range(times):
            call = made.call_of(made.viewer(AccountKind.CANDIDATE, number % made.ACTORS))
            began = time.perf_counter()
            await publish_card(call, visibility=Visibility.VERIFIED_EMPLOYERS)
            taken.append(time.perf_counter() - began)
        return summary(taken)
    finally:
        await drain()
        await Tortoise.close_connections()
