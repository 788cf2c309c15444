"""The masked form of contact details: enough to recognize one's own, too little to reach or find anyone."""

from collections.abc import Callable

import phonenumbers

from anonymity.tables import rows
from anonymity.text import is_chinese
from anonymity.vocabulary import company_size_of, industry_of
from consent.terms import Category

_COMPOUND_SURNAMES = frozenset(row["surname"] for row in rows("surnames"))
_HIDDEN = "***"
_SHOWN_DIGITS = 2


def mask(category: str, value: str, language: str = "zh") -> str:
    """Mask a value of a ``Category``; of an employer's name remain its industry and size, in ``zh`` or ``en``."""
    stripped = value.strip()
    if category == Category.EMPLOYER_NAMES:
        return _employer(stripped, language) if stripped else ""
    return _MASKS[Category(category)](stripped) if stripped else ""


def _name(value: str) -> str:
    if not is_chinese(value):
        parts = value.split()
        return " ".join(f"{part[0].upper()}." for part in dict.fromkeys((parts[0], parts[-1])))
    surname = value[:2] if value[:2] in _COMPOUND_SURNAMES else value[:1]
    return f"{surname}**"


def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value, "CN")
    except phonenumbers.NumberParseException:
        return _HIDDEN
    if not phonenumbers.is_possible_number(number):
        return _HIDDEN
    return f"+{number.country_code} ****{str(number.national_number)[-_SHOWN_DIGITS:]}"


def _email(value: str) -> str:
    local, at, _ = value.partition("@")
    return f"{local[:1]}***@***" if at else _HIDDEN


def _employer(value: str, language: str) -> str:
    industry, size = industry_of(value, ""), company_size_of(value)
    return f"{industry.name(language)} · {size.name(language)}"


_MASKS: dict[Category, Callable[[str], str]] = {
    Category.NAME: _name,
    Category.PHONE: _phone,
    Category.EMAIL: _email,
    Category.WECHAT: lambda value: f"{value[:1]}{_HIDDEN}",
    Category.ADDRESS: lambda _: _HIDDEN,
    Category.PHOTO: lambda _: "",
    Category.RESUME_DOCUMENT: lambda _: "",
}
