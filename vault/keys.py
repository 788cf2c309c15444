"""All keys of one installation, and the file that a laptop keeps them in."""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from vault.encoding import to_text
from vault.errors import UnusableKeys, WeakKey
from vault.keyring import KeyRing, json_object, key_from_text
from vault.lookup import LookupKey
from vault.signing import SigningKeys

_MASTER_SIZE = 32
_OPAQUE_SIZE = 64


@dataclass(frozen=True)
class Keys:
    """`master` wraps data keys (32 bytes), `lookup` hashes, `opaque` makes ids (64 bytes), `signing` signs.

    WeakKey when a ring has keys of the other size.
    """

    master: KeyRing
    lookup: LookupKey
    opaque: KeyRing
    signing: SigningKeys

    def __post_init__(self) -> None:
        if self.master.size != _MASTER_SIZE or self.opaque.size != _OPAQUE_SIZE:
            raise WeakKey("master keys have 32 bytes and opaque keys 64")

    @classmethod
    def generate(cls) -> Self:
        return cls(
            KeyRing.generate(_MASTER_SIZE), LookupKey.generate(), KeyRing.generate(_OPAQUE_SIZE), SigningKeys.generate()
        )

    def with_rotated_master(self) -> Self:
        return replace(self, master=self.master.rotated())

    def with_rotated_opaque(self) -> Self:
        return replace(self, opaque=self.opaque.rotated())

    def with_rotated_signing(self) -> Self:
        return replace(self, signing=self.signing.rotated())

    def to_json(self) -> str:
        """Return an object with the members master, lookup, opaque, signing. The text is secret."""
        members = {
            "master": json.loads(self.master.to_json()),
            "lookup": to_text(self.lookup.secret),
            "opaque": json.loads(self.opaque.to_json()),
            "signing": json.loads(self.signing.to_json()),
        }
        return json.dumps(members, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. UnusableKeys (a ValueError) or WeakKey, whose messages quote no secret."""
        members = json_object(text, "master", "lookup", "opaque", "signing")
        return cls(
            master=KeyRing.from_json(json.dumps(members["master"])),
            lookup=LookupKey(key_from_text(members["lookup"])),
            opaque=KeyRing.from_json(json.dumps(members["opaque"])),
            signing=SigningKeys.from_json(json.dumps(members["signing"])),
        )


def load_or_create(path: Path) -> Keys:
    """Return the keys in `path`; on first start make them, in a file only its owner can read (0600, folder 0700).

    Processes that start together all get the same keys: one file wins, whole. UnusableKeys for a file that its group
    or others may touch, or that holds no keys; OSError from the file system, which must support hard links.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _written_beside(path, Keys.generate()) as draft:
            _link_unless_there(draft, path)
    return _load(path)


def save(path: Path, keys: Keys) -> None:
    """Replace the file by these keys at once: after a crash it holds the old keys or the new, never half."""
    with _written_beside(path, keys) as draft:
        draft.replace(path)
        _sync(path.parent)


def update(path: Path, change: Callable[[Keys], Keys]) -> Keys:
    """Load, change and save while other `update`s wait, since two rotations at once would lose a key for ever."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        keys = change(_load(path))
        save(path, keys)
    finally:
        os.close(folder)
    return keys


def _load(path: Path) -> Keys:
    with path.open(encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise UnusableKeys(f"{path} has mode {mode:04o}: only its owner may read the keys; chmod 600 it")
        try:
            return Keys.from_json(file.read())
        except UnicodeDecodeError:
            raise UnusableKeys("the keys are not JSON") from None


@contextmanager
def _written_beside(path: Path, keys: Keys) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(keys.to_json())
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _link_unless_there(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
