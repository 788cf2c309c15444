"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.transport.bodies import bearer_token, read_request
from app.transport.errors import Formatted, PublicError, Refusal, Rejected
from app.transport.execution import STATUS, Engine, Prepared, Reply
from app.transport.hub import TransportHub
from app.transport.negotiation import EVENTS, JSON, Wanted, negotiate
from app.transport.params import OperationRequest
from app.transport.sse import EventStream

UNAUTHORIZED = 401
FORBIDDEN = 403
NEVER_STORED = {"cache-control": "no-store"}
CHALLENGE = {"www-authenticate": 'Bearer realm="graphql"'}


class GraphQLEndpoint:
    """The ASGI application behind the path."""

    def __init__(self, engine: Engine, hub: TransportHub) -> None:
        self.engine = engine
        self.config = engine.config
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        wanted = Wanted(JSON, streams=False)
        try:
            explorer = self._explorer(request)
            if explorer is None:
                wanted = self._negotiate(request)
            answer = explorer or await self._answer(request, wanted)
        except Refusal as refusal:
            answer = respond({"errors": refusal.errors}, refusal.status, refused_media(wanted), refusal.headers)
        await answer(scope, receive, send)

    def _explorer(self, request: Request) -> Response | None:
        page = self.engine.ports.explorer
        if page is None or not self.config.explorer or request.method != "GET":
            return None
        wants_page = "text/html" in request.headers.get("accept", "") and "query" not in request.query_params
        return page(request) if wants_page else None

    def _negotiate(self, request: Request) -> Wanted:
        allowed = ("GET", "POST") if self.config.allow_get else ("POST",)
        if request.method not in allowed:
            names = ", ".join(allowed)
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"Use {names}.", {"allow": names})
        wanted = negotiate(request.headers.get("accept", ""))
        if wanted is None:
            raise Refusal(406, "NOT_ACCEPTABLE", "Accept application/graphql-response+json or application/json.")
        return wanted

    async def _answer(self, request: Request, wanted: Wanted) -> Response | EventStream:
        params = await read_request(request, self.config)
        token = bearer_token(request.headers.get("authorization"))
        try:
            done = await self.engine.runner.run(self._serve(request, params, token))
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            done = self.engine.refuse(error)
        if isinstance(done, Prepared):
            return self._stream(done, wanted)
        return self._respond(done, wanted)

    async def _serve(self, request: Request, params: OperationRequest, token: str | None) -> Reply | Prepared:
        """Run the whole request but a subscription, which the caller streams."""
        viewer = await self._authenticate(request, token)
        try:
            prepared = self.engine.prepare(params, viewer, request, request.headers.get("accept-language", ""))
        except (Rejected, PublicError) as error:
            return self.engine.refuse(error)
        if request.method == "GET" and prepared.operation.kind is OperationType.MUTATION:
            raise Refusal(405, "METHOD_NOT_ALLOWED", "Mutations are sent by POST.", {"allow": "POST"})
        return prepared if prepared.is_subscription else await self.engine.execute(prepared)

    async def _authenticate(self, request: Request, token: str | None) -> Any:  # noqa: ANN401 - the viewer is the application's
        try:
            return await self.engine.ports.authenticate(token, request)
        except PublicError as error:
            status = STATUS.get(error.code, 400)
            raise Refusal(status, error.code, error.message) from None

    def _stream(self, prepared: Prepared, wanted: Wanted) -> EventStream:
        if not wanted.streams:
            message = "Subscriptions are answered as text/event-stream or over a WebSocket."
            raise Refusal(406, "NOT_ACCEPTABLE", message)
        return EventStream(self.engine, self.hub, prepared)

    def _respond(self, reply: Reply, wanted: Wanted) -> Response:
        if wanted.media == EVENTS:
            return EventStream.finished(self.engine.mask, reply)
        status = 200 if wanted.media == JSON and reply.status not in {UNAUTHORIZED, FORBIDDEN} else reply.status
        try:
            return respond(reply.payload, status, wanted.media)
        except TypeError as error:
            failed = self.engine.mask.internal(error, "encoding")
            return respond({"errors": [failed]}, 500, wanted.media)


def refused_media(wanted: Wanted) -> str:
    return JSON if wanted.media == EVENTS else wanted.media


def respond(payload: Formatted, status: int, media: str, headers: Mapping[str, str] | None = None) -> Response:
    headers = {**NEVER_STORED, **(CHALLENGE if status == UNAUTHORIZED else {}), **(headers or {})}
    return Response(orjson.dumps(payload), status, headers, f"{media}; charset=utf-8")
