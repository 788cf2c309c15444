"""The ledger: in order, chained, named by its grammar, and impossible to change unseen."""

import json
import os
import random
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from consent.parties import Party
from exchange import deciding, ledger, outbox
from models import LedgerEntry, LedgerHead
from models.statements import query
from tests.exchange.support import CANARIES, dialect, execute

GRAMMAR = re.compile(r"(candidate|employer|operator|system):[a-z]+:[a-z]+(ed|d|n)")
TIMES = int(os.environ.get("TAMPER_TIMES", "200"))


@pytest.fixture
async def story(world):
    """A candidate with a full ledger, and another whose ledger must not matter."""
    candidate, other, member = await world.candidate(), await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    await world.release(member, grant)
    world.later(hours=1)
    await world.grant(member, other)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)
    return candidate


async def entries(candidate):
    return await LedgerEntry.filter(candidate_id=candidate.id).order_by("sequence")


@pytest.mark.parametrize("event", ledger.Event)
def test_every_event_is_named_by_source_subject_and_action(event):
    assert GRAMMAR.fullmatch(event)
    entry = ledger.Entry(uuid4(), event, None)
    assert entry.party is Party(event.split(":")[0].upper())


async def test_a_whole_story_stands_in_the_ledger_in_order(story):
    rows = await entries(story)

    assert [row.event for row in rows] == [
        "candidate:account:opened",
        "candidate:resume:imported",
        "candidate:contact:changed",
        "candidate:card:published",
        "employer:request:asked",
        "candidate:request:approved",
        "employer:contact:released",
        "candidate:grant:revoked",
    ]
    assert [row.sequence for row in rows] == list(range(1, 9))
    assert [row.party for row in rows] == [Party(row.event.split(":")[0].upper()) for row in rows]


async def test_every_entry_holds_the_hash_of_the_one_before_and_the_head_that_of_the_last(story):
    rows, head = await entries(story), await LedgerHead.get(candidate_id=story.id)

    assert [row.previous_hash for row in rows] == ["0" * 64, *(row.hash for row in rows[:-1])]
    assert [row.hash for row in rows] == [ledger.entry_hash(row) for row in rows]
    assert (head.sequence, head.hash) == (rows[-1].sequence, rows[-1].hash)
    assert await ledger.verify(story.id) is None


async def test_an_entry_holds_ids_hashes_and_codes_and_no_value_of_the_person(story):
    texts = [ledger.entry_text(row) for row in await entries(story)]

    assert not CANARIES.search(" ".join(texts))
    assert all(json.loads(text)["version"] == 1 for text in texts)


async def test_the_chain_of_one_candidate_knows_nothing_of_another(story, world):
    other = world.candidates[1]

    assert await ledger.verify(other.id) is None
    assert {row.candidate_id for row in await entries(other)} == {other.id}


@pytest.mark.parametrize("table", ["ledger_entry", "release"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_or_delete_what_is_append_only(story, table, verb):
    before = await query(f"SELECT count(*) AS n FROM {table}")
    assert before[0]["n"] > 0

    with pytest.raises(Exception, match=f"{table} is append only"):
        await execute(verb.format(table))

    assert await query(f"SELECT count(*) AS n FROM {table}") == before


@pytest.mark.parametrize("table", ["ledger_entry", "release"])
async def test_postgresql_refuses_to_truncate_what_is_append_only(story, table):
    if dialect() == "sqlite":  # It has no such statement.
        return

    with pytest.raises(Exception, match="append only"):
        await execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("authorization_request", "terms"),
        ("authorization_request", "terms_hash"),
        ("consent_grant", "terms"),
        ("consent_grant", "terms_hash"),
        ("consent_grant", "signature"),
    ],
)
async def test_the_database_refuses_to_change_terms_invariant_7(story, table, column):
    with pytest.raises(Exception, match="terms never change"):
        await execute(f"UPDATE {table} SET {column} = 'other'")


@pytest.mark.parametrize("state", ["PENDING", "DECLINED", "RECALLED", "EXPIRED", "CLOSED"])
@pytest.mark.parametrize("final", ["APPROVED", "DECLINED", "RECALLED", "EXPIRED", "CLOSED"])
async def test_the_database_lets_no_request_leave_a_final_state_invariant_6(world, state, final):
    if state == final:
        return
    candidate, member = await world.candidate(), await world.member()
    request = await world.request(member, candidate)
    await execute("UPDATE authorization_request SET state = ? WHERE id = ?", final, request.id)

    with pytest.raises(Exception, match="final states absorb"):
        await execute("UPDATE authorization_request SET state = ? WHERE id = ?", state, request.id)


@pytest.mark.parametrize("final", ["REVOKED", "EXPIRED", "RELINQUISHED", "TERMINATED", "SUPERSEDED"])
async def test_the_database_lets_no_grant_leave_a_final_state_invariant_6(world, final):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    await execute("UPDATE consent_grant SET state = ? WHERE id = ?", final, grant.id)

    for state in {"ACTIVE", "PAUSED", "REVOKED", "EXPIRED", "RELINQUISHED", "TERMINATED", "SUPERSEDED"} - {final}:
        with pytest.raises(Exception, match="final states absorb"):
            await execute("UPDATE consent_grant SET state = ? WHERE id = ?", state, grant.id)


@pytest.mark.parametrize("uses", [-1, 4, 1000])
async def test_the_database_lets_nobody_count_beyond_the_uses(world, uses):
    candidate, member = await world.candidate(), await world.member()
    await world.grant(member, candidate)

    with pytest.raises(Exception, match=r"uses beyond max_uses|consent_grant_uses"):
        await execute("UPDATE consent_grant SET uses = ?", uses)


async def test_an_untold_message_wakes_the_carrier_after_the_commit_and_only_then(world):
    candidate, member = await world.candidate(), await world.member()
    woken = []
    stop = outbox.on_queued(lambda: woken.append(1))

    await world.request(member, candidate)
    with pytest.raises(Exception, match="ALREADY_ASKED"):
        await world.request(member, candidate)
    stop()
    await world.request(member, await world.candidate())

    assert woken == [1]


TRIGGERS = {
    "sqlite": ("DROP TRIGGER ledger_entry_no_update", "DROP TRIGGER ledger_entry_no_delete"),
    "postgres": ("ALTER TABLE ledger_entry DISABLE TRIGGER ALL",),
}


@pytest.fixture
async def unguarded(story):
    """The ledger as somebody who owns the database can open it."""
    for statement in TRIGGERS[dialect()]:
        await execute(statement)
    yield story
    if dialect() != "sqlite":
        await execute("ALTER TABLE ledger_entry ENABLE TRIGGER ALL")


COLUMNS = (
    "at",
    "event",
    "party",
    "employer_id",
    "member_id",
    "subject_id",
    "data",
    "previous_hash",
    "hash",
    "sequence",
)
ROW = "id, candidate_id, sequence, at, event, party, employer_id, member_id, subject_id, data, previous_hash, hash"


async def rows_of(candidate):
    return [
        dict(row)
        for row in await query(f"SELECT {ROW} FROM ledger_entry WHERE candidate_id = ? ORDER BY sequence", candidate.id)
    ]


async def put(candidate, rows):
    """Write a chain's rows as somebody who owns the database could."""
    await execute("DELETE FROM ledger_entry WHERE candidate_id = ?", candidate.id)
    marks = ", ".join("?" * 12)
    for row in rows:
        await execute(f"INSERT INTO ledger_entry ({ROW}) VALUES ({marks})", *row.values())


def flip(rows, draw):
    row, column = draw.choice(rows), draw.choice(COLUMNS)
    row[column] = changed(row[column], column, draw)
    return rows


def changed(value, column, draw):
    if column == "at":
        return (
            value + timedelta(microseconds=draw.randint(1, 10**9))
            if dialect() != "sqlite"
            else value.replace("26-", "27-")
        )
    if column == "sequence":
        return value + 100
    if column == "party":
        return "OPERATOR"
    if column.endswith("_id"):
        return uuid4() if dialect() != "sqlite" else str(uuid4())
    place = draw.randrange(len(value)) if value else 0
    other = "0" if value[place : place + 1] != "0" else "1"
    return value[:place] + other + value[place + 1 :]


def drop(rows, draw):
    rows.pop(draw.randrange(len(rows)))
    return rows


def swap(rows, draw):
    one, other = draw.sample(rows, 2)
    one["sequence"], other["sequence"] = other["sequence"], one["sequence"]
    return rows


def truncate(rows, draw):
    return rows[: draw.randrange(len(rows))]


def insert(rows, draw):
    copy = {**draw.choice(rows), "id": uuid4() if dialect() != "sqlite" else str(uuid4())}
    place = draw.randint(0, len(rows))
    if place == len(rows) or draw.random() < 0.5:
        copy["sequence"] = len(rows) + 1
        return [*rows, copy]
    for row in rows[place:]:
        row["sequence"] += 1
    copy["sequence"] = place + 1
    return [*rows[:place], copy, *rows[place:]]


TAMPERINGS = (flip, drop, swap, truncate, insert)


async def test_two_hundred_tamperings_are_found_two_hundred_times(unguarded):
    draw = random.Random(7)  # noqa: S311 - repeatable
    untouched = await rows_of(unguarded)
    found = []

    for number in range(TIMES):
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        await put(unguarded, tamper([dict(row) for row in untouched], draw))
        found.append(await ledger.verify(unguarded.id))

    assert len(found) == TIMES
    assert None not in found
    await put(unguarded, untouched)
    assert await ledger.verify(unguarded.id) is None


async def test_a_break_is_named_by_its_place(unguarded):
    untouched = await rows_of(unguarded)

    for number in range(1, 9):
        rows = [dict(row) for row in untouched]
        rows[number - 1]["data"] = '{"changed":1}'
        await put(unguarded, rows)
        assert await ledger.verify(unguarded.id) == number
    await put(unguarded, untouched[:5])
    assert await ledger.verify(unguarded.id) == 6
    await put(unguarded, [])
    assert await ledger.verify(unguarded.id) == 1
