"""One normal form and one way to split text, for every table and for search."""

import re
import unicodedata

CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
_WORD = rf"[^\W_{CHINESE}]"
_UNIT = re.compile(rf"[{CHINESE}]|\.net(?!{_WORD})|{_WORD}(?:{_WORD}|[+#])*(?:\.{_WORD}(?:{_WORD}|[+#])*)*")
_RUN = re.compile(rf"[{CHINESE}]+|\.net(?!{_WORD})|{_WORD}(?:{_WORD}|[+#])*(?:\.{_WORD}(?:{_WORD}|[+#])*)*")
# A single letter tied to a word by a hyphen or ampersand belongs to it: e-commerce is not "e" and "commerce".
_TIE = re.compile(r"(?<![a-z0-9])([a-z])[-&](?=[a-z0-9])|(?<=[a-z0-9])[-&](?=[a-z](?![a-z0-9]))")
_CHINESE_CHARACTER = re.compile(rf"[{CHINESE}]")


def normalized(text: str) -> str:
    return _TIE.sub(lambda tie: tie.group(1) or "", unicodedata.normalize("NFKC", text).casefold())


def units(text: str) -> list[str]:
    """Split into Latin words and single Chinese characters, what table look-ups compare."""
    return _UNIT.findall(normalized(text))


def runs(text: str) -> list[str]:
    """Split into Latin words and unbroken stretches of Chinese, what search words are cut from."""
    return _RUN.findall(normalized(text))


def is_chinese(text: str) -> bool:
    return _CHINESE_CHARACTER.match(text) is not None
