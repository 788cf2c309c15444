"""The canary recorder: everything that leaves the service is kept and searched for contact details.

A canary value may appear in two places only: in its owner's own profile, and in a release to an employer for which
there is a release row. Everything else, be it a header, an error, a card, a frame, a log line or a byte of the
database file, is a leak.
"""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import jwt
import structlog

from consent.terms import Category, Form
from models import Member, Release
from tests.factories import Canary

KINDS = ("name", "phone", "email", "wechat", "address", "school")
OWN_FIELDS = {"contact", "resume"}


class Leak(AssertionError):
    """A contact value where none may be."""


@dataclass(frozen=True)
class Watched:
    """A candidate whose canary is searched for."""

    candidate_id: UUID
    account_id: UUID
    canary: Canary

    def needles(self) -> dict[str, str]:
        values = {kind: getattr(self.canary, kind).casefold() for kind in KINDS}
        return {**values, "phone": self.canary.phone.removeprefix("+86")}

    def found_in(self, text: str) -> list[str]:
        folded = text.casefold()
        return [kind for kind, needle in self.needles().items() if needle in folded]


@dataclass
class Sent:
    """Something that left the service: where, to which account, the text without what is allowed, and what that was."""

    place: str
    account: UUID | None
    text: str
    own: list[str] = field(default_factory=list)
    released: list[tuple[str, str]] = field(default_factory=list)


class Recorder:
    """Wraps the application, listens to the logs, and searches all of it."""

    def __init__(self) -> None:
        self.watched: list[Watched] = []
        self.sent: list[Sent] = []

    def watch(self, candidate_id: UUID, account_id: UUID, canary: Canary) -> None:
        self.watched.append(Watched(candidate_id, account_id, canary))

    def forget(self) -> None:
        """Leave out what a test has leaked on purpose."""
        self.watched, self.sent = [], []

    def keep(self, place: str, text: str, account: UUID | None = None) -> None:
        self.sent.append(Sent(place, account, text))

    def keep_json(self, place: str, text: str, account: UUID | None) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            self.keep(place, text, account)
            return
        entry = Sent(place, account, "")
        pruned = prune(answer, (), entry)
        entry.text = json.dumps(pruned, ensure_ascii=False)
        self.sent.append(entry)

    def wrap(self, app):
        async def recorded(scope, receive, send):
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            exchange = Exchange(self, scope)
            try:
                await app(scope, exchange.receiving(receive), exchange.sending(send))
            finally:
                exchange.finish()

        return recorded

    @contextmanager
    def hearing_logs(self) -> Iterator[None]:
        """Keep every line of both kinds of logs."""
        handler = _Handler(self)
        logging.getLogger().addHandler(handler)
        before = structlog.get_config()
        structlog.configure(processors=[*before["processors"], self._log_line])
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)
            structlog.configure(**before)

    def _log_line(self, _logger: object, _name: str, line: object) -> object:
        self.keep("log", str(line))
        return line

    async def check(self) -> None:
        """Raise `Leak` for anything that was sent and should not have been."""
        for entry in self.sent:
            for person in self.watched:
                if person.found_in(entry.text):
                    raise Leak(f"{entry.place}: {', '.join(person.found_in(entry.text))}")
                await self._check_allowed(entry, person)

    async def _check_allowed(self, entry: Sent, person: Watched) -> None:
        own = [kind for text in entry.own for kind in person.found_in(text)]
        if own and entry.account != person.account_id:
            raise Leak(f"{entry.place}: the profile of somebody else: {', '.join(own)}")
        for category, text in entry.released:
            if person.found_in(text) and not await was_released(entry.account, person.candidate_id, category):
                raise Leak(f"{entry.place}: {category} without a release")

    async def check_database(self, url: str) -> None:
        """Raise `Leak` for a value that stands in the database as it lies on the disk."""
        search = search_file if url.startswith("sqlite") else search_tables
        await search(url, self.watched)


class Exchange:
    """One HTTP exchange, event stream or socket, as the server sends it."""

    def __init__(self, recorder: Recorder, scope: dict) -> None:
        self.recorder, self.place = recorder, f"{scope['type']} {scope['path']}"
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.account = account_in(headers.get("authorization", ""))
        self.body, self.is_stream = b"", False

    def receiving(self, receive):
        async def received():
            message = await receive()
            if message["type"] == "websocket.receive" and "connection_init" in (message.get("text") or ""):
                self.account = self._account_of_frame(message["text"])
            return message

        return received

    def sending(self, send):
        async def sent(message):
            self._keep(message)
            await send(message)

        return sent

    def _keep(self, message: dict) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.recorder.keep(f"{self.place} headers", str(message.get("headers")))
            self.is_stream = any(b"event-stream" in value for _, value in message.get("headers", ()))
        elif kind == "http.response.body":
            self.body += message.get("body", b"")
        elif kind == "websocket.send":
            self.recorder.keep_json(f"{self.place} frame", message.get("text") or "", self.account)
        elif kind == "websocket.close":
            self.recorder.keep(f"{self.place} close", str(message.get("reason")))

    def finish(self) -> None:
        text = self.body.decode(errors="replace")
        for line in text.splitlines() if self.is_stream else [text]:
            self.recorder.keep_json(f"{self.place} body", line.removeprefix("data: "), self.account)

    def _account_of_frame(self, text: str) -> UUID | None:
        try:
            payload = json.loads(text).get("payload") or {}
        except ValueError:
            return self.account
        return account_in(str(payload.get("authorization", ""))) or self.account


class _Handler(logging.Handler):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        self.recorder.keep("log", self.format(record))


def account_in(authorization: str) -> UUID | None:
    """Return whose token it is, accepted or not."""
    token = authorization.rpartition(" ")[2]
    try:
        return UUID(jwt.decode(token, options={"verify_signature": False})["sub"]) if token else None
    except (jwt.PyJWTError, KeyError, ValueError):
        return None


def prune(value: object, path: tuple[str, ...], entry: Sent) -> object:
    """Return an answer without what may be allowed, which is put aside with where it stood."""
    if isinstance(value, list):
        return [prune(item, path, entry) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _pruned(key, item, path, value, entry) for key, item in value.items()}


def _pruned(key: str, item: object, path: tuple[str, ...], around: dict, entry: Sent) -> object:
    inside = "data" in path and "errors" not in path
    if inside and key == "contact" and isinstance(item, dict) and "release" in around:
        entry.released += [(name, json.dumps(part, ensure_ascii=False)) for name, part in item.items() if part]
        return None
    if inside and key in OWN_FIELDS and path[-1] in {"profile", "candidate", "node"}:
        entry.own.append(json.dumps(item, ensure_ascii=False))
        return None
    return prune(item, (*path, key), entry)


async def was_released(account: UUID | None, candidate: UUID, field_name: str) -> bool:
    """Tell whether there is a row for a release of this category, raw, to the employer of this account."""
    member = await Member.get_or_none(account_id=account)
    if member is None:
        return False
    category = "".join(f"_{letter}" if letter.isupper() else letter for letter in field_name).upper()
    rows = await Release.filter(grant__candidate_id=candidate, grant__employer_id=member.employer_id)
    return any(f"{Category(category)}:{Form.RAW}" in row.categories.split() for row in rows)


def spellings(needle: str) -> list[bytes]:
    plain = needle.encode()
    return [plain, plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1]]


async def search_file(url: str, watched: list[Watched]) -> None:
    """Search the bytes of a SQLite database with its journal."""
    file = Path(url.removeprefix("sqlite://"))
    for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        content = part.read_bytes().lower() if part.exists() else b""
        _refuse(part.name, content, watched)


async def search_tables(url: str, watched: list[Watched]) -> None:
    """Search every column of every table of a PostgreSQL database; bytes are searched as hexadecimal."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{table}" t')
            _refuse(table, "\n".join(row[0] for row in rows).lower().encode(), watched)
    finally:
        await connection.close()


def _refuse(place: str, content: bytes, watched: list[Watched]) -> None:
    for person in watched:
        for kind, needle in person.needles().items():
            if any(spelling.lower() in content for spelling in spellings(needle)):
                raise Leak(f"database {place}: {kind}")
