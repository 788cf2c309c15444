"""The baseline: plain JSON endpoints over the same statements, under the same settings of uvicorn.

``python -m bench.plain`` serves them at HOST and PORT over DATABASE_URL. They know no GraphQL, no ORM, no limits and no
errors: what is left when everything is taken away that a service needs besides its answer.
"""

import functools
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import exchange.card_index
from app.server import serve
from app.settings import Settings
from bench import made
from bench.plain_database import PlainDatabase, plain_database
from bench.plain_writes import Writes
from bench.questions import read_filter
from consent.notices import notice_for
from consent.terms import Terms
from exchange.actors import as_uuid
from exchange.call import Viewer
from exchange.card_index import PageQuestion
from exchange.search import NEWEST, WIDTH, match_groups, warm_up
from models import AccountKind
from models.database import is_sqlite
from schema.ids import global_id
from vault.tokens import read_access_token

PAGE = 20

_INBOX = """SELECT r.id, r.state, r.terms, r.terms_hash, r.message, r.asked_at, r.expires_at, r.decided_at, e.standing,
j.id AS job_id, j.title, j.function_code, j.region_code, j.pay_min, j.pay_max, j.pay_currency, j.pay_period,
g.id AS grant_id, g.state AS grant_state, g.uses, g.max_uses, g.not_before, g.expires_at AS grant_expires_at
FROM authorization_request r JOIN employer e ON e.id = r.employer_id JOIN job j ON j.id = r.job_id
LEFT JOIN consent_grant g ON g.request_id = r.id
WHERE r.{side} ON a.account_id = s.account_id WHERE s.id = ? AND s.account_id = ? AND s.ended_at IS NULL)
ORDER BY r.id DESC LIMIT ?"""
_SIDES = {
    AccountKind.CANDIDATE: "candidate_id = (SELECT a.id FROM session s JOIN candidate a",
    AccountKind.MEMBER: "employer_id = (SELECT a.employer_id FROM session s JOIN member a",
}


class Endpoints:
    """Everything that is served."""

    def __init__(self, url: str) -> None:
        self.database: PlainDatabase = plain_database(url)
        dialect = "sqlite" if is_sqlite(url) else "postgres"
        self.index = exchange.card_index.card_index(dialect)
        self.writes = Writes(dialect)
        # The page of the exchange's own index, asked through the driver: so it is the same statement.
        exchange.card_index.query = self.database.read

    async def ready(self, _request: Request) -> Response:
        return Response(b"ready")

    async def cards(self, request: Request) -> Response:
        """Splice the stored objects as they are."""
        rows, _ = await self._page(request)
        objects = [row["payload"] for row in rows[:PAGE]]
        return _answer(f'{{"nodes":[{",".join(objects)}],"hasNext":{str(len(rows) > PAGE).lower()}}}'.encode())

    async def cards_with_ids(self, request: Request) -> Response:
        """Splice the stored objects, each behind the id that this employer knows it by, and give a cursor."""
        rows, viewer = await self._page(request)
        opaque, key = made.desk().opaque, str(viewer.account_id).encode()
        objects = []
        for row in rows[:PAGE]:
            hidden = opaque.conceal(as_uuid(row["candidate_id"]).bytes, b"card", as_uuid(row["employer_id"]).bytes)
            objects.append(f'{{"id":"{global_id("Card", hidden)}",{row["payload"][1:]}')
        cursor = opaque.conceal(int(rows[-1]["sequence"]).to_bytes(WIDTH), b"cards", key) if rows else ""
        return _answer(f'{{"nodes":[{",".join(objects)}],"endCursor":"{cursor}"}}'.encode())

    async def inbox(self, request: Request) -> Response:
        """Give the rows as JSON, the terms as the text they are."""
        rows = await self._requests(request)
        return _answer(orjson.dumps({"nodes": [_request(row) for row in rows[:PAGE]], "hasNext": len(rows) > PAGE}))

    async def inbox_with_notices(self, request: Request) -> Response:
        """Give the rows as JSON, each with the notice that the candidate is shown."""
        rows = await self._requests(request)
        nodes = [{**_request(row), "notice": notice_for(Terms.parse(row["terms"]), "en").text} for row in rows[:PAGE]]
        return _answer(orjson.dumps({"nodes": nodes, "hasNext": len(rows) > PAGE}))

    async def ask(self, request: Request) -> Response:
        given, viewer, now = await _given(request)
        work = self.writes.ask(viewer, UUID(given["candidate"]), UUID(given["job"]), now)
        return _answer(orjson.dumps({"id": await self.database.transact(work)}))

    async def approve(self, request: Request) -> Response:
        given, viewer, now = await _given(request)
        work = self.writes.approve(viewer, UUID(given["request"]), now)
        return _answer(orjson.dumps({"id": await self.database.transact(work)}))

    async def release(self, request: Request) -> Response:
        given, viewer, now = await _given(request)
        work = self.writes.release(viewer, UUID(given["grant"]), given["key"], now)
        return _answer(orjson.dumps({"uses": await self.database.transact(work)}))

    async def _page(self, request: Request) -> tuple[list[Any], Viewer]:
        given, viewer, _ = await _given(request)
        groups = match_groups(read_filter(given))
        rows = await self.index.page(PageQuestion(viewer, groups, "en", NEWEST, PAGE + 1))
        return [row for row in rows if row["payload"] is not None], viewer

    async def _requests(self, request: Request) -> list[Any]:
        viewer = _viewer(request.headers["authorization"])
        sql = _INBOX.format(side=_SIDES[viewer.kind or AccountKind.CANDIDATE])
        return list(await self.database.read(sql, viewer.session_id, viewer.account_id, PAGE + 1))


@functools.lru_cache(maxsize=10_000)
def _viewer(authorization: str) -> Viewer:
    policy, token = made.desk().policy, authorization.removeprefix("Bearer ")
    keys, now = made.desk().keys.signing, datetime.now(UTC)
    claims = read_access_token(keys, token, issuer=policy.issuer, audience=policy.audience, now=now)
    return Viewer(claims.subject, claims.session, AccountKind(claims.kind), claims.expires_at)


async def _given(request: Request) -> tuple[dict[str, Any], Viewer, datetime]:
    viewer = _viewer(request.headers["authorization"])
    return orjson.loads(await request.body()), viewer, datetime.now(UTC)


def _request(row: Mapping[str, Any]) -> dict[str, Any]:
    grant = row["grant_id"] and {
        "id": str(row["grant_id"]),
        "state": row["grant_state"],
        "uses": row["uses"],
        "maxUses": row["max_uses"],
        "notBefore": row["not_before"],
        "expiresAt": row["grant_expires_at"],
    }
    return {
        "id": str(row["id"]),
        "state": row["state"],
        "message": row["message"],
        "askedAt": row["asked_at"],
        "expiresAt": row["expires_at"],
        "decidedAt": row["decided_at"],
        "held": row["standing"] != "VERIFIED",
        "terms": orjson.Fragment(row["terms"]),
        "termsHash": row["terms_hash"],
        "job": {
            "id": str(row["job_id"]),
            "title": row["title"],
            "function": row["function_code"],
            "region": row["region_code"],
            "pay": [row["pay_min"], row["pay_max"], row["pay_currency"], row["pay_period"]],
        },
        "grant": grant,
    }


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json")


class _NoTransport:
    """Stands where ``app.server`` looks for live sockets to close."""

    async def drain(self) -> None:
        """Close nothing."""


def create_plain_app(url: str) -> Starlette:
    """Return the plain application over a database."""
    endpoints = Endpoints(url)
    posts = ("cards", "cards_with_ids", "inbox", "inbox_with_notices", "ask", "approve", "release")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        warm_up()
        await endpoints.database.open()
        yield
        await endpoints.database.close()

    routes = [Route(f"/{name}", getattr(endpoints, name), methods=["POST"]) for name in posts]
    app = Starlette(routes=[*routes, Route("/ready", endpoints.ready)], lifespan=lifespan)
    app.state.transport = _NoTransport()
    return app


if __name__ == "__main__":
    serve(create_plain_app(os.environ["DATABASE_URL"]), Settings())
