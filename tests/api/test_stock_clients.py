"""Stock clients against the real service: the audit of GraphQL over HTTP, graphql-ws, Apollo, urql, gql."""

import asyncio
import json
import sys
import time

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from graphql import build_schema, find_breaking_changes, print_schema

from tests.api.listening import REQUESTS, listeners, nothing_is_due, until
from tests.api.selections import GRAPHQL
from tests.app import processes
from tests.clients.node import run_node, start_node

SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { __typename ... on UserError { code message } } }"


async def in_node(api, script, *args):
    """Run a client while this process serves it; return what it prints."""
    done = await asyncio.to_thread(run_node, script, *args)
    api.recorder.keep("stderr of a client", done.stderr)
    return json.loads(done.stdout)


async def test_all_61_audits_of_graphql_over_http_pass(url, tmp_path):
    async with processes.serving(tmp_path, mode="audit", database_url=url, demo="false") as server:
        audit = await asyncio.to_thread(run_node, "audit.mjs", server.graphql)

    lines = audit.stdout.splitlines()
    assert lines[-1] == "61 passed, 0 failed, 0 warned", audit.stdout
    assert (audit.returncode, len(lines), "Traceback" in server.text()) == (0, 62, False)


async def test_the_official_websocket_client_listens_and_performs_a_mutation(api, live, candidate, recruiter):
    await nothing_is_due()
    listening = await asyncio.to_thread(start_node, "subscribe.mjs", live, api.token(candidate), REQUESTS, "2")
    await until(lambda: listeners(api) > 0, 30)

    request = await api.world.request(recruiter, candidate)
    approve = """mutation($input: ApproveAuthorizationInput!) {
        approveAuthorization(input: $input) { __typename ... on GrantSuccess { grant { state } } } }"""
    given = {"authorizationRequestId": api.id("AuthorizationRequest", request), "termsHash": request.terms_hash}
    variables = json.dumps({"input": given})
    result = await in_node(api, "subscribe.mjs", live, api.token(candidate), approve, "1", variables)
    output, _ = await asyncio.to_thread(listening.communicate, timeout=30)

    granted = {"__typename": "GrantSuccess", "grant": {"state": "ACTIVE"}}
    assert result == {"data": {"approveAuthorization": granted}}
    states = [json.loads(line)["data"]["authorizationRequestChanged"]["state"] for line in output.splitlines()]
    assert (states, listening.returncode) == (["PENDING", "APPROVED"], 0)


@pytest.fixture
def possible_types():
    """What a front end on Apollo generates from the schema."""
    abstract = [GRAPHQL.get_type(name) for name in ("Node", "UserError")]
    return json.dumps({kind.name: [t.name for t in GRAPHQL.get_possible_types(kind)] for kind in abstract})


async def test_apollo_reads_fragments_on_interfaces_through_its_cache(api, live, candidate, recruiter, possible_types):
    card_id = await api.card_id(recruiter, candidate)
    node = "query($id: ID!) { node(id: $id) { ... on Card { id function { code name } } } }"

    query = await in_node(
        api, "apollo.mjs", live, api.token(recruiter), node, json.dumps({"id": card_id}), possible_types
    )
    wrong = json.dumps({"input": {"email": "nobody@people.example", "password": "x"}})
    mutation = await in_node(api, "apollo.mjs", live, "-", SIGN_IN, wrong, possible_types)

    assert query["error"] is None
    assert (query["data"]["node"]["id"], query["data"]["node"]["function"]["code"]) == (card_id, "backend")
    assert mutation["data"]["signIn"]["code"] == "INVALID_CREDENTIALS"
    assert mutation["error"] is None


async def test_apollo_shows_errors_of_the_top_level_with_their_codes(api, live, candidate):
    result = await in_node(api, "apollo.mjs", live, api.token(candidate), "{ jobs { nodes { id } } }")

    assert [error["extensions"] for error in result["error"]["errors"]] == [{"code": "NOT_ALLOWED"}]


async def test_urql_reads_lists_and_union_members(api, live, candidate, recruiter):
    await api.world.grant(recruiter, candidate)
    lists = "{ grants { nodes { state job { title } } } }"

    query = await in_node(api, "urql.mjs", live, api.token(recruiter), lists)
    wrong = json.dumps({"input": {"email": "x", "password": "x"}})
    mutation = await in_node(api, "urql.mjs", live, "-", SIGN_IN, wrong)

    assert query["error"] is None
    (grant,) = query["data"]["grants"]["nodes"]
    assert (grant["state"], grant["job"]["title"], query["error"]) == ("ACTIVE", "Backend Engineer", None)
    assert (mutation["data"]["signIn"]["code"], mutation["error"]) == ("INVALID_INPUT", None)


async def test_gql_introspects_the_whole_schema_and_queries_with_it(api, live, recruiter):
    transport = WebsocketsTransport(
        url=live.replace("http", "ws", 1), init_payload={"authorization": f"Bearer {api.token(recruiter)}"}
    )
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        answer = await session.execute(gql("{ viewer { kind member { role } } }"))

        told = session.client.schema

    assert answer == {"viewer": {"kind": "MEMBER", "member": {"role": "RECRUITER"}}}
    committed = build_schema(print_schema(GRAPHQL))
    assert find_breaking_changes(committed, told) == find_breaking_changes(told, committed) == []


def bombs():
    """Small documents that unfold to enormous ones, on fields that the schema has."""
    levels = 18
    halves = [
        f"fragment F{n} on Grant {{ authorizationRequest {{ grant {{ ...F{n + 1} ...F{n + 1} }} }} }}"
        for n in range(levels)
    ]
    spreads = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    yield " ".join(["{ grants { nodes { ...F0 ...F0 } } }", *halves, f"fragment F{levels} on Grant {{ id }}"])
    yield " ".join(["{ ...F0 }", *spreads, f"fragment F{levels} on Query {{ viewer {{ kind }} }}"])
    yield "{ " + " ".join(f"a{n}: viewer {{ kind }}" for n in range(150)) + " }"
    yield "{ " + " ".join("viewer { kind }" for _ in range(240)) + " }"
    yield "{ cards(first: 2000000000) { nodes { id } } }"


CODES = {"TOKENS_EXCEEDED", "DEPTH_EXCEEDED", "ALIASES_EXCEEDED", "OVERLAPS_EXCEEDED", "COST_EXCEEDED"}


async def test_a_fragment_bomb_is_rejected_before_it_costs_anything(api, recruiter):
    await api.data("{ viewer { kind } }", recruiter)
    for number, bomb in enumerate(bombs()):
        begun = time.process_time()
        answer = await api.ask(bomb, recruiter)
        spent = time.process_time() - begun

        sys.stderr.write(f"bomb {number}: {len(bomb)} bytes, {spent * 1000:.1f} ms of CPU\n")
        assert {error["extensions"]["code"] for error in answer["errors"]} <= CODES, number
        assert spent < 0.25
