"""Server processes: started, watched and stopped by their ids."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import made
from bench.databases import Database

START_SECONDS = 60
STOP_SECONDS = 15
HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A running server of this benchmark."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children so far, user and system."""
        times = [process.cpu_times() for process in self._family()]
        return sum(each.user + each.system for each in times)

    def memory(self) -> int:
        """Return the resident memory in bytes."""
        return sum(process.memory_info().rss for process in self._family())

    def _family(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]


@contextmanager
def exchange(database: Database, *, worker: bool = False) -> Iterator[Server]:
    """Run the real server on a database; with ``worker`` it carries the outbox too."""
    with _running("exchange", ("-m", "app", "serve"), database, "/readyz", {"WORKER": str(worker).lower()}) as server:
        yield server


@contextmanager
def plain(database: Database) -> Iterator[Server]:
    """Run the plain endpoints on a database."""
    with _running("plain", ("-m", "bench.plain"), database, "/ready", {}) as server:
        yield server


@contextmanager
def _running(
    name: str, arguments: tuple[str, ...], database: Database, ready: str, own: Mapping[str, str]
) -> Iterator[Server]:
    port = _free_port()
    environment = {
        **os.environ,
        "MODE": "production",
        "DEMO": "false",
        "LOG_LEVEL": "ERROR",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": database.url,
        "KEYS_FILE": str(made.KEYS_FILE),
        "ALLOWED_ORIGINS": "https://bench.example",
        "REDIS_URL": "",
        **own,
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=HERE,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    server = Server(name, port, process)
    try:
        _wait_until_ready(server, ready)
        yield server
    finally:
        _stop(process)


def _wait_until_ready(server: Server, path: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise RuntimeError(f"The {server.name} server ended with {server.process.returncode} instead of starting.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The {server.name} server was not ready within {START_SECONDS} s.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
