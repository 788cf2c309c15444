"""Request, approve, release: through GraphQL, against plain endpoints that run the same statements."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from itertools import count
from statistics import median
from typing import Any

from bench import made
from bench.client import Connection
from bench.databases import copy, remove
from bench.generators import Load, summary
from bench.plan import Run
from bench.questions import APPROVE, RELEASE, REQUEST, body
from bench.rows import ACCESS_DAYS, ASKED, MAX_USES, RETENTION_DAYS, triple
from bench.servers import Server, exchange, plain
from models import AccountKind
from schema.ids import global_id

WRITERS = (1, 16)
STEPS = ("request", "approve", "release")
Chain = Callable[[Connection, int, "Clock"], Coroutine[Any, Any, None]]


class Clock:
    """The seconds that each step took."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {step: [] for step in STEPS}
        self._began = 0.0

    def start(self) -> None:
        self._began = time.perf_counter()

    def stop(self, step: str) -> None:
        self.taken[step].append(time.perf_counter() - self._began)


def measure(run: Run) -> None:
    """Measure chains of the three, by one writer and by sixteen, on a copy of each database."""
    for database in run.databases:
        target = copy(database, "_write")
        numbers = count()
        steps: dict[tuple[str, str], list[float]] = {}
        try:
            with plain(target) as base, exchange(target) as server, exchange(target, worker=True) as carrying:
                for writers in WRITERS:
                    case = f"{writers} writer{'s' if writers > 1 else ''}"
                    contestants = {
                        "plain": _contestant(base, plain_chain, numbers, writers, steps, f"plain, {case}"),
                        "GraphQL": _contestant(server, graphql_chain, numbers, writers, steps, f"GraphQL, {case}"),
                        "GraphQL, and the outbox carried": _contestant(
                            carrying, graphql_chain, numbers, writers, steps, f"GraphQL and outbox, {case}"
                        ),
                    }
                    run.interleave("write", database, f"request, approve, release: {case}", contestants)
        finally:
            remove(target)
        for name in dict.fromkeys(name for name, _ in steps):
            values = {f"{step} ms": median(steps[name, step]) for step in STEPS}
            run.found("write", database, name, **values)


def _contestant(
    server: Server,
    chain: Chain,
    numbers: "count[int]",
    writers: int,
    steps: dict[tuple[str, str], list[float]],
    name: str,
) -> Callable[[float], Load]:
    def run_for(seconds: float) -> Load:
        before = server.cpu_seconds()
        started = time.perf_counter()
        clock = asyncio.run(_write_for(server.port, chain, numbers, writers, seconds))
        elapsed = time.perf_counter() - started
        cpu = server.cpu_seconds() - before
        for step, taken in clock.taken.items():
            steps.setdefault((name, step), []).append(median(taken) * 1000)
        everything = [second for taken in clock.taken.values() for second in taken]
        middle, p99 = summary(everything)
        return Load(len(everything) / elapsed, cpu * 1000 / len(everything), middle, p99)

    return run_for


async def _write_for(port: int, chain: Chain, numbers: "count[int]", writers: int, seconds: float) -> Clock:
    clock, end = Clock(), time.perf_counter() + seconds
    clocks = [Clock() for _ in range(writers)]

    async def write(own: Clock) -> None:
        connection = await Connection.open(port)
        while time.perf_counter() < end:
            await chain(connection, next(numbers), own)
        connection.close()

    await asyncio.gather(*(write(own) for own in clocks))
    for own in clocks:
        for step, taken in own.taken.items():
            clock.taken[step] += taken
    return clock


async def graphql_chain(connection: Connection, number: int, clock: Clock) -> None:
    """Ask, approve and receive, as clients do."""
    employer, candidate, job = question_of(number)
    member, person = made.headers(AccountKind.MEMBER, employer), made.headers(AccountKind.CANDIDATE, candidate)
    bodies = ask_body(employer, candidate, job)
    clock.start()
    asked = await _answer(connection, member, bodies, "requestAuthorization")
    clock.stop("request")
    request = asked["authorizationRequest"]
    given: dict[str, Any] = {"authorizationRequestId": request["id"], "termsHash": request["terms"]["hash"]}
    approval = body(APPROVE, {"input": given})
    clock.start()
    approved = await _answer(connection, person, approval, "approveAuthorization")
    clock.stop("approve")
    wanted = {"grantId": approved["grant"]["id"], "categories": ["NAME", "PHONE"], "idempotencyKey": "first"}
    release = body(RELEASE, {"input": wanted})
    clock.start()
    await _answer(connection, member, release, "releaseContact")
    clock.stop("release")


def question_of(number: int) -> tuple[int, int, int]:
    """Return employer, candidate and job of a question; writers who ask at the same time ask different candidates."""
    employer, candidate, job = triple(number, made.WRITING_EMPLOYERS)
    return employer, (candidate + 25 * employer) % made.ACTORS, job


def ask_body(employer: int, candidate: int, job: int) -> bytes:
    """Return the mutation by which an employer asks a candidate."""
    question = {
        "cardId": made.card_id(employer, candidate),
        "jobId": global_id("Job", made.made_id("job", made.job_number(employer, job))),
        "purpose": "RECRUIT_CONTACT",
        "categories": [{"category": category, "form": form} for category, form in ASKED.items()],
        "accessDays": ACCESS_DAYS,
        "maxUses": MAX_USES,
        "retentionDays": RETENTION_DAYS,
        "message": "Would you talk with us?",
    }
    return body(REQUEST, {"input": question})


async def plain_chain(connection: Connection, number: int, clock: Clock) -> None:
    """Do the same at the plain endpoints."""
    employer, candidate, job = question_of(number)
    member, person = made.headers(AccountKind.MEMBER, employer), made.headers(AccountKind.CANDIDATE, candidate)
    job_id = made.made_id("job", made.job_number(employer, job))
    question = f'{{"candidate":"{made.made_id("candidate", candidate)}","job":"{job_id}"}}'.encode()
    clock.start()
    request = (await connection.post("/ask", member, question))["id"]
    clock.stop("request")
    clock.start()
    grant = (await connection.post("/approve", person, f'{{"request":"{request}"}}'.encode()))["id"]
    clock.stop("approve")
    clock.start()
    await connection.post("/release", member, f'{{"grant":"{grant}","key":"first"}}'.encode())
    clock.stop("release")


async def _answer(connection: Connection, headers: dict[str, str], question: bytes, field: str) -> dict[str, Any]:
    answer = await connection.post("/graphql", headers, question)
    found: dict[str, Any] = (answer.get("data") or {}).get(field) or {}
    if answer.get("errors") or "code" in found or not found:
        raise RuntimeError(f"{field} was refused: {answer}")
    return found
