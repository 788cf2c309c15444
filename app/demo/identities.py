"""Names and contact details that belong to nobody, different for every index."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TypedDict

from app.demo.blocks import EN, ZH, City, Text, load, texts
from app.demo.draw import Weighted, pick

MAIL_DOMAIN = "candidates.example"
DISTINCT_NAMES = 300


class Contact(TypedDict):
    name: str
    phone: str
    email: str
    wechat: str
    address: str


@dataclass(frozen=True, slots=True)
class Name:
    display: str
    given: str
    family: str
    western: bool


@dataclass(frozen=True, slots=True)
class NameBook:
    surnames: Weighted[Text]
    given: tuple[Text, ...]
    english_surnames: tuple[str, ...]
    english_given: tuple[str, ...]


@cache
def name_book() -> NameBook:
    raw = load("names.json")
    return NameBook(
        surnames=Weighted(((zh, en), weight) for zh, en, weight in raw["surnames"]),
        given=texts(raw["given"]),
        english_surnames=tuple(raw["english_surnames"]),
        english_given=tuple(raw["english_given"]),
    )


@cache
def streets() -> tuple[Text, ...]:
    return texts(load("cities.json")["streets"])


def draw_name(rng: Random, language: int, country: str) -> Name:
    book = name_book()
    if language == EN and country in {"US", "GB"} and rng.random() < 0.65:
        given, family = pick(rng, book.english_given), pick(rng, book.english_surnames)
        return Name(f"{given} {family}", given, family, western=True)
    surname, first = book.surnames.pick(rng), pick(rng, book.given)
    if language == ZH:
        return Name(surname[ZH] + first[ZH], first[EN], surname[EN], western=False)
    given = pick(rng, book.english_given) if rng.random() < 0.35 else first[EN]
    return Name(f"{given} {surname[EN]}", given, surname[EN], western=False)


class Names:
    """Draws names; among the first few hundred none is, or contains, another.

    A scan for a leaked name can then say whose it was.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._seen: list[str] = []

    def draw(self, language: int, country: str) -> Name:
        name = draw_name(self._rng, language, country)
        if len(self._seen) >= DISTINCT_NAMES:
            return name
        while any(name.display in other or other in name.display for other in self._seen):
            name = draw_name(self._rng, language, country)
        self._seen.append(name.display)
        return name


def reserved_us_numbers() -> Iterator[str]:
    for area in load("phones.json")["us_area_codes"]:
        for line in range(100, 200):
            yield f"+1 {area} 555 0{line}"


def reserved_uk_numbers() -> Iterator[str]:
    return (f"+44 7700 900{line:03d}" for line in range(1000))


class Phones:
    """Hands out numbers by country; when the ranges set aside for fiction run out, a mainland number serves."""

    def __init__(self) -> None:
        self._reserved = {"US": reserved_us_numbers(), "GB": reserved_uk_numbers()}

    def draw(self, country: str, index: int) -> str:
        if country == "HK":
            return f"+852 57{index // 10_000:02d} {index % 10_000:04d}"
        mainland = f"+86 190 00{index // 10_000:02d} {index % 10_000:04d}"
        return next(self._reserved[country], mainland) if country in self._reserved else mainland


def email(name: Name, index: int) -> str:
    local = f"{name.given}.{name.family}{index}".lower().replace("ü", "v")
    return f"{local}@{MAIL_DOMAIN}"


def address(rng: Random, city: City, language: int, index: int) -> str:
    street = pick(rng, streets())[language]
    place = city.name[language]
    return f"{place}{street}{index + 1}号" if language == ZH else f"No. {index + 1} {street}, {place}"


def contact(rng: Random, name: Name, city: City, *, language: int, phone: str, index: int) -> Contact:
    return Contact(
        name=name.display,
        phone=phone,
        email=email(name, index),
        wechat=f"demo_wx_{index:06d}",
        address=address(rng, city, language, index),
    )
