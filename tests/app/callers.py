"""Clients of a real server: GraphQL over HTTP and over a WebSocket, in the name of a person of a test's world."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect

from models import AuthorizationRequest, Grant
from schema.ids import global_id
from tests.factories import World
from vault.tokens import issue_access_token

ERROR = "... on UserError { code message }"
GRANT = "... on GrantSuccess { grant { id state } }"
APPROVE = f"""mutation Approve($id: ID!, $hash: String!) {{
  approveAuthorization(input: {{authorizationRequestId: $id, termsHash: $hash}}) {{ __typename {GRANT} {ERROR} }} }}"""
DECLINE = f"""mutation Decline($id: ID!) {{
  declineAuthorization(input: {{authorizationRequestId: $id}}) {{ __typename {ERROR} }} }}"""
RECALL = f"""mutation Recall($id: ID!) {{
  recallAuthorization(input: {{authorizationRequestId: $id}}) {{ __typename {ERROR} }} }}"""
REVOKE = f"mutation Revoke($id: ID!) {{ revokeGrant(input: {{grantId: $id}}) {{ __typename {GRANT} {ERROR} }} }}"
RELEASE = f"""mutation Release($id: ID!, $key: String!) {{
  releaseContact(input: {{grantId: $id, categories: [NAME, PHONE], idempotencyKey: $key}}) {{
    __typename ... on ReleaseContactSuccess {{ release {{ id }} contact {{ name {{ value }} }} }} {ERROR} }} }}"""
SIGN_IN = f"""mutation SignIn($email: String!, $password: String!) {{
  signIn(input: {{email: $email, password: $password}}) {{
    __typename ... on SessionSuccess {{ accessToken }} {ERROR} }} }}"""
SIGN_OUT = "mutation SignOut { signOut { __typename } }"
WHO = "query Who { viewer { kind } }"
INBOX = "query Inbox { authorizationRequests(first: 5) { nodes { id state } } }"
GRANT_CHANGED = "subscription { grantChanged { id state } }"


def token_of(world: World, person: Any) -> str:
    """Return an access token for the session that a person of the world has."""
    viewer, policy = person.viewer, world.desk.policy
    return issue_access_token(
        world.desk.keys.signing,
        subject=viewer.account_id,
        session=viewer.session_id,
        kind=viewer.kind,
        issuer=policy.issuer,
        audience=policy.audience,
        now=world.now,
        lifetime=timedelta(hours=1),
    )


def approval_of(request: AuthorizationRequest) -> dict[str, str]:
    return {"id": global_id("AuthorizationRequest", request.id), "hash": request.terms_hash}


def id_of(row: AuthorizationRequest | Grant) -> dict[str, str]:
    return {"id": global_id(type(row).__name__, row.id)}


class Caller:
    """One person at one server."""

    def __init__(self, client: httpx2.AsyncClient, url: str, token: str | None) -> None:
        self.client, self.url = client, url
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    async def answer(self, document: str, **variables: object) -> dict[str, Any]:
        """Return the whole answer, errors and all."""
        body = {"query": document, "variables": variables}
        response = await self.client.post(self.url, json=body, headers=self.headers)
        return orjson.loads(response.content)

    async def do(self, document: str, **variables: object) -> dict[str, Any]:
        """Return what the first field answered; an error at the top level fails the test."""
        answer = await self.answer(document, **variables)
        assert "errors" not in answer, answer
        return next(iter(answer["data"].values()))

    async def timed(self, document: str, **variables: object) -> tuple[dict[str, Any], float]:
        """Return the whole answer and the seconds it took."""
        begun = time.perf_counter()
        return await self.answer(document, **variables), time.perf_counter() - begun


@asynccontextmanager
async def calling(*pairs: tuple[str, str | None]) -> AsyncIterator[list[Caller]]:
    """Open callers, each given as the URL of a server and a token."""
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx2.AsyncClient(timeout=20, limits=limits) as client:
        yield [Caller(client, url, token) for url, token in pairs]


class LiveClient:
    """A raw client of graphql-transport-ws."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def send(self, message: object) -> None:
        await self.websocket.send(orjson.dumps(message).decode())

    async def receive(self, seconds: float = 5) -> dict[str, Any]:
        return orjson.loads(await asyncio.wait_for(self.websocket.recv(), seconds))

    async def subscribe(self, identity: str, document: str, **variables: object) -> None:
        payload = {"query": document, "variables": variables}
        await self.send({"id": identity, "type": "subscribe", "payload": payload})

    async def complete(self, identity: str) -> None:
        await self.send({"id": identity, "type": "complete"})

    async def listens(self) -> None:
        """Return once everything that was sent before has been read."""
        await self.send({"type": "ping"})
        while (await self.receive())["type"] != "pong":
            pass

    def drop(self) -> None:
        """Be gone, without a word."""
        self.websocket.transport.abort()

    async def close_code(self, seconds: float = 8) -> int | None:
        await asyncio.wait_for(self.websocket.wait_closed(), seconds)
        return self.websocket.close_code


@asynccontextmanager
async def live(url: str, token: str | None) -> AsyncIterator[LiveClient]:
    """Open a socket and say hello."""
    websocket = await connect(url, subprotocols=["graphql-transport-ws"], compression=None, proxy=None)
    client = LiveClient(websocket)
    try:
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await client.send({"type": "connection_init", "payload": payload})
        assert (await client.receive())["type"] == "connection_ack"
        yield client
    finally:
        client.drop()
