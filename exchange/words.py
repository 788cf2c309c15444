"""The vocabulary and amounts of pay, as callers outside name them."""

from collections.abc import Sequence

from anonymity import vocabulary
from anonymity.pay import InvalidPay, Pay
from anonymity.vocabulary import Term
from exchange.errors import invalid

__all__ = ["Pay", "Word", "asked_pay", "function_and_region", "word", "words_of"]

TABLES = {
    "FUNCTIONS": vocabulary.FUNCTIONS,
    "FAMILIES": vocabulary.FAMILIES,
    "LEVELS": vocabulary.LEVELS,
    "REGIONS": vocabulary.REGIONS,
    "INDUSTRIES": vocabulary.INDUSTRIES,
    "DEGREES": vocabulary.DEGREES,
    "SKILLS": vocabulary.SKILLS,
    "LANGUAGES": vocabulary.LANGUAGES,
}

Word = dict[str, str]


def words_of(table: str, language: str) -> Sequence[Word]:
    """Return the terms of a table, each as code and name."""
    return [{"code": term.code, "name": term.name(language)} for term in TABLES[table].all()]


def word(table: str, code: str, language: str) -> Word:
    """Return one term as code and name; a code that has left the vocabulary names itself."""
    term: Term | None = TABLES[table].get(code)
    return {"code": code, "name": code if term is None else term.name(language)}


def function_and_region(title: str, city: str, country: str) -> tuple[str, str]:
    """Return the codes that a job's title and place are read as, as those of cards are."""
    return vocabulary.function_of(title).code, vocabulary.region_of(city, "", country).code


def asked_pay(path: str, amount: int, currency: str, period: str) -> Pay:
    """Return an amount of pay. Raises ``InvalidInput`` for what is none."""
    try:
        return Pay(amount, currency, period)
    except InvalidPay as wrong:
        raise invalid(f"{path}.{wrong.field}", str(wrong)) from wrong
