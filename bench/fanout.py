"""Fan-out: a thousand subscribers of one employer, one event, one process."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from statistics import median

from websockets.asyncio.client import ClientConnection, connect

from bench import made
from bench.client import Connection
from bench.databases import Database, copy, remove
from bench.plan import Run
from bench.questions import LISTEN, RECALL, body
from bench.servers import Server, exchange
from bench.write import ask_body
from models import AccountKind

SIZES = (250, 500, 1000)
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
        try:
            for size in sizes:
                with exchange(target, worker=True) as server:
                    _size(run, server, database, size)
                run.progress.advance(task)
        finally:
            remove(target)
        run.progress.remove_task(task)


def _size(run: Run, server: Server, database: Database, size: int) -> None:
    empty = server.memory()
    asyncio.run(_subscribe_and_tell(server, 1, 2, start=0))  # Whatever is loaded at first use is no subscriber's.
    warm = server.memory()
    found = asyncio.run(_subscribe_and_tell(server, size, 1 + run.rounds, start=10))
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
    )


async def _subscribe_and_tell(server: Server, size: int, events: int, start: int) -> dict[str, float]:
    """Open the sockets, cause events, and time each from the mutation until it has come to all."""
    async with AsyncExitStack() as stack:
        sockets = await _open_all(server.port, size, stack)
        await asyncio.sleep(0.5)
        memory = server.memory()
        rounds = [await _event(server, sockets, start + number) for number in range(events)]
    steady = rounds[1:]  # The first event fills caches.
    return {
        "memory": memory,
        "first": median(each[0] for each in steady),
        "last": median(each[1] for each in steady),
        "cpu": median(each[2] for each in steady) / size,
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


async def _event(server: Server, sockets: Sequence[ClientConnection], number: int) -> tuple[float, float, float]:
    """Ask a candidate; return milliseconds to the first and the last subscriber, and of the server's processor."""
    connection = await Connection.open(server.port)
    member = made.headers(AccountKind.MEMBER, made.FANOUT_EMPLOYER)
    before, began = server.cpu_seconds(), time.perf_counter()
    waiting = [asyncio.ensure_future(_next(socket)) for socket in sockets]
    question = ask_body(made.FANOUT_EMPLOYER, number, JOB)
    answer = await connection.post("/graphql", member, question)
    request = answer["data"]["requestAuthorization"].get("authorizationRequest")
    if request is None:
        raise RuntimeError(f"requestAuthorization was refused: {answer}")
    arrived = await asyncio.wait_for(asyncio.gather(*waiting), WAIT_SECONDS)
    cpu = server.cpu_seconds() - before
    waiting = [asyncio.ensure_future(_next(socket)) for socket in sockets]
    await connection.post("/graphql", member, body(RECALL, {"input": {"authorizationRequestId": request["id"]}}))
    await asyncio.wait_for(asyncio.gather(*waiting), WAIT_SECONDS)
    connection.close()
    return (min(arrived) - began) * 1000, (max(arrived) - began) * 1000, cpu * 1000


async def _next(socket: ClientConnection) -> float:
    message = json.loads(await socket.recv())
    if message["type"] != "next" or message["payload"].get("errors"):
        raise RuntimeError(f"A subscriber was told {message}")
    return time.perf_counter()
