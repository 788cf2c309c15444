"""The parties of the story: each speaks to the running service as any client would, over HTTP and WebSocket."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from app.demo.story_checks import Difference, expect

PATIENCE = 5.0
PROTOCOL = "graphql-transport-ws"
Answer = dict[str, Any]


class Unreachable(Exception):
    """There is no exchange with demo data at the address. The message says it in a sentence."""


@dataclass
class Party:
    """Somebody with a token, or none yet. The story names a party as it names a person."""

    name: str
    color: str
    http: httpx2.AsyncClient
    url: str
    language: str = "zh"
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with every request."""
        signed_in = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept-Language": self.language, **signed_in}

    async def send(self, document: str, variables: Mapping[str, object]) -> Answer:
        """Send an operation and return the whole answer."""
        try:
            response = await self.http.post(
                self.url, json={"query": document, "variables": variables}, headers=self.headers
            )
            answer = response.json()
        except httpx2.TransportError as broken:
            raise Unreachable("The service stopped answering in the middle of the story.") from broken
        except ValueError as odd:
            raise Unreachable("What answers there is no GraphQL service.") from odd
        if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
            raise Unreachable("What answers there is no GraphQL service.")
        return answer

    async def read(self, document: str, **variables: object) -> Any:  # noqa: ANN401 - whatever the document asks for
        """Send a query that must succeed, and return the field it asks for."""
        answer = await self.send(document, variables)
        expect(f"{self.name} reads without errors", answer.get("errors"), None)
        return next(iter(answer["data"].values()))

    async def barred(self, document: str, **variables: object) -> str:
        """Send a query that must fail, and return the code of its first error."""
        answer = await self.send(document, variables)
        if not answer.get("errors"):
            raise Difference(f"{self.name} must not read this", answer.get("data"), "an error")
        return str(answer["errors"][0]["extensions"]["code"])

    async def do(self, verb: str, selection: str, **given: object) -> Answer:
        """Run a mutation and return its result, a success or an expected error."""
        kind = verb[0].upper() + verb[1:]
        declared, passed = (f"($input: {kind}Input!)", "(input: $input)") if given else ("", "")
        fields = f"__typename {selection} ... on UserError {{ code message }}"
        answer = await self.send(f"mutation{declared} {{ {verb}{passed} {{ {fields} }} }}", {"input": given})
        expect(f"{self.name}: {verb} has no top-level errors", answer.get("errors"), None)
        result: Answer = answer["data"][verb]
        return result

    async def succeed(self, verb: str, selection: str, **given: object) -> Answer:
        """Run a mutation that must succeed, and return its result."""
        result = await self.do(verb, selection, **given)
        expect(f"{self.name}: {verb} succeeds", result.get("code"), None)
        return result

    async def refused(self, verb: str, code: str, selection: str = "", **given: object) -> Answer:
        """Run a mutation that must be refused with this code, and return the refusal."""
        result = await self.do(verb, selection, **given)
        expect(f"{self.name}: {verb} is refused", result.get("code"), code)
        return result


@dataclass
class Ear:
    """A WebSocket that only listens: one queue of what it hears for each subscription."""

    socket: ClientConnection
    heard: dict[str, asyncio.Queue[tuple[float, Answer]]] = field(default_factory=dict)
    heard_at: float = 0.0
    closed: asyncio.Future[tuple[int, str]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def subscribe(self, name: str, selection: str) -> None:
        """Begin to hear of one thing."""
        self.heard[name] = asyncio.Queue()
        query = f"subscription {{ event: {name} {{ {selection} }} }}"
        await self.socket.send(json.dumps({"id": name, "type": "subscribe", "payload": {"query": query}}))

    async def next(self, name: str) -> Answer:
        """Return the next thing heard of. Nothing for seconds is a difference."""
        try:
            async with asyncio.timeout(PATIENCE):
                self.heard_at, frame = await self.heard[name].get()
        except TimeoutError:
            raise Difference(f"{name} is heard of", f"silence for {PATIENCE:.0f} s", "an event") from None
        expect(f"{name} is heard without errors", (frame["type"], frame["payload"].get("errors")), ("next", None))
        event: Answer = frame["payload"]["data"]["event"]
        return event

    def waiting(self) -> int:
        """Return how much was heard that nobody asked for yet."""
        return sum(queue.qsize() for queue in self.heard.values())

    def after(self, begun: float) -> str:
        """Return how long after a moment the last thing was heard."""
        return f"{1000 * (self.heard_at - begun):.0f} ms"

    async def wait_closed(self) -> tuple[int, str]:
        """Return the code and the reason with which the service closes the socket."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.shield(self.closed)
        except TimeoutError:
            raise Difference("the socket is closed", f"open after {PATIENCE:.0f} s", "closed") from None

    async def listen(self) -> None:
        """Sort what comes in until the socket closes."""
        with suppress(ConnectionClosed):
            async for text in self.socket:
                frame = json.loads(text)
                if frame["type"] in {"next", "error"}:
                    self.heard[frame["id"]].put_nowait((time.perf_counter(), frame))
        self.closed.set_result((self.socket.close_code or 0, self.socket.close_reason or ""))


@asynccontextmanager
async def listening(party: Party, subscriptions: Mapping[str, str]) -> AsyncIterator[Ear]:
    """Open a socket for a party, subscribe, and close it at the end of the ``with`` block."""
    async with AsyncExitStack() as stack:
        ear = Ear(await _open(party, stack))
        for name, selection in subscriptions.items():
            await ear.subscribe(name, selection)
        task = asyncio.create_task(ear.listen())
        stack.callback(task.cancel)
        yield ear


async def _open(party: Party, stack: AsyncExitStack) -> ClientConnection:
    url = party.url.replace("http", "ws", 1)
    try:
        async with asyncio.timeout(PATIENCE):
            socket = await stack.enter_async_context(connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None))
            await socket.send(json.dumps({"type": "connection_init", "payload": party.headers}))
            expect("the socket is welcome", json.loads(await socket.recv())["type"], "connection_ack")
    except (OSError, InvalidHandshake, ConnectionClosed) as broken:
        raise Unreachable(f"The service opens no WebSocket for the {party.name}: {broken}.") from broken
    return socket


async def sign_in(party: Party, verb: str, email: str, password: str, wait: Callable[[int], Awaitable[None]]) -> None:
    """Sign a party in or up. Where too many have tried lately, wait as long as the service says."""
    selection = "... on SessionSuccess { accessToken } ... on RateLimited { retryAfter }"
    result = await party.do(verb, selection, email=email, password=password)
    while result.get("code") == "RATE_LIMITED":
        await wait(result["retryAfter"])
        result = await party.do(verb, selection, email=email, password=password)
    if result.get("code") == "INVALID_CREDENTIALS":
        raise Unreachable("The service knows nobody of the demo: start it with demo data (`make run`).")
    expect(f"{party.name} may {verb}", result.get("code"), None)
    party.token = result["accessToken"]
