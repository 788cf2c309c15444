"""The search query alone, as the exchange asks it through its own connection, and how many statements a page costs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import httpx2
from tortoise import Tortoise
from tortoise.connection import get_connection

from app.asgi import create_app
from app.settings import Mode, Settings
from bench import made
from bench.apart import apart
from bench.databases import Database
from bench.generators import summary
from bench.plan import Run
from bench.questions import CASES, INBOX, QUERIES, SELECTIONS, Case, body, page_bodies
from bench.recorder import recorded
from exchange.card_index import PageQuestion, card_index
from exchange.search import NEWEST, match_groups
from models import AccountKind
from models.database import CONNECTION, tortoise_config

PAGE = 21
WARM_UP = 8
DEEP_PAGES = 5
LEAST = 20
"""A query so slow that its time is over is still asked so often."""


def measure(run: Run) -> None:
    """Measure each class of query, then count the statements of a page."""
    times = 50 * run.rounds
    for database in run.databases:
        task = run.progress.add_task(f"query, {database.engine}, {database.cards:,} cards", total=2)
        for case, (median, p99, rows) in apart(_queries, database, times, run.seconds).items():
            run.found("query", database, case, median_ms=median, p99_ms=p99, rows=rows)
        run.progress.advance(task)
        for page, statements in apart(_statements, database).items():
            run.found("statements", database, page, statements=statements)
        run.progress.remove_task(task)


async def _queries(database: Database, times: int, seconds: float) -> dict[str, tuple[float, float, float]]:
    """Return median and 99th percentile in milliseconds, and how many rows came back on average."""
    await Tortoise.init(config=tortoise_config(database.url))
    try:
        return {case.name: await _query(case, times, seconds) for case in QUERIES}
    finally:
        await Tortoise.close_connections()


async def _query(case: Case, times: int, seconds: float) -> tuple[float, float, float]:
    viewer = made.viewer(AccountKind.MEMBER, made.INBOX_EMPLOYER)
    questions = [PageQuestion(viewer, match_groups(asked), "en", NEWEST, PAGE) for asked in case.filters]
    if case.deep:
        questions = [deeper for question in questions for deeper in await _deeper(question)]
    taken, rows, end = [], 0, time.perf_counter() + seconds
    for number, question in enumerate(islice(cycle(questions), WARM_UP + times)):
        began = time.perf_counter()
        if began > end and len(taken) >= LEAST:
            break
        found = await _page(question)
        if number >= WARM_UP:
            taken.append(time.perf_counter() - began)
            rows += sum(row["payload"] is not None for row in found)
    return *summary(taken), rows / len(taken)


async def _page(question: PageQuestion) -> Sequence[Mapping[str, Any]]:
    """Return the rows; none after the time that the exchange gives a statement, which is then what was measured."""
    try:
        return await card_index(get_connection(CONNECTION).capabilities.dialect).page(question)
    except TimeoutError:
        return []


async def _deeper(question: PageQuestion) -> Sequence[PageQuestion]:
    """Return the question after five pages, or as many as there are."""
    deeper = [question]
    for _ in range(DEEP_PAGES):
        rows = [row for row in await _page(deeper[-1]) if row["payload"] is not None]
        if len(rows) < PAGE:
            break
        deeper.append(replace(question, before=rows[-2]["sequence"]))
    return deeper[-1:]


async def _statements(database: Database) -> dict[str, int]:
    """Return how many statements reach the database for each kind of page, through the whole application."""
    settings = Settings(
        mode=Mode.PRODUCTION,
        demo=False,
        worker=False,
        log_level="ERROR",
        database_url=database.url,
        keys_file=made.KEYS_FILE,
        allowed_origins="https://bench.example",
    )
    app = create_app(settings)
    pages = {f"cards, {case.name}, {name}": page_bodies(name, case)[0] for case in CASES for name in SELECTIONS}
    member, candidate = made.headers(AccountKind.MEMBER, made.INBOX_EMPLOYER), made.headers(AccountKind.CANDIDATE, 3)
    asked = [(page, member, question) for page, question in pages.items()]
    inbox = body(INBOX, {"first": 20})
    asked += [("inbox, employer", member, inbox), ("inbox, candidate", candidate, inbox)]
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench.example") as client:
            return {page: await _count(client, headers, question) for page, headers, question in asked}


async def _count(client: httpx2.AsyncClient, headers: dict[str, str], question: bytes) -> int:
    for _ in range(2):  # The first time opens connections and parses.
        with recorded() as statements:
            answer = await client.post("/graphql", headers=headers, content=question)
        assert "errors" not in answer.json(), answer.text
    return len(statements)
