import json
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import KeySet, OctKey, OKPKey
from jwt.algorithms import OKPAlgorithm

from vault.encoding import from_text, to_text
from vault.errors import InvalidToken, UnknownKey, UnusableKeys, WeakKey
from vault.signing import SigningKeys, sign_jws, thumbprint, verify_jws

KEYS = SigningKeys.generate()
TYP = "consent-receipt+jws"
PAYLOAD = '{"grant": "王小明"}'.encode()
TOKEN = sign_jws(KEYS, PAYLOAD, TYP)
RFC_8037_SEED = from_text("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")


def signed_with(header, payload=PAYLOAD, keys=KEYS):
    head = to_text(header if isinstance(header, bytes) else json.dumps(header).encode())
    signature = keys.private_key.sign(f"{head}.{to_text(payload)}".encode())
    return f"{head}.{to_text(payload)}.{to_text(signature)}"


def header(**changes):
    members = {"alg": "Ed25519", "kid": KEYS.current, "typ": TYP, **changes}
    return {name: value for name, value in members.items() if value is not ...}


def test_the_key_id_is_the_thumbprint_of_the_standard():
    keys = SigningKeys(RFC_8037_SEED)

    assert keys.current == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert keys.jwks() == {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "use": "sig",
            }
        ]
    }


def test_a_signed_document_verifies_with_the_keys_and_with_the_published_set():
    published = json.loads(json.dumps(KEYS.jwks()))

    assert verify_jws(KEYS, TOKEN, TYP) == PAYLOAD
    assert verify_jws(published, TOKEN, TYP) == PAYLOAD
    assert json.loads(from_text(TOKEN.split(".")[0])) == header()


def test_joserfc_verifies_with_the_published_set():
    opened = jws.deserialize_compact(TOKEN, KeySet.import_key_set(KEYS.jwks()), algorithms=["Ed25519"])

    assert opened.payload == PAYLOAD
    assert opened.headers() == header()


def test_pyjwt_verifies_with_the_published_set():
    pyjws = jwt.PyJWS()
    pyjws.register_algorithm("Ed25519", OKPAlgorithm())
    public = jwt.PyJWKSet.from_dict(KEYS.jwks())[KEYS.current]

    assert pyjws.decode(TOKEN, public.key, algorithms=["Ed25519"]) == PAYLOAD


def test_what_pyjwt_and_joserfc_sign_verifies_here():
    pyjws = jwt.PyJWS()
    pyjws.register_algorithm("Ed25519", OKPAlgorithm())
    by_pyjwt = pyjws.encode(PAYLOAD, KEYS.private_key, "Ed25519", headers={"kid": KEYS.current, "typ": TYP})
    by_joserfc = jws.serialize_compact(header(), PAYLOAD, OKPKey.import_key(KEYS.private_key), algorithms=["Ed25519"])

    assert verify_jws(KEYS, by_pyjwt, TYP) == PAYLOAD
    assert verify_jws(KEYS, by_joserfc, TYP) == PAYLOAD
    assert verify_jws(KEYS, signed_with(header()), TYP) == PAYLOAD


@given(st.binary(max_size=500), st.text(min_size=1, max_size=20))
def test_whatever_is_signed_verifies(payload, typ):
    assert verify_jws(KEYS, sign_jws(KEYS, payload, typ), typ) == payload


def test_the_longest_document_verifies_and_a_longer_one_is_not_signed():
    longest = bytes(64 * 1024)

    assert verify_jws(KEYS, sign_jws(KEYS, longest, TYP), TYP) == longest
    with pytest.raises(ValueError, match=r"^a signed document has at most 65536 bytes$"):
        sign_jws(KEYS, longest + b"x", TYP)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_any_changed_character_is_found(position, character):
    assume(TOKEN[position] != character)

    with pytest.raises(InvalidToken):
        verify_jws(KEYS, TOKEN[:position] + character + TOKEN[position + 1 :], TYP)


@given(st.binary(min_size=64, max_size=64))
def test_no_other_signature_will_do(signature):
    with pytest.raises(InvalidToken) as refusal:
        verify_jws(KEYS, TOKEN.rsplit(".", 1)[0] + "." + to_text(signature), TYP)
    assert refusal.value.reason == "signature"


def test_a_payload_or_signature_of_another_document_is_found():
    head, payload, signature = TOKEN.split(".")
    _, other, other_signature = sign_jws(KEYS, b"other", TYP).split(".")

    for mixed in (f"{head}.{other}.{signature}", f"{head}.{payload}.{other_signature}", f"{head}.{payload}."):
        with pytest.raises(InvalidToken) as refusal:
            verify_jws(KEYS, mixed, TYP)
        assert refusal.value.reason == "signature"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (header(alg="none"), "algorithm"),
        (header(alg="EdDSA"), "algorithm"),
        (header(alg="HS256"), "algorithm"),
        (header(alg=["Ed25519"]), "algorithm"),
        (header(alg=...), "algorithm"),
        (header(typ="at+jwt"), "type"),
        (header(typ=TYP.upper()), "type"),
        (header(typ=...), "type"),
        (header(kid=...), "malformed"),
        (header(kid=5), "malformed"),
        (header(kid=[KEYS.current]), "malformed"),
        (header(kid="nobody"), "unknown key"),
        (header(crit=["b64"], b64=False), "malformed"),
        (header(jwk=KEYS.jwks()["keys"][0]), "malformed"),
        (header(jku="https://example.com"), "malformed"),
        ([], "malformed"),
        (None, "malformed"),
        (b"", "malformed"),
        (b"\xff", "malformed"),
        (b"{", "malformed"),
        (b"[" * 60_000, "malformed"),
        (b'{"alg": ' + b"9" * 5000 + b"}", "malformed"),
    ],
)
def test_a_signed_document_with_another_header_is_refused(head, reason):
    token = signed_with(head)

    with pytest.raises(InvalidToken, match=f"^the token is not accepted: {reason}$") as refusal:
        verify_jws(KEYS, token, TYP)
    assert refusal.value.reason == reason


def test_a_document_signed_with_the_public_key_as_secret_is_refused():
    secret = OctKey.import_key(KEYS.public_keys[KEYS.current])
    forged = jws.serialize_compact(header(alg="HS256"), PAYLOAD, secret, algorithms=["HS256"])

    with pytest.raises(InvalidToken) as refusal:
        verify_jws(KEYS, forged, TYP)
    assert refusal.value.reason == "algorithm"


@pytest.mark.parametrize(
    "junk",
    ["", "a", "..", "a.b", "a.b.c", "a.b.c.d", TOKEN + ".", TOKEN + "=", "中.文.字", "\ud800..", "A" * 90_001, None, 5],
)
def test_junk_is_no_signed_document(junk):
    with pytest.raises(InvalidToken) as refusal:
        verify_jws(KEYS, junk, TYP)
    assert refusal.value.reason == "malformed"


@given(st.text())
def test_any_text_is_no_signed_document(junk):
    with pytest.raises(InvalidToken):
        verify_jws(KEYS, junk, TYP)


def published(**changes):
    return {"keys": [{**KEYS.jwks()["keys"][0], **changes}]}


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": [None, "x", 5]},
        SigningKeys.generate().jwks(),
        published(kty="EC"),
        published(kty=None),
        published(crv="X25519"),
        published(x="AAAA"),
        published(x=None),
        published(x="=" * 43),
        published(x="中"),
        published(kid=None),
    ],
)
def test_a_set_that_does_not_hold_the_key_verifies_nothing(jwks):
    with pytest.raises(InvalidToken) as refusal:
        verify_jws(jwks, TOKEN, TYP)
    assert refusal.value.reason == "unknown key"


def test_another_key_under_the_same_key_id_verifies_nothing():
    other = SigningKeys.generate().jwks()["keys"][0]

    with pytest.raises(InvalidToken) as refusal:
        verify_jws({"keys": [{**other, "kid": KEYS.current}]}, TOKEN, TYP)
    assert refusal.value.reason == "signature"


def test_after_a_rotation_old_documents_verify_and_the_old_private_key_is_gone():
    rotated = KEYS.rotated()

    assert rotated.current != KEYS.current
    assert verify_jws(rotated, TOKEN, TYP) == PAYLOAD
    assert verify_jws(rotated.rotated().jwks(), TOKEN, TYP) == PAYLOAD
    assert [entry["kid"] for entry in rotated.jwks()["keys"]] == [rotated.current, KEYS.current]
    assert to_text(KEYS.seed) not in rotated.to_json()
    with pytest.raises(InvalidToken):
        verify_jws(KEYS, sign_jws(rotated, PAYLOAD, TYP), TYP)


def test_a_key_taken_out_verifies_nothing():
    rotated = KEYS.rotated()

    left = rotated.without(KEYS.current)

    assert list(left.public_keys) == [rotated.current]
    with pytest.raises(InvalidToken):
        verify_jws(left, TOKEN, TYP)
    with pytest.raises(ValueError, match=r"^the current key cannot be taken out; rotate first$"):
        rotated.without(rotated.current)
    with pytest.raises(UnknownKey):
        left.without(KEYS.current)


def test_keys_survive_the_way_through_json():
    keys = KEYS.rotated().rotated()

    again = SigningKeys.from_json(keys.to_json())

    assert again == keys
    assert again.jwks() == keys.jwks()
    assert verify_jws(again, TOKEN, TYP) == PAYLOAD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "null",
        json.dumps({"seed": to_text(KEYS.seed)}),
        json.dumps({"seed": to_text(KEYS.seed), "retired": []}),
        json.dumps({"seed": to_text(KEYS.seed), "retired": {"x": to_text(KEYS.seed)}}),
        json.dumps({"seed": to_text(KEYS.seed), "retired": {thumbprint(b"short"): to_text(b"short")}}),
        json.dumps({"seed": to_text(KEYS.seed), "retired": {"x": None}}),
        json.dumps({"seed": 5, "retired": {}}),
    ],
)
def test_text_that_holds_no_keys_is_refused(text):
    with pytest.raises(UnusableKeys):
        SigningKeys.from_json(text)


@pytest.mark.parametrize("seed", [b"", bytes(32), bytes(range(31)), bytes(range(64))])
def test_a_weak_seed_is_refused(seed):
    with pytest.raises(WeakKey):
        SigningKeys(seed)


def test_published_and_shown_keys_hold_nothing_secret():
    rotated = KEYS.rotated()

    assert {name for entry in rotated.jwks()["keys"] for name in entry} == {"kty", "crv", "x", "kid", "use"}
    assert repr(rotated) == str(rotated) == f"SigningKeys(current='{rotated.current}', retired=['{KEYS.current}'])"
    with pytest.raises(TypeError):
        rotated.retired["x"] = b""


def test_the_private_key_signs_other_formats_too():
    signature = KEYS.private_key.sign(b"checkpoint")

    KEYS.public_key(KEYS.current).verify(signature, b"checkpoint")
    assert isinstance(KEYS.private_key, Ed25519PrivateKey)
    with pytest.raises(UnknownKey):
        KEYS.public_key("nobody")


def test_threads_share_the_keys():
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda number: sign_jws(KEYS, b"%d" % number, TYP), range(400)))
        opened = list(pool.map(lambda token: verify_jws(KEYS, token, TYP), tokens))

    assert opened == [b"%d" % number for number in range(400)]
