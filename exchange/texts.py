"""Text that one side writes and the other reads: no character may hide, reorder or break what stands around it.

A job's title stands inside the notice that a candidate decides by, so a line break there could forge its next line.
"""

import unicodedata

from exchange.errors import invalid

LONGEST_KEY = 64

LINE_ADVICE = "Leave out line breaks, control characters and invisible ones."
TEXT_ADVICE = "Leave out control characters and those that change the direction of text."

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNFIT = frozenset({"Cc", "Cs"})
_LINE_BREAKS = frozenset("\n\r\t")
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_line(text: str) -> bool:
    """Tell whether a text is one line in which every character can be seen."""
    return not any(unicodedata.category(character) in _HIDDEN for character in text)


def is_text(text: str) -> bool:
    """Tell whether a text, of any number of lines, is in the order in which it is written."""
    kept = set(text) - _LINE_BREAKS
    return not kept & _DIRECTIONS and not any(unicodedata.category(character) in _UNFIT for character in kept)


def check_key(key: str) -> None:
    """Go on if a text may be an idempotency key; raise ``InvalidInput`` if not."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise invalid("idempotencyKey", f"Give 1 to {LONGEST_KEY} characters.")
    if not is_line(key):
        raise invalid("idempotencyKey", LINE_ADVICE)
