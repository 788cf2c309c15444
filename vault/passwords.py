"""Passwords: argon2id (RFC 9106). Hashing takes tens of milliseconds and 19 MiB, so callers use a thread."""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200

# The OWASP Password Storage Cheat Sheet's first choice for argon2id: m=19 MiB, t=2, p=1. The second recommended option
# of RFC 9106 section 4 (64 MiB, t=3, p=4) lets a handful of sign-ins at once starve a small machine.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

# Those that lists of leaked passwords put first, of ten characters and more; shorter ones are refused anyway.
_COMMON_TEXT = """
0123456789 01234567890 0987654321 1029384756 1122334455 1234512345 1234554321 1234567890 12345678900 12345678901
1234567890a 1234567890q 12345678910 123456789a 123456789abc 123456789q 1234567891 12345qwert 1234qwerasdf
123123123123 123321123321 1314520520 1357924680 147258369a 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc
5201314520 5845201314 7758521521 9876543210 987654321a a123456789 a1234567890 a1b2c3d4e5 aa12345678 aa123456789
abc1234567 abc123456789 abcd123456 abcd1234567 abcdefghij abcdefghijk abcdefg123 administrator asd123456789
asdf123456 asdfghjkl1 asdfghjkl; asdfghjkl123 changeme123 football123 helloworld iloveyou12 iloveyou123 iloveyou1314
letmein123 liverpool1 manchester mypassword p@ssw0rd123 p@ssword123 passw0rd123 password00 password01 password10
password11 password12 password123 password1234 password12345 password123! password1! princess123 q123456789
q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123456 qazwsxedc1 qazwsxedcrfv qq123456789 qwe123456789 qwer123456 qwert12345
qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1 qwertyuiop123 qwertyuiop[] superman123 w123456789
wang123456 welcome123 woaini1314 woaini1314520 woaini5201314 woaini123456 zhang123456
zxc123456789 zxcvbnm123 zxcvbnm1234 zxcvbnm,./
"""
_COMMON = frozenset(_COMMON_TEXT.split())


class WeakPassword(ValueError):
    """A password that may not be chosen; `reason` is `too short`, `too long`, `repeated` or `common`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this password cannot be used: {reason}")
        self.reason = reason


def hash_password(text: str) -> str:
    """Hash with a new salt, to the PHC string `$argon2id$v=19$m=19456,t=2,p=1$...` (97 characters)."""
    return _HASHER.hash(_prepared(text))


def verify_password(hashed: str, text: str) -> bool:
    """Tell whether `text` has this hash; False for a hash that is none."""
    try:
        return _HASHER.verify(hashed, _prepared(text))
    except (VerificationError, ValueError):
        return False


def needs_rehash(hashed: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    try:
        return _HASHER.check_needs_rehash(hashed)
    except InvalidHashError:
        return True


def check_password_strength(text: str) -> None:
    """Raise WeakPassword unless `text` has 10 to 200 characters, not all the same, and is not among the most common."""
    if len(text) < SHORTEST:
        raise WeakPassword("too short")
    if len(text) > LONGEST:
        raise WeakPassword("too long")
    if len(set(text.casefold())) == 1:
        raise WeakPassword("repeated")
    if text.casefold() in _COMMON:
        raise WeakPassword("common")


def __getattr__(name: str) -> str:
    # DUMMY_HASH is what an unknown account is checked against, so that it takes as long as a known one. It is made on
    # first use: importing this module should not cost a hash.
    if name == "DUMMY_HASH":
        return _dummy_hash()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _dummy_hash() -> str:
    return hash_password(secrets.token_urlsafe(32))


def _prepared(text: str) -> bytes:
    # RFC 8265 section 4.2: keyboards write the same letter as one character or as two.
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
