import asyncio
from contextlib import asynccontextmanager, contextmanager

import httpx2
import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import connect

from tests.transport.toy import World, application, transport


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def world():
    return World()


@pytest.fixture
async def client(world):
    """Talk to the application in process, in its production dress unless told otherwise."""
    clients = []

    def make(**settings):
        asgi = httpx2.ASGITransport(app=application(world, **settings))
        clients.append(httpx2.AsyncClient(transport=asgi, base_url="http://toy.test"))
        return clients[-1]

    yield make
    for one in clients:
        await one.aclose()


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self):
        yield


@asynccontextmanager
async def running(app, **options):
    server = Server(uvicorn.Config(app, port=0, log_level="critical", ws_max_size=64 * 1024, **options))
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


class Client:
    """A raw client: sends what the test says, also what no library would send."""

    def __init__(self, websocket):
        self.websocket = websocket

    async def send(self, message):
        await self.websocket.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def receive(self):
        return orjson.loads(await asyncio.wait_for(self.websocket.recv(), 5))

    async def start(self, token=None):
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}
        return self

    async def subscribe(self, identity, query, **variables):
        payload = {"query": query, "variables": variables}
        await self.send({"id": identity, "type": "subscribe", "payload": payload})

    async def close_code(self):
        await asyncio.wait_for(self.websocket.wait_closed(), 8)
        return self.websocket.close_code, self.websocket.close_reason


@asynccontextmanager
async def sockets(world, **settings):
    """Yield a way to open sockets to a real server, the transport and the port."""
    graphql = transport(world, **settings)
    opened = []

    async with running(Starlette(routes=graphql.routes())) as port:

        async def dial(**options):
            options.setdefault("subprotocols", ["graphql-transport-ws"])
            opened.append(await connect(f"ws://127.0.0.1:{port}/graphql", compression=None, **options))
            return Client(opened[-1])

        dial.transport = graphql
        dial.port = port
        try:
            yield dial
        finally:
            for websocket in opened:
                websocket.transport.abort()


async def until(condition, seconds=5):
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.01)
