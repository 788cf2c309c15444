"""What the tests of the API talk through: the real application, real tokens, and a world told by the verbs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import uvicorn
from starlette.applications import Starlette

from app.asgi import create_app
from app.server import Server
from app.settings import Mode, Settings
from consent.parties import MemberRole, Standing
from exchange import accounts
from models import Account, AccountKind, Employer
from models.statements import query
from models.unit_of_work import Transaction, unit_of_work
from schema.ids import global_id
from tests.api.recorder import Recorder
from tests.api.selections import mutation_document
from tests.conftest import KEYS
from tests.factories import PASSWORD_HASH, CandidatePerson, MemberPerson, World
from vault.lookup import email_hash
from vault.tokens import issue_access_token

WATCHED_COLUMNS = {
    "account": "id",
    "authorization_request": "id, state, recalled_at",
    "card": "candidate_id, sequence, visibility",
    "candidate": "id, visibility, pay_amount, availability",
    "consent_grant": "id, state, uses, generation",
    "deletion_duty": "id, state",
    "job": "id, state",
    "ledger_entry": "id",
    "outbox_message": "id",
    "release": "id",
    "sealed_record": "id, version",
}
"""What a refusal leaves as it was."""


def settings(url: str, **changes: object) -> Settings:
    given = {"database_url": url, "keys": KEYS.to_json(), "demo": False, "log_level": "DEBUG", **changes}
    if given.get("mode") is Mode.PRODUCTION:
        given.pop("demo")
    return Settings(**given)


@dataclass
class ApiWorld(World):
    """A world whose candidates are watched by the recorder."""

    recorder: Recorder = field(default_factory=Recorder)

    async def candidate(self, **parts: object) -> CandidatePerson:
        person = await super().candidate(**parts)
        self.recorder.watch(person.id, person.viewer.account_id, person.canary)
        return person

    async def suspended(self, *, before: object = None) -> MemberPerson:
        """A recruiter whose employer was suspended, after ``before`` was awaited with it."""
        member = await self.member()
        if before is not None:
            await before(member)
        await Employer.filter(id=member.employer.id).update(standing=Standing.SUSPENDED)
        return member

    async def interviewer(self, colleague: MemberPerson) -> MemberPerson:
        return await self.member(role=MemberRole.INTERVIEWER, employer=colleague.employer)

    async def operator(self) -> "Operator":
        return await _make_operator(self)


@dataclass(frozen=True)
class Operator:
    email: str
    viewer: object


@unit_of_work
async def _make_operator(transaction: Transaction, world: World) -> Operator:
    email = f"operator-{uuid4().hex}@staff.example"
    hashed = email_hash(world.desk.keys.lookup, email)
    account = Account(kind=AccountKind.OPERATOR, email_hash=hashed, password_hash=PASSWORD_HASH, created_at=world.now)
    await transaction.insert(account)
    return Operator(email, world.viewer_of(await accounts._begin_session(transaction, world.call(), account)))


class Api:
    """The application as clients meet it. A ``who`` is a person of the world; without one, nobody is signed in."""

    def __init__(self, app: Starlette, world: ApiWorld, recorder: Recorder, client: httpx2.AsyncClient) -> None:
        self.app, self.world, self.recorder, self.client = app, world, recorder, client

    def token(self, who: object, lifetime: timedelta = timedelta(minutes=10)) -> str:
        policy, viewer = self.world.desk.policy, who.viewer
        return issue_access_token(
            KEYS.signing,
            subject=viewer.account_id,
            session=viewer.session_id,
            kind=viewer.kind,
            issuer=policy.issuer,
            audience=policy.audience,
            now=datetime.now(UTC),
            lifetime=lifetime,
        )

    def headers(self, who: object = None, language: str = "en") -> dict[str, str]:
        own = {} if who is None else {"authorization": f"Bearer {self.token(who)}"}
        return {"accept-language": language, **own}

    async def post(
        self, document: str, who: object = None, *, language: str = "en", variables: dict | None = None, **headers: str
    ) -> httpx2.Response:
        body = {"query": document, "variables": variables or {}}
        return await self.client.post("/graphql", json=body, headers={**self.headers(who, language), **headers})

    async def ask(self, document: str, who: object = None, *, language: str = "en", **variables: object) -> dict:
        """Return the whole answer."""
        return (await self.post(document, who, language=language, variables=variables)).json()

    async def data(self, document: str, who: object = None, *, language: str = "en", **variables: object) -> dict:
        """Return the data of an answer without errors."""
        answer = await self.ask(document, who, language=language, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(self, document: str, who: object = None, **variables: object) -> dict:
        """Return the one error of an answer."""
        answer = await self.ask(document, who, **variables)
        (error,) = answer["errors"]
        return error

    async def perform(self, mutation: str, who: object = None, *, language: str = "en", **given: object) -> dict:
        """Return the result of a mutation with everything that can be selected of it."""
        variables = {"input": given} if "$input" in mutation_document(mutation) else {}
        data = await self.data(mutation_document(mutation), who, language=language, **variables)
        return data[mutation]

    async def refuse(self, mutation: str, who: object = None, **given: object) -> dict:
        """Return what a mutation answers that changes nothing."""
        async with self.nothing_changes():
            return await self.perform(mutation, who, **given)

    @asynccontextmanager
    async def nothing_changes(self) -> AsyncIterator[None]:
        before = await self.state()
        yield
        assert await self.state() == before

    async def state(self) -> dict[str, list]:
        rows = {
            table: await query(f"SELECT {columns} FROM {table} ORDER BY 1")
            for table, columns in WATCHED_COLUMNS.items()
        }
        return {table: [tuple(row.values()) for row in found] for table, found in rows.items()}

    async def card_id(self, member: MemberPerson, candidate: CandidatePerson) -> str:
        return global_id("Card", await self.world.card_id(member, candidate))

    def id(self, type_name: str, row: object) -> str:
        return global_id(type_name, getattr(row, "id", row))


@asynccontextmanager
async def opened(url: str, world: ApiWorld, recorder: Recorder, **changes: object) -> AsyncIterator[Api]:
    """Open the application on a database; the world's verbs use the connection that the application opened."""
    app = create_app(settings(url, **changes))
    with recorder.hearing_logs():
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app=recorder.wrap(app))
            async with httpx2.AsyncClient(transport=transport, base_url="http://exchange.test") as client:
                yield Api(app, world, recorder, client)


class QuietServer(Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(api: Api) -> AsyncIterator[str]:
    """Serve an opened application on a port of this machine and yield the address of its endpoint."""
    transport = api.app.state.service.settings.transport()
    config = uvicorn.Config(
        api.recorder.wrap(api.app),
        port=0,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=transport.ws_frame_bytes,
        log_level="warning",
        lifespan="off",
    )
    server = QuietServer(config, api.app)
    running = asyncio.ensure_future(server.serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        server.should_exit = True
        await running


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect the SQL that the application sends meanwhile, as the database client itself logs it."""
    statements: list[str] = []
    log = logging.getLogger("tortoise.db_client")
    before = log.level, log.propagate

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            statements.append(record.getMessage())

    handler = Collect()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield statements
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
