import base64
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.encoding import from_text, to_text
from vault.errors import CannotOpen, UnknownKey, WeakKey
from vault.keyring import KeyRing
from vault.opaque import OpaqueIds

RING = KeyRing.generate(64)
IDS = OpaqueIds(RING)
CARD = UUID(int=0x1234).bytes
EMPLOYER = UUID(int=0x5678).bytes
TEXT = IDS.conceal(CARD, b"card", EMPLOYER)


def test_a_concealed_id_opens_for_its_employer():
    assert IDS.reveal(TEXT, b"card", EMPLOYER) == CARD
    assert len(TEXT) == 44
    assert set(TEXT) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_behind_the_marker_is_plain_aes_siv():
    sealed = AESSIV(RING.get(RING.current)).encrypt(CARD, [b"card", EMPLOYER])

    assert from_text(TEXT)[1:] == sealed


def test_the_same_id_is_always_the_same_and_differs_for_every_employer():
    texts = {OpaqueIds(RING).conceal(CARD, b"card", uuid4().bytes) for _ in range(200)}

    assert OpaqueIds(RING).conceal(CARD, b"card", EMPLOYER) == TEXT
    assert len(texts) == 200
    assert TEXT not in texts


@given(st.binary(max_size=100), st.lists(st.binary(max_size=20), max_size=4))
def test_whatever_is_concealed_is_revealed(value, context):
    assert IDS.reveal(IDS.conceal(value, *context), *context) == value


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_a_text_opens_in_its_own_context_only(context, other):
    assume(context != other)

    with pytest.raises(CannotOpen):
        IDS.reveal(IDS.conceal(CARD, *context), *other)


@given(st.integers(0, 32), st.integers(1, 255))
def test_any_changed_byte_closes_an_id(position, flip):
    changed = bytearray(from_text(TEXT))
    changed[position] ^= flip

    with pytest.raises(CannotOpen):
        IDS.reveal(to_text(bytes(changed)), b"card", EMPLOYER)


@given(st.integers(0, 43), st.characters())
def test_any_changed_character_closes_an_id(position, character):
    assume(TEXT[position] != character)

    with pytest.raises(CannotOpen):
        IDS.reveal(TEXT[:position] + character + TEXT[position + 1 :], b"card", EMPLOYER)


@given(st.text() | st.binary().map(to_text))
def test_junk_is_no_id(junk):
    with pytest.raises(CannotOpen):
        IDS.reveal(junk, b"card", EMPLOYER)


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "A",
        TEXT[:-1],
        TEXT + "A",
        TEXT + "=",
        TEXT + "\n",
        " " + TEXT,
        TEXT[:2],
        TEXT[:20],
        "中文",
        "\ud800",
        base64.b64encode(bytes(33)).decode(),
        None,
        5,
        TEXT.encode(),
        [TEXT],
    ],
)
def test_known_kinds_of_junk_are_no_id(junk):
    with pytest.raises(CannotOpen):
        IDS.reveal(junk, b"card", EMPLOYER)


def test_ten_megabytes_are_refused_without_reading_them():
    huge = "A" * 10_000_000

    started = time.perf_counter()
    with pytest.raises(CannotOpen):
        IDS.reveal(huge, b"card", EMPLOYER)
    assert time.perf_counter() - started < 0.1


def test_the_longest_value_comes_back_and_a_longer_one_is_refused():
    longest = bytes(1024)

    assert IDS.reveal(IDS.conceal(longest, b"cursor"), b"cursor") == longest
    with pytest.raises(ValueError, match=r"^an opaque id holds at most 1024 bytes$"):
        IDS.conceal(longest + b"x", b"cursor")


def test_a_text_longer_than_any_that_is_made_is_refused_though_it_is_sealed():
    sealed = AESSIV(RING.get(RING.current)).encrypt(bytes(1100), [b"cursor"])

    with pytest.raises(CannotOpen):
        IDS.reveal(to_text(from_text(TEXT)[:1] + sealed), b"cursor")


def test_after_a_rotation_old_ids_open_and_new_ones_differ():
    rotated = RING.rotated()
    ids = OpaqueIds(rotated)

    renewed = ids.conceal(CARD, b"card", EMPLOYER)

    assert ids.reveal(TEXT, b"card", EMPLOYER) == CARD
    assert ids.reveal(renewed, b"card", EMPLOYER) == CARD
    assert renewed[2:] != TEXT[2:]
    with pytest.raises(CannotOpen):
        IDS.reveal(renewed, b"card", EMPLOYER)
    with pytest.raises(CannotOpen):
        OpaqueIds(rotated.without(RING.current)).reveal(TEXT, b"card", EMPLOYER)


def test_keys_that_share_a_marker_are_told_apart():
    ring = KeyRing.generate(64)
    first = ring.current
    for _ in range(300):
        ring = ring.rotated()
    before = OpaqueIds(KeyRing(first, {first: ring.get(first)})).conceal(CARD, b"card")

    ids = OpaqueIds(ring)

    assert len(ids._ciphers) < 300
    assert ids.reveal(before, b"card") == CARD
    for key_id, key in ring.keys.items():
        assert ids.reveal(OpaqueIds(KeyRing(key_id, {key_id: key})).conceal(CARD, b"x"), b"x") == CARD


def test_threads_share_one_object():
    values = [uuid4().bytes for _ in range(2000)]

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda value: IDS.conceal(value, b"card", EMPLOYER), values))
        opened = list(pool.map(lambda text: IDS.reveal(text, b"card", EMPLOYER), texts))

    assert opened == values


def test_only_keys_of_64_bytes_will_do():
    with pytest.raises(WeakKey, match=r"^opaque ids need keys of 64 bytes$"):
        OpaqueIds(KeyRing.generate(32))
    with pytest.raises(UnknownKey):
        OpaqueIds(KeyRing("a", {}))


def test_keys_are_not_shown():
    assert str(RING.get(RING.current)) not in repr(IDS)
    assert repr(IDS).startswith("<vault.opaque.OpaqueIds object at ")
