"""graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

import asyncio
from contextlib import aclosing
from typing import Any, NamedTuple, cast

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import normalize_allowed_origins, normalize_origin

from app.transport.bodies import bearer_token
from app.transport.errors import PublicError, Refusal, Rejected
from app.transport.execution import STATUS, Engine, Reply
from app.transport.frames import (
    ACK,
    PONG,
    BadFrame,
    Frame,
    complete_frame,
    error_frame,
    next_frame,
    read_frame,
    read_subscribe,
)
from app.transport.hub import TOO_MANY_CONNECTIONS, TRY_AGAIN_LATER, TransportHub, address_of
from app.transport.params import OperationRequest
from app.transport.ports import Viewer
from app.transport.runner import Slot
from app.transport.vigil import Vigil

PROTOCOL = "graphql-transport-ws"
UNAVAILABLE = 503
TOO_BIG = 1009
INTERNAL = 1011
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
BAD_PROTOCOL = 4406
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429


class WebSocketEndpoint:
    """The ASGI application behind the path, for sockets."""

    def __init__(self, engine: Engine, hub: TransportHub) -> None:
        self.engine = engine
        self.hub = hub
        self.origins = normalize_allowed_origins(engine.config.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        if not self._origin_allowed(websocket.headers.get("origin")):
            await websocket.close()
            return
        socket = Socket(self.engine, self.hub, websocket)
        if PROTOCOL not in websocket.scope.get("subprotocols", ()):
            await socket.refuse(BAD_PROTOCOL, "Subprotocol not acceptable")
        elif not self.hub.admit(socket):
            await socket.refuse(TOO_MANY_CONNECTIONS, "Too many connections")
        else:
            await socket.serve()

    def _origin_allowed(self, origin: str | None) -> bool:
        """Browsers send an origin and know no CORS for sockets; who sends none is no browser."""
        return origin is None or "*" in self.origins or normalize_origin(origin) in self.origins


class Outgoing(NamedTuple):
    frame: str
    owner: asyncio.Task[Any]
    is_event: bool


class Socket:
    """One client. Whoever wants it closed says so to `close`; only `serve` does it."""

    def __init__(self, engine: Engine, hub: TransportHub, websocket: WebSocket) -> None:
        self.engine = engine
        self.config = engine.config
        self.hub = hub
        self.websocket = websocket
        self.address = address_of(websocket)
        self.viewer: Viewer | None = None
        self.language = websocket.headers.get("accept-language", "")
        self._initiated = False
        self._vigil: Vigil | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._slots: set[Slot] = set()
        self._outbox: asyncio.Queue[Outgoing] = asyncio.Queue(engine.config.ws_queue)
        self._verdict: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._silent = asyncio.Event()
        self._closed = asyncio.Event()
        self._helpers: set[asyncio.Task[None]] = set()

    def close(self, code: int, reason: str) -> None:
        if not self._verdict.done():
            self._verdict.set_result((code, reason))

    async def wait_silent(self) -> None:
        await self._silent.wait()

    async def wait_closed(self) -> None:
        await self._closed.wait()

    async def refuse(self, code: int, reason: str) -> None:
        await self.websocket.accept()
        await self._goodbye(code, reason)

    async def serve(self) -> None:
        try:
            await self.websocket.accept(PROTOCOL)
            late = asyncio.get_running_loop().call_later(self.config.ws_init_seconds, self._init_is_late)
            self._help(self._read())
            self._help(self._write())
            code, reason = await self._verdict
            late.cancel()
            await self._stop(self._helpers)
            self._silent.set()
            await self._goodbye(code, reason)
        finally:
            await self._stop({*self._helpers, *self._operations.values()})
            self.hub.leave(self)
            self._silent.set()
            self._closed.set()

    async def _goodbye(self, code: int, reason: str) -> None:
        """Say why, unless the client is gone or does not read."""
        try:
            async with asyncio.timeout(self.config.stall_seconds):
                await self.websocket.close(code, reason)
        except Exception:  # noqa: BLE001, S110 - servers raise classes of their own for a lost client
            pass

    async def _stop(self, tasks: set[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.config.stall_seconds)

    def _help(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.ensure_future(work)
        self._helpers.add(task)
        task.add_done_callback(self._helper_ended)

    def _helper_ended(self, task: asyncio.Task[None]) -> None:
        """Let a helper that ends take the socket with it; its verdict, if any, came first."""
        self._helpers.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BadFrame):
            self.close(BAD_REQUEST, str(error))
        elif isinstance(error, TimeoutError):
            self.close(TRY_AGAIN_LATER, "The client does not read")
        elif isinstance(error, WebSocketDisconnect):
            self.close(1000, "")  # The client was gone before its answer was written.
        elif error is not None:
            self.engine.mask.internal(error, "socket")
        self.close(INTERNAL if error else 1000, "")

    def _init_is_late(self) -> None:
        if not self._initiated:
            self.close(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _write(self) -> None:
        while True:
            frame, owner, is_event = await self._outbox.get()
            if is_event and self._vigil is not None and (verdict := await self._vigil.verdict()):
                self.close(*verdict)
                return
            if owner.cancelling():
                continue
            async with asyncio.timeout(self.config.stall_seconds):
                await self.websocket.send_text(frame)

    async def _put(self, frame: str, *, is_event: bool = False) -> None:
        """Queue a frame, waiting for room. The frames of an operation that was completed meanwhile are dropped."""
        owner = cast("asyncio.Task[Any]", asyncio.current_task())
        await self._outbox.put(Outgoing(frame, owner, is_event))

    async def _watch(self) -> None:
        if self._vigil is not None:
            self.close(*await self._vigil.watch())

    async def _read(self) -> None:
        while True:
            message = await self.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                raise BadFrame("Frames must be text")
            if len(text) > self.config.ws_frame_bytes or len(text.encode()) > self.config.ws_frame_bytes:
                self.close(TOO_BIG, "Frame too long")
                return
            await self._handle(read_frame(text))

    async def _handle(self, frame: Frame) -> None:
        match frame.kind:
            case "connection_init":
                await self._initiate(frame)
            case "ping":
                await self._put(PONG)
            case "subscribe":
                await self._subscribe(frame)
            case "complete":
                self._complete(frame.id)

    async def _initiate(self, frame: Frame) -> None:
        if self._initiated:
            self.close(TOO_MANY_INITS, "Too many initialisation requests")
            return
        self._initiated = True
        try:
            viewer = await self.engine.runner.run(self._authenticate(frame))
        except PublicError as error:
            busy = STATUS.get(error.code) == UNAVAILABLE
            self.close(TRY_AGAIN_LATER if busy else FORBIDDEN, str(error)[:100])
            return
        except Refusal as refusal:
            self.close(FORBIDDEN, str(refusal)[:100])
            return
        if not self.hub.identify(self, viewer):
            self.close(TOO_MANY_CONNECTIONS, "Too many connections")
            return
        engine = self.engine
        self._vigil = Vigil(engine.ports, engine.runner, engine.mask, viewer, self.config.revalidate_seconds)
        self._help(self._watch())
        await self._put(ACK)

    async def _authenticate(self, frame: Frame) -> Any:  # noqa: ANN401 - the viewer is the application's
        given = frame.payload.get("authorization", frame.payload.get("Authorization"))
        if given is not None and not isinstance(given, str):
            raise PublicError("The authorization must be a string.", "UNAUTHENTICATED")
        token = bearer_token(given or self.websocket.headers.get("authorization"))
        return await self.engine.ports.authenticate(token, self.websocket)

    async def _subscribe(self, frame: Frame) -> None:
        request = read_subscribe(frame)
        if self._vigil is None:
            self.close(UNAUTHORIZED, "Unauthorized")
        elif frame.id in self._operations:
            self.close(SUBSCRIBER_EXISTS, f"Subscriber for {frame.id[:60]} already exists")
        elif len(self._slots) >= self.config.ws_operations_per_socket:
            limit = self.config.ws_operations_per_socket
            error = PublicError(f"A socket may have {limit} operations.", "TOO_MANY_OPERATIONS", limit=limit)
            await self._put(error_frame(frame.id, [error.formatted]))
        else:
            self._start(frame.id, request)

    def _start(self, identity: str, request: OperationRequest) -> None:
        slot = Slot(self._slots)
        task = asyncio.ensure_future(self._operate(identity, request, slot))
        slot.hold(task)
        self._operations[identity] = task
        task.add_done_callback(lambda task: self._operation_ended(identity, task))

    def _operation_ended(self, identity: str, task: asyncio.Task[None]) -> None:
        if self._operations.get(identity) is task:
            del self._operations[identity]
        if not task.cancelled() and (error := task.exception()) is not None:
            self.engine.mask.internal(error, "socket operation")
            self.close(INTERNAL, "")

    def _complete(self, identity: str) -> None:
        """Stop waiting: a subscription closes its source, a mutation runs on and its result is dropped."""
        task = self._operations.pop(identity, None)
        if task is not None:
            task.cancel()

    async def _operate(self, identity: str, request: OperationRequest, slot: Slot) -> None:
        try:
            prepared = self.engine.prepare(request, self.viewer, self.websocket, self.language)
            if not prepared.is_subscription:
                await self._last(identity, await self.engine.runner.run(self.engine.execute(prepared), slot))
                return
        except (Rejected, PublicError) as error:
            await self._last(identity, self.engine.refuse(error))
            return
        replies = self.engine.stream(prepared, slot)
        async with aclosing(replies):
            async for reply in replies:
                if not reply.executed:
                    await self._last(identity, reply)
                    return
                await self._put(next_frame(identity, reply, self.engine.mask), is_event=True)
        await self._finish(identity, complete_frame(identity))

    async def _last(self, identity: str, reply: Reply) -> None:
        if not reply.executed:
            await self._finish(identity, error_frame(identity, reply.errors or []))
            return
        await self._put(next_frame(identity, reply, self.engine.mask))
        await self._finish(identity, complete_frame(identity))

    async def _finish(self, identity: str, frame: str) -> None:
        """Free the id before the client can read that it is free."""
        self._operations.pop(identity, None)
        await self._put(frame)
