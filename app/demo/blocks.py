"""The building blocks under `data/`, read once into values."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.demo.draw import Weighted

DATA = Path(__file__).parent / "data"
ZH, EN = 0, 1

Text = tuple[str, str]


@dataclass(frozen=True, slots=True)
class City:
    name: Text
    region: Text
    country: str
    pay: float


@dataclass(frozen=True, slots=True)
class Country:
    currency: str
    period: str
    pay: float
    cities: Weighted[City]


@dataclass(frozen=True, slots=True)
class Company:
    name: Text
    about: Text


@dataclass(frozen=True, slots=True)
class Industry:
    local: tuple[Company, ...]
    western: tuple[Company, ...]
    known: tuple[Company, ...]


@dataclass(frozen=True, slots=True)
class Degree:
    name: Text
    years: int
    college: bool


@dataclass(frozen=True, slots=True)
class CareerPath:
    key: str
    pay: int
    technical: bool
    industries: Weighted[Industry]
    degrees: Weighted[int]
    titles: tuple[tuple[Text, ...], ...]
    areas: tuple[Text, ...]
    skills: tuple[Text, ...]
    certificates: tuple[Text, ...]
    summaries: tuple[Text, ...]
    highlights: tuple[Text, ...]
    lead_highlights: tuple[Text, ...]


def load(name: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def text(value: str | Sequence[str]) -> Text:
    return (value, value) if isinstance(value, str) else (value[ZH], value[EN])


def texts(values: Iterable[str | Sequence[str]]) -> tuple[Text, ...]:
    return tuple(text(value) for value in values)


def _city(raw: dict[str, Any]) -> City:
    return City(text(raw["name"]), text(raw["region"]), raw["country"], raw["pay"])


@cache
def countries() -> dict[str, Country]:
    raw = load("cities.json")
    cities = [(_city(each), each["weight"]) for each in raw["cities"]]
    return {
        code: Country(**terms, cities=Weighted(pair for pair in cities if pair[0].country == code))
        for code, terms in raw["countries"].items()
    }


@cache
def countries_by_language() -> tuple[Weighted[str], Weighted[str]]:
    weights = load("cities.json")["country_weights"]
    return Weighted(weights["zh"].items()), Weighted(weights["en"].items())


def _about(industry: Text, size: Text) -> Text:
    return f"{industry[ZH]} · {size[ZH]}", f"{industry[EN]} · {size[EN]}"


def _companies(names: Iterable[Text], industry: Text, sizes: Sequence[Text]) -> tuple[Company, ...]:
    return tuple(Company(name, _about(industry, sizes[i % len(sizes)])) for i, name in enumerate(names))


def _industry(raw: dict[str, Any], common: dict[str, Any]) -> Industry:
    stems, sizes, name = texts(common["stems"]), texts(common["sizes"]), text(raw["name"])
    invented = [
        (stem[ZH] + suffix[ZH], f"{stem[EN]} {suffix[EN]}") for suffix in texts(raw["suffixes"]) for stem in stems
    ]
    western = [text(f"{stem} {suffix}") for suffix in raw["western"] for stem in common["western_stems"]]
    # Generic institutions are few but employ many, so each counts as often as six invented companies.
    return Industry(
        local=_companies(invented, name, sizes) + _companies(texts(raw["generic"]), name, sizes) * 6,
        western=_companies(western, name, sizes),
        known=_companies(texts(raw["known"]), name, [text(common["large"])]),
    )


@cache
def industries() -> dict[str, Industry]:
    common = load("companies.json")
    return {key: _industry(raw, common) for key, raw in common["industries"].items()}


def _path(key: str, raw: dict[str, Any]) -> CareerPath:
    known = industries()
    return CareerPath(
        key=key,
        pay=raw["pay"],
        technical=raw["technical"],
        industries=Weighted((known[name], weight) for name, weight in raw["industries"].items()),
        degrees=Weighted(enumerate(raw["degrees"])),
        titles=tuple(texts(level) for level in raw["titles"]),
        areas=texts(raw["areas"]),
        skills=texts(raw["skills"]),
        certificates=texts(raw["certificates"]),
        summaries=texts(raw["summaries"]),
        highlights=texts(raw["highlights"]),
        lead_highlights=texts(raw["lead_highlights"]),
    )


@cache
def paths() -> Weighted[CareerPath]:
    files = sorted((DATA / "paths").glob("*.json"))
    raws = [(file.stem, load(f"paths/{file.name}")) for file in files]
    return Weighted((_path(key, raw), raw["weight"]) for key, raw in raws)


@cache
def schools() -> dict[str, Weighted[Text]]:
    raw = load("schools.json")
    kinds = ("universities", "colleges", "western")
    return {kind: Weighted(((zh, en), weight) for zh, en, weight in raw[kind]) for kind in kinds}


@cache
def degrees() -> tuple[Degree, ...]:
    return tuple(Degree(text(raw["name"]), raw["years"], raw["college"]) for raw in load("schools.json")["degrees"])
