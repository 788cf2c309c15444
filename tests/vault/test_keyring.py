import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.encoding import from_text, joined, to_text
from vault.errors import UnknownKey, UnusableKeys, VaultError, WeakKey
from vault.keyring import KeyRing

GOOD = bytes(range(32))
OTHER = bytes(range(32, 64))


@pytest.mark.parametrize("size", [32, 64])
def test_a_generated_ring_holds_one_random_key_of_the_size_asked_for(size):
    ring, other = KeyRing.generate(size), KeyRing.generate(size)

    assert list(ring.keys) == [ring.current]
    assert len(ring.get(ring.current)) == ring.size == size
    assert ring.get(ring.current) != other.get(other.current)
    assert ring.current != other.current


def test_rotation_makes_a_new_key_current_and_keeps_the_old_ones():
    first = KeyRing.generate(64)

    third = first.rotated().rotated()

    assert len(third.keys) == 3
    assert third.size == 64
    assert third.current != first.current
    assert third.get(first.current) == first.get(first.current)
    assert list(first.keys) == [first.current]


def test_a_key_taken_out_is_unknown_and_the_current_one_stays():
    first = KeyRing.generate()
    second = first.rotated()

    left = second.without(first.current)

    assert list(left.keys) == [second.current]
    with pytest.raises(UnknownKey) as refusal:
        left.get(first.current)
    assert refusal.value.key_id == first.current
    assert str(refusal.value) == f"no key has the id {first.current!r}"
    with pytest.raises(ValueError, match=r"^the current key cannot be taken out; rotate first$"):
        left.without(second.current)
    with pytest.raises(UnknownKey):
        left.without("nobody")


def test_a_ring_survives_the_way_through_json():
    ring = KeyRing("b", {"a": GOOD, "b": OTHER})

    assert json.loads(ring.to_json()) == {"current": "b", "keys": {"a": to_text(GOOD), "b": to_text(OTHER)}}
    assert KeyRing.from_json(ring.to_json()) == ring
    assert KeyRing.from_json(ring.rotated().to_json()) != ring


@pytest.mark.parametrize(
    "keys",
    [
        {"a": b""},
        {"a": GOOD[:31]},
        {"a": GOOD + b"x"},
        {"a": GOOD[:16]},
        {"a": bytes(32)},
        {"a": b"k" * 64},
        {"a": b"1234567" * 4 + b"1234"},
        {"a": GOOD, "b": GOOD + OTHER},
        {"a": GOOD, "b": GOOD},
    ],
)
def test_weak_material_is_refused(keys):
    with pytest.raises(WeakKey):
        KeyRing("a", keys)
    text = json.dumps({"current": "a", "keys": {name: to_text(key) for name, key in keys.items()}})
    with pytest.raises(WeakKey):
        KeyRing.from_json(text)


@pytest.mark.parametrize("keys", [{}, {"b": GOOD}])
def test_a_ring_without_its_current_key_is_refused(keys):
    with pytest.raises(UnknownKey):
        KeyRing("a", keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "5",
        "{}",
        "[" * 100_000,
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": []}',
        '{"current": 5, "keys": {"5": "AA"}}',
        '{"current": ["a"], "keys": {"a": "AA"}}',
        '{"current": "a", "keys": {"a": 5}}',
        '{"current": "a", "keys": {"a": null}}',
        '{"current": "a", "keys": {"a": "AAA="}}',
        '{"current": "a", "keys": {"a": "\\u4e2d"}}',
        '{"current": "a", "keys": {"a": "AA"}, "more": 1}',
    ],
)
def test_text_that_is_no_ring_is_refused(text):
    with pytest.raises(UnusableKeys) as refusal:
        KeyRing.from_json(text)
    assert isinstance(refusal.value, VaultError)
    assert isinstance(refusal.value, ValueError)


def test_a_refused_text_is_not_quoted_nor_chained():
    secret = to_text(GOOD)

    with pytest.raises(UnusableKeys) as refusal:
        KeyRing.from_json(f'{{"current": "a", "keys": {{"a": "{secret}"}}')

    assert secret not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_a_ring_cannot_be_changed_and_does_not_show_its_keys():
    keys = {"a": GOOD}
    ring = KeyRing("a", keys)

    keys["b"] = OTHER

    assert list(ring.keys) == ["a"]
    with pytest.raises(TypeError):
        ring.keys["b"] = OTHER
    assert repr(ring) == str(ring) == "KeyRing(current='a')"
    assert hash(ring) == hash(KeyRing("a", {"a": OTHER}))


@given(st.binary(max_size=80))
def test_base64url_comes_back_and_has_one_form(value):
    text = to_text(value)

    assert "=" not in text
    assert from_text(text) == value


@pytest.mark.parametrize(
    "text", ["A", "AB", "AA=", "AA==", "A+", "A/", " AA", "AA\n", "中文", "A A", "\ud800", "AAAAA"]
)
def test_base64url_in_any_other_form_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder words some of these
        from_text(text)


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_never_join_to_the_same_bytes(left, right):
    assert (joined(*left) == joined(*right)) == (left == right)


def test_parts_join_behind_their_lengths():
    assert joined("é", b"", 12) == b"\0\0\0\2\xc3\xa9\0\0\0\0\0\0\0\00212"
    assert joined("\ud800") == b"\0\0\0\3\xed\xa0\x80"
