"""Signatures that anybody can check with the public keys: Ed25519 (RFC 8032) as JOSE carries it (RFC 8037 and 9864)."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from vault.compact import kid_of
from vault.encoding import from_text, to_text
from vault.errors import InvalidToken, UnknownKey, UnusableKeys
from vault.keyring import json_object, key_from_text, require_strong

JWS_ALGORITHM = "Ed25519"
LONGEST_PAYLOAD = 64 * 1024
_LONGEST_JWS = 90_000
_KEY_SIZE = 32


@dataclass(frozen=True, repr=False)
class SigningKeys:
    """One Ed25519 key that signs, and the public halves of those that signed before, by key id.

    A key id is the key's thumbprint (RFC 7638). Rotation forgets the private half: nothing needs it again, and what is
    gone cannot be stolen. WeakKey for a seed that is not 32 random bytes; UnusableKeys for public keys that are not
    32 bytes under their own thumbprint.
    """

    seed: bytes
    retired: Mapping[str, bytes] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        require_strong(self.seed, _KEY_SIZE)
        object.__setattr__(self, "retired", MappingProxyType(dict(self.retired)))
        if any(len(public) != _KEY_SIZE or thumbprint(public) != kid for kid, public in self.retired.items()):
            raise UnusableKeys("a retired signing key does not match its key id")

    def __repr__(self) -> str:
        return f"SigningKeys(current={self.current!r}, retired={sorted(self.retired)!r})"

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(_KEY_SIZE))

    @cached_property
    def private_key(self) -> Ed25519PrivateKey:
        """The key that signs."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def current(self) -> str:
        """Key id of the key that signs."""
        return thumbprint(self.private_key.public_key().public_bytes_raw())

    @cached_property
    def public_keys(self) -> Mapping[str, bytes]:
        """Raw public keys (32 bytes) by key id, the current one first."""
        current = {self.current: self.private_key.public_key().public_bytes_raw()}
        return MappingProxyType({**current, **self.retired})

    def public_key(self, kid: str) -> Ed25519PublicKey:
        """Return the public key of that id, or raise UnknownKey."""
        if kid not in self.public_keys:
            raise UnknownKey(kid)
        return Ed25519PublicKey.from_public_bytes(self.public_keys[kid])

    def rotated(self) -> Self:
        """Return keys that sign with a new key and still verify what the old ones signed."""
        return type(self)(secrets.token_bytes(_KEY_SIZE), self.public_keys)

    def without(self, kid: str) -> Self:
        """Return keys that no longer accept `kid`. ValueError for the current key, or UnknownKey."""
        self.public_key(kid)
        if kid == self.current:
            raise ValueError("the current key cannot be taken out; rotate first")
        return type(self)(self.seed, {name: public for name, public in self.retired.items() if name != kid})

    def to_json(self) -> str:
        """Return `{"seed": base64url, "retired": {kid: base64url}}`. The text is secret."""
        retired = {kid: to_text(public) for kid, public in self.retired.items()}
        return json.dumps({"seed": to_text(self.seed), "retired": retired})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. UnusableKeys, or WeakKey for a bad seed."""
        members = json_object(text, "seed", "retired")
        retired = members["retired"]
        if not isinstance(retired, dict):
            raise UnusableKeys('signing keys are {"seed": base64url, "retired": {kid: base64url}}')
        return cls(key_from_text(members["seed"]), {kid: key_from_text(public) for kid, public in retired.items()})

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the JWK Set (RFC 7517) of all public keys.

        Without `alg`: tokens name their algorithm `EdDSA`, receipts `Ed25519`, and both are this key.
        """
        return {"keys": [{**_jwk(public), "kid": kid, "use": "sig"} for kid, public in self.public_keys.items()]}


def thumbprint(public: bytes) -> str:
    """JWK thumbprint (RFC 7638, RFC 8037 appendix A.3) of a raw Ed25519 public key."""
    canonical = json.dumps(_jwk(public), sort_keys=True, separators=(",", ":"))
    return to_text(hashlib.sha256(canonical.encode()).digest())


def sign_jws(keys: SigningKeys, payload: bytes, typ: str) -> str:
    """Sign `payload` as a compact JWS (RFC 7515) with headers alg, kid, typ. ValueError over 64 KiB."""
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError(f"a signed document has at most {LONGEST_PAYLOAD} bytes")
    header = {"alg": JWS_ALGORITHM, "kid": keys.current, "typ": typ}
    return jws.serialize_compact(header, payload, OKPKey.import_key(keys.private_key), algorithms=[JWS_ALGORITHM])


def verify_jws(jwks_or_keys: SigningKeys | Mapping[str, object], token: str, typ: str) -> bytes:
    """Return the payload of a JWS that one of these keys signed for exactly this `typ`. InvalidToken otherwise."""
    kid = kid_of(token, algorithm=JWS_ALGORITHM, typ=typ, longest=_LONGEST_JWS)
    jwks = jwks_or_keys.jwks() if isinstance(jwks_or_keys, SigningKeys) else jwks_or_keys
    try:
        return jws.deserialize_compact(token, _published(jwks, kid), algorithms=[JWS_ALGORITHM]).payload
    except JoseError:
        raise InvalidToken("signature") from None


def _published(jwks: Mapping[str, object], kid: str) -> OKPKey:
    entries = jwks.get("keys")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("kid") == kid:
            return _imported(entry)
    raise InvalidToken("unknown key")


def _imported(entry: Mapping[str, object]) -> OKPKey:
    try:
        public = Ed25519PublicKey.from_public_bytes(from_text(str(entry.get("x"))))
    except ValueError:
        raise InvalidToken("unknown key") from None
    if {**entry, **_jwk(public.public_bytes_raw())} != entry:
        raise InvalidToken("unknown key")
    return OKPKey.import_key(public)


def _jwk(public: bytes) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": to_text(public)}
