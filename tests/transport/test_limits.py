import sys
import time
from contextlib import contextmanager

import pytest
from graphql import get_introspection_query

from app.transport import TransportConfig
from app.transport.documents import Documents
from app.transport.errors import PublicError, Rejected
from tests.transport.toy import SCHEMA

PAGE = "things(first: %s) { nodes { name %s } }"


def documents(**settings):
    return Documents(SCHEMA._schema, TransportConfig(**settings))


def refusal(text, **settings):
    with pytest.raises(Rejected) as rejected:
        documents(**settings).prepare(text)
    return rejected.value.errors[0]["extensions"]


def chain(length, body):
    return "".join(f"fragment f{n} on Query {{ {body.format(next=f'f{n + 1}')} }} " for n in range(length))


def bomb(length, body="...{next} ...{next}"):
    return f"{{ ...f0 }} {chain(length, body)} fragment f{length} on Query {{ hello }}"


def thing_bomb(length):
    body = "things {{ nodes {{ ...f{0} }} }} b: things {{ nodes {{ ...f{0} }} }}"
    rest = "".join(f"fragment f{n} on Thing {{ {body.format(n + 1)} }} " for n in range(length))
    return f"{{ things {{ nodes {{ ...f0 }} }} }} {rest} fragment f{length} on Thing {{ name }}"


def spread_by_all(count, field):
    spreads = " ".join(f"...f{n}" for n in range(count))
    return f"{{ {spreads} }}" + "".join(f"fragment f{n} on Query {{ {field.format(n)} }}" for n in range(count))


def everyone_spreads_everyone(count):
    spreads = " ".join(f"...f{n}" for n in range(count))
    return "{ ...f0 }" + "".join(f"fragment f{n} on Query {{ {spreads} }}" for n in range(count))


ABUSE = {
    "fragment bomb of 758 bytes": (bomb(16).ljust(758), "TOKENS_EXCEEDED"),
    "fragment bomb of 2 KB": (bomb(60), "TOKENS_EXCEEDED"),
    "fragment bomb through lists": (thing_bomb(12), "TOKENS_EXCEEDED"),
    "fragment bomb of lists": (bomb(23).replace("{ hello }", "{ things { nodes { name } } }"), "TOKENS_EXCEEDED"),
    "fragment bomb nobody uses": (bomb(40).replace("{ ...f0 }", "{ hello }", 1), "TOKENS_EXCEEDED"),
    "one field 990 times": ("{" + "hello " * 990 + "}", "OVERLAPS_EXCEEDED"),
    "inline fragments": ("{" + "...{hello}" * 195 + "}", "OVERLAPS_EXCEEDED"),
    "90 fragments with one field": (spread_by_all(90, "hello"), "OVERLAPS_EXCEEDED"),
    "90 fragments with aliases": (spread_by_all(90, "h{0}: hello"), "ALIASES_EXCEEDED"),
    "330 aliases": ("{" + "".join(f"a{n}:hello " for n in range(330)) + "}", "ALIASES_EXCEEDED"),
    "60 levels": ("{things" + "{nodes{things" * 60 + "{nodes{name}}" + "}}" * 60 + "}", "DEPTH_EXCEEDED"),
    "190 inline levels": ("{" + "...{" * 190 + "hello" + "}" * 191, "DEPTH_EXCEEDED"),
    "chain of 70 fragments": (bomb(70, "...{next}"), "DEPTH_EXCEEDED"),
    "160 directives": ("{hello" + "@skip(if:true)" * 140 + "}", "DIRECTIVES_EXCEEDED"),
    "introspection of introspection": (
        "{__schema{types{" + "fields{type{" * 8 + "name" + "}}" * 8 + "}}}",
        "DEPTH_EXCEEDED",
    ),
    "types of types": ("{__schema{types{" + "ofType{" * 25 + "name" + "}" * 25 + "}}}", "DEPTH_EXCEEDED"),
    "cycle": ("{...a} fragment a on Query{...b} fragment b on Query{...a}", "GRAPHQL_VALIDATION_FAILED"),
    "cycles of twenty": (everyone_spreads_everyone(20), "GRAPHQL_VALIDATION_FAILED"),
    "30,000 comments": ("{hello" + "#\n" * 30_000 + "}", "TOKENS_EXCEEDED"),
    "1,001 tokens": ("{" + "hello " * 1001 + "}", "TOKENS_EXCEEDED"),
    "990 unknown fields": ("{" + "".join(f"a{n} " for n in range(990)) + "}", "GRAPHQL_VALIDATION_FAILED"),
    "wide literal": ("{hello(name:[" + "1 " * 980 + "])}", "GRAPHQL_VALIDATION_FAILED"),
}


@contextmanager
def untraced():
    """Measure the code and not the coverage of it."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)


@pytest.mark.parametrize("name", ABUSE)
def test_abuse_is_refused_in_less_than_fifty_milliseconds(name, capsys):
    text, code = ABUSE[name]
    cache = documents(introspection=True, suggestions=False)
    taken = []

    for _ in range(3):
        started = time.process_time()
        with untraced(), pytest.raises(Rejected) as rejected:
            cache.get(text)
        taken.append((time.process_time() - started) * 1000)

    with capsys.disabled():
        sys.stdout.write(f"\n  limiter: {name}, {len(text)} bytes: {min(taken):.1f} ms")
    assert rejected.value.errors[0]["extensions"]["code"] == code
    assert min(taken) < 50


def test_a_bomb_of_fragments_that_is_within_every_bound_is_cheap_to_validate():
    text = spread_by_all(40, "hello")

    with untraced():
        started = time.process_time()
        documents().prepare(text)
        taken = time.process_time() - started

    assert taken < 0.2


@pytest.mark.parametrize(
    ("text", "settings", "figures"),
    [
        ("{ things { nodes { name } } }", {"max_depth": 2}, ("DEPTH_EXCEEDED", 2, 3)),
        ("{ a: hello ...f } fragment f on Query { b: hello }", {"max_aliases": 1}, ("ALIASES_EXCEEDED", 1, 2)),
        ("{ hello @skip(if: false) @include(if: true) }", {"max_directives": 1}, ("DIRECTIVES_EXCEEDED", 1, 2)),
        ("{ hello nothing }", {"max_tokens": 3}, ("TOKENS_EXCEEDED", 3, 4)),
        ("{ hello hello hello }", {"max_overlaps": 2}, ("OVERLAPS_EXCEEDED", 2, 3)),
    ],
)
def test_a_bound_says_the_limit_and_the_figure(text, settings, figures):
    code, limit, actual = figures

    assert refusal(text, **settings) == {"code": code, "limit": limit, "actual": actual}


def test_depth_counts_through_fragments_and_not_for_them():
    text = "{ ...a } fragment a on Query { ... { things { ...b } } } fragment b on Things { nodes { name } }"

    documents(max_depth=3).prepare(text)
    assert refusal(text, max_depth=2)["actual"] == 3


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("{ hello }", {}, 0),
        ("{ things { nodes { name } } }", {}, 20),
        ("{ things(first: 10) { nodes { name } } }", {}, 10),
        ("{ things(first: 3, last: 7) { nodes { name } } }", {}, 7),
        ("{ things(last: null) { nodes { name } } }", {}, 20),
        ("{ things(first: -5) { nodes { name } } }", {}, 0),
        ("{ a: things(first: 10) { nodes { name } } b: things(first: 5) { nodes { name } } }", {}, 15),
        ("{ %s }" % (PAGE % (10, PAGE % (10, PAGE % (10, "")))), {}, 1110),
        ("query($n: Int!) { things(first: $n) { nodes { name } } }", {"n": 100}, 100),
        ("query($n: Int = 7) { things(first: $n) { nodes { name } } }", {"n": 7}, 7),
        (
            "{ ...f } fragment f on Query { things(first: 4) { ...g } }"
            " fragment g on Things { nodes { things(first: 2) { nodes { name } } } }",
            {},
            12,
        ),
    ],
)
def test_the_price_of_lists_multiplies_along_nesting(text, variables, cost):
    operation = documents().prepare(text).pick(None)

    operation.check_cost(variables, cost)
    if cost:
        with pytest.raises(PublicError) as refused:
            operation.check_cost(variables, cost - 1)
        assert refused.value.extensions == {"code": "COST_EXCEEDED", "limit": cost - 1, "actual": cost}


async def test_a_price_over_the_limit_is_refused_before_anything_runs(client, world):
    query = "query($n: Int!) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } slow }"
    cheap, dear = [
        (await client().post("/graphql", json={"query": query, "variables": {"n": n}})).json() for n in (5, 100)
    ]

    assert cheap["data"]["slow"] == "done"
    assert dear["errors"][0]["extensions"] == {"code": "COST_EXCEEDED", "limit": 5000, "actual": 10_100}
    assert world.started == ["slow"]


def test_the_introspection_of_stock_tools_passes_in_development():
    full = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    for text in (get_introspection_query(), full):
        documents(introspection=True).prepare(text)


def test_a_document_is_prepared_once_and_the_cache_is_bounded():
    cache = documents(cached_documents=2)
    first = cache.get("{ hello }")

    assert cache.get("{ hello }") is first
    for text in ("{ nothing }", "{ whoami }"):
        cache.get(text)
    assert len(cache) == 2
    assert cache.get("{ hello }") is not first


def test_documents_that_fail_or_are_huge_are_not_kept():
    cache = documents(cached_document_chars=100)
    with pytest.raises(Rejected):
        cache.get("{ nope }")
    cache.get("{ hello }" + " " * 100)

    assert len(cache) == 0
