import asyncio

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from tests.transport.conftest import running, until
from tests.transport.toy import transport

EVENTS = {"accept": "text/event-stream"}


@pytest.fixture
async def serve(world):
    """Start a real server; an in-process client would only see a stream that has ended."""
    stack = []

    async def start(**settings):
        graphql = transport(world, **settings)
        server = running(Starlette(routes=graphql.routes()))
        port = await server.__aenter__()
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5)
        stack.extend([client, server])
        return graphql, client

    yield start
    for one in stack:
        await one.__aexit__(None, None, None)


def stream(client, query, **headers):
    return client.stream("POST", "/graphql", json={"query": query}, headers={**EVENTS, **headers})


async def read(response):
    return [event for event in (await response.aread()).decode().split("\n\n") if event]


async def test_a_subscription_is_a_stream_of_events(serve):
    _, client = await serve()
    async with stream(client, "subscription { count }") as response:
        events = await read(response)

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [orjson.loads(event.split("data: ")[1]) for event in events[:3]] == [
        {"data": {"count": n}} for n in range(3)
    ]
    assert events[0].startswith("event: next\n")
    assert events[3] == "event: complete\ndata:"


async def test_queries_and_errors_come_as_events_too(serve):
    _, client = await serve()
    for query, expected in {"{ hello }": "hello world", "{": "GRAPHQL_PARSE_FAILED", "{ secret }": "INTERNAL"}.items():
        async with stream(client, query) as response:
            events = await read(response)
        assert expected in events[0]
        assert events[1] == "event: complete\ndata:"


async def test_a_subscription_without_event_stream_is_406(serve):
    _, client = await serve()
    response = await client.post("/graphql", json={"query": "subscription { count }"})

    assert response.status_code == 406


async def test_silence_is_filled_with_comments(serve, world):
    _, client = await serve(sse_keep_alive_seconds=0.05)
    async with stream(client, "subscription { gated }") as response:
        lines = response.aiter_lines()
        assert await anext(lines) == ":"


async def test_leaving_closes_the_source(serve, world):
    graphql, client = await serve()
    async with stream(client, "subscription { gated }"):
        await until(lambda: world.started)

    await until(lambda: world.closed == ["gated"])
    await until(lambda: len(graphql.hub) == 0)


async def test_sign_out_ends_the_stream_and_revocation_stops_the_next_event(serve, world):
    graphql, client = await serve(revalidate_seconds=60)
    async with stream(client, "subscription { gated }", authorization="Bearer ada") as response:
        await until(lambda: world.started)
        assert await graphql.hub.close_session("session-ada") == 1
        assert await read(response) == []

    async with stream(client, "subscription { gated }", authorization="Bearer bob") as response:
        await until(lambda: len(world.started) == 2)
        world.revoked.add("bob")
        world.gate.set()
        assert "open" not in str(await read(response))
    assert world.closed == ["gated", "gated"]


async def test_a_revoked_viewer_is_found_without_an_event(serve, world):
    _, client = await serve(revalidate_seconds=0.05)
    async with stream(client, "subscription { gated }", authorization="Bearer ada") as response:
        world.revoked.add("ada")
        assert await read(response) == []


async def test_streams_count_among_the_sockets_of_a_viewer(serve, world):
    _, client = await serve(ws_sockets_per_viewer=1)
    async with stream(client, "subscription { gated }", authorization="Bearer ada"):
        await until(lambda: world.started)
        async with stream(client, "subscription { gated }", authorization="Bearer ada") as second:
            assert second.status_code == 429


async def test_a_reader_that_does_not_read_is_dropped(serve, world):
    graphql, client = await serve(stall_seconds=0.3)
    port = client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    body = orjson.dumps({"query": "subscription { flood }"})
    head = (
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()

    await until(lambda: world.closed == ["flood"])
    await until(lambda: len(graphql.hub) == 0)
    assert reader is not None
    writer.transport.abort()
