"""The search index: the same questions have the same answers on either engine, page after page."""

import json

import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.sqlite.client import SqliteClient

from anonymity.pay import Pay
from anonymity.search_tokens import CardFilter
from exchange import cards, resumes, search
from exchange.cards import publish_card
from exchange.errors import InvalidInput
from models import Account, AccountKind, Candidate, Card
from models.unit_of_work import unit_of_work
from tests.exchange.support import dialect, problems, refusal
from tests.factories import resume_of

PEOPLE = {
    "ann": {
        "title": "Senior Backend Engineer",
        "city": "上海",
        "skill": "Python",
        "degree": "本科",
        "years": 10,
        "pay": 30000,
    },
    "bob": {"title": "前端工程师", "city": "杭州", "skill": "React", "degree": "硕士", "years": 4, "pay": 20000},
    "cai": {"title": "Nurse", "city": "Beijing", "skill": "C++", "degree": "大专", "years": 2, "pay": None},
    "dee": {"title": "Backend Engineer", "city": "宁波", "skill": "C#", "degree": "博士", "years": 7, "pay": 60000},
}
CASES = {
    "nothing asked": ({}, "ann bob cai dee"),
    "chinese words": ({"text": "后端"}, "ann dee"),
    "english words": ({"text": "backend engineer"}, "ann dee"),
    "both languages": ({"text": "后端 python"}, "ann"),
    "a city in either language": ({"text": "北京"}, "cai"),
    "the same city in english": ({"text": "beijing"}, "cai"),
    "signs that belong to a word": ({"text": "c++"}, "cai"),
    "another sign": ({"text": "C#"}, "dee"),
    "no card has it": ({"text": "量子"}, ""),
    "no word of ours": ({"text": "qwertzuiop"}, ""),
    "quotes and operators": ({"text": '"backend" OR (NOT *:'}, ""),
    "injection": ({"text": "'; DROP TABLE card; --"}, ""),
    "a function": ({"functions": ("backend",)}, "ann dee"),
    "either function": ({"functions": ("backend", "frontend")}, "ann bob dee"),
    "all skills": ({"skills_all": ("python", "kubernetes")}, "ann"),
    "all skills that nobody has": ({"skills_all": ("python", "react")}, ""),
    "any skill": ({"skills_any": ("python", "react")}, "ann bob"),
    "all and any": ({"skills_all": ("kubernetes",), "skills_any": ("react", "cplusplus")}, "bob cai"),
    "a country": ({"regions": ("cn",)}, "ann bob cai dee"),
    "a province": ({"regions": ("cn.zj",)}, "bob dee"),
    "a city of it": ({"regions": ("cn.zj.hangzhou",)}, "bob"),
    "two regions": ({"regions": ("cn.sh", "cn.bj")}, "ann cai"),
    "at least a bachelor": ({"min_degree": "bachelor"}, "ann bob dee"),
    "at least a master": ({"min_degree": "master"}, "bob dee"),
    "at least a doctor": ({"min_degree": "doctor"}, "dee"),
    "years from": ({"min_years": 5}, "ann dee"),
    "years up to": ({"max_years": 4}, "bob cai"),
    "years between": ({"min_years": 5, "max_years": 8}, "dee"),
    "pay": ({"max_pay": Pay(25000, "CNY", "MONTH")}, "bob"),
    "more pay": ({"max_pay": Pay(100000, "CNY", "MONTH")}, "ann bob dee"),
    "everything at once": (
        {"text": "后端", "functions": ("backend",), "regions": ("cn.sh",), "min_years": 3, "skills_all": ("python",)},
        "ann",
    ),
}


async def person(world, *, degree, years, pay, **parts):
    candidate = await world.candidate(**parts)
    document = resume_of(candidate.canary, **parts)
    document["education"][0]["studyType"] = degree
    document["work"] = [{**document["work"][0], "startDate": f"{2026 - years}-11", "endDate": "2026-11"}]
    await resumes.import_resume(world.call(candidate), document=document)
    expected = None if pay is None else Pay(pay, "CNY", "MONTH")
    await resumes.update_preferences(world.call(candidate), expected_pay=expected, availability=None)
    return candidate


async def everything(world, member, first, **parts):
    """Follow the pages to their end and return the card ids in order."""
    ids, after = [], None
    for _ in range(200):
        page = await search.search_cards(world.call(member), card_filter=CardFilter(**parts), first=first, after=after)
        ids += [card.id for card in page.cards]
        if not page.has_next:
            return ids
        after = page.cursors[-1]
    raise AssertionError("the pages do not end")


async def test_the_same_cases_have_the_same_results_on_either_engine(world):
    member = await world.member()
    people = {name: await person(world, **about) for name, about in PEOPLE.items()}
    names = {await world.card_id(member, candidate): name for name, candidate in people.items()}

    answers = {case: await everything(world, member, 100, **parts) for case, (parts, _) in CASES.items()}

    told = {case: " ".join(sorted(names[card] for card in ids)) for case, ids in answers.items()}
    assert told == {case: expected for case, (_, expected) in CASES.items()}


@pytest.mark.parametrize(
    "parts",
    [
        {"functions": ("astronaut",)},
        {"skills_all": ("python' OR '1'='1",)},
        {"regions": ("cn.nowhere",)},
        {"min_degree": "wizard"},
        {"text": "x" * 201},
        {"text": " ".join(f"w{number}" for number in range(21))},
    ],
    ids=str,
)
async def test_unknown_codes_and_too_long_texts_are_named(world, parts):
    member = await world.member()

    async with refusal(InvalidInput) as refused:
        await world.search(member, **parts)

    assert problems(refused.error) == [next(iter(parts))]


@unit_of_work
async def copies(transaction, world, count):
    """Many cards, copied from the one there is; a stable crowd that nobody touches."""
    row = await Card.all().first()
    made = []
    for number in range(count):
        made.append(await _copy(transaction, world, row, number))
    return made


async def _copy(transaction, world, row, number):
    account = Account(kind=AccountKind.CANDIDATE, email_hash=f"copy {number}", password_hash="-", created_at=world.now)
    await transaction.insert(account)
    candidate = Candidate(account_id=account.id, created_at=world.now, visibility=row.visibility)
    await transaction.insert(candidate)
    sequence = await cards._next_sequence(transaction)
    values = {name: getattr(row, name) for name in row._meta.db_fields if name not in {"candidate_id", "sequence"}}
    card = Card(candidate_id=candidate.id, sequence=sequence, **values)
    await transaction.insert(card)
    return world.desk.opaque.conceal(candidate.id.bytes, b"card", b"")


@pytest.mark.parametrize("first", [1, 7, 50, 100])
async def test_pages_follow_each_other_freshest_first_without_gap_or_repetition(world, first):
    first_card, member = await world.candidate(), await world.member()
    await copies(world, 12 if first == 1 else 119)
    expected = [row.candidate_id for row in await Card.all().order_by("-sequence")]

    ids = await everything(world, member, first, text="后端")

    known = [await world.card_id(member, type("C", (), {"id": candidate})) for candidate in expected]
    assert ids == known
    assert ids[-1] == await world.card_id(member, first_card)


async def test_pages_hold_together_while_cards_are_published_and_hidden(world):
    member = await world.member()
    restless = [await world.candidate() for _ in range(4)]
    await copies(world, 110)
    untouched = {row.candidate_id for row in await Card.all()} - {candidate.id for candidate in restless}
    stable = {await world.card_id(member, type("C", (), {"id": candidate})) for candidate in untouched}

    ids, after, turn = [], None, 0
    for _ in range(200):
        page = await search.search_cards(world.call(member), card_filter=CardFilter(), first=10, after=after)
        ids += [card.id for card in page.cards]
        if not page.has_next:
            break
        after, turn = page.cursors[-1], turn + 1
        moved = restless[turn % 4]
        if turn % 2:
            await cards.hide_card(world.call(moved))
        await publish_card(world.call(moved), visibility=cards.SHOWN[1])

    assert len(ids) == len(set(ids))
    assert stable <= set(ids)
    assert [card for card in ids if card in stable] == sorted(stable, key=ids.index)
    assert len(stable) == 110


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_has_one_to_a_hundred_cards(world, first):
    member = await world.member()

    async with refusal(InvalidInput) as refused:
        await search.search_cards(world.call(member), card_filter=CardFilter(), first=first, after=None)

    assert problems(refused.error) == ["first"]


async def test_a_cursor_is_good_for_its_own_search_and_viewer_alone(world):
    await world.candidate()
    await world.candidate()
    member, other = await world.member(), await world.member()
    page = await search.search_cards(world.call(member), card_filter=CardFilter(), first=1, after=None)
    cursor = page.cursors[0]

    async def ask(who, after, **parts):
        return await search.search_cards(world.call(who), card_filter=CardFilter(**parts), first=1, after=after)

    for who, after, parts in (
        (other, cursor, {}),
        (member, cursor, {"text": "后端"}),
        (member, page.cards[0].id, {}),
        (member, "", {}),
        (member, "junk", {}),
        (member, "A" * 5000, {}),
    ):
        async with refusal(InvalidInput) as refused:
            await ask(who, after, **parts)
        assert problems(refused.error) == ["after"]
    assert len((await ask(member, cursor)).cards) == 1


@pytest.fixture
def statements(monkeypatch):
    """Count what goes through the connection."""
    heard = []
    for client in (AsyncpgDBClient, SqliteClient):
        for name in ("execute_query", "execute_query_dict", "execute_insert", "execute_many", "execute_script"):
            monkeypatch.setattr(client, name, _listening(getattr(client, name), heard))
    return heard


def _listening(stock, heard):
    depth = []

    async def listen(self, sql, *given, **named):
        if not depth:
            heard.append(sql)
        depth.append(1)
        try:
            return await stock(self, sql, *given, **named)
        finally:
            depth.pop()

    return listen


@pytest.mark.parametrize("parts", [{}, {"text": "后端"}, {"skills_all": ("python",), "regions": ("cn",)}], ids=str)
async def test_a_page_is_one_statement_for_one_card_and_for_fifty(world, statements, parts):
    await world.candidate()
    member = await world.member()

    counts = []
    for more in (0, 60):
        await copies(world, more)
        statements.clear()
        page = await search.search_cards(world.call(member), card_filter=CardFilter(**parts), first=50, after=None)
        counts.append((len(page.cards), len(set(statements)), len(page.cards) and statements[0].count("SELECT c.")))

    assert counts == [(1, 1, 1), (50, 1, 1)]
    assert dialect() in {"sqlite", "postgres"}


async def test_a_payload_is_json_of_codes_and_bands(world):
    await world.candidate()
    member = await world.member()

    [card] = (await world.search(member)).cards

    payload = json.loads(card.payload)
    assert isinstance(payload, dict)
    assert payload


async def test_the_cursors_of_a_page_can_be_read_in_part(world):
    await world.candidate()
    await world.candidate()
    page = await world.search(await world.member())

    assert len(page.cursors) == 2
    assert [*page.cursors[:1], *page.cursors[1:]] == list(page.cursors)
