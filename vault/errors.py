"""What the vault refuses.

VaultError
├── CannotOpen            wrong key, changed bytes or wrong binding; which of them is not said
├── UnknownKey(key_id)    the ring holds no key of that id
├── InvalidToken(reason)  a signed token or document that is not accepted
├── WeakKey               key material too short, repeated or of the wrong size
└── UnusableKeys          a text or file of keys that cannot be used; also a ValueError
"""

from typing import Literal

TokenDefect = Literal[
    "malformed",
    "algorithm",
    "type",
    "unknown key",
    "signature",
    "claims",
    "audience",
    "issuer",
    "expired",
    "not yet valid",
]


class VaultError(Exception):
    """Anything that the vault refuses."""


class CannotOpen(VaultError):
    """Wrong key, changed bytes or wrong binding. Deliberately silent about which."""

    def __init__(self) -> None:
        super().__init__("this cannot be opened with this key and binding")


class UnknownKey(VaultError):
    """No key of this id is held: it was taken out, or it belongs to another installation."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no key has the id {key_id!r}")
        self.key_id = key_id


class InvalidToken(VaultError):
    """A token or signed document that is not accepted; `reason` is for logs, not for the sender."""

    def __init__(self, reason: TokenDefect) -> None:
        super().__init__(f"the token is not accepted: {reason}")
        self.reason: TokenDefect = reason


class WeakKey(VaultError):
    """Key material that is too short, repeated or of the wrong size."""


class UnusableKeys(VaultError, ValueError):
    """A text or file of keys that cannot be used. The message never quotes the text."""
