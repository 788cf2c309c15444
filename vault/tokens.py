"""Access tokens (RFC 9068 in shape, Ed25519-signed) and refresh tokens (random, stored as hashes)."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from jwt.types import Options

from vault.compact import kid_of
from vault.errors import InvalidToken, TokenDefect, UnknownKey
from vault.signing import SigningKeys

ALGORITHM = "EdDSA"
TYP = "at+jwt"
LONGEST_TOKEN = 4096
CLOCK_SKEW = timedelta(seconds=30)
_LATEST_TIME = 253_402_300_799  # the last second that a datetime can hold

# Times are checked here against the `now` that is passed in; PyJWT would ask the wall clock.
_OPTIONS: Options = {
    "require": ["iss", "aud", "sub", "sid", "kind", "iat", "exp"],
    "strict_aud": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_DEFECTS: Mapping[type[Exception], TokenDefect] = {
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
}


@dataclass(frozen=True)
class AccessClaims:
    """What a valid access token says. Times are aware, in UTC, to the second."""

    subject: UUID
    session: UUID
    kind: str
    issued_at: datetime
    expires_at: datetime


def issue_access_token(
    keys: SigningKeys,
    *,
    subject: UUID,
    session: UUID,
    kind: str,
    issuer: str,
    audience: str,
    now: datetime,
    lifetime: timedelta,
) -> str:
    """Sign a JWT (RFC 7519) for one session. ValueError when `now` is not aware or `lifetime` is under a second."""
    issued_at, seconds = _timestamp(now), int(lifetime.total_seconds())
    if seconds < 1:
        raise ValueError("a token lives for at least a second")
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": str(subject),
        "sid": str(session),
        "kind": kind,
        "iat": issued_at,
        "exp": issued_at + seconds,
        "jti": str(uuid4()),
    }
    return jwt.encode(claims, keys.private_key, ALGORITHM, headers={"kid": keys.current, "typ": TYP})


def read_access_token(keys: SigningKeys, token: str, *, issuer: str, audience: str, now: datetime) -> AccessClaims:
    """Return what a token says that these keys signed for this issuer and audience, and that is alive at `now`.

    InvalidToken for every defect, whatever `token` is. A token dies at `exp`, to the second; one issued up to 30
    seconds ahead of `now` is accepted, for clocks that differ. ValueError when `now` is not aware.
    """
    kid = kid_of(token, algorithm=ALGORITHM, typ=TYP, longest=LONGEST_TOKEN)
    claims = _claims(_decoded(keys, kid, token, issuer, audience))
    moment = datetime.fromtimestamp(_timestamp(now), UTC)
    if claims.issued_at > moment + CLOCK_SKEW:
        raise InvalidToken("not yet valid")
    if claims.expires_at <= moment:
        raise InvalidToken("expired")
    return claims


def new_refresh_token() -> str:
    """Return 256 random bits, base64url (43 characters)."""
    return secrets.token_urlsafe(32)


def refresh_token_hash(token: str) -> str:
    """SHA-256, 64 hexadecimal digits: what is stored. A random token of 256 bits needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _decoded(keys: SigningKeys, kid: str, token: str, issuer: str, audience: str) -> dict[str, Any]:
    try:
        key = keys.public_key(kid)
        return jwt.decode(token, key, [ALGORITHM], _OPTIONS, issuer=issuer, audience=audience)
    except UnknownKey:
        raise InvalidToken("unknown key") from None
    except jwt.PyJWTError as error:
        raise InvalidToken(_DEFECTS.get(type(error), "claims")) from None


def _claims(claims: Mapping[str, object]) -> AccessClaims:
    return AccessClaims(
        subject=_uuid(claims["sub"]),
        session=_uuid(claims["sid"]),
        kind=_text(claims["kind"]),
        issued_at=_time(claims["iat"]),
        expires_at=_time(claims["exp"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidToken("claims")
    return value


def _uuid(value: object) -> UUID:
    try:
        return UUID(_text(value))
    except ValueError:
        raise InvalidToken("claims") from None


def _time(value: object) -> datetime:
    if type(value) is not int or not 0 <= value <= _LATEST_TIME:
        raise InvalidToken("claims")
    return datetime.fromtimestamp(value, UTC)


def _timestamp(now: datetime) -> int:
    if now.utcoffset() is None:
        raise ValueError("now must be aware of its time zone")
    return int(now.timestamp())
