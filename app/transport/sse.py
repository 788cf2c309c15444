"""Subscriptions as server-sent events: graphql-sse, distinct connections mode."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.transport.errors import Mask
from app.transport.execution import Engine, Prepared, Reply
from app.transport.hub import TransportHub, address_of
from app.transport.ports import Viewer
from app.transport.vigil import Vigil

HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}
MEDIA = "text/event-stream; charset=utf-8"
COMPLETE = b"event: complete\ndata:\n\n"
KEEP_ALIVE = b":\n\n"


def next_event(reply: Reply, mask: Mask) -> bytes:
    try:
        body = orjson.dumps(reply.payload)
    except TypeError as error:
        body = orjson.dumps({"errors": [mask.internal(error, "encoding")], "data": None})
    return b"event: next\ndata: " + body + b"\n\n"


class EventStream:
    """An ASGI response that lasts as long as its subscription."""

    def __init__(self, engine: Engine, hub: TransportHub, prepared: Prepared) -> None:
        self.engine = engine
        self.hub = hub
        self.prepared = prepared
        self.address = address_of(prepared.connection)
        self.viewer: Viewer | None = None
        self._closing = asyncio.Event()
        self._silent = asyncio.Event()
        self._closed = asyncio.Event()
        self._vigil = Vigil(
            engine.ports,
            engine.runner,
            engine.mask,
            prepared.viewer,
            engine.config.revalidate_seconds,
        )

    @staticmethod
    def finished(mask: Mask, reply: Reply) -> Response:
        """Answer a query or mutation, or a refusal, in the same form."""
        return Response(next_event(reply, mask) + COMPLETE, 200, HEADERS, MEDIA)

    def close(self, code: int, reason: str) -> None:  # noqa: ARG002 - an SSE response can only end
        self._closing.set()

    async def wait_silent(self) -> None:
        await self._silent.wait()

    async def wait_closed(self) -> None:
        await self._closed.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._enter():
            too_many = {"message": "Too many open streams.", "extensions": {"code": "TOO_MANY_CONNECTIONS"}}
            body = orjson.dumps({"errors": [too_many]})
            await Response(body, 429, media_type="application/json")(scope, receive, send)
            return
        try:
            await self._run(receive, send)
        finally:
            self.hub.leave(self)
            self._silent.set()
            self._closed.set()

    def _enter(self) -> bool:
        if not self.hub.admit(self):
            return False
        if self.hub.identify(self, self.prepared.viewer):
            return True
        self.hub.leave(self)
        return False

    async def _run(self, receive: Receive, send: Send) -> None:
        head = [(b"content-type", MEDIA.encode()), *((k.encode(), v.encode()) for k, v in HEADERS.items())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        ends = [self._produce(send), _until_disconnect(receive), self._vigil.watch(), self._closing.wait()]
        tasks = [asyncio.ensure_future(end) for end in ends]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._silent.set()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not tasks[1].done() or tasks[1].cancelled():
            await self._send(send, b"", more=False)

    async def _produce(self, send: Send) -> None:
        replies = self.engine.stream(self.prepared)
        async with aclosing(replies):
            async for chunk in self._chunks(replies):
                await self._send(send, chunk)
        await self._send(send, COMPLETE)

    async def _chunks(self, replies: AsyncGenerator[Reply, None]) -> AsyncGenerator[bytes, None]:
        """Yield an event for each reply and a comment whenever none came for a while."""
        coming = asyncio.ensure_future(anext(replies, None))
        try:
            while True:
                await asyncio.wait((coming,), timeout=self.engine.config.sse_keep_alive_seconds)
                if not coming.done():
                    yield KEEP_ALIVE
                    continue
                reply = coming.result()
                if reply is None or await self._vigil.verdict() is not None:
                    return
                yield next_event(reply, self.engine.mask)
                coming = asyncio.ensure_future(anext(replies, None))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Send, or end the stream when the reader does not read."""
        async with asyncio.timeout(self.engine.config.stall_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
