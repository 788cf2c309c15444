import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.envelope import DataKey, WrappedKey, new_data_key, open_sealed, rewrap, seal, unwrap
from vault.errors import CannotOpen, UnknownKey, WeakKey
from vault.keyring import KeyRing

RING = KeyRing.generate()
KEY, WRAPPED = new_data_key(RING, "candidate-1")
PLACE = {"subject": "candidate-1", "field": "phone", "version": 3}
SEALED = seal(KEY, "13812345678 王小明".encode(), **PLACE)


def test_a_sealed_field_opens_in_its_place():
    assert open_sealed(KEY, SEALED, **PLACE).decode() == "13812345678 王小明"
    assert len(SEALED) == 12 + len("13812345678 王小明".encode()) + 16


@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20), st.integers())
def test_whatever_is_sealed_opens_again(plaintext, subject, field, version):
    sealed = seal(KEY, plaintext, subject=subject, field=field, version=version)

    assert open_sealed(KEY, sealed, subject=subject, field=field, version=version) == plaintext


def test_sealing_twice_gives_different_bytes():
    assert seal(KEY, b"same", **PLACE) != seal(KEY, b"same", **PLACE)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_changed_byte_closes_a_field(position, flip):
    changed = bytearray(SEALED)
    changed[position] ^= flip

    with pytest.raises(CannotOpen, match=r"^this cannot be opened with this key and binding$"):
        open_sealed(KEY, bytes(changed), **PLACE)


@given(st.binary(max_size=60))
def test_junk_is_no_sealed_field(junk):
    with pytest.raises(CannotOpen):
        open_sealed(KEY, junk, **PLACE)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_cut_field_does_not_open(length):
    with pytest.raises(CannotOpen):
        open_sealed(KEY, SEALED[:length], **PLACE)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "candidate-2"},
        {"subject": ""},
        {"field": "email"},
        {"version": 2},
        {"version": -3},
        {"version": 33},
        {"subject": "candidate-1phone", "field": ""},
        {"field": "phone3", "version": 0},
    ],
)
def test_a_field_does_not_open_in_another_place(change):
    with pytest.raises(CannotOpen):
        open_sealed(KEY, SEALED, **{**PLACE, **change})


@given(st.tuples(st.text(max_size=4), st.text(max_size=4), st.integers(0, 200)), st.data())
def test_letters_moved_between_the_parts_of_a_place_do_not_open(place, data):
    other = data.draw(st.tuples(st.text(max_size=4), st.text(max_size=4), st.integers(0, 200)))
    assume(other != place)
    sealed = seal(KEY, b"x", subject=place[0], field=place[1], version=place[2])

    with pytest.raises(CannotOpen):
        open_sealed(KEY, sealed, subject=other[0], field=other[1], version=other[2])


def test_another_candidates_key_does_not_open():
    other, _ = new_data_key(RING, "candidate-1")

    with pytest.raises(CannotOpen):
        open_sealed(other, SEALED, **PLACE)


def test_a_wrapped_key_unwraps_for_its_subject_only():
    assert unwrap(RING, WRAPPED, "candidate-1") == KEY
    assert WRAPPED.key_id == RING.current
    assert len(WRAPPED.blob) == 60
    with pytest.raises(CannotOpen):
        unwrap(RING, WRAPPED, "candidate-2")


@given(st.integers(0, 59), st.integers(1, 255))
def test_any_changed_byte_closes_a_wrapped_key(position, flip):
    changed = bytearray(WRAPPED.blob)
    changed[position] ^= flip

    with pytest.raises(CannotOpen):
        unwrap(RING, WrappedKey(WRAPPED.key_id, bytes(changed)), "candidate-1")


def test_a_wrapped_key_does_not_open_under_another_master_key():
    rotated = RING.rotated()

    with pytest.raises(CannotOpen):
        unwrap(rotated, WrappedKey(rotated.current, WRAPPED.blob), "candidate-1")
    with pytest.raises(UnknownKey) as refusal:
        unwrap(KeyRing.generate(), WRAPPED, "candidate-1")
    assert refusal.value.key_id == RING.current


def test_a_master_key_under_a_changed_id_opens_nothing():
    renamed = KeyRing("renamed", {"renamed": RING.get(RING.current)})

    with pytest.raises(CannotOpen):
        unwrap(renamed, WrappedKey("renamed", WRAPPED.blob), "candidate-1")


def test_rewrapping_moves_the_same_key_under_the_new_master_key():
    rotated = RING.rotated()

    moved = rewrap(rotated, WRAPPED, "candidate-1")

    assert moved.key_id == rotated.current
    assert unwrap(rotated.without(RING.current), moved, "candidate-1") == KEY
    assert unwrap(rotated, WRAPPED, "candidate-1") == KEY


def test_rewrapping_what_is_current_changes_nothing_but_still_checks():
    assert rewrap(RING, WRAPPED, "candidate-1") is WRAPPED
    with pytest.raises(CannotOpen):
        rewrap(RING, WRAPPED, "candidate-2")
    with pytest.raises(CannotOpen):
        rewrap(RING.rotated(), WRAPPED, "candidate-2")


def test_a_wrapped_key_is_no_sealed_field_of_the_master_key():
    master = DataKey(RING.get(RING.current))

    with pytest.raises(CannotOpen):
        open_sealed(master, WRAPPED.blob, subject="candidate-1", field="data key", version=0)


def test_data_keys_are_new_each_time_and_never_shown():
    other, _ = new_data_key(RING, "candidate-1")

    assert other.secret != KEY.secret
    assert repr(KEY) == str(KEY) == "DataKey()"
    assert repr(WRAPPED) == f"WrappedKey(key_id={WRAPPED.key_id!r})"


@pytest.mark.parametrize("secret", [b"", bytes(range(16)), bytes(range(64)), bytes(32)])
def test_a_data_key_has_256_bits(secret):
    with pytest.raises(WeakKey):
        DataKey(secret)
