"""Careers: where somebody studied and worked, in months that follow one another."""

from bisect import bisect
from dataclasses import dataclass
from random import Random
from typing import Any

from app.demo.blocks import CareerPath, City, Company, Text, countries, degrees, schools
from app.demo.draw import Weighted, between, few, pick

FIRST_YEAR = 1970
LATEST = (2026 - FIRST_YEAR) * 12 + 9
MONTHS = tuple(f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}" for month in range(LATEST + 1))
PROMOTED_AFTER = (24, 60, 110, 170)
HIGHEST_LEVEL = Weighted([(1, 10), (2, 40), (3, 32), (4, 18)])
LEADS_FROM = 2
ABROAD = frozenset({"US", "GB"})
SUMMER, AUTUMN = 5, 8


@dataclass(frozen=True, slots=True)
class Stint:
    company: Company
    title: Text
    city: City
    start: int
    end: int
    level: int


@dataclass(frozen=True, slots=True)
class Career:
    path: CareerPath
    home: City
    language: int
    stints: tuple[Stint, ...]
    start: int
    end: int
    employed: bool

    @property
    def level(self) -> int:
        return self.stints[-1].level

    @property
    def title(self) -> str:
        return self.stints[-1].title[self.language]

    @property
    def years(self) -> int:
        return max(1, (self.end - self.start) // 12)


def _spans(rng: Random, start: int, end: int) -> list[tuple[int, int]]:
    months = end - start
    count = min(6, 1 + int(months / 36 * (0.5 + rng.random())))
    shares = [0.5 + rng.random() for _ in range(count)]
    scale = months / sum(shares)
    spans, begin, done = [], start, 0.0
    for share in shares:
        done += share
        finish = start + round(done * scale)
        spans.append((begin, finish))
        begin = finish
    return spans


def _company(rng: Random, path: CareerPath, country: str, *, past: bool) -> Company:
    industry = path.industries.pick(rng)
    if past and industry.known and rng.random() < 0.15:
        return pick(rng, industry.known)
    return pick(rng, industry.western if country in ABROAD else industry.local)


def _city(rng: Random, home: City) -> City:
    return home if rng.random() < 0.72 else countries()[home.country].cities.pick(rng)


def _levels(rng: Random, spans: list[tuple[int, int]]) -> list[int]:
    lag, highest, start = rng.random() * 40, HIGHEST_LEVEL.pick(rng), spans[0][0]
    return [min(highest, bisect(PROMOTED_AFTER, (begin + end) / 2 - start - lag)) for begin, end in spans]


def _stints(rng: Random, path: CareerPath, home: City, spans: list[tuple[int, int]]) -> tuple[Stint, ...]:
    stints: list[Stint] = []
    flavour = between(rng, 0, 11)
    for (start, end), level in zip(spans, _levels(rng, spans), strict=True):
        titles = path.titles[level]
        title = titles[flavour % len(titles)]
        if stints and level == stints[-1].level + 1 and rng.random() < 0.45:
            stints.append(Stint(stints[-1].company, title, stints[-1].city, start, end, level))
            continue
        last = end == spans[-1][1]
        begin = start + between(rng, 0, 3) if stints else start
        company = _company(rng, path, home.country, past=not last)
        city = home if last else _city(rng, home)
        stints.append(Stint(company, title, city, begin, end, level))
    return tuple(stints)


def draw_career(rng: Random, path: CareerPath, home: City, language: int) -> Career:
    employed = rng.random() < 0.78
    end = LATEST if employed else LATEST - between(rng, 0, 7)
    start = end - 10 - int(300 * rng.random() ** 1.9)
    stints = _stints(rng, path, home, _spans(rng, start, end))
    return Career(path, home, language, stints, start, end, employed)


def _highlights(rng: Random, career: Career, stint: Stint) -> list[str]:
    path, language = career.path, career.language
    sentences = path.highlights + path.lead_highlights if stint.level >= LEADS_FROM else path.highlights
    return [
        sentence[language].format(
            pct=between(rng, 8, 45),
            high=between(rng, 85, 98),
            n=between(rng, 2, 12),
            a=pick(rng, path.skills)[language],
        )
        for sentence in few(rng, sentences, between(rng, 1, 3))
    ]


def _job(rng: Random, career: Career, stint: Stint) -> dict[str, Any]:
    language = career.language
    job = {
        "name": stint.company.name[language],
        "location": stint.city.name[language],
        "description": stint.company.about[language],
        "position": stint.title[language],
        "startDate": MONTHS[stint.start],
        "endDate": MONTHS[stint.end],
        "highlights": _highlights(rng, career, stint),
    }
    if career.employed and stint is career.stints[-1]:
        del job["endDate"]
    return job


def work(rng: Random, career: Career) -> list[dict[str, Any]]:
    """List the jobs as JSON Resume has them, the latest first."""
    return [_job(rng, career, stint) for stint in reversed(career.stints)]


def _school(rng: Random, career: Career, *, college: bool) -> str:
    kind = "western" if career.home.country in ABROAD else "colleges" if college else "universities"
    return schools()[kind].pick(rng)[career.language]


def education(rng: Random, career: Career) -> list[dict[str, Any]]:
    """List the degrees, the highest first; each ends in the summer in which the next one, or work, begins."""
    language, highest = career.language, career.path.degrees.pick(rng)
    area = pick(rng, career.path.areas)[language]
    year = (career.start - SUMMER) // 12
    listed = []
    for degree in reversed(degrees()[1 : highest + 1] or degrees()[:1]):
        entry = {
            "institution": _school(rng, career, college=degree.college),
            "area": area,
            "studyType": degree.name[language],
            "startDate": MONTHS[(year - degree.years) * 12 + AUTUMN],
            "endDate": MONTHS[year * 12 + SUMMER],
        }
        listed.append(entry)
        year -= degree.years
    return listed
