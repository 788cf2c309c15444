"""A small world of its own: nothing here knows the domain."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import strawberry
from starlette.applications import Starlette

from app.transport import GraphQLTransport, PublicError, TransportConfig


@dataclass
class Viewer:
    key: str | None = None
    session_id: str | None = None
    expires_at: datetime | None = None


@dataclass
class World:
    """What the tests look at and turn."""

    finished: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    expires_at: datetime | None = None
    operations: list[tuple[str, str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    now: datetime | None = None

    def __post_init__(self) -> None:
        self.answers.set()


@dataclass
class Context:
    world: World
    viewer: Viewer


class DatabaseError(Exception):
    """Stands for what a driver raises, with a row in its text."""


class TooLateError(Exception):
    """A domain error with a union member."""


Info = strawberry.Info[Context, None]


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = "green"


@strawberry.input
class Filter:
    city: str | None = None
    colour: Colour | None = None


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def things(self, first: int = 20, last: int | None = None) -> "Things":  # noqa: ARG002 - only its price matters
        return Things(nodes=[Thing(name=str(n)) for n in range(min(first, 3))])


@strawberry.type
class Things:
    nodes: list[Thing]


@strawberry.type
class Done:
    name: str


@strawberry.type
class TooLate:
    message: str


class TooLateHandler(strawberry.ExceptionHandler[TooLateError, TooLate]):
    def handle(self, exception, *, field, info):  # noqa: ARG002 - the protocol names them
        return TooLate(message=str(exception))


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def nothing(self) -> str | None:
        return None

    @strawberry.field
    def whoami(self, info: Info) -> str | None:
        return info.context.viewer.key

    @strawberry.field
    async def slow(self, info: Info, seconds: float = 0.3) -> str:
        info.context.world.started.append("slow")
        await asyncio.sleep(seconds)
        info.context.world.finished.append("slow")
        return "done"

    @strawberry.field
    def things(self, first: int = 20, last: int | None = None) -> Things:  # noqa: ARG002 - only its price matters
        return Things(nodes=[Thing(name=str(n)) for n in range(min(first, 3))])

    @strawberry.field
    def paint(self, colour: Colour = Colour.RED, where: Filter | None = None) -> str:  # noqa: ARG002 - only its check matters
        return colour.value

    @strawberry.field
    def secret(self) -> str | None:
        message = "duplicate key value (email)=(ada@example.test)"
        raise DatabaseError(message)

    @strawberry.field
    def private(self) -> str | None:
        message = "Sign in first."
        raise PublicError(message, code="UNAUTHENTICATED", hint="signIn")

    @strawberry.field
    def unencodable(self) -> strawberry.scalars.JSON:
        return {"what": object()}


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def work(self, info: Info, name: str, seconds: float = 0.2) -> str:
        info.context.world.started.append(name)
        await asyncio.sleep(seconds)
        info.context.world.finished.append(name)
        return name

    @strawberry.mutation
    def decide(self) -> Done | TooLate:
        message = "Already decided."
        raise TooLateError(message)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, to: int = 3, pause: float = 0.0) -> AsyncGenerator[int, None]:
        world = info.context.world
        world.started.append("count")
        try:
            for number in range(to):
                yield number
                await asyncio.sleep(pause)
        finally:
            await asyncio.sleep(0)
            world.closed.append("count")

    @strawberry.subscription
    async def gated(self, info: Info) -> AsyncGenerator[str, None]:
        world = info.context.world
        world.started.append("gated")
        try:
            while True:
                await world.gate.wait()
                world.gate.clear()
                yield "open"
        finally:
            world.closed.append("gated")

    @strawberry.subscription
    async def flood(self, info: Info, size: int = 60_000) -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "x" * size
        finally:
            info.context.world.closed.append("flood")

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        message = 'relation "people" does not exist'
        raise DatabaseError(message)


SCHEMA = strawberry.Schema(Query, Mutation, Subscription, exception_handlers=[TooLateHandler()])
DEVELOPMENT = {"introspection": True, "allow_get": True, "explorer": True}


def transport(world: World, schema: strawberry.Schema = SCHEMA, page=None, **settings) -> GraphQLTransport[Viewer]:
    async def authenticate(token, connection):
        if token is None:
            return Viewer()
        if token.startswith("bad"):
            message = "The token is not valid."
            raise PublicError(message, "UNAUTHENTICATED")
        if token == "broken":
            message = "connection refused"
            raise DatabaseError(message)
        return Viewer(key=token, session_id=f"session-{token}", expires_at=world.expires_at)

    async def make_context(viewer, connection, language):
        world.languages.append(language)
        return Context(world, viewer)

    async def revalidate(viewer):
        await world.answers.wait()
        return viewer.key not in world.revoked

    def count(name, outcome, seconds):
        world.operations.append((name, outcome))

    return GraphQLTransport(
        schema,
        TransportConfig(**settings),
        authenticate=authenticate,
        make_context=make_context,
        revalidate=revalidate,
        clock=lambda: world.now or datetime.now(UTC),
        on_operation=count,
        explorer=page,
    )


def application(world: World, **settings) -> Starlette:
    return Starlette(routes=transport(world, **settings).routes())
