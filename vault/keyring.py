import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from vault.encoding import from_text, to_text
from vault.errors import UnknownKey, UnusableKeys, WeakKey

KEY_SIZES = (32, 64)
_FEWEST_DISTINCT_BYTES = 8


@dataclass(frozen=True)
class KeyRing:
    """Symmetric keys by key id; `current` names the one that seals, the others only open what is older.

    All keys have one size: 32 bytes, or 64 for AES-SIV (RFC 5297). WeakKey for other sizes, for repeated material and
    for the same key under two ids; UnknownKey when `current` is not among them.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        size = self.size
        for key in self.keys.values():
            require_strong(key, size)
        if len(set(self.keys.values())) != len(self.keys):
            raise WeakKey("two key ids hold the same key")

    @classmethod
    def generate(cls, size: int = 32) -> Self:
        """Make a ring with one new random key of `size` bytes."""
        key_id = _new_key_id()
        return cls(key_id, {key_id: secrets.token_bytes(size)})

    @property
    def size(self) -> int:
        """Length of every key, in bytes."""
        return len(self.get(self.current))

    def get(self, key_id: str) -> bytes:
        """Return the key of that id, or raise UnknownKey."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise UnknownKey(key_id) from None

    def rotated(self) -> Self:
        """Return a ring that seals with a new key and still opens with every old one."""
        key_id = _new_key_id()
        return type(self)(key_id, {**self.keys, key_id: secrets.token_bytes(self.size)})

    def without(self, key_id: str) -> Self:
        """Return a ring without that key: what it sealed is lost. ValueError for the current key, or UnknownKey."""
        self.get(key_id)
        if key_id == self.current:
            raise ValueError("the current key cannot be taken out; rotate first")
        return type(self)(self.current, {name: key for name, key in self.keys.items() if name != key_id})

    def to_json(self) -> str:
        """Return `{"current": id, "keys": {id: base64url}}`. The text is secret."""
        return json.dumps({"current": self.current, "keys": {name: to_text(key) for name, key in self.keys.items()}})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. UnusableKeys, or WeakKey for what a ring refuses."""
        members = json_object(text, "current", "keys")
        current, keys = members["current"], members["keys"]
        if not isinstance(current, str) or not isinstance(keys, dict) or current not in keys:
            raise UnusableKeys('a key ring is {"current": id, "keys": {id: base64url}} and holds its current key')
        return cls(current, {name: key_from_text(key) for name, key in keys.items()})


def require_strong(key: bytes, size: int) -> None:
    """Raise WeakKey unless `key` has `size` bytes, a size in use, and does not look made up."""
    if len(key) != size or size not in KEY_SIZES:
        raise WeakKey(f"a key has {len(key)} bytes; keys have 32 or 64, the same within a ring")
    if len(set(key)) < _FEWEST_DISTINCT_BYTES:
        raise WeakKey("a key repeats a few bytes; make keys at random")


def json_object(text: str, *names: str) -> dict[str, object]:
    """Read a JSON object that has exactly these members, or raise UnusableKeys."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        # The decoder's error carries the whole text, which is secret, so it is not chained.
        raise UnusableKeys("the keys are not JSON") from None
    if not isinstance(members, dict) or set(members) != set(names):
        raise UnusableKeys(f"the keys must be a JSON object with exactly the members {', '.join(names)}")
    return members


def key_from_text(text: object) -> bytes:
    """Read key material from base64url without padding, or raise UnusableKeys."""
    try:
        return from_text(text if isinstance(text, str) else "!")
    except ValueError:
        raise UnusableKeys("a key is not base64url without padding") from None


def _new_key_id() -> str:
    return secrets.token_hex(8)
