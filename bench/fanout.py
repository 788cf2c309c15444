"""Fan-out: a thousand subscribers of one employer, one event, one process."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import count
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench import made
from bench.client import Connection
from bench.databases import Database, copy, remove
from bench.plan import Run
from bench.questions import LISTEN
from bench.servers import Server, exchange
from bench.write import ask_body
from models import AccountKind

SIZES = (250, 1000)
MOST_EVENTS = 3
PER_VIEWER, PER_ADDRESS = 10, 50
AT_ONCE = 25
WAIT_SECONDS = 120.0
JOB = made.WRITING_JOBS + 1


def measure(run: Run, subscribers: int = max(SIZES)) -> None:
    """Measure delivery and memory for growing numbers of subscribers, on a copy of the smallest database."""
    smallest = min(database.cards for database in run.databases)
    for database in (each for each in run.databases if each.cards == smallest):
        sizes = [size for size in SIZES if size <= subscribers]
        task = run.progress.add_task(f"fan-out, {database.engine}", total=len(sizes))
        target = copy(database, "_fanout")
        asked = count()
        try:
            for size in sizes:
                with exchange(target, worker=True) as server:
                    _size(run, server, database, size, asked)
                run.progress.advance(task)
        finally:
            remove(target)
        run.progress.remove_task(task)


def _size(run: Run, server: Server, database: Database, size: int, asked: "count[int]") -> None:
    empty = server.memory()
    asyncio.run(_subscribe_and_tell(server, 1, 2, asked))  # Whatever is loaded at first use is no subscriber's.
    warm = server.memory()
    found = asyncio.run(_subscribe_and_tell(server, size, 1 + min(run.rounds, MOST_EVENTS), asked))
    run.found(
        "fanout",
        database,
        f"{size} subscribers",
        idle_MB=empty / 2**20,
        KB_a_subscriber=(found["memory"] - warm) / 1024 / size,
        first_ms=found["first"],
        last_ms=found["last"],
        ms_a_subscriber=found["last"] / size,
        CPU_ms_a_delivery=found["cpu"],
        turned_away=found["lost"],
    )


@dataclass(frozen=True, slots=True)
class Event:
    """Milliseconds to the first and the last subscriber and of the server's processor, and who was turned away."""

    first: float
    last: float
    cpu: float
    lost: int


async def _subscribe_and_tell(server: Server, size: int, events: int, asked: "count[int]") -> dict[str, float]:
    """Open the sockets, cause events, and time each from the mutation until it has come to all."""
    async with AsyncExitStack() as stack:
        sockets = await _open_all(server.port, size, stack)
        await asyncio.sleep(0.5)
        memory = server.memory()
        rounds = [await _event(server, sockets, next(asked)) for _ in range(events)]
    steady = rounds[1:]  # The first event fills caches.
    return {
        "memory": memory,
        "first": median(event.first for event in steady),
        "last": median(event.last for event in steady),
        "cpu": median(event.cpu for event in steady) / size,
        "lost": sum(event.lost for event in rounds),
    }


async def _open_all(port: int, size: int, stack: AsyncExitStack) -> list[ClientConnection]:
    sockets: list[ClientConnection] = []
    places = list(_places(size))
    for start in range(0, size, AT_ONCE):
        batch = [_open(port, *place, stack) for place in places[start : start + AT_ONCE]]
        sockets += await asyncio.gather(*batch)
    return sockets


def _places(size: int) -> Iterator[tuple[str, int]]:
    """Give every socket an address and a member such that no cap of the server is touched."""
    for number in range(size):
        yield f"127.0.0.{2 + number // PER_ADDRESS}", number // PER_VIEWER


async def _open(port: int, address: str, member: int, stack: AsyncExitStack) -> ClientConnection:
    token = made.token(AccountKind.MEMBER, made.FANOUT_EMPLOYER, member)
    url = f"ws://127.0.0.1:{port}/graphql"
    opening = connect(url, subprotocols=["graphql-transport-ws"], local_addr=(address, 0), ping_interval=None)
    socket = await stack.enter_async_context(opening)
    hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await socket.send(json.dumps(hello))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": LISTEN}}))
    return socket


async def _event(server: Server, sockets: list[ClientConnection], number: int) -> Event:
    """Ask a candidate, and forget the subscribers that were turned away meanwhile."""
    connection = await Connection.open(server.port)
    member = made.headers(AccountKind.MEMBER, made.FANOUT_EMPLOYER)
    asked = ask_body(made.FANOUT_EMPLOYER, number, JOB)
    before = server.cpu_seconds()
    answer, event = await _tell(connection, member, asked, sockets)
    cpu = (server.cpu_seconds() - before) * 1000
    connection.close()
    if "authorizationRequest" not in answer["data"]["requestAuthorization"]:
        raise RuntimeError(f"requestAuthorization was refused: {answer}")
    return replace(event, cpu=cpu)


async def _tell(
    connection: Connection, headers: dict[str, str], question: bytes, sockets: list[ClientConnection]
) -> tuple[dict[str, Any], Event]:
    """Post a mutation and wait until every subscriber has heard of it."""
    began = time.perf_counter()
    waiting = [asyncio.ensure_future(_next(socket)) for socket in sockets]
    answer = await connection.post("/graphql", headers, question)
    if answer.get("errors"):
        raise RuntimeError(f"The mutation failed: {answer['errors']}")
    heard = await asyncio.wait_for(asyncio.gather(*waiting), WAIT_SECONDS)
    arrived = [(at - began) * 1000 for at in heard if at is not None]
    sockets[:] = [socket for socket, at in zip(sockets, heard, strict=True) if at is not None]
    if not arrived:
        raise RuntimeError("Every subscriber was turned away.")
    return answer, Event(min(arrived), max(arrived), 0.0, len(heard) - len(arrived))


async def _next(socket: ClientConnection) -> float | None:
    """Return when the next event came, or nothing if the subscription was ended instead."""
    try:
        message = json.loads(await socket.recv())
    except ConnectionClosed:
        return None
    ended = message["type"] != "next" or message["payload"].get("errors")
    return None if ended else time.perf_counter()
