"""Contact values leave in the returned object alone: not in a table, not in print, not in a log."""

import hashlib
import logging

import pytest
from structlog.testing import capture_logs

from consent.terms import Category
from exchange import cards, deciding, resumes, search
from exchange.actors import actor_of, member_of
from exchange.errors import IdempotencyMismatch
from exchange.reading import see_grants, see_requests
from models import LedgerEntry, OutboxMessage, Release
from models.statements import query
from tests.exchange.support import CANARIES, all_reprs, execute, tables
from tests.factories import ASKED, resume_of


@pytest.fixture
def heard(caplog):
    """Everything that is logged, at every level, by us and by the libraries."""
    caplog.set_level(logging.DEBUG)
    with capture_logs() as ours:
        yield lambda: " ".join([repr(ours), caplog.text, *(repr(record.args) for record in caplog.records)])


async def whole_story(world):
    candidate, member = await world.candidate(), await world.member()
    page = await world.search(member, text="后端")
    await search.open_card(world.call(member), card_id=page.cards[0].id)
    request = await world.request(member, candidate, categories={**ASKED, Category.WECHAT: ASKED[Category.NAME]})
    grant = await world.approve(candidate, request)
    disclosure = await world.release(member, grant, Category.NAME, Category.PHONE, Category.EMAIL, Category.WECHAT)
    await world.release(member, grant, Category.NAME, Category.PHONE, Category.EMAIL, Category.WECHAT)
    with pytest.raises(IdempotencyMismatch):
        await world.release(member, grant, Category.NAME)
    await deciding.revoke(world.call(candidate), grant_id=grant.id)
    return candidate, member, request, grant, disclosure


async def test_no_contact_value_is_in_any_column_of_any_table_invariant_9(world):
    candidate, *_ = await whole_story(world)

    for table in await tables():
        rows = await query(f"SELECT * FROM {table}")
        for value in (value for row in rows for value in row.values()):
            text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
            assert not CANARIES.search(text), table
            assert not [own for own in candidate.canary.values() if own in text], table


async def test_no_contact_value_is_in_the_database_file_invariant_9(world, database, tmp_path):
    candidate, *_ = await whole_story(world)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    if database.startswith("sqlite"):
        assert files
    for path in files:
        assert not [value for value in candidate.canary.values() if value.encode() in path.read_bytes()]


async def test_nothing_that_the_verbs_answer_prints_a_contact_value_invariant_9(world):
    candidate, member, request, grant, disclosure = await whole_story(world)
    own = await resumes.own_profile(world.call(candidate))
    theirs = await actor_of(world.call(member))
    seen = [*await see_requests(theirs, [request], world.now), *await see_grants(theirs, [grant], world.now)]

    for thing in (disclosure, disclosure.contact, disclosure.release, own, request, grant, world.call(member), *seen):
        printed = " ".join([*all_reprs(thing)[:2], f"{thing}"])
        assert not CANARIES.search(printed)
    for item in disclosure.contact.values.values():
        assert not CANARIES.search(f"{item!r} {item}")
    assert not CANARIES.search(repr(disclosure.contact.values))
    assert CANARIES.search(str(disclosure.contact.values[Category.NAME].value))


async def test_nothing_that_is_logged_holds_a_contact_value_at_any_level_invariant_9(world, heard):
    candidate, *_ = await whole_story(world)

    text = heard()

    assert not CANARIES.search(text)
    assert not [value for value in candidate.canary.values() if value in text]


async def test_no_message_to_the_world_holds_a_contact_value_invariant_9(world):
    candidate, *_ = await whole_story(world)

    for row in await OutboxMessage.all():
        assert not CANARIES.search(row.payload + row.topic)
        assert not [value for value in candidate.canary.values() if value in row.payload]


async def test_every_release_in_the_ledger_has_its_row_and_every_row_its_entry(world):
    candidate, *_ = await whole_story(world)

    entered = await LedgerEntry.filter(event="employer:contact:released").values_list("subject_id", flat=True)

    assert [row.id for row in await Release.all()] == entered
    assert len(entered) == 1


async def test_the_digest_of_a_release_is_keyed_and_tells_equal_content_from_other(world):
    first, second = await world.candidate(), await world.candidate()
    member = await world.member()
    grants = [await world.grant(member, first), await world.grant(member, second)]

    one = await world.release(member, grants[0], Category.NAME, key="a")
    same = await world.release(member, grants[0], Category.NAME, key="b")
    other = await world.release(member, grants[1], Category.NAME, key="a")

    assert one.release.content_hash == same.release.content_hash
    assert one.release.content_hash != other.release.content_hash
    assert one.release.content_hash != hashlib.sha256(one.contact.canonical().encode()).hexdigest()


async def test_a_database_error_tells_the_caller_no_contact_value(world, heard):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    await execute("ALTER TABLE outbox_message RENAME TO outbox_elsewhere")

    with pytest.raises(Exception, match="outbox_message") as broken:
        await world.release(member, grant)
    await execute("ALTER TABLE outbox_elsewhere RENAME TO outbox_message")

    assert not CANARIES.search(f"{broken.value!r} {broken.value} {vars(broken.value)} {heard()}")
    assert [dict(row) for row in await query("SELECT uses FROM consent_grant")] == [{"uses": 0}]
    assert await Release.all().count() == 0


async def test_the_document_of_a_person_is_open_to_the_person_alone(world):
    candidate, member = await world.candidate(), await world.member()
    await cards.hide_card(world.call(candidate))
    actor = await member_of(world.call(member))

    own = await resumes.own_profile(world.call(candidate))

    assert own.resume == resume_of(candidate.canary)
    assert not CANARIES.search(repr(actor))
