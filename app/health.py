"""Is it alive, is it ready, how is it doing, and with which keys does it sign."""

import asyncio
import math

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.metrics import OUTBOX_AGE, OUTBOX_WAITING, REGISTRY
from app.service import Service
from delivery.outbox import backlog
from models.migrate import missing
from models.statements import query

CHECK_SECONDS = 3
KEYS_MAX_AGE = 300


class Health:
    """The endpoints that are not GraphQL."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
            Route("/.well-known/jwks.json", self.keys),
        ]

    async def alive(self, _request: Request) -> Response:
        """Answer as long as the process does."""
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        """Answer 200 when database, structure and worker are there, else 503; either way with each of them."""
        database, migrations = await asyncio.gather(self._answers(), self._complete())
        checks = {
            "database": database,
            "migrations": migrations,
            "worker": self._service.outbox.is_running or not self._service.settings.worker,
        }
        return JSONResponse(checks, status_code=200 if all(checks.values()) else 503)

    async def metrics(self, _request: Request) -> Response:
        """Answer with figures for Prometheus."""
        waiting, age = await self._backlog()
        OUTBOX_WAITING.set(waiting)
        OUTBOX_AGE.set(age)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    async def keys(self, _request: Request) -> Response:
        """Answer with the public keys that grants are signed with, as a JWK set."""
        jwks = self._service.desk.keys.signing.jwks()
        return JSONResponse(jwks, headers={"cache-control": f"public, max-age={KEYS_MAX_AGE}"})

    async def _backlog(self) -> tuple[float, float]:
        """Return the outbox's figures; without a database they are not numbers, and the other figures still come."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await backlog(self._service.clock())
        except Exception:  # noqa: BLE001 - same as below
            return math.nan, math.nan

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await query("SELECT 1 AS one")
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ready
            return False
        return True

    async def _complete(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return not await missing()
        except Exception:  # noqa: BLE001 - same
            return False
