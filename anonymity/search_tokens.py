"""Tokens a card is found by, and the one mapping from a filter to tokens that both search engines use.

Every token stays one token in SQLite's FTS5 under ``unicode61 remove_diacritics 0 tokenchars '#+.'``. Words come from
the names and synonyms of the terms on the card, facets start with ``#``; so a filter can read only what a card shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import rjieba

from anonymity import vocabulary as words
from anonymity.card import Card
from anonymity.pay import Pay, PayBand, band_of, bounds_of
from anonymity.tables import Table, Term
from anonymity.text import is_chinese, runs

LONGEST_TEXT = 200
MOST_TEXT_TOKENS = 20
NOTHING = "#none"
"""The token of no card: what an unknown word or code asks for."""

Group = tuple[str, ...]

# Words that carry no wish; asking for them would only hide cards.
_STOP_WORDS = frozenset({"a", "an", "and", "at", "for", "in", "of", "or", "the", "to", "with", *"的和与在及或了是"})
_UNORDERED_FACETS: dict[str, tuple[str, Table]] = {
    "functions": ("f", words.FUNCTIONS),
    "families": ("g", words.FAMILIES),
    "levels": ("v", words.LEVELS),
    "regions": ("r", words.REGIONS),
    "industries": ("i", words.INDUSTRIES),
    "skills_any": ("s", words.SKILLS),
    "availability": ("a", words.AVAILABILITIES),
}
_DEMANDED_FACETS: dict[str, tuple[str, Table]] = {
    "skills_all": ("s", words.SKILLS),
    "languages": ("l", words.LANGUAGES),
}
_SEARCHED_TABLES = (
    words.FUNCTIONS,
    words.FAMILIES,
    words.LEVELS,
    words.REGIONS,
    words.INDUSTRIES,
    words.DEGREES,
    words.SKILLS,
    words.LANGUAGES,
    words.AVAILABILITIES,
)


class QueryTooLong(ValueError):
    """``limit`` is how many characters, or words, a search text may have."""

    code = "QUERY_TOO_LONG"

    def __init__(self, limit: int, unit: str) -> None:
        super().__init__(f"Search for at most {limit} {unit}.")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What to find. Every given part must hold; within a tuple one is enough, but all languages and ``skills_all``.

    Years match a card whose band touches the asked ones; ``max_pay`` is what the employer can pay at most.
    """

    text: str = ""
    functions: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    skills_all: tuple[str, ...] = ()
    skills_any: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_years: int | None = None
    max_years: int | None = None
    min_degree: str | None = None
    max_pay: Pay | None = None
    availability: tuple[str, ...] = ()


def index_tokens(card: Card) -> list[str]:
    """Give all tokens of the card, sorted, each once."""
    text = (_words_of(table, term.code) for table, term in set(_shown_terms(card)))
    return sorted(frozenset(_facets(card)).union(*text))


def match_groups(card_filter: CardFilter) -> tuple[Group, ...]:
    """Give what a card must have: of every group at least one token."""
    groups = (*_text_groups(card_filter.text), *_code_groups(card_filter), *_band_groups(card_filter))
    return tuple(dict.fromkeys(groups))


def unknown_codes(card_filter: CardFilter) -> list[tuple[str, str]]:
    """Give the field and code of whatever the filter names that no table has."""
    tables = {field: table for field, (_, table) in (_UNORDERED_FACETS | _DEMANDED_FACETS).items()}
    named = [(field, code, table) for field, table in tables.items() for code in getattr(card_filter, field)]
    if card_filter.min_degree is not None:
        named.append(("min_degree", card_filter.min_degree, words.DEGREES))
    return [(field, code) for field, code, table in named if table.get(code) is None]


def _code_groups(card_filter: CardFilter) -> Iterator[Group]:
    for field, (facet, table) in _UNORDERED_FACETS.items():
        codes = getattr(card_filter, field)
        if codes:
            yield tuple(dict.fromkeys(_asked(facet, table, code) for code in codes))
    for field, (facet, table) in _DEMANDED_FACETS.items():
        yield from ((_asked(facet, table, code),) for code in getattr(card_filter, field))


def _band_groups(card_filter: CardFilter) -> Iterator[Group]:
    bands = _year_bands()
    if card_filter.min_years is not None:
        asked = card_filter.min_years
        yield (f"#y.from.{next(low for low, high in bands if high is None or high > asked)}",)
    if card_filter.max_years is not None:
        yield (f"#y.upto.{max(low for low, _ in bands if low <= max(0, card_filter.max_years))}",)
    if card_filter.min_degree is not None:
        yield (_asked("d", words.DEGREES, card_filter.min_degree),)
    if card_filter.max_pay is not None:
        yield (_pay_token(band_of(card_filter.max_pay)),)


def _asked(facet: str, table: Table, code: str) -> str:
    return _facet(facet, code) if table.get(code) else NOTHING


def _facet(facet: str, code: str) -> str:
    return f"#{facet}.{code.casefold().replace('_', '')}"


def _pay_token(band: PayBand) -> str:
    return f"#p.{band.currency.casefold()}.{band.min}"


@cache
def _year_bands() -> tuple[tuple[int, int | None], ...]:
    return tuple((int(row["min"]), int(row["max"]) if row["max"] else None) for row in words.YEARS.rows)


def _facets(card: Card) -> Iterator[str]:
    yield from (_facet("f", card.function.code), _facet("g", card.function_family.code), _facet("v", card.level.code))
    yield from (_facet("r", place.code) for place in words.lineage(card.region))
    yield from (_facet("i", industry.code) for industry in card.industries)
    yield from (_facet("s", skill.code) for skill in card.skills)
    yield from (_facet("l", spoken.language.code) for spoken in card.languages)
    yield from (_facet("a", term.code) for term in (card.availability,) if term)
    yield from _cumulative(card)


def _cumulative(card: Card) -> Iterator[str]:
    """Give a token for every bound the card satisfies, so that "at least" and "at most" ask for one token."""
    years = card.years_of_experience.min
    yield from (f"#y.{'from' if low <= years else 'upto'}.{low}" for low, _ in _year_bands())
    yield f"#y.upto.{years}"
    if card.degree:
        reached = words.DEGREES.rank(card.degree.code)
        yield from (_facet("d", degree.code) for degree in words.DEGREES.all()[: reached + 1])
    if card.expected_pay:
        pay = card.expected_pay
        yield from (f"#p.{pay.currency.casefold()}.{low}" for low in bounds_of(pay.currency) if low >= pay.min)


def _shown_terms(card: Card) -> Iterator[tuple[Table, Term]]:
    yield from ((words.FUNCTIONS, card.function), (words.FAMILIES, card.function_family), (words.LEVELS, card.level))
    yield from ((words.REGIONS, place) for place in words.lineage(card.region))
    yield from ((words.INDUSTRIES, industry) for industry in card.industries)
    yield from ((words.SKILLS, skill) for skill in card.skills)
    yield from ((words.LANGUAGES, spoken.language) for spoken in card.languages)
    yield from ((words.DEGREES, degree) for degree in (card.degree,) if degree)
    yield from ((words.AVAILABILITIES, term) for term in (card.availability,) if term)
    for step in card.career_steps:
        yield from ((words.FUNCTIONS, step.function), (words.LEVELS, step.level), (words.INDUSTRIES, step.industry))


@cache
def _words_of(table: Table, code: str) -> frozenset[str]:
    return _pieces_of(table.synonyms(code))


def _pieces_of(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(piece for phrase in phrases for run in runs(phrase) for piece in _pieces(run)) - _STOP_WORDS


def _pieces(run: str) -> Iterable[str]:
    # Pairs of characters find any part of a Chinese name, however the segmenter would cut it inside a longer text.
    return (run[start : start + 2] for start in range(max(1, len(run) - 1))) if is_chinese(run) else (run,)


def _text_groups(text: str) -> list[Group]:
    if len(text) > LONGEST_TEXT:
        raise QueryTooLong(LONGEST_TEXT, "characters")
    asked = [word for run in runs(text) for word in _query_words(run) if word not in _STOP_WORDS]
    tokens = list(dict.fromkeys(piece for word in asked for piece in _pieces(word)))
    if len(tokens) > MOST_TEXT_TOKENS:
        raise QueryTooLong(MOST_TEXT_TOKENS, "words")
    return [(token if token in _searchable() else NOTHING,) for token in tokens]


def _query_words(run: str) -> Iterator[str]:
    if not is_chinese(run):
        yield run
        return
    loose = ""
    for word in _segmenter().cut(run, hmm=False):
        if len(word) == 1 and word not in _STOP_WORDS:
            loose += word
            continue
        yield from filter(None, (loose, word))
        loose = ""
    yield from filter(None, (loose,))


@cache
def _segmenter() -> rjieba.Jieba:
    """Give a segmenter that keeps together what the tables name."""
    segmenter = rjieba.Jieba()
    phrases = {run for phrase in _searched_phrases() for run in runs(phrase) if is_chinese(run)}
    for phrase in sorted(phrases):
        segmenter.add_word(phrase, None, None)
    return segmenter


@cache
def _searchable() -> frozenset[str]:
    return _pieces_of(_searched_phrases())


def _searched_phrases() -> Iterator[str]:
    return (phrase for table in _SEARCHED_TABLES for term in table.all() for phrase in table.synonyms(term.code))
