import hashlib
import hmac

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vault.errors import WeakKey
from vault.lookup import LookupKey, content_hash, email_hash, normalize_email, normalize_phone, phone_hash

KEY = LookupKey(bytes(range(32)))


def test_the_hash_is_hmac_sha256_over_kind_and_value():
    message = b"\0\0\0\5email\0\0\0\7a@b.com"

    assert email_hash(KEY, "A@B.com") == hmac.new(bytes(range(32)), message, hashlib.sha256).hexdigest()
    assert len(email_hash(KEY, "a@b.com")) == 64


def test_another_key_gives_another_hash():
    other = LookupKey.generate()

    assert email_hash(KEY, "a@b.com") != email_hash(other, "a@b.com")
    assert phone_hash(KEY, "13812345678") != phone_hash(other, "13812345678")
    assert other != LookupKey.generate()


def test_mail_and_phone_are_hashed_in_domains_of_their_own():
    message = b"\0\0\0\5phone\0\0\0\x0e+8613812345678"

    assert phone_hash(KEY, "13812345678") == hmac.new(bytes(range(32)), message, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("li.lei@example.com", "li.lei@example.com"),
        ("  Li.Lei@Example.COM\n", "li.lei@example.com"),
        ("Ｌｉ＠Ｅｘａｍｐｌｅ．ｃｏｍ", "li@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("e\u0301@example.com", "é@example.com"),
        ("李雷@例子.中国", "李雷@例子.中国"),
        ("\u00a0a@b\u3000", "a@b"),
        ("a" * 242 + "@example.com", "a" * 242 + "@example.com"),
    ],
)
def test_an_address_has_one_normal_form(text, normal):
    assert normalize_email(text) == normal
    assert email_hash(KEY, text) == email_hash(KEY, normal)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an e-mail address has one @"),
        ("nobody", "an e-mail address has one @"),
        ("a@b@c", "an e-mail address has one @"),
        ("a@b\uff20c", "an e-mail address has one @"),
        ("@example.com", "an e-mail address has a name and a domain"),
        ("a@", "an e-mail address has a name and a domain"),
        ("a@.com", "an e-mail address has a name and a domain"),
        ("a@b..com", "an e-mail address has a name and a domain"),
        ("a@b.", "an e-mail address has a name and a domain"),
        ("a b@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\u3000b@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\0@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\r\nBcc:x@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\u200b@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\u202e@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a\ud800@c.com", "an e-mail address has no spaces or invisible characters"),
        ("a" * 243 + "@example.com", "an e-mail address has at most 254 characters"),
        ("\ufdfa" * 20 + "@example.com", "an e-mail address has at most 254 characters"),
        (" " * 10_000_000, "an e-mail address has at most 254 characters"),
    ],
)
def test_what_cannot_be_an_address_is_refused(text, reason):
    with pytest.raises(ValueError, match=f"^{reason}$"):
        normalize_email(text)
    with pytest.raises(ValueError, match=f"^{reason}$"):
        email_hash(KEY, text)


@given(st.text(max_size=12), st.text(min_size=1, max_size=12))
@example("\u0345\u0313", "ﬀ")
@example("a\u1e9e", "İ")
def test_normalizing_twice_changes_nothing(local, domain):
    try:
        once = normalize_email(f"{local}@{domain}")
    except ValueError:
        return

    assert normalize_email(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "+86 138 1234 5678",
        "0086 13812345678",
        " " * 53 + "13812345678",
        "\u202d13812345678\u202c",
        "１３８１２３４５６７８",
    ],
)
def test_a_phone_number_has_one_normal_form(text):
    assert normalize_phone(text) == "+8613812345678"
    assert phone_hash(KEY, text) == phone_hash(KEY, "13812345678")


def test_the_region_is_for_numbers_without_a_country_code():
    assert normalize_phone("(650) 253-0000", "US") == "+16502530000"
    assert normalize_phone("+1 650 253 0000") == "+16502530000"
    assert phone_hash(KEY, "(650) 253-0000", "US") == phone_hash(KEY, "+16502530000", "CN")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "12",
        "1" * 30,
        "+",
        "+999 123456789",
        "\0",
        "\ud800",
        "1" * 10_000_000,
        " " * 54 + "13812345678",
        "call 13812345678",
        "13812345678转5",
        "13812345678#5",
        "+1 650 FLOWERS",
    ],
)
def test_what_cannot_be_a_phone_number_is_refused(text):
    with pytest.raises(ValueError, match=r"^this is not a phone number$"):
        phone_hash(KEY, text)


def test_content_is_hashed_as_it_is_in_a_domain_of_its_own():
    message = b"\0\0\0\7content\0\0\0\7A@b.com"

    assert content_hash(KEY, "A@b.com") == hmac.new(bytes(range(32)), message, hashlib.sha256).hexdigest()
    assert content_hash(KEY, "A@b.com") != content_hash(KEY, "a@b.com")
    assert content_hash(KEY, "a@b.com") != email_hash(KEY, "a@b.com")


def test_a_lookup_key_has_256_bits_and_is_never_shown():
    with pytest.raises(WeakKey):
        LookupKey(bytes(range(31)))
    with pytest.raises(WeakKey):
        LookupKey(bytes(range(64)))
    assert repr(KEY) == str(KEY) == "LookupKey()"
