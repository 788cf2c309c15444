"""Clients that mean harm, or are only broken: every answer is quick, none is an internal error, nobody else suffers."""

import asyncio
import random
import time
from contextlib import AsyncExitStack

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests import engines
from tests.app.callers import calling, live
from tests.app.processes import launch, within
from vault.keys import Keys, save

JSON = {"content-type": "application/json"}
TEMPLATES = "{ purposeTemplates { purpose } }"
AS_A_CLIENT = {"subprotocols": ["graphql-transport-ws"], "compression": None, "proxy": None}
DEEP = 100_000
BODIES = {
    "nothing": b"",
    "null": b"null",
    "a string": b'"x"',
    "a number": b"5",
    "an array": b"[]",
    "a batch": b'[{"query":"{viewer{kind}}"}]',
    "not JSON": b"{",
    "bad UTF-8": b'{"query":"\xff"}',
    "a lone surrogate": b'{"query":"\\ud800"}',
    "a NUL": b'{"query":"{viewer{kind}}\\u0000"}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a long number": b'{"query":"{viewer{kind}}","variables":{"n":' + b"9" * 30_000 + b"}}",
    "a wrong type": b'{"query":5}',
    "wrong variables": b'{"query":"{viewer{kind}}","variables":[]}',
    "a deep query": b'{"query":"' + b"{a" * 10_000 + b'"}',
    "many aliases": b'{"query":"{' + b" a:viewer{kind}" * 900 + b'}"}',
    "a fragment cycle": b'{"query":"{...A} fragment A on Query{...B} fragment B on Query{...A}"}',
    "introspection": b'{"query":"{__schema{types{name}}}"}',
    "a junk id": b'{"query":"{node(id:\\"%00\\"){id}}"}',
    "ten megabytes": b'{"query":"' + b"x" * 10_000_000 + b'"}',
}
FRAMES = [
    "null",
    "[]",
    "5",
    '"x"',
    "{",
    "{}",
    '{"type":null}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":[]}',
    '{"type":"subscribe","id":"1","payload":[]}',
    '{"type":"subscribe","id":"1","payload":{"query":5}}',
    '{"type":"complete","id":{}}',
    '{"type":"connection_init"}',
    '{"type":"nonsense"}',
    "[" * 30_000,
    "x" * 70_000,
    b"\x00\xff",
]


@pytest.fixture(scope="module")
def server(template, tmp_path_factory):
    """One server for all of them: what the first does to it, the last would feel."""
    folder = tmp_path_factory.mktemp("abused")
    keys = folder / "keys.json"
    save(keys, Keys.generate())
    engines.prepare_template()
    url = asyncio.run(engines.fresh_database(folder))
    settings = {"mode": "production", "database_url": url, "keys_file": keys, "allowed_origins": "https://jobs.example"}
    server = launch(folder, **settings)
    try:
        asyncio.run(server.until_ready())
        yield server
    finally:
        server.kill()
        asyncio.run(engines.drop_database(url))


async def test_malformed_bodies_are_refused_quickly_and_never_as_internal_errors(server):
    async with httpx2.AsyncClient(timeout=20) as client:
        answers = {name: await _timed(client, server.graphql, body) for name, body in BODIES.items()}
        after = await _timed(client, server.graphql, b'{"query":"{purposeTemplates{purpose}}"}')

    assert {name: status for name, (status, _) in answers.items() if status >= 500} == {}
    assert max(seconds for _, seconds in answers.values()) < within(2)
    assert answers["ten megabytes"][0] == 413
    assert answers["null"][0] == 400
    assert after[0] == 200
    _assert_calm(server)


async def test_odd_requests_are_refused_quickly_and_never_as_internal_errors(server):
    tries = [
        ("GET", "/graphql", {}),
        ("PUT", "/graphql", JSON),
        ("DELETE", "/graphql", {}),
        ("POST", "/graphql", {"content-type": "text/plain"}),
        ("POST", "/graphql", {**JSON, "content-encoding": "gzip"}),
        ("POST", "/graphql", {**JSON, "authorization": "Basic x"}),
        ("POST", "/graphql", {**JSON, "authorization": "Bearer a.b.c"}),
        ("POST", "/graphql", {**JSON, "authorization": "Bearer " + "x" * 20_000}),
        ("POST", "/graphql", {**JSON, "accept": "image/png"}),
        ("GET", "/graphql?query=%FF", {}),
        ("GET", "/../../etc/passwd", {}),
        ("GET", "/.env", {}),
        ("POST", "/readyz", {}),
    ]

    async with httpx2.AsyncClient(timeout=20) as client:
        answers = [
            await client.request(method, server.url + path, headers=headers, content=b'{"query":"{viewer{kind}}"}')
            for method, path, headers in tries
        ]

    assert [answer.status_code for answer in answers if not 400 <= answer.status_code < 500] == []
    _assert_calm(server)


async def test_bytes_that_are_not_http_harm_nobody(server):
    chance = random.Random(3)  # noqa: S311 - repeatable noise, no secret
    noise = [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 1000,
        *(chance.randbytes(500) for _ in range(20)),
    ]
    unfinished = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"

    writers = [await _send(server.port, data) for data in [*noise, *[unfinished] * 20]]
    async with httpx2.AsyncClient(timeout=20) as client:
        status, seconds = await _timed(client, server.graphql, b'{"query":"{purposeTemplates{purpose}}"}')
    for writer in writers:
        writer.transport.abort()

    assert (status, seconds < within(2)) == (200, True)
    _assert_calm(server)


@pytest.mark.parametrize("greeted", [True, False])
async def test_malformed_frames_close_their_own_socket_and_no_other(greeted, server):
    async with live(server.socket, None) as bystander:
        for frame in FRAMES:
            websocket = await connect(
                server.socket, subprotocols=["graphql-transport-ws"], compression=None, proxy=None
            )
            begun = time.perf_counter()
            if greeted:
                await websocket.send('{"type":"connection_init"}')
                await websocket.recv()
            await websocket.send(frame)
            if greeted or "connection_init" not in str(frame):
                await asyncio.wait_for(websocket.wait_closed(), 10)
                assert websocket.close_code in {4400, 4401, 4429, 1007, 1009}, frame
            assert time.perf_counter() - begun < within(2)
            websocket.transport.abort()
        await bystander.listens()

    _assert_calm(server)


async def test_a_thousand_sockets_from_one_address_are_capped_and_harm_no_caller(server):
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(_open(stack, server) for _ in range(1000)))
        async with calling((server.graphql, None)) as [caller]:
            answer, seconds = await caller.timed(TEMPLATES)
    async with live(server.socket, None) as later:
        await later.listens()

    assert sum(opened) <= 50
    assert "errors" not in answer
    assert seconds < within(2)
    _assert_calm(server)


async def _open(stack, server):
    """Open a socket; tell whether it is let in."""
    try:
        websocket = await connect(server.socket, **AS_A_CLIENT, open_timeout=60)
        stack.callback(websocket.transport.abort)
        await websocket.send('{"type":"connection_init"}')
        await asyncio.wait_for(websocket.recv(), 60)
    except (OSError, ConnectionClosed, InvalidHandshake):
        return False
    return True


async def _timed(client, url, body):
    begun = time.perf_counter()
    try:
        status = (await client.post(url, content=body, headers=JSON)).status_code
    except httpx2.WriteError:
        status = 413  # The server has answered and closed while the client still wrote.
    return status, time.perf_counter() - begun


async def _send(port, data):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    return writer


def _assert_calm(server):
    assert server.process.poll() is None
    assert [line for line in server.text().splitlines() if "Traceback" in line or "operation failed" in line] == []
