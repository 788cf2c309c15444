"""Load on a server: ``wrk`` where there is one, else a generator of our own, which takes more of the processor."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bench.client import Connection, whole_request
from bench.servers import Server

CONNECTIONS = 8
LONGEST_TURN = 30.0
"""Where no answer comes within a turn, longer turns are tried."""
SCRIPT = Path(__file__).resolve().parent / "post.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load.

    Latencies are milliseconds, ``cpu`` is milliseconds of its processor a request, ``failed`` is the share of answers
    that were errors.
    """

    per_second: float
    cpu: float
    median: float
    p99: float
    failed: float = 0.0


def generator_name() -> str:
    """Say which generator is used here."""
    return "wrk" if shutil.which("wrk") else "the built-in asyncio generator"


def load(server: Server, path: str, headers: Mapping[str, str], bodies: Sequence[bytes], seconds: float) -> Load:
    """Post the bodies in turn over 8 connections and measure. Raises ``RuntimeError`` if every answer was an error."""
    generate = _wrk if shutil.which("wrk") else _own
    before = server.cpu_seconds()
    measured = generate(server, path, headers, bodies, seconds)
    cpu = server.cpu_seconds() - before
    if not measured["requests"] and seconds < LONGEST_TURN:
        return load(server, path, headers, bodies, seconds * 4)
    if measured["failed"] >= measured["requests"]:
        raise RuntimeError(f"{server.name}{path}: {measured['failed']} of {measured['requests']} requests failed.")
    return Load(
        per_second=measured["requests"] / measured["seconds"],
        cpu=cpu * 1000 / measured["requests"],
        median=measured["p50"],
        p99=measured["p99"],
        failed=measured["failed"] / measured["requests"],
    )


def summary(latencies: Sequence[float]) -> tuple[float, float]:
    """Return median and 99th percentile of seconds, in milliseconds."""
    cuts = quantiles(latencies, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000


def _wrk(
    server: Server, path: str, headers: Mapping[str, str], bodies: Sequence[bytes], seconds: float
) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="exchange-bench-") as folder:
        heads, lines = Path(folder) / "headers", Path(folder) / "bodies"
        heads.write_text("".join(f"{name}: {value}\n" for name, value in headers.items()))
        lines.write_bytes(b"".join(body.replace(b"\n", b" ") + b"\n" for body in bodies))
        url = f"http://127.0.0.1:{server.port}{path}"
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "30s",
            "-s",
            str(SCRIPT),
        ]
        ended = subprocess.run(
            [*command, url, "--", str(heads), str(lines)], capture_output=True, check=True, text=True
        )
    figures: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def _own(
    server: Server, path: str, headers: Mapping[str, str], bodies: Sequence[bytes], seconds: float
) -> dict[str, float]:
    requests = [whole_request(path, headers, body) for body in bodies]
    return asyncio.run(_post_for(server.port, requests, seconds))


async def _post_for(port: int, requests: Sequence[bytes], seconds: float) -> dict[str, float]:
    started = time.perf_counter()
    end = started + seconds
    results = await asyncio.gather(*(_post_until(port, requests[n:] + requests[:n], end) for n in range(CONNECTIONS)))
    latencies = [latency for own, _ in results for latency in own]
    median, p99 = summary(latencies)
    failed = sum(count for _, count in results)
    taken = time.perf_counter() - started
    return {"requests": len(latencies), "seconds": taken, "failed": failed, "p50": median, "p99": p99}


async def _post_until(port: int, requests: Sequence[bytes], end: float) -> tuple[list[float], int]:
    connection = await Connection.open(port)
    latencies, failed, turn = [], 0, 0
    while (began := time.perf_counter()) < end:
        status, _ = await connection.send(requests[turn % len(requests)])
        latencies.append(time.perf_counter() - began)
        failed += status != 200
        turn += 1
    connection.close()
    return latencies, failed
