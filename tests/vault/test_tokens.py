import hashlib
import json
import time
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import jwt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.encoding import from_text, to_text
from vault.errors import InvalidToken
from vault.signing import SigningKeys, sign_jws, verify_jws
from vault.tokens import (
    AccessClaims,
    issue_access_token,
    new_refresh_token,
    read_access_token,
    refresh_token_hash,
)

KEYS = SigningKeys.generate()
NOW = datetime(2031, 5, 6, 7, 8, 9, 999_999, tzinfo=UTC)
SUBJECT = UUID("019a0000-0000-7000-8000-000000000001")
SESSION = UUID("019a0000-0000-7000-8000-000000000002")
SIDES = {"issuer": "https://resumes.example", "audience": "resume-exchange"}
WHO = {"subject": SUBJECT, "session": SESSION, "kind": "candidate"}
TEN_MINUTES = timedelta(minutes=10)
TOKEN = issue_access_token(KEYS, **WHO, **SIDES, now=NOW, lifetime=TEN_MINUTES)
START = int(NOW.timestamp())


def claims(**changes):
    members = {
        "iss": SIDES["issuer"],
        "aud": SIDES["audience"],
        "sub": str(SUBJECT),
        "sid": str(SESSION),
        "kind": "candidate",
        "iat": START,
        "exp": START + 600,
        **changes,
    }
    return {name: value for name, value in members.items() if value is not ...}


def signed(payload, **header):
    head = to_text(json.dumps({"alg": "EdDSA", "kid": KEYS.current, "typ": "at+jwt", **header}).encode())
    body = to_text(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return f"{head}.{body}.{to_text(KEYS.private_key.sign(f'{head}.{body}'.encode()))}"


def read(token, now=NOW, keys=KEYS, **sides):
    return read_access_token(keys, token, **{**SIDES, **sides}, now=now)


def reason_for(token, now=NOW, keys=KEYS, **sides):
    with pytest.raises(InvalidToken) as refusal:
        read(token, now, keys, **sides)
    return refusal.value.reason


def test_an_issued_token_reads_back():
    assert read(TOKEN) == AccessClaims(
        subject=SUBJECT,
        session=SESSION,
        kind="candidate",
        issued_at=datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
        expires_at=datetime(2031, 5, 6, 7, 18, 9, tzinfo=UTC),
    )
    assert read(signed(claims())) == read(TOKEN)


def test_a_token_says_exactly_what_it_should():
    head, body = (json.loads(from_text(part)) for part in TOKEN.split(".")[:2])

    assert head == {"alg": "EdDSA", "kid": KEYS.current, "typ": "at+jwt"}
    assert body == claims(jti=body["jti"])
    assert str(UUID(body["jti"])) == body["jti"]


def test_two_tokens_never_have_the_same_id():
    other = issue_access_token(KEYS, **WHO, **SIDES, now=NOW, lifetime=TEN_MINUTES)

    assert other != TOKEN


def test_pyjwt_reads_it_with_the_published_set():
    public = jwt.PyJWKSet.from_dict(KEYS.jwks())[KEYS.current]

    body = jwt.decode(
        TOKEN,
        public,
        algorithms=["EdDSA"],
        audience="resume-exchange",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert body["sub"] == str(SUBJECT)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (timedelta(seconds=-31), "not yet valid"),
        (timedelta(days=-3000), "not yet valid"),
        (timedelta(seconds=-30), None),
        (timedelta(0), None),
        (timedelta(seconds=599), None),
        (timedelta(seconds=600), "expired"),
        (timedelta(days=3000), "expired"),
    ],
)
def test_the_time_passed_in_decides_and_not_the_wall_clock(after, reason):
    if reason is None:
        assert read(TOKEN, NOW + after).subject == SUBJECT
    else:
        assert reason_for(TOKEN, NOW + after) == reason


@pytest.mark.parametrize("start", [1_000_000_000, 4_000_000_000])
def test_a_token_of_another_century_is_alive_then(start):
    token = signed(claims(iat=start, nbf=start, exp=start + 1))

    assert read(token, datetime.fromtimestamp(start, UTC)).subject == SUBJECT
    assert reason_for(token, datetime.fromtimestamp(start + 1, UTC)) == "expired"


def test_time_zones_make_no_difference():
    shanghai = timezone(timedelta(hours=8))

    token = issue_access_token(KEYS, **WHO, **SIDES, now=NOW.astimezone(shanghai), lifetime=TEN_MINUTES)

    assert read(token, NOW.astimezone(shanghai)) == read(TOKEN)


def test_a_time_without_zone_is_a_mistake_of_the_caller():
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(ValueError, match=r"^now must be aware of its time zone$"):
        read(TOKEN, naive)
    with pytest.raises(ValueError, match=r"^now must be aware of its time zone$"):
        issue_access_token(KEYS, **WHO, **SIDES, now=naive, lifetime=TEN_MINUTES)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(milliseconds=999), timedelta(seconds=-1)])
def test_a_token_without_a_life_is_not_issued(lifetime):
    with pytest.raises(ValueError, match=r"^a token lives for at least a second$"):
        issue_access_token(KEYS, **WHO, **SIDES, now=NOW, lifetime=lifetime)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "kind", "iat", "exp"])
@pytest.mark.parametrize("value", [..., None])
def test_a_missing_claim_is_refused(claim, value):
    assert reason_for(signed(claims(**{claim: value}))) == "claims"


@pytest.mark.parametrize(
    ("claim", "value", "reason"),
    [
        ("sub", "nobody", "claims"),
        ("sub", 5, "claims"),
        ("sub", "", "claims"),
        ("sid", "nobody", "claims"),
        ("sid", 5, "claims"),
        ("sid", [str(SESSION)], "claims"),
        ("kind", 5, "claims"),
        ("kind", ["candidate"], "claims"),
        ("jti", 5, "claims"),
        ("iat", "1", "claims"),
        ("iat", True, "claims"),
        ("iat", 1.5, "claims"),
        ("iat", -1, "claims"),
        ("exp", str(START + 600), "claims"),
        ("exp", START + 600.0, "claims"),
        ("exp", [], "claims"),
        ("exp", 253_402_300_800, "claims"),
        ("exp", 10**400, "claims"),
        ("aud", "another", "audience"),
        ("aud", ["resume-exchange"], "audience"),
        ("aud", 5, "audience"),
        ("iss", "https://resumes.example/", "issuer"),
        ("iss", ["https://resumes.example"], "issuer"),
    ],
)
def test_a_claim_of_another_shape_is_refused(claim, value, reason):
    assert reason_for(signed(claims(**{claim: value}))) == reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_a_number_that_is_none_is_refused(number):
    payload = json.dumps(claims(exp="EXP")).replace('"EXP"', number).encode()

    assert reason_for(signed(payload)) == "claims"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"\xff", b"5"])
def test_a_signed_payload_that_is_no_object_is_refused(payload):
    assert reason_for(signed(payload)) == "claims"


def test_another_issuer_or_audience_is_refused():
    assert reason_for(TOKEN, issuer="https://other.example") == "issuer"
    assert reason_for(TOKEN, audience="other") == "audience"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "none"}, "algorithm"),
        ({"alg": "Ed25519"}, "algorithm"),
        ({"alg": "HS256"}, "algorithm"),
        ({"alg": None}, "algorithm"),
        ({"typ": "JWT"}, "type"),
        ({"typ": None}, "type"),
        ({"kid": "nobody"}, "unknown key"),
        ({"kid": None}, "malformed"),
        ({"kid": [KEYS.current]}, "malformed"),
        ({"jwk": KEYS.jwks()["keys"][0]}, "malformed"),
        ({"crit": ["exp"]}, "malformed"),
    ],
)
def test_a_token_with_another_header_is_refused(header, reason):
    assert reason_for(signed(claims(), **header)) == reason


def test_an_unsigned_token_is_refused():
    unsigned = jwt.encode(claims(), None, "none", headers={"kid": KEYS.current, "typ": "at+jwt"})

    assert reason_for(unsigned) == "algorithm"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_signed_with_the_public_key_as_secret_is_refused(algorithm):
    secret = (KEYS.public_keys[KEYS.current] * 2)[:64]

    forged = jwt.encode(claims(), secret, algorithm, headers={"kid": KEYS.current, "typ": "at+jwt"})

    assert reason_for(forged) == "algorithm"


def test_a_token_of_another_installation_is_refused():
    other = SigningKeys.generate()
    foreign = issue_access_token(other, **WHO, **SIDES, now=NOW, lifetime=TEN_MINUTES)
    forged = jwt.encode(claims(), other.private_key, "EdDSA", headers={"kid": KEYS.current, "typ": "at+jwt"})

    assert reason_for(foreign) == "unknown key"
    assert reason_for(forged) == "signature"


def test_after_a_rotation_a_token_lives_on_until_its_key_is_taken_out():
    rotated = KEYS.rotated()

    assert read(TOKEN, keys=rotated).subject == SUBJECT
    assert reason_for(TOKEN, keys=rotated.without(KEYS.current)) == "unknown key"


def test_tokens_and_signed_documents_cannot_stand_for_each_other():
    document = sign_jws(KEYS, json.dumps(claims()).encode(), "at+jwt")

    assert reason_for(document) == "algorithm"
    with pytest.raises(InvalidToken) as refusal:
        verify_jws(KEYS, TOKEN, "at+jwt")
    assert refusal.value.reason == "algorithm"


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "x",
        "a.b",
        "..",
        TOKEN + "=",
        TOKEN + ".",
        TOKEN[:-1],
        "中.文.字",
        "\ud800",
        "A" * 4097,
        None,
        5,
        [],
        TOKEN.encode(),
    ],
)
def test_junk_is_no_token(junk):
    assert reason_for(junk) == "malformed"


def test_a_token_may_have_four_kibibytes_and_not_one_more():
    room = 4096 - len(signed(claims(jti="")))
    fits = next(token for size in range(room, 0, -1) if len(token := signed(claims(jti="x" * size))) <= 4096)

    assert len(fits) > 4090
    assert read(fits).subject == SUBJECT
    assert reason_for(signed(claims(jti="x" * room))) == "malformed"


def test_a_huge_token_is_refused_at_once():
    huge = "A" * 10_000_000

    started = time.perf_counter()
    assert reason_for(huge) == "malformed"
    assert time.perf_counter() - started < 0.1


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_any_changed_character_is_found(position, character):
    assume(TOKEN[position] != character)

    reason_for(TOKEN[:position] + character + TOKEN[position + 1 :])


@given(st.recursive(st.none() | st.text() | st.integers() | st.floats(), st.lists), st.data())
def test_signed_nonsense_in_a_claim_is_refused(value, data):
    claim = data.draw(st.sampled_from(["sub", "sid", "iat", "aud", "iss"]))
    assume(not (claim == "iat" and isinstance(value, int) and 0 <= value <= START + 30))

    assert reason_for(signed(claims(**{claim: value}))) in {
        "claims",
        "audience",
        "issuer",
        "not yet valid",
        "malformed",
    }


def test_a_refresh_token_has_256_bits_and_is_stored_as_its_hash():
    token = new_refresh_token()

    assert len(from_text(token)) == 32
    assert token != new_refresh_token()
    assert refresh_token_hash(token) == hashlib.sha256(token.encode()).hexdigest()
    assert len(refresh_token_hash("\ud800")) == 64
