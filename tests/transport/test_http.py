import asyncio
import gzip

import httpx2
import orjson
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from app.transport import GraphQLTransport, TransportConfig
from tests.transport.conftest import until
from tests.transport.toy import DEVELOPMENT, SCHEMA, Viewer, transport

GRAPHQL = "application/graphql-response+json"
JSON_BODY = {"content-type": "application/json"}


def code_of(response):
    return response.json()["errors"][0]["extensions"]["code"]


async def test_a_query_is_answered_in_the_media_type_that_is_asked_for(client):
    for accept, media in {
        None: "application/json",
        "*/*": "application/json",
        "application/*": "application/json",
        "application/json": "application/json",
        GRAPHQL: GRAPHQL,
        f"{GRAPHQL}, application/json": GRAPHQL,
        f"application/json;q=0.9, {GRAPHQL}": GRAPHQL,
        f"{GRAPHQL};q=0, */*": "application/json",
        f"{GRAPHQL}, application/json, text/event-stream, multipart/mixed": GRAPHQL,
    }.items():
        headers = {} if accept is None else {"accept": accept}
        response = await client().post("/graphql", json={"query": "{ hello }"}, headers=headers)

        assert response.headers["content-type"] == f"{media}; charset=utf-8"
        assert response.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"x"',
        b"5",
        b"true",
        b"{}",
        b"{",
        b'{"query": "{ hello }"',
        b"\xff\xfe{}",
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'\xef\xbb\xbf{"query": "{ hello }"}',
        b"[" * 30_000,
        b'{"query": "{ hello }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
        b'{"query": ""}',
        b'{"query": null}',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": "x"}',
        b'{"query": "{ hello }", "operationName": {}}',
        b'{"query": "{ hello }", "extensions": 5}',
        b'{"query": "{ hello }", "documentId": 5}',
    ],
)
async def test_a_body_that_is_no_request_is_400_with_a_code(client, body):
    response = await client().post("/graphql", content=body, headers=JSON_BODY)

    assert response.status_code == 400
    assert code_of(response) == "BAD_REQUEST"


@pytest.mark.parametrize("number", ["9" * 400, "9" * 20_000, "1e400", "-" + "9" * 5000])
async def test_very_long_numbers_are_never_a_fault_of_ours(client, number):
    body = (
        f'{{"query": "query($n: Int) {{ things(first: $n) {{ nodes {{ name }} }} }}", "variables": {{"n": {number}}}}}'
    )
    response = await client().post("/graphql", content=body, headers={**JSON_BODY, "accept": GRAPHQL})

    assert response.status_code == 400


async def test_deeply_nested_variables_are_an_error_of_the_client(client):
    variables = b'{"w": ' + b'{"city":' * 400 + b"1" + b"}" * 400 + b"}"
    body = b'{"query": "query($w: Filter) { paint(where: $w) }", "variables": ' + variables + b"}"
    response = await client().post("/graphql", content=body, headers={**JSON_BODY, "accept": GRAPHQL})

    assert response.status_code == 400


async def test_batches_are_refused(client):
    response = await client().post("/graphql", json=[{"query": "{ hello }"}])

    assert (response.status_code, code_of(response)) == (400, "BATCHING_DISABLED")


async def test_bodies_over_the_limit_are_413_with_and_without_a_length(client):
    async def chunks():
        for _ in range(100):
            yield b" " * 1000

    for content in (b" " * 70_000, chunks()):
        response = await client().post("/graphql", content=content, headers=JSON_BODY)
        assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_does_not_come_is_408(client):
    async def chunks():
        yield b"{"
        await asyncio.sleep(1)

    response = await client(body_seconds=0.05).post("/graphql", content=chunks(), headers=JSON_BODY)
    assert response.status_code == 408


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/graphql"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_anything_but_plain_json_is_415_so_that_no_form_can_send_it(client, headers):
    response = await client().post("/graphql", content=gzip.compress(b"{}"), headers=headers)

    assert (response.status_code, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_what_we_cannot_speak_is_406(client):
    for accept in ("text/html", "image/*", f"{GRAPHQL};q=0", "application/json;q=x"):
        response = await client().post("/graphql", json={"query": "{ hello }"}, headers={"accept": accept})
        assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


async def test_other_methods_are_405_and_say_what_is_allowed(client):
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        response = await client().request(method, "/graphql", params={"query": "{ hello }"})
        assert (response.status_code, response.headers["allow"]) == (405, "POST")

    response = await client(allow_get=True).put("/graphql")
    assert response.headers["allow"] == "GET, POST"


async def test_get_runs_queries_but_never_mutations(client, world):
    get = client(**DEVELOPMENT).get
    query = "query Q($n: String!) { hello(name: $n) }"
    params = {"query": query, "variables": '{"n": "Ada"}', "operationName": "Q", "extensions": "{}"}
    assert (await get("/graphql", params=params)).json() == {"data": {"hello": "hello Ada"}}

    response = await get("/graphql", params={"query": 'mutation { work(name: "x") }'})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert world.started == []

    for broken in ("variables=[]&query={hello}", "variables=%7B&query={hello}", "query=%FF", "a=1&" * 30, ""):
        assert (await get(f"/graphql?{broken}")).status_code == 400


async def test_statuses_follow_the_media_type(client):
    post = client().post
    for query in (
        "{",
        "{ nope }",
        "query A { hello } query B { hello }",
        "query($n: Int!) { things(first: $n) { nodes { name } } }",
    ):
        old = await post("/graphql", json={"query": query})
        new = await post("/graphql", json={"query": query}, headers={"accept": GRAPHQL})
        assert (old.status_code, new.status_code) == (200, 400)
        assert "data" not in new.json()
        assert old.json() == new.json()

    partial = await post("/graphql", json={"query": "{ private }"}, headers={"accept": GRAPHQL})
    assert (partial.status_code, partial.json()["data"]) == (200, {"private": None})


async def test_junk_authorization_is_401_with_a_challenge(client):
    for header in ("Basic abc", "Bearer", "Bearer ", "bad", "Bearer bad"):
        response = await client().post("/graphql", json={"query": "{ hello }"}, headers={"authorization": header})

        assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_the_viewer_comes_from_the_bearer_token_and_may_be_anonymous(client):
    post = client().post
    named = await post("/graphql", json={"query": "{ whoami }"}, headers={"authorization": "bearer ada"})
    nobody = await post("/graphql", json={"query": "{ whoami }"})

    assert (named.json()["data"], nobody.json()["data"]) == ({"whoami": "ada"}, {"whoami": None})


async def test_the_language_reaches_the_context(client, world):
    await client().post("/graphql", json={"query": "{ hello }"}, headers={"accept-language": "zh-CN,zh;q=0.9"})

    assert world.languages == ["zh-CN,zh;q=0.9"]


async def test_a_domain_error_becomes_its_union_member(client):
    query = "mutation { decide { __typename ... on TooLate { message } } }"
    response = await client().post("/graphql", json={"query": query})

    assert response.json() == {"data": {"decide": {"__typename": "TooLate", "message": "Already decided."}}}


async def test_too_long_an_operation_is_answered_with_timeout_and_runs_to_its_end(client, world):
    post = client(max_execution_seconds=0.05).post
    response = await post("/graphql", json={"query": 'mutation { work(name: "kept") }'}, headers={"accept": GRAPHQL})

    assert (response.status_code, code_of(response)) == (503, "TIMEOUT")
    assert world.finished == []
    await until(lambda: world.finished == ["kept"])


async def test_abandoned_work_is_bounded(client, world):
    post = client(max_execution_seconds=0.05, max_abandoned=2).post
    answers = [await post("/graphql", json={"query": "{ slow }"}, headers={"accept": GRAPHQL}) for _ in range(3)]

    assert [code_of(answer) for answer in answers] == ["TIMEOUT", "TIMEOUT", "OVERLOADED"]
    await until(lambda: len(world.finished) == 2)
    assert (await post("/graphql", json={"query": "{ hello }"})).json() == {"data": {"hello": "hello world"}}


async def test_a_cancelled_request_does_not_cancel_its_operation(world, client):
    request = asyncio.ensure_future(client().post("/graphql", json={"query": 'mutation { work(name: "kept") }'}))
    await until(lambda: world.started)
    request.cancel()

    await until(lambda: world.finished == ["kept"])


async def test_a_result_that_is_no_json_is_masked(client):
    response = await client().post("/graphql", json={"query": "{ unencodable }"})

    assert code_of(response) == "INTERNAL"


async def test_registered_documents_replace_the_text(world):
    async def authenticate(token, connection):
        return Viewer()

    async def make_context(viewer, connection, language):
        return None

    def find_document(request, viewer):
        return {"abc": "{ hello }"}[request.document_hash]

    graphql = GraphQLTransport(
        SCHEMA,
        TransportConfig(),
        authenticate=authenticate,
        make_context=make_context,
        find_document=find_document,
    )
    app = httpx2.ASGITransport(app=Starlette(routes=graphql.routes()))
    async with httpx2.AsyncClient(transport=app, base_url="http://toy.test") as client:
        for body in ({"documentId": "abc"}, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}}):
            assert (await client.post("/graphql", json=body)).json() == {"data": {"hello": "hello world"}}


async def test_a_hash_without_a_registry_is_told_apart(client):
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}}
    assert code_of(await client().post("/graphql", json=body)) == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_the_explorer_is_for_browsers_in_development_only(world):
    def page(request):
        return PlainTextResponse("explore")

    for explorer, status in ((True, 200), (False, 405)):
        graphql = transport(world, explorer=explorer, page=page)
        app = httpx2.ASGITransport(app=Starlette(routes=graphql.routes()))
        async with httpx2.AsyncClient(transport=app, base_url="http://toy.test") as client:
            response = await client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
            assert response.status_code == status


async def test_operations_are_counted_with_their_outcome(client, world):
    for query in (
        "query A { hello }",
        "{ private }",
        "{ secret }",
        "query B { things(first: 6000) { nodes { name } } }",
        "query C { nope }",
    ):
        await client().post("/graphql", content=orjson.dumps({"query": query}), headers=JSON_BODY)

    assert world.operations == [
        ("A", "ok"),
        ("anonymous query", "error"),
        ("anonymous query", "internal"),
        ("B", "refused"),
        ("unprepared", "refused"),
    ]


async def test_an_authentication_that_breaks_is_masked(client):
    headers = {"authorization": "Bearer broken", "accept": GRAPHQL}
    response = await client().post("/graphql", json={"query": "{ hello }"}, headers=headers)

    assert (response.status_code, code_of(response)) == (500, "INTERNAL")
    assert "refused" not in response.text


async def test_after_drain_nothing_new_begins(world):
    graphql = transport(world)
    await graphql.drain()
    app = httpx2.ASGITransport(app=Starlette(routes=graphql.routes()))
    async with httpx2.AsyncClient(transport=app, base_url="http://toy.test") as client:
        response = await client.post("/graphql", json={"query": "{ hello }"}, headers={"accept": GRAPHQL})

    assert (response.status_code, code_of(response)) == (503, "OVERLOADED")
