"""Lists: pages, cursors, filters, and that a page costs the same whatever its length."""

import pytest

from exchange.card_index import page_statement
from tests.api.answers import code_of
from tests.api.harness import counted_statements
from tests.api.selections import everything
from tests.factories import Canary, resume_of

LISTS = ("authorizationRequests", "grants", "jobs", "ledger", "cards")
PAGE = "query($first: Int!, $after: String) {{ {0}(first: $first, after: $after) {{ nodes {{ id }} pageInfo {{ \
hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor node {{ id }} }} }} }}"


@pytest.fixture
async def five(api, candidate, recruiter):
    """Five rows for every list."""
    for number in range(4):
        colleague = await api.world.member(employer=recruiter.employer)
        await api.world.grant(colleague, candidate)
        await api.world.candidate(title=["Nurse", "Accountant", "Data Engineer", "Lawyer"][number])
    await api.world.grant(recruiter, candidate)


def who_reads(name, candidate, recruiter):
    return candidate if name == "ledger" else recruiter


@pytest.mark.parametrize("name", LISTS)
async def test_pages_follow_each_other_without_gaps(api, candidate, recruiter, five, name):
    who, document = who_reads(name, candidate, recruiter), PAGE.format(name)
    whole = (await api.data(document, who, first=100))[name]

    pages, after = [], None
    while not pages or pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append((await api.data(document, who, first=2, after=after))[name])
        after = pages[-1]["pageInfo"]["endCursor"]

    assert len(whole["nodes"]) >= 5
    assert [node for page in pages for node in page["nodes"]] == whole["nodes"]
    assert [edge["node"] for edge in whole["edges"]] == whole["nodes"]
    cursors = [edge["cursor"] for edge in whole["edges"]]
    assert whole["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": cursors[0],
        "endCursor": cursors[-1],
    }
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False] + [True] * (len(pages) - 1)


@pytest.mark.parametrize("name", LISTS)
async def test_wrong_sizes_and_cursors_are_told_under_their_path(api, candidate, recruiter, name):
    rival, other = await api.world.member(), await api.world.candidate()
    await api.world.grant(recruiter, candidate)
    who, foreign = who_reads(name, candidate, recruiter), who_reads(name, other, rival)
    document = PAGE.format(name)
    another = "grants" if name != "grants" else "jobs"
    stolen = (await api.data(PAGE.format(name), foreign, first=1))[name]["pageInfo"]["endCursor"]
    elsewhere = (await api.data(PAGE.format(another), recruiter, first=1))[another]["pageInfo"]["endCursor"]

    for first in (0, -1, 101, 2**31 - 1):
        error = await api.error(document, who, first=first)
        wrong_size = [{"path": "first", "message": "Ask for 1 to 100 items."}]
        assert error["extensions"] == {"code": "INVALID_INPUT", "problems": wrong_size} or first > 5000
    for after in ("", "x", "名", "a" * 5000, stolen or "x", elsewhere):
        error = await api.error(document, who, first=1, after=after)
        assert (code_of(error), [p["path"] for p in error["extensions"]["problems"]]) == ("INVALID_INPUT", ["after"])


async def test_a_cursor_of_one_search_is_none_of_another(api, recruiter, five):
    cursor = (await api.data("{ cards(first: 1) { pageInfo { endCursor } } }", recruiter))["cards"]["pageInfo"]

    error = await api.error(
        'query($after: String) { cards(first: 1, after: $after, filter: {text: "nurse"}) { nodes { id } } }',
        recruiter,
        after=cursor["endCursor"],
    )

    message = "Give a cursor of the same search, as it was answered to you."
    assert error["extensions"]["problems"] == [{"path": "after", "message": message}]


async def test_every_part_of_a_filter_finds_the_card_and_a_contrary_one_does_not(api, recruiter):
    wanted = await api.world.candidate()
    pay = {"amount": 30_000, "currency": "CNY", "period": "MONTH"}
    await api.perform("updateJobPreferences", wanted, expectedPay=pay, availability="ONE_MONTH")
    other = resume_of(Canary.number(880_001), title="Nurse", city="北京", skill="Rust")
    for key in ("work", "education", "languages", "skills"):
        other[key] = []
    someone = await api.world.candidate(title="Nurse", city="北京")
    await api.perform("importResume", someone, resume=other)
    mine = await api.card_id(recruiter, wanted)
    document = "query($filter: CardFilterInput) { cards(filter: $filter) { nodes { id } } }"

    async def found(**filter_parts):
        nodes = (await api.data(document, recruiter, filter=filter_parts))["cards"]["nodes"]
        return [node["id"] for node in nodes]

    shown = f"query($id: ID!) {{ card(id: $id) {everything('Card')} }}"
    card = (await api.data(shown, recruiter, id=mine))["card"]
    for parts in (
        {"text": "后端 Python"},
        {"text": "backend shanghai"},
        {"functions": [card["function"]["code"], "nurse"][:1]},
        {"families": [card["functionFamily"]["code"]]},
        {"levels": [card["level"]["code"]]},
        {"regions": ["cn.sh"]},
        {"industries": [card["industries"][0]["code"]]},
        {"skillsAll": [skill["code"] for skill in card["skills"]]},
        {"skillsAny": ["python", "rust"]},
        {"languages": ["en"]},
        {"minYears": card["yearsOfExperience"]["min"]},
        {"minDegree": card["degree"]["code"]},
        {"maxPay": pay},
        {"availability": ["ONE_MONTH", "LATER"]},
    ):
        assert await found(**parts) == [mine], parts
    assert mine not in await found(maxYears=0)
    assert mine not in await found(text="nurse")
    assert mine in await found(regions=["cn"])
    assert await found(text="no such word at all") == []


async def test_what_a_filter_cannot_be_is_told_under_its_path(api, recruiter):
    document = "query($filter: CardFilterInput) { cards(filter: $filter) { nodes { id } } }"
    unknown = "No term has this code. Query vocabulary for them."
    for parts, problems in (
        ({"functions": ["x"], "skillsAll": ["y"]}, {"functions": unknown, "skillsAll": unknown}),
        ({"minDegree": "z"}, {"minDegree": unknown}),
        ({"text": "x" * 201}, {"text": "Search for at most 200 characters."}),
        (
            {"maxPay": {"amount": 1, "currency": "?", "period": "MONTH"}},
            {"maxPay.currency": "The currency must be a three-letter ISO 4217 code in capitals."},
        ),
    ):
        error = await api.error(document, recruiter, filter=parts)
        assert {p["path"]: p["message"] for p in error["extensions"]["problems"]} == problems


async def cost_of(api, who, document, **variables):
    with counted_statements() as statements:
        await api.data(document, who, **variables)
    return [statement for statement in statements if "outbox_message" not in statement]


async def test_a_page_of_cards_is_one_statement_whatever_is_selected_for_one_and_for_fifty(api, recruiter):
    whole = f"query($filter: CardFilterInput) {{ cards(first: 100, filter: $filter) {everything('CardConnection')} }}"
    little = "query($filter: CardFilterInput) { cards(first: 100, filter: $filter) { nodes { id } } }"
    await api.world.candidate()

    one = [await cost_of(api, recruiter, document, filter={"text": "python"}) for document in (whole, little)]
    await many_cards(api, 49)
    fifty = [await cost_of(api, recruiter, document, filter={"text": "python"}) for document in (whole, little)]

    assert [len(statements) for statements in one + fifty] == [1, 1, 1, 1]
    assert "WITH viewer AS" in fifty[0][0]
    assert len((await api.data(little, recruiter, filter={}))["cards"]["nodes"]) == 50
    assert page_statement("card c WHERE c.sequence < ?", "en").count("?") == 4


async def many_cards(api, number):
    for _ in range(number):
        await api.world.candidate()


REQUESTS = """{ authorizationRequests(first: 100) { nodes { id state terms { hash } notice { text } job { title }
    card { id } grant { id state releases { id memberName } } } } }"""
GRANTS = "{ grants(first: 100) { nodes { id terms { hash } authorizationRequest { state } job { title } } } }"


async def test_a_list_costs_the_same_number_of_statements_for_one_row_and_for_fifty(api, candidate, recruiter):
    await api.world.release(recruiter, await api.world.grant(recruiter, candidate))
    asked = [(who, document) for who in (candidate, recruiter) for document in (REQUESTS, GRANTS)]
    one = [len(await cost_of(api, who, document)) for who, document in asked]
    for _ in range(49):
        colleague = await api.world.member(employer=recruiter.employer)
        await api.world.release(colleague, await api.world.grant(colleague, candidate))

    fifty = [len(await cost_of(api, who, document)) for who, document in asked]

    assert fifty == one
    assert max(one) <= 14
    for who, document in asked:
        (found,) = (await api.data(document, who)).values()
        assert len(found["nodes"]) == 50
