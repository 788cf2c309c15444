"""Loading a database of many cards: built by the exchange's own functions, written in bulk."""

import asyncio
import multiprocessing
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

import asyncpg
from rich.progress import Progress

from app.demo.people import candidates
from bench import made
from bench.databases import Database, administer, create, mark
from bench.rows import Row, candidate_rows, columns_of, employer_rows, inbox_rows, wire_models
from models import (
    Account,
    Assignee,
    AuthorizationRequest,
    Candidate,
    Card,
    Employer,
    Grant,
    Job,
    LedgerHead,
    Member,
    SealedRecord,
    Session,
)
from models.migrate import migrate
from models.statements import bindable

T = TypeVar("T")

BATCH = 2000
MODELS = (Account, Session, Employer, Member, Job, Candidate, SealedRecord, Card, LedgerHead)
CONSENTS = (AuthorizationRequest, Grant, Assignee)
TABLES = {model._meta.db_table: model for model in (*MODELS, *CONSENTS)}  # noqa: SLF001
"""In an order in which every row comes after the rows it refers to."""


class Sink(Protocol):
    """Where rows go."""

    def write(self, rows: Iterable[Row]) -> None: ...
    def finish(self) -> None: ...


def by_table(rows: Iterable[Row]) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """Return tables in the order of their references, each with its columns and its rows."""
    sorted_rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, values in rows:
        sorted_rows[table].append(values)
    for table, model in TABLES.items():
        if sorted_rows[table]:
            yield table, columns_of(model), sorted_rows[table]


class SqliteSink:
    """One connection, one transaction for each batch, with the triggers that fill the search index."""

    def __init__(self, database: Database) -> None:
        self._connection = sqlite3.connect(database.file, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON")

    def write(self, rows: Iterable[Row]) -> None:
        self._connection.execute("BEGIN")
        for table, columns, values in by_table(rows):
            bound = [[bindable("sqlite", value) for value in row] for row in values]
            names = ", ".join(f'"{column}"' for column in columns)
            marks = ", ".join("?" * len(columns))
            self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", bound)
        self._connection.execute("COMMIT")

    def finish(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class PostgresSink:
    """COPY. Without ``cards`` the search index stays; else it is made at the end. Then the planner's figures."""

    def __init__(self, database: Database, *, cards: bool = True) -> None:
        self._name, self._index = database.name, ""
        if cards:
            self._drop_index()
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(asyncpg.connect(database.url))

    def _drop_index(self) -> None:
        indexes = administer("SELECT indexdef FROM pg_indexes WHERE indexname = 'card_search'", self._name)
        self._index = indexes[0]["indexdef"]
        administer("DROP INDEX card_search", self._name)

    def write(self, rows: Iterable[Row]) -> None:
        self._loop.run_until_complete(self._copy(list(by_table(rows))))

    async def _copy(self, tables: Sequence[tuple[str, list[str], list[tuple[Any, ...]]]]) -> None:
        async with self._connection.transaction():
            for table, columns, values in tables:
                bound = [[bindable("postgres", value) for value in row] for row in values]
                await self._connection.copy_records_to_table(table, columns=columns, records=bound)

    def finish(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()
        sequence = "SELECT setval('card_sequence', coalesce(max(sequence), 0) + 1, false) FROM card"
        for statement in (self._index, sequence, "VACUUM ANALYZE"):
            if statement:
                administer(statement, self._name)


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Return the rows in lists of a size; the last may be shorter."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def ensure(databases: Sequence[Database], progress: Progress) -> None:
    """Load those of the databases that are not there, or not what the sources would make any more."""
    lacking: dict[int, list[Database]] = defaultdict(list)
    for database in databases:
        if not database.is_loaded():
            lacking[database.cards].append(database)
    for cards, targets in lacking.items():
        _load(cards, targets, progress)


def _load(cards: int, targets: Sequence[Database], progress: Progress) -> None:
    for target in targets:
        create(target)
        asyncio.run(migrate(target.url))
    wire_models()
    sinks = [_sink(target) for target in targets]
    write_all(sinks, employer_rows())
    task = progress.add_task(f"loading {cards:,} cards: {', '.join(target.engine for target in targets)}", total=cards)
    for rows in _candidate_batches(cards):
        write_all(sinks, rows)
        progress.advance(task, BATCH)
    progress.update(task, description=f"loading {cards:,} cards: requests and indexes")
    for batch in batched(inbox_rows(cards), BATCH * 4):
        write_all(sinks, batch)
    for sink in sinks:
        sink.finish()
    for target in targets:
        mark(target)
    progress.update(task, completed=cards, description=f"loaded {cards:,} cards")


def _sink(target: Database) -> Sink:
    return SqliteSink(target) if target.engine == "sqlite" else PostgresSink(target)


def write_all(sinks: Sequence[Sink], rows: Iterable[Row]) -> None:
    """Write the same rows everywhere."""
    held = list(rows)
    for sink in sinks:
        sink.write(held)


def _candidate_batches(cards: int) -> Iterator[list[Row]]:
    made.desk()
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), initializer=wire_models) as pool:
        built = pool.imap(candidate_rows, candidates(cards), chunksize=200)
        for batch in batched(built, BATCH):
            yield list(chain.from_iterable(batch))
