"""What the tests of the verbs share: a picture of all tables, a refusal after which nothing is otherwise, and doors."""

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass

import pytest
from tortoise.connection import get_connection

from consent.decision import Reason
from exchange import ledger
from exchange.errors import ExchangeError, Refused
from models import Candidate, Employer, LedgerEntry, OutboxMessage
from models.statements import query
from models.unit_of_work import unit_of_work

CANARIES = re.compile(r"Canaria Zq\d|\+8619\d|canary\d+@hidden|wxcanary_\d|Canary Lane|Canary College", re.IGNORECASE)
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'card_search%' "
    "AND name NOT LIKE 'sqlite_%'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}


def dialect():
    return get_connection("default").capabilities.dialect


async def tables():
    return sorted(row["name"] for row in await query(TABLES[dialect()]))


async def snapshot():
    """Return every row of every table."""
    return {name: sorted(repr(dict(row)) for row in await query(f"SELECT * FROM {name}")) for name in await tables()}


async def counted(*names):
    return {name: (await query(f"SELECT count(*) AS n FROM {name}"))[0]["n"] for name in names}


async def assert_ledgers_verify():
    for candidate in await Candidate.all():
        assert await ledger.verify(candidate.id) is None


async def assert_ledgers_broken_nowhere(expected):
    """Assert the events of one candidate after its card was published, in order."""
    candidate, events = expected
    assert (await events_of(candidate))[-len(events) :] == list(events)
    assert await ledger.verify(candidate.id) is None


async def events_of(candidate):
    return [entry.event for entry in await LedgerEntry.filter(candidate_id=candidate.id).order_by("sequence")]


async def told():
    """Return the outbox, oldest first."""
    return await OutboxMessage.all().order_by("id")


@dataclass
class Refusal:
    error: ExchangeError | None = None


@asynccontextmanager
async def refusal(expected, **detail):
    """Expect a refusal: the reason or error type, its exact figures, no change of any row, and nothing leaked."""
    before, seen = await snapshot(), Refusal()
    kind = Refused if isinstance(expected, Reason) else expected
    with pytest.raises(kind) as caught:
        yield seen
    seen.error = caught.value
    assert type(seen.error) is kind
    if isinstance(expected, Reason):
        assert (seen.error.denied.reason, dict(seen.error.denied.detail)) == (expected, detail)
    for name, value in () if isinstance(expected, Reason) else detail.items():
        assert getattr(seen.error, name) == value
    assert await snapshot() == before
    await assert_ledgers_verify()
    assert not CANARIES.search(everything_in(seen.error))


def everything_in(error):
    """Return whatever an error could print of itself, of what caused it and of what it carries."""
    chain, texts = error, []
    while chain is not None:
        texts += [repr(chain), str(chain), repr(chain.args), repr(vars(chain))]
        chain = chain.__cause__ or chain.__context__
    return " ".join(texts)


def problems(error):
    return [problem.path for problem in error.problems]


@unit_of_work
async def execute(transaction, sql, *values):
    """Change rows by hand, as another part of the service would."""
    await transaction.query(sql, *values)


async def set_standing(member, standing):
    await execute("UPDATE employer SET standing = ? WHERE id = ?", standing, member.employer.id)


async def set_role(member, role):
    await execute("UPDATE member SET role = ? WHERE id = ?", role, member.id)


async def leave(member, at):
    await execute("UPDATE member SET left_at = ? WHERE id = ?", at, member.id)


async def erase(candidate, at):
    await execute("UPDATE candidate SET erased_at = ? WHERE id = ?", at, candidate.id)


async def set_state(table, row_id, state, **values):
    changed = {"state": state, **values}
    assignments = ", ".join(f"{name} = ?" for name in changed)
    await execute(f"UPDATE {table} SET {assignments} WHERE id = ?", *changed.values(), row_id)


async def assign(grant, member, since):
    await execute(
        "INSERT INTO assignee (id, grant_id, member_id, since) VALUES (?, ?, ?, ?)",
        member.id,
        grant.id,
        member.id,
        since,
    )


async def colleague(world, member, **changes):
    """Another member of the same employer."""
    return await world.member(employer=await Employer.get(id=member.employer.id), **changes)


async def end_session(person, at):
    await execute("UPDATE session SET ended_at = ? WHERE id = ?", at, person.viewer.session_id)


def values_of(disclosure):
    return {item.category: (item.form, item.value) for item in disclosure.contact.values.values()}


def all_reprs(value, depth=0):
    """Return the printed form of a value and of all that can be reached from it through its fields."""
    texts = [repr(value), str(value)]
    if depth < 4:
        inner = list(value) if isinstance(value, tuple | list | set | frozenset) else []
        if is_dataclass(value) and not isinstance(value, type):
            inner += [getattr(value, item.name) for item in fields(value)]
        texts += [text for item in inner for text in all_reprs(item, depth + 1)]
    return texts
