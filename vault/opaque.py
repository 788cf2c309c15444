"""Ids and cursors that say nothing to whoever holds them, and open only where they were given out."""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from vault.encoding import from_text, to_text
from vault.errors import CannotOpen, WeakKey
from vault.keyring import KeyRing

_KEY_SIZE = 64
LONGEST_VALUE = 1024
_LONGEST_TEXT = (1 + 16 + LONGEST_VALUE) * 4 // 3 + 1


class OpaqueIds:
    """Deterministic authenticated encryption, AES-256-SIV (RFC 5297), with 64-byte keys; WeakKey for other rings.

    The same value in the same context always gives the same text, which an id needs; in another context it gives an
    unrelated one, so two holders cannot join their lists. After a rotation new texts differ; old ones still open.
    """

    def __init__(self, ring: KeyRing) -> None:
        if ring.size != _KEY_SIZE:
            raise WeakKey("opaque ids need keys of 64 bytes")
        self._marker = _marker(ring.current)
        self._current = AESSIV(ring.get(ring.current))
        self._ciphers: dict[bytes, list[AESSIV]] = {}
        # One byte cannot tell all keys apart, so keys that share a marker are tried one after the other.
        for key_id, key in ring.keys.items():
            self._ciphers.setdefault(_marker(key_id), []).append(AESSIV(key))

    def conceal(self, value: bytes, *context: bytes) -> str:
        """Return base64url of marker (1 byte), synthetic IV (16), ciphertext. ValueError over 1,024 bytes."""
        if len(value) > LONGEST_VALUE:
            raise ValueError(f"an opaque id holds at most {LONGEST_VALUE} bytes")
        return to_text(self._marker + self._current.encrypt(value, list(context)))

    def reveal(self, text: str, *context: bytes) -> bytes:
        """Return the value that `conceal` was given with the same context; CannotOpen for any other text."""
        sealed = _decoded(text)
        return _first_opened(self._ciphers.get(sealed[:1], ()), sealed[1:], list(context))


def _first_opened(ciphers: Sequence[AESSIV], sealed: bytes, context: list[bytes]) -> bytes:
    for cipher in ciphers:
        try:
            return cipher.decrypt(sealed, context)
        except InvalidTag:
            continue
    raise CannotOpen


def _decoded(text: object) -> bytes:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise CannotOpen
    try:
        return from_text(text)
    except ValueError:
        raise CannotOpen from None


def _marker(key_id: str) -> bytes:
    return hashlib.sha256(key_id.encode()).digest()[:1]
