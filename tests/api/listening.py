"""Listening over graphql-transport-ws and over server-sent events, to a real server."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx2
from websockets.asyncio.client import connect

from models import OutboxMessage, OutboxState
from tests.api.harness import Api
from tests.api.selections import GRAPHQL

REQUESTS = "subscription { authorizationRequestChanged { id state viewerCanApprove grant { id } } }"
GRANTS = "subscription { grantChanged { id state uses releases { memberName } authorizationRequest { id state } } }"
DOCUMENTS = {"authorizationRequestChanged": REQUESTS, "grantChanged": GRANTS}

assert set(DOCUMENTS) == set(GRAPHQL.subscription_type.fields)


class Listener:
    """One socket with one subscription."""

    def __init__(self, websocket) -> None:
        self.websocket = websocket

    async def begin(self, token: str | None, document: str) -> "Listener":
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}
        await self.send({"id": "1", "type": "subscribe", "payload": {"query": document}})
        return self

    async def send(self, message: dict) -> None:
        await self.websocket.send(json.dumps(message))

    async def receive(self, seconds: float = 10) -> dict:
        return json.loads(await asyncio.wait_for(self.websocket.recv(), seconds))

    async def hear(self) -> dict:
        """Return the data of the next event."""
        frame = await self.receive()
        assert (frame["type"], "errors" in frame["payload"]) == ("next", False), frame
        (data,) = frame["payload"]["data"].values()
        return data

    async def hears_nothing(self, seconds: float = 0.3) -> bool:
        try:
            await self.receive(seconds)
        except TimeoutError:
            return True
        return False

    async def close_code(self) -> tuple[int, str]:
        await asyncio.wait_for(self.websocket.wait_closed(), 15)
        return self.websocket.close_code, self.websocket.close_reason


@asynccontextmanager
async def sockets(api: Api, address: str):
    """Yield a way to listen; it returns when the server has begun to."""
    opened = []

    async def listen(who: object, document: str, **token: object) -> Listener:
        websocket = await connect(
            address.replace("http", "ws", 1), subprotocols=["graphql-transport-ws"], compression=None
        )
        opened.append(websocket)
        await nothing_is_due()
        before = listeners(api)
        listener = await Listener(websocket).begin(who and api.token(who, **token), document)
        await until(lambda: listeners(api) > before)
        return listener

    try:
        yield listen
    finally:
        for websocket in opened:
            await websocket.close()


def listeners(api: Api) -> int:
    return sum(len(found) for found in api.app.state.service.switchboard._subscribers.values())


async def nothing_is_due() -> None:
    """Wait until what happened before was carried to whoever listened then."""
    async with asyncio.timeout(10):
        while await OutboxMessage.filter(state=OutboxState.DUE).exists():  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.01)


async def until(condition, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.01)


@asynccontextmanager
async def event_stream(api: Api, address: str, who: object, document: str, **token: object):
    """Yield an iterator over the events of a stream: their names and their JSON."""
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {api.token(who, **token)}"}
    await nothing_is_due()
    async with (
        httpx2.AsyncClient(timeout=15) as client,
        client.stream("POST", address, json={"query": document}, headers=headers) as response,
    ):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        await until(lambda: listeners(api) > 0)
        yield events(response)


async def events(response):
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data:").strip() or "null")


async def first_event(api: Api, address: str, who: object, operation: str) -> str:
    """Return ``ok`` if the subscription waits for events, else the code that it ended with."""
    websocket = await connect(address.replace("http", "ws", 1), subprotocols=["graphql-transport-ws"], compression=None)
    listener = await Listener(websocket).begin(who and api.token(who), DOCUMENTS[operation])
    receiving = asyncio.ensure_future(listener.receive())
    while not receiving.done() and not listeners(api):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    outcome = "!" + receiving.result()["payload"][0]["extensions"]["code"] if receiving.done() else "ok"
    receiving.cancel()
    await asyncio.gather(receiving, return_exceptions=True)
    await websocket.close()
    await until(lambda: not listeners(api))
    return outcome
