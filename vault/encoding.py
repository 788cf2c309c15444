"""Byte strings as text, and several byte strings as one, each in exactly one way."""

import base64


def to_text(value: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5, as RFC 7515 uses it)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Undo `to_text`. ValueError for any text that `to_text` cannot have made.

    Python's decoder skips foreign characters and ignores the last spare bits, so that many texts would stand for the
    same bytes: an id could be rewritten and still be accepted. Comparing with the one true text closes that.
    """
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_text(value) != text:
        raise ValueError("not canonical base64url")
    return value


def joined(*parts: bytes | str | int) -> bytes:
    """One byte string for several parts, each behind its length (4 bytes, big-endian): no two lists look alike."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in map(_raw, parts))


def _raw(part: bytes | str | int) -> bytes:
    if isinstance(part, bytes):
        return part
    return str(part).encode("utf-8", "surrogatepass")
