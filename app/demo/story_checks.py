"""What the story proves for itself, with nothing but answers and public keys."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SIGNATURES = ["EdDSA", "Ed25519"]
GENESIS = "0" * 64


class Difference(Exception):
    """Something is not as it must be."""

    def __init__(self, what: str, actual: object, wanted: object) -> None:
        super().__init__(what)
        self.what, self.actual, self.wanted = what, actual, wanted


def expect(what: str, actual: object, wanted: object) -> None:
    """Go on only if this is so."""
    if actual != wanted:
        raise Difference(what, actual, wanted)


def expect_absent(what: str, secrets: Iterable[str], answer: object) -> None:
    """Go on only if none of these values stands anywhere in an answer."""
    text = json.dumps(answer, ensure_ascii=False)
    expect(what, [secret for secret in secrets if secret in text], [])


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def expect_chain(entries: Sequence[Mapping[str, Any]]) -> None:
    """Recompute a ledger from its first entry on: each hash, each link, each name."""
    previous = GENESIS
    for number, entry in enumerate(entries, 1):
        said = json.loads(entry["canonical"])
        expect(f"the hash of entry {number}", sha256(entry["canonical"]), entry["hash"])
        expect(f"the link of entry {number}", (entry["previousHash"], said["previous"]), (previous, previous))
        told = (entry["sequence"], entry["event"], entry["party"])
        expect(f"the text of entry {number}", told, (number, said["event"], said["party"]))
        expect(f"the place of entry {number}", said["sequence"], number)
        previous = entry["hash"]


def signed_text(signature: str, jwks: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return header and text of a JWS that one of the published keys has signed, with the algorithm it names."""
    try:
        verified = jws.deserialize_compact(signature, KeySet.import_key_set(jwks), algorithms=SIGNATURES)  # type: ignore[arg-type]  # read from JSON
    except (JoseError, ValueError) as wrong:
        raise Difference("the signature verifies", type(wrong).__name__, "verified") from wrong
    return verified.headers(), verified.payload.decode()
