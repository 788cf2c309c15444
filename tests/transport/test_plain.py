"""Plans give the bytes that graphql-core gives, or leave the answer to it."""

import time
from collections import Counter

import orjson
import pytest
from graphql.execution import Executor

from app.transport import plain, shapes
from app.transport.params import OperationRequest
from app.transport.plain import PlainExecutor
from tests.transport.plain_world import PAGE, WHOLE, Drawing, World, broken_cards, cards, payload, stored

VARIABLES = ({"a": False}, {"a": True, "b": True}, {"a": False, "b": False})
DOCUMENTS = 170


@pytest.fixture
def made(monkeypatch):
    """Count what plans were asked and what they answered."""
    counts = Counter()
    plan = PlainExecutor._plan

    def counted(self, type_, details):
        complete = plan(self, type_, details)
        counts["none" if complete is None else "plans"] += 1
        return complete

    monkeypatch.setattr(PlainExecutor, "_plan", counted)
    return counts


@pytest.fixture
def slowly(monkeypatch):
    """Run a question as graphql-core does, without plans."""

    async def ask(world, *question):
        with monkeypatch.context() as patch:
            patch.setattr(PlainExecutor, "_plan", lambda *_: None)
            return await world.ask(*question)

    return ask


@pytest.mark.parametrize("make", [cards, broken_cards, lambda: broken_cards()[3:4]], ids=["good", "broken", "one"])
async def test_drawn_documents_are_answered_byte_by_byte_as_graphql_core_does(make, slowly, made, capsys):
    world = World(make)
    failed = 0

    for seed in range(DOCUMENTS):
        document = Drawing(world.core, seed).document()
        for variables in VARIABLES:
            quick = await world.ask(document, variables)
            assert quick == await slowly(world, document, variables), document
            failed += b'"errors"' in quick

    assert made["plans"] > DOCUMENTS
    with capsys.disabled():
        print(
            f"\n  plans: {DOCUMENTS * len(VARIABLES)} drawn queries alike, {failed} with errors, {dict(made)}", end=""
        )


async def test_stored_text_is_answered_whole_and_unparsed_once_it_is_known(slowly):
    world = World()
    whole = PAGE % WHOLE

    first, second = await world.ask(whole), await world.ask(whole)
    reply = await world.engine.execute(world.prepare(whole))

    assert first == second == await slowly(world, whole)
    kinds = [type(card) for card in reply.data["cards"]["nodes"]]
    assert kinds == [orjson.Fragment, orjson.Fragment, dict, orjson.Fragment]


@pytest.mark.parametrize(
    "selection",
    [
        "node: id " + WHOLE[2:],
        WHOLE[2:],
        WHOLE[2:] + " id",
        WHOLE.replace("code name", "name code", 1),
        WHOLE + " __typename",
        WHOLE.replace(" max }", " }"),
    ],
)
async def test_any_other_selection_is_read_field_by_field(selection, slowly):
    world = World(lambda: [stored()])
    await world.ask(PAGE % WHOLE)
    assert world.engine.known_texts

    for _ in range(2):
        assert await world.ask(PAGE % selection) == await slowly(world, PAGE % selection)
    reply = await world.engine.execute(world.prepare(PAGE % selection))

    assert type(reply.data["cards"]["nodes"][0]) is dict


@pytest.mark.parametrize(
    "changed",
    [
        {**payload(), "secret": "s"},
        {**payload(), "skills": [{"code": "a", "name": "b", "secret": "s"}]},
        dict(reversed(payload().items())),
        {**payload(), "degree": {"name": "b", "code": "a"}},
        {name: value for name, value in payload().items() if name != "skills"},
        {**payload(), "function": None},
        {},
    ],
)
async def test_text_that_is_not_what_its_fields_give_is_never_spliced(changed, slowly):
    world = World(lambda: [stored(), stored(changed)])

    for _ in range(3):
        answer = await world.ask(PAGE % WHOLE)
        assert answer == await slowly(world, PAGE % WHOLE)
        assert b"secret" not in answer
    assert len(world.engine.known_texts) == 1


async def test_spaces_in_a_stored_text_are_not_passed_on(slowly):
    def spaced():
        card = stored()
        card.stored = card.stored.replace(":", ": ", 1)
        return [card]

    world = World(spaced)

    for _ in range(3):
        assert await world.ask(PAGE % WHOLE) == await slowly(world, PAGE % WHOLE)


@pytest.mark.parametrize(
    "query",
    [
        '{ node(id: "x") { ... on Card { %s } } }',
        "{ authorizationRequests { nodes { id card { %s } terms { recipient { legalName } } } } }",
        "{ cards { edges { cursor node { %s } } } }",
        """mutation { requestAuthorization(input: {}) { ... on AuthorizationRequestSuccess {
        authorizationRequest { state card { %s } } } } }""",
    ],
)
async def test_cards_are_spliced_wherever_they_stand(query, slowly, monkeypatch):
    world = World()
    world.core.mutation_type.fields["requestAuthorization"].args.clear()
    query = (query % WHOLE).replace("(input: {})", "")

    first = await world.ask(query)
    with monkeypatch.context() as patch:
        patch.setattr(orjson, "loads", None)
        second = await world.ask(query)

    assert first == second == await slowly(world, query)


async def test_events_of_a_subscription_are_completed_by_plans(monkeypatch, made):
    world = World()
    query = "subscription { authorizationRequestChanged { message terms { hash } notice { text } } }"

    quick = await world.listen(query)
    asked = made["plans"]
    monkeypatch.setattr(PlainExecutor, "_plan", lambda *_: None)

    assert quick == await world.listen(query)
    assert len(quick) == asked == 2


async def test_a_field_with_a_resolver_is_left_to_graphql_core(slowly, made):
    query = "{ authorizationRequests { nodes { id job { id title } card { id } } } }"
    world = World()

    answer = await world.ask(query)

    assert made == {"none": 3, "plans": 4}
    assert answer == await slowly(world, query)


async def test_a_plan_completes_a_page_with_one_field_left_to_graphql_core(monkeypatch):
    fields = []
    execute_field = Executor.execute_field
    monkeypatch.setattr(
        Executor, "execute_field", lambda self, *rest: fields.append(rest[0].name) or execute_field(self, *rest)
    )

    await World().ask(PAGE % f"__typename {WHOLE}")

    assert fields == ["Query"]


async def test_plans_differ_by_the_flags_they_were_made_for(slowly):
    world = World()
    query = """query Q($n: String, $on: Boolean!, $off: Boolean = false, $m: String) { cards(after: $n) { nodes {
    id @include(if: $on) updatedMonth @skip(if: $off) } } u: cards(after: $m) { nodes { id } } }"""

    for n, on, off, m in (
        (None, True, None, ""),
        ("", True, True, None),
        ("", False, True, ""),
        (None, False, False, ""),
    ):
        variables = {"n": n, "on": on, "m": m} | ({} if off is None else {"off": off})
        assert await world.ask(query, variables) == await slowly(world, query, variables)


async def test_plans_of_two_operations_in_one_document_are_kept_apart():
    world = World()
    document = """query A($x: Boolean!, $y: Boolean!) { ...P } query B($y: Boolean!, $x: Boolean!) { ...P }
    fragment P on Query { cards { nodes { id @skip(if: $x) updatedMonth @skip(if: $y) } } }"""
    answers = []

    for name in "AB":
        request = OperationRequest(document, {"x": True, "y": False}, name)
        prepared = world.engine.prepare(request, None, None, "zh")
        answers.append((await world.engine.execute(prepared)).data["cards"]["nodes"][0])

    assert answers == [{"updatedMonth": "2026-11"}] * 2


async def test_plans_do_not_grow_without_bound(monkeypatch):
    world = World()
    names = [f"v{number}" for number in range(7)]
    flags = " ".join(f"m{name}: updatedMonth @skip(if: ${name})" for name in names)
    query = f"query Q({', '.join(f'${name}: Boolean!' for name in names)}) {{ cards {{ nodes {{ id {flags} }} }} }}"
    plans = world.prepare(query).operation.plans

    for number in range(128):
        await world.ask(query, {name: bool(number >> place & 1) for place, name in enumerate(names)})
        assert 0 < len(plans) <= plain.MOST_PLANS


async def test_known_texts_do_not_grow_without_bound(monkeypatch):
    monkeypatch.setattr(shapes, "MOST_KNOWN", 2)
    months = iter(range(100))
    world = World(lambda: [stored({**payload(), "updatedMonth": f"{next(months)}"})])

    for _ in range(10):
        await world.ask(PAGE % WHOLE)
        assert 0 < len(world.engine.known_texts) <= 2


async def test_what_plans_save_is_printed(slowly, capsys):
    world = World(lambda: [stored(number=number) for number in range(20)])

    async def milliseconds(ask, *question):
        best = []
        for _ in range(5):
            started = time.thread_time()
            await ask(*question)
            best.append((time.thread_time() - started) * 1000)
        return min(best)

    slow = await milliseconds(slowly, world, PAGE % WHOLE)
    read = await milliseconds(world.ask, PAGE % f"__typename {WHOLE}")
    spliced = await milliseconds(world.ask, PAGE % WHOLE)

    with capsys.disabled():
        print(
            f"\n  page of 20 cards: {slow:.1f} ms by graphql-core, {read:.2f} by a plan, {spliced:.2f} spliced", end=""
        )
    assert read < slow / 5
    assert spliced < read
