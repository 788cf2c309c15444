"""Bilingual tables of terms, read from the data files once, and how text finds a term in them."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from anonymity.text import is_chinese, units

# Longer text is no title, skill or place; what lies beyond costs time and cannot help.
_LONGEST_TEXT = 400

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One coded word of a table, with its Chinese and English name."""

    code: str
    zh: str
    en: str

    def name(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


def rows(table: str) -> list[dict[str, str]]:
    """Read ``data/<table>.csv``."""
    text = (files("anonymity") / "data" / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def listed(row: Mapping[str, str], *columns: str) -> list[str]:
    """Give the parts of columns whose values are lists, written with ``|`` between."""
    return [part for column in columns for part in (row.get(column) or "").split("|") if part]


class Phrases:
    """Phrases that lead to codes. Latin text matches by whole words, Chinese text anywhere."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._codes: dict[Key, str] = {}
        for phrase, code in pairs:
            self._codes.setdefault(tuple(units(phrase)), code)
        self._lengths: dict[str, list[int]] = {}
        for first, length in sorted({(key[0], len(key)) for key in self._codes}, reverse=True):
            self._lengths.setdefault(first, []).append(length)

    def found(self, text: str) -> list[tuple[Key, str]]:
        """Give what the text contains, from left to right, the longest phrase at each place, none overlapping."""
        return list(self._walk(units(text[:_LONGEST_TEXT])))

    def longest(self, text: str) -> str | None:
        """Give the code of the longest phrase in the text; of equals, the first."""
        found = self.found(text)
        return max(found, key=lambda hit: _weight(hit[0]))[1] if found else None

    def _walk(self, parts: list[str]) -> Iterator[tuple[Key, str]]:
        start = 0
        while start < len(parts):
            key = self._longest_at(parts, start)
            if key:
                yield key, self._codes[key]
            start += len(key) or 1

    def _longest_at(self, parts: list[str], start: int) -> Key:
        candidates = (tuple(parts[start : start + length]) for length in self._lengths.get(parts[start], ()))
        return next((key for key in candidates if key in self._codes), ())


def _weight(key: Key) -> int:
    # A Chinese character says about as much as two or three Latin letters.
    return sum(3 if is_chinese(part) else len(part) for part in key)


def _named(row: Mapping[str, str]) -> list[tuple[str, str]]:
    columns = ("aliases", "keywords", "hints") if row.get("generic") else ("aliases", "keywords")
    return [(phrase, row["code"]) for phrase in (row["zh"], row["en"], *listed(row, *columns))]


def _hinted(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(phrase, row["code"]) for phrase in listed(row, "hints")]


class Table:
    """The terms of one data file, in its order, which for levels, degrees and the like is their rank."""

    def __init__(self, name: str, general: str | None = None) -> None:
        self.rows = rows(name)
        self._terms = {row["code"]: Term(row["code"], row["zh"], row["en"]) for row in self.rows}
        self._ranks = {code: rank for rank, code in enumerate(self._terms)}
        self._synonyms = {row["code"]: (row["zh"], row["en"], *listed(row, "aliases")) for row in self.rows}
        self._general = general
        named = [row for row in self.rows if row["code"] != general]
        special = [row for row in named if not row.get("generic")]
        self._phrases = Phrases(pair for row in special for pair in _named(row))
        # "Software engineer, machine learning" is about the latter: generic terms count only when nothing else does.
        self._hints = Phrases(pair for row in named for pair in (_named(row) if row.get("generic") else _hinted(row)))

    def get(self, code: str) -> Term | None:
        return self._terms.get(code)

    def all(self) -> tuple[Term, ...]:
        return tuple(self._terms.values())

    def rank(self, code: str) -> int:
        return self._ranks[code]

    def synonyms(self, code: str) -> tuple[str, ...]:
        """Give both names and the aliases: the phrases under which a card with this term is found."""
        return self._synonyms[code]

    def match(self, text: str) -> Term | None:
        """Give the term whose name the text is, or contains; else the table's general class, if it has one."""
        code = self._phrases.longest(text) or self._hints.longest(text) or self._general
        return self._terms[code] if code else None

    def scan(self, text: str) -> list[Term]:
        """Give all terms that the text names, in its order."""
        return [self._terms[code] for code in dict.fromkeys(code for _, code in self._phrases.found(text))]
