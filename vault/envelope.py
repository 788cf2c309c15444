"""Envelope encryption: a data key per candidate, wrapped by a master key. Destroying the data key is the erasure."""

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.encoding import joined
from vault.errors import CannotOpen
from vault.keyring import KeyRing, require_strong

_KEY_SIZE = 32
_NONCE_SIZE = 12


@dataclass(frozen=True)
class DataKey:
    """256-bit key of one candidate, in the clear: never stored, never logged. WeakKey for any other size."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_strong(self.secret, _KEY_SIZE)


@dataclass(frozen=True)
class WrappedKey:
    """A data key as it is stored: `blob` is nonce (12 bytes), ciphertext (32), tag (16) under master key `key_id`."""

    key_id: str
    blob: bytes = field(repr=False)


def new_data_key(ring: KeyRing, subject: str) -> tuple[DataKey, WrappedKey]:
    """Make a data key for `subject` and wrap it with the current key of `ring` (32-byte keys)."""
    key = DataKey(secrets.token_bytes(_KEY_SIZE))
    return key, _wrap(ring, key, subject)


def unwrap(ring: KeyRing, wrapped: WrappedKey, subject: str) -> DataKey:
    """Return the data key of `subject`. UnknownKey when its master key is gone; CannotOpen for everything else."""
    master = ring.get(wrapped.key_id)
    return DataKey(_decrypt(master, wrapped.blob, _wrap_binding(wrapped.key_id, subject)))


def rewrap(ring: KeyRing, wrapped: WrappedKey, subject: str) -> WrappedKey:
    """Wrap the same data key with the current master key; errors as `unwrap`.

    What is current already comes back as it is, so that a rotation that crashed half-way can simply run again.
    """
    key = unwrap(ring, wrapped, subject)
    return wrapped if wrapped.key_id == ring.current else _wrap(ring, key, subject)


def seal(key: DataKey, plaintext: bytes, *, subject: str, field: str, version: int) -> bytes:
    """Encrypt with AES-256-GCM (NIST SP 800-38D): nonce (12 bytes), ciphertext, tag (16), bound to its place.

    Nonces are random, which SP 800-38D section 8.3 allows for 2^32 messages a key: far beyond one candidate's edits.
    """
    return _encrypt(key.secret, plaintext, _seal_binding(subject, field, version))


def open_sealed(key: DataKey, sealed: bytes, *, subject: str, field: str, version: int) -> bytes:
    """Decrypt what `seal` made for the same subject, field and version. CannotOpen otherwise."""
    return _decrypt(key.secret, sealed, _seal_binding(subject, field, version))


def _wrap(ring: KeyRing, key: DataKey, subject: str) -> WrappedKey:
    blob = _encrypt(ring.get(ring.current), key.secret, _wrap_binding(ring.current, subject))
    return WrappedKey(ring.current, blob)


def _wrap_binding(key_id: str, subject: str) -> bytes:
    return joined("data key", key_id, subject)


def _seal_binding(subject: str, field: str, version: int) -> bytes:
    return joined("sealed field", subject, field, version)


def _encrypt(key: bytes, plaintext: bytes, binding: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, binding)


def _decrypt(key: bytes, sealed: bytes, binding: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], binding)
    except (InvalidTag, ValueError):
        raise CannotOpen from None
