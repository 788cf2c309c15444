"""Opaque global ids, as Relay has them: the name of a type and a key of that type."""

import base64
import binascii
from uuid import UUID

LONGEST_ID = 200


class WrongId(ValueError):
    """An id that is none, or of another type than ``expected``. ``path`` is the input that it stood in."""

    def __init__(self, expected: str, path: str = "id") -> None:
        super().__init__(expected)
        self.expected, self.path = expected, path


def global_id(type_name: str, key: object) -> str:
    """Return the id of a node."""
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")


def split_id(text: str) -> tuple[str, str]:
    """Return type name and key. Raises :class:`WrongId` for anything that is not an id of ours."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True) if text else b""
        type_name, found, key = raw.decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError) as junk:
        raise WrongId("node") from junk
    if not found or len(text) > LONGEST_ID:
        raise WrongId("node")
    return type_name, key


def node_key(text: str, type_name: str, path: str = "id") -> str:
    """Return the key of an id that must be of one type."""
    try:
        found, key = split_id(text)
    except WrongId as junk:
        raise WrongId(type_name, path) from junk
    if found != type_name:
        raise WrongId(type_name, path)
    return key


def node_uuid(text: str, type_name: str, path: str = "id") -> UUID:
    """Return the UUID in an id that must be of one type."""
    try:
        return UUID(node_key(text, type_name, path))
    except ValueError as junk:
        raise WrongId(type_name, path) from junk
