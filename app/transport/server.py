from typing import Generic

from starlette.routing import Route, WebSocketRoute
from strawberry import Schema

from app.transport.config import TransportConfig
from app.transport.execution import Engine
from app.transport.http import GraphQLEndpoint
from app.transport.hub import TransportHub
from app.transport.ports import (
    Authenticate,
    Clock,
    Explorer,
    FindDocument,
    MakeContext,
    OnOperation,
    Ports,
    Revalidate,
    Translate,
    V,
    always_valid,
    count_nothing,
    translate_nothing,
    utc_now,
)
from app.transport.websocket import WebSocketEndpoint


class GraphQLTransport(Generic[V]):
    def __init__(
        self,
        schema: Schema,
        config: TransportConfig,
        *,
        authenticate: Authenticate[V],
        make_context: MakeContext[V],
        revalidate: Revalidate[V] = always_valid,
        clock: Clock = utc_now,
        explorer: Explorer | None = None,
        on_operation: OnOperation = count_nothing,
        find_document: FindDocument[V] | None = None,
        translate: Translate = translate_nothing,
    ) -> None:
        ports = Ports(authenticate, make_context, revalidate, clock, explorer, on_operation, find_document, translate)
        self.engine = Engine(schema, config, ports)
        self.hub = TransportHub(config)

    def routes(self, path: str = "/graphql") -> list[Route | WebSocketRoute]:
        http = Route(path, GraphQLEndpoint(self.engine, self.hub))
        return [http, WebSocketRoute(path, WebSocketEndpoint(self.engine, self.hub))]

    async def drain(self, seconds: float = 10) -> int:
        """Close every socket with 1001, take no more work, wait for what runs; return how much did not end."""
        self.engine.runner.draining = True
        await self.hub.close_all()
        return await self.engine.runner.drain(seconds)
