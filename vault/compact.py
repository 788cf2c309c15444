"""The outside of a signed token, judged before any cryptography."""

import json

from vault.encoding import from_text
from vault.errors import InvalidToken

_MEMBERS = {"alg", "typ", "kid"}
_DOTS = 2


def kid_of(token: object, *, algorithm: str, typ: str, longest: int) -> str:
    """Return the key id of a compact JWS (RFC 7515 section 7.1) of at most `longest` characters.

    The header must hold exactly the wanted `alg` and `typ` (RFC 8725 sections 3.1 and 3.11) and a `kid`: nothing that
    could point to another key (`jwk`, `jku`, `x5u`) or change the rules (`crit`, `b64`). InvalidToken otherwise.
    """
    header = _header(token, longest)
    if header.get("alg") != algorithm:
        raise InvalidToken("algorithm")
    if header.get("typ") != typ:
        raise InvalidToken("type")
    kid = header.get("kid")
    if header.keys() != _MEMBERS or not isinstance(kid, str):
        raise InvalidToken("malformed")
    return kid


def _header(token: object, longest: int) -> dict[str, object]:
    if not isinstance(token, str) or len(token) > longest or token.count(".") != _DOTS:
        raise InvalidToken("malformed")
    try:
        header, _payload, _signature = map(from_text, token.split("."))
        members = json.loads(header)
    except (ValueError, RecursionError):
        raise InvalidToken("malformed") from None
    if not isinstance(members, dict):
        raise InvalidToken("malformed")
    return members
