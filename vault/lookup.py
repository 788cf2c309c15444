"""Finding people by e-mail or phone without storing either: keyed hashes (HMAC-SHA-256, RFC 2104)."""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Self

import phonenumbers

from vault.encoding import joined
from vault.keyring import require_strong

_KEY_SIZE = 32
_LONGEST_INPUT = 1024
_LONGEST_PHONE = 64
_LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets


@dataclass(frozen=True)
class LookupKey:
    """256-bit HMAC key. It cannot rotate by itself: every stored hash depends on it. WeakKey for another size."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_strong(self.secret, _KEY_SIZE)

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(_KEY_SIZE))


def email_hash(key: LookupKey, email: str) -> str:
    """Hash of an e-mail address, 64 hexadecimal digits. ValueError as `normalize_email`."""
    return _keyed_hash(key, "email", normalize_email(email))


def phone_hash(key: LookupKey, phone: str, region: str = "CN") -> str:
    """Hash of a phone number, 64 hexadecimal digits. ValueError as `normalize_phone`."""
    return _keyed_hash(key, "phone", normalize_phone(phone, region))


def content_hash(key: LookupKey, text: str) -> str:
    """Return the keyed hash of any text: it tells equal content from other, and cannot be found by guessing."""
    return _keyed_hash(key, "content", text)


def normalize_email(text: str) -> str:
    """Return the one form of an address: compatibility caseless (Unicode D147), then NFKC, without outer spaces.

    ValueError for what cannot be an address: not one @, an empty side or label, spaces, control or invisible
    characters, more than 254 characters. It does not promise that a mailbox exists. The form is for comparing;
    mail goes to what the person typed.
    """
    _refuse(len(text) > _LONGEST_INPUT, "an e-mail address has at most 254 characters")
    email = _caseless(text.strip()).strip()
    _refuse(len(email) > _LONGEST_EMAIL, "an e-mail address has at most 254 characters")
    _refuse(email.count("@") != 1, "an e-mail address has one @")
    _refuse(any(map(_is_invisible, email)), "an e-mail address has no spaces or invisible characters")
    local, domain = email.split("@")
    _refuse(not local or not all(domain.split(".")), "an e-mail address has a name and a domain")
    return email


def normalize_phone(text: str, region: str = "CN") -> str:
    """Return the number in E.164, as in `+8613812345678`; `region` (ISO 3166) is for numbers without a country code.

    ValueError for what cannot be a number there. Only possible lengths are checked, not allotted ranges, since those
    change with each release of the numbering data and a hash must not. Letters and extensions are refused: the
    library would skip them, and two different texts would be one person.
    """
    _refuse(len(text) > _LONGEST_PHONE or any(map(str.isalpha, text)), "this is not a phone number")
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), region)
    except phonenumbers.NumberParseException:
        raise ValueError("this is not a phone number") from None
    _refuse(number.extension is not None or not phonenumbers.is_possible_number(number), "this is not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _keyed_hash(key: LookupKey, kind: str, value: str) -> str:
    return hmac.digest(key.secret, joined(kind, value), "sha256").hex()


def _caseless(text: str) -> str:
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return unicodedata.normalize("NFKC", folded)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"


def _refuse(condition: bool, message: str) -> None:  # noqa: FBT001 - read as a sentence at its calls
    if condition:
        raise ValueError(message)
