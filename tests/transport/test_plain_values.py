"""Sources that no plan expects: each is answered as graphql-core answers it, errors and all."""

from types import SimpleNamespace

import orjson
import pytest
import strawberry
from graphql.pyutils import Undefined
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from app.transport import PublicError, TransportConfig
from app.transport.execution import Engine
from app.transport.params import OperationRequest
from app.transport.plain import PlainExecutor, read_field
from app.transport.ports import Ports
from tests.transport.plain_world import without_references


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Inner:
    code: str


@strawberry.type
class Thing(Node):
    code: str | None
    anything: JSON | None
    words: list[str] | None
    inner: Inner | None

    @classmethod
    def is_type_of(cls, value, _info):
        return getattr(value, "kind", "thing") == "thing"


@strawberry.type
class Other(Node):
    code: str | None
    anything: JSON | None
    words: list[str] | None
    inner: Inner | None

    @classmethod
    def is_type_of(cls, value, _info):
        return getattr(value, "kind", "thing") == "other"


@strawberry.type
class Left:
    code: str


@strawberry.type
class Right:
    code: str


@strawberry.type
class Asking:
    id: strawberry.ID

    @classmethod
    def is_type_of(cls, _value, info):
        return info.field_name == "asking"


@strawberry.type
class Query:
    @strawberry.field
    async def thing(self, info: strawberry.Info, p: bool | None = None, r: bool | None = None) -> Thing | None:  # noqa: ARG002, FBT001 - flags
        return info.context()

    @strawberry.field
    async def other(self, info: strawberry.Info) -> Other | None:
        return info.context()

    @strawberry.field
    async def node(self, info: strawberry.Info) -> Node | None:
        return info.context()

    @strawberry.field
    async def side(self, info: strawberry.Info) -> Left | Right | None:
        return info.context()

    @strawberry.field
    async def asking(self, info: strawberry.Info) -> Asking | None:
        return info.context()


ALL = "{ id code anything words inner { code } }"


class Stored(dict):
    """A dict that has its fields but the first as text too, and a kind."""


class Pretender:
    """No dict, but read like one."""

    def __getitem__(self, _name):
        return "pretended"


class Toy:
    def __init__(self, make=None):
        self.make = make

        async def context(*_):
            return lambda: self.make()  # noqa: PLW0108 - tests change what is made

        schema = strawberry.Schema(Query, types=[Thing, Other], config=StrawberryConfig(default_resolver=read_field))
        self.engine = Engine(schema, TransportConfig(), Ports(None, context))

    async def ask(self, query, **variables):
        prepared = self.engine.prepare(OperationRequest(query, variables), None, None, "")
        return without_references((await self.engine.execute(prepared)).payload)


@pytest.fixture
def alike(monkeypatch):
    """Ask twice with plans and once without, and compare."""

    async def check(toy, query, **variables):
        first, second = await toy.ask(query, **variables), await toy.ask(query, **variables)
        with monkeypatch.context() as patch:
            patch.setattr(PlainExecutor, "_plan", lambda *_: None)
            expected = await toy.ask(query, **variables)
        assert first == second == expected
        return first

    return check


def thing(**changes):
    return {"id": "1", "code": "c", "anything": {"a": 1}, "words": ["w"], "inner": {"code": "i"}, **changes}


async def soon(value):
    return value


def stored(kind, identity="1"):
    fields = thing()
    fields.pop("id")
    source = Stored(id=identity, **fields)
    source.kind, source.stored = kind, orjson.dumps(fields).decode()
    return source


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"words": "abc"},
        {"words": {"a": 1}},
        {"words": {"only"}},
        {"words": ("a", "b")},
        {"words": [None]},
        {"words": [1, True, 2.5]},
        {"inner": Pretender()},
        {"inner": SimpleNamespace(code="object")},
        {"inner": PublicError("Said.", "SAID")},
        {"inner": []},
        {"inner": Undefined},
        {"code": Undefined},
        {"code": PublicError("Said.", "SAID")},
        {"anything": PublicError("Said.", "SAID")},
        {"anything": Undefined},
        {"anything": None},
        {"id": 5},
        {"id": None},
    ],
    ids=repr,
)
@pytest.mark.parametrize("as_object", [False, True])
async def test_strange_values_are_answered_as_graphql_core_does(changes, as_object, alike):
    source = thing(**changes)

    await alike(Toy(lambda: SimpleNamespace(**source) if as_object else source), f"{{ thing {ALL} }}")


@pytest.mark.parametrize(("name", "value"), [("inner", {"code": "later"}), ("code", "later"), ("anything", ["later"])])
@pytest.mark.parametrize("as_object", [False, True])
async def test_awaitable_values_are_awaited(name, value, as_object, alike):
    def make():
        source = thing(**{name: soon(value)})
        return SimpleNamespace(**source) if as_object else source

    answer = await alike(Toy(make), f"{{ thing {{ {name} {'{ code }' if name == 'inner' else ''} }} }}")

    assert b"later" in answer


@pytest.mark.parametrize("value", [None, Undefined, PublicError("Said.", "SAID"), 5, "text", [], Pretender()], ids=repr)
@pytest.mark.parametrize("selection", ["{ __typename }", "{ id __typename }", ALL])
async def test_strange_objects_are_answered_as_graphql_core_does(value, selection, alike):
    await alike(Toy(lambda: value), f"{{ thing {selection} }}")
    await alike(Toy(lambda: thing(inner=value)), "{ thing { inner { __typename code } } }")
    await alike(Toy(lambda: thing(inner=value)), "{ thing { id inner { __typename } } }")


async def test_an_object_of_another_type_is_refused(alike):
    for query in (f"{{ thing {ALL} }}", f"{{ other {ALL} }}"):
        for kind in ("thing", "other"):
            toy = Toy()
            for known in ("thing", "other"):
                toy.make = lambda known=known: stored(known)
                await toy.ask(f"{{ {known} {ALL} }}")
            toy.make = lambda kind=kind: stored(kind)
            assert (b'"errors"' in await alike(toy, query)) is (f"{{ {kind} " not in query)
            toy.make = lambda kind=kind: stored(kind)
            assert b'"data":{"' in await alike(toy, query.replace(" anything", ""))
            answer = await alike(Toy(lambda kind=kind: SimpleNamespace(kind=kind, **thing())), query)
            assert (b'"errors"' in answer) is (f"{{ {kind} " not in query)


async def test_a_type_that_asks_for_the_place_of_a_value_is_left_to_graphql_core(alike):
    assert b'"errors"' not in await alike(Toy(lambda: {"id": "1"}), "{ asking { id } }")


async def test_one_selection_is_planned_for_each_type_it_meets(alike):
    toy = Toy()

    for kind, name in (("thing", b"Thing"), ("other", b"Other"), ("thing", b"Thing")):
        toy.make = lambda kind=kind: SimpleNamespace(kind=kind, **thing())
        assert name in await alike(toy, "{ node { id __typename } }")


async def test_one_selection_is_planned_for_each_member_of_a_union(alike):
    toy = Toy()
    query = "{ side { __typename ... on Left { l: code } ... on Right { r: code } } }"

    for make in (Left, Right, Left):
        toy.make = lambda make=make: make(code="c")
        assert make.__name__.encode() in await alike(toy, query)


async def test_text_known_of_one_type_is_not_known_of_another(alike):
    toy = Toy()
    for kind in ("thing", "other"):
        toy.make = lambda kind=kind: stored(kind)
        await alike(toy, f"{{ {kind} {ALL} }}")

    assert len(toy.engine.known_texts) == 2


async def test_a_stored_id_that_is_no_text_is_not_spliced(alike):
    toy = Toy()

    for identity in ("1", 'qu"ote', 5, None):
        toy.make = lambda identity=identity: stored("thing", identity)
        await alike(toy, f"{{ thing {ALL} }}")


async def test_flags_keep_their_places_between_variables_that_are_null(alike):
    query = "query Q($p: Boolean, $q: Boolean!, $r: Boolean) { thing(p: $p, r: $r) { id code @skip(if: $q) } }"
    toy = Toy(thing)

    assert b"code" in await alike(toy, query, p=True, q=False, r=None)
    assert b"code" not in await alike(toy, query, p=None, q=True, r=False)


async def test_fields_of_a_schema_with_another_default_resolver_are_not_planned(alike):
    toy = Toy(lambda: SimpleNamespace(**thing()))
    config = StrawberryConfig(default_resolver=lambda source, name: getattr(source, name) * 2)
    toy.engine = Engine(strawberry.Schema(Query, config=config), TransportConfig(), toy.engine.ports)

    assert b'"cc"' in await alike(toy, "{ thing { code } }")
