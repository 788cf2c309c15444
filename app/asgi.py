"""The ASGI application: GraphQL, health, metrics, public keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app import explorer
from app.demo.accounts import CANDIDATE_EMAILS, DEMO_PASSWORD, RECRUITER_EMAILS
from app.explorer import DemoSignIn, explorer_page, load_operations
from app.health import Health
from app.logs import configure_logs
from app.metrics import count_operation
from app.service import SCHEMA, Service, ended_session, make_service
from app.settings import Mode, Settings, read_settings
from app.translation import public_error
from app.transport import GraphQLTransport
from delivery.live import Update
from exchange.call import Viewer
from exchange.search import warm_up

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(settings: Settings | None = None) -> Starlette:
    """Return the application. Settings come from the environment unless given."""
    chosen = settings or read_settings()
    configure_logs(chosen.log_level, for_people=chosen.mode is not Mode.PRODUCTION)
    service = make_service(chosen)
    transport = _transport(service)
    health = Health(service)
    app = Starlette(
        routes=[*_explorer_routes(chosen), *transport.routes("/graphql"), *health.routes()],
        middleware=[_cors(chosen)],
        lifespan=_lifespan(service, transport),
    )
    app.state.service, app.state.transport = service, transport
    return app


def _transport(service: Service) -> GraphQLTransport[Viewer]:
    return GraphQLTransport(
        SCHEMA,
        service.settings.transport(),
        authenticate=service.authentication.viewer,
        make_context=service.context,
        revalidate=service.authentication.is_live,
        clock=service.clock,
        explorer=_explorer(service.settings),
        on_operation=count_operation,
        translate=public_error,
    )


def _lifespan(service: Service, transport: GraphQLTransport[Viewer]) -> Lifespan:
    closing: set[asyncio.Task[int]] = set()

    def close_ended(update: Update) -> None:
        session = ended_session(update)
        if session is not None:
            task = asyncio.ensure_future(transport.hub.close_session(UUID(session)))
            closing.add(task)
            task.add_done_callback(closing.discard)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        warm_up()
        service.switchboard.on_update(close_ended)
        async with service.running(app):
            yield
            await transport.drain()

    return lifespan


def _explorer_routes(settings: Settings) -> list[BaseRoute]:
    return [] if settings.mode is Mode.PRODUCTION else list(explorer.routes())


def _explorer(settings: Settings) -> Callable[[Request], Response] | None:
    if settings.mode is Mode.PRODUCTION:
        return None
    operations = load_operations()
    sign_ins = _sign_ins() if settings.has_demo else []

    def page(request: Request) -> Response:
        return explorer_page(operations, sign_ins, host=request.headers.get("host"))

    return page


def _sign_ins() -> list[DemoSignIn]:
    return [
        DemoSignIn("candidate", CANDIDATE_EMAILS[0], DEMO_PASSWORD),
        DemoSignIn("recruiter", RECRUITER_EMAILS[0], DEMO_PASSWORD),
        DemoSignIn("recruiter of another employer", RECRUITER_EMAILS[1], DEMO_PASSWORD),
        DemoSignIn("recruiter of a suspended employer", RECRUITER_EMAILS[-2], DEMO_PASSWORD),
    ]


def _cors(settings: Settings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(settings.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "accept-language"],
        max_age=600,
    )
