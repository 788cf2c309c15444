import pytest
from argon2 import PasswordHasher

import vault.passwords
from vault.passwords import WeakPassword, check_password_strength, hash_password, needs_rehash, verify_password

HASHED = hash_password("correct horse battery")


def test_a_password_verifies_against_its_own_hash_only():
    assert verify_password(HASHED, "correct horse battery") is True
    assert verify_password(HASHED, "correct horse batterY") is False
    assert verify_password(HASHED, "") is False


def test_the_hash_names_its_parameters_and_has_its_own_salt():
    assert HASHED.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(HASHED) == 97
    assert hash_password("correct horse battery") != HASHED


def test_a_letter_typed_in_one_piece_or_two_is_the_same():
    assert verify_password(hash_password("caf\u00e9 caf\u00e9 1"), "cafe\u0301 cafe\u0301 1") is True


def test_half_a_surrogate_pair_is_a_wrong_password_not_a_crash():
    assert verify_password(HASHED, "\ud800") is False
    assert verify_password(hash_password("\ud800"), "\ud800") is True


@pytest.mark.parametrize(
    "junk", ["", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", HASHED[:-10], "中文", "\0"]
)
def test_what_is_no_hash_verifies_nothing_and_wants_a_new_one(junk):
    assert verify_password(junk, "correct horse battery") is False
    assert needs_rehash(junk) is True


def test_a_hash_with_other_parameters_still_verifies_and_wants_a_new_one():
    older = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse battery")

    assert verify_password(older, "correct horse battery") is True
    assert needs_rehash(older) is True
    assert needs_rehash(HASHED) is False


def test_the_dummy_hash_is_made_once_with_todays_parameters():
    dummy = vault.passwords.DUMMY_HASH

    assert dummy is vault.passwords.DUMMY_HASH
    assert needs_rehash(dummy) is False
    assert verify_password(dummy, "") is False


def test_the_module_has_no_other_hidden_names():
    with pytest.raises(AttributeError, match=r"^module 'vault\.passwords' has no attribute 'OTHER'$"):
        _ = vault.passwords.OTHER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too short"),
        ("abcdefghi", "too short"),
        ("x" * 9, "too short"),
        ("ab" * 100 + "c", "too long"),
        ("x" * 10_000_000, "too long"),
        ("1111111111", "repeated"),
        ("aaaaaAAAAA", "repeated"),
        ("password123", "common"),
        ("Password123", "common"),
        ("woaini1314520", "common"),
        ("1234567890", "common"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(text, reason):
    with pytest.raises(WeakPassword, match=f"^this password cannot be used: {reason}$") as refusal:
        check_password_strength(text)
    assert refusal.value.reason == reason
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize(
    "text", ["1111111112", "x7!kq02mzp", "ab" * 100, "我们今天一起去爬长城吧", "correct horse battery"]
)
def test_a_password_of_ten_to_two_hundred_characters_will_do(text):
    check_password_strength(text)


def test_every_listed_password_could_be_chosen_were_it_not_listed():
    assert [entry for entry in vault.passwords._COMMON if len(entry) < 10 or entry != entry.casefold()] == []
