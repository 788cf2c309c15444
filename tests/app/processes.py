"""Real servers for tests: ``python -m app serve`` on a free port, ended by their process id."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

HOUSE = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")


@dataclass
class ServerProcess:
    """A server that runs, with what it writes in ``log``."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    started: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def graphql(self) -> str:
        return f"{self.url}/graphql"

    @property
    def socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    async def stop(self, seconds: float = 20) -> tuple[int, float]:
        """Ask it to end; return its exit code and how long it took."""
        begun = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, seconds)
        return code, time.perf_counter() - begun

    async def until_ready(self) -> float:
        """Wait until it says that it is ready; return the seconds since its start."""
        async with httpx2.AsyncClient(timeout=5) as client:
            while time.perf_counter() - self.started < READY_SECONDS:
                if self.process.poll() is not None:
                    raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.text()}")
                try:
                    if (await client.get(f"{self.url}/readyz")).status_code == httpx2.codes.OK:
                        return time.perf_counter() - self.started
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.02)
        raise AssertionError(f"not ready after {READY_SECONDS} s:\n{self.text()}")


def within(seconds: float) -> float:
    """Return a limit of time: the figure itself on a machine with time to spare, more on one that is overloaded.

    Twice the load there, because its average lags behind and processors are not shared out evenly.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds if load <= 1 else seconds * 2 * load


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    """Return an environment with these settings and no others of ours."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, **{name.upper(): str(value) for name, value in settings.items()}}


def launch(folder: Path, **settings: object) -> ServerProcess:
    """Start a server that keeps its files in ``folder``; settings are named as in ``app.settings``."""
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            cwd=HOUSE,
            env=environment(**{"data_dir": folder, "port": port, **settings}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return ServerProcess(process, port, log, time.perf_counter())


@asynccontextmanager
async def serving(folder: Path, **settings: object) -> AsyncIterator[ServerProcess]:
    """Run a server for the time of a block."""
    server = launch(folder, **settings)
    try:
        await server.until_ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def run_command(*arguments: str, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run ``python -m app`` with arguments to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=HOUSE,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
