"""Fictional candidates, the same ones on every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Literal, TypedDict

from app.demo.blocks import EN, ZH, Text, countries, countries_by_language, load, paths, text, texts
from app.demo.careers import MONTHS, Career, draw_career, education, work
from app.demo.draw import Weighted, between, few, pick
from app.demo.identities import Contact, Name, Names, Phones, contact

MOST = 1_000_000
SIGN_INS = 6

Language = Literal["zh", "en"]
Availability = Literal["IMMEDIATELY", "ONE_MONTH", "THREE_MONTHS", "LATER"]
Visibility = Literal["VERIFIED_EMPLOYERS", "MATCHED_EMPLOYERS", "HIDDEN"]

LANGUAGES: tuple[Language, Language] = ("zh", "en")
IDLE: Weighted[Availability] = Weighted([("IMMEDIATELY", 80), ("ONE_MONTH", 20)])
EMPLOYED: Weighted[Availability] = Weighted(
    [("ONE_MONTH", 50), ("THREE_MONTHS", 25), ("LATER", 15), ("IMMEDIATELY", 10)]
)
VISIBILITIES: Weighted[Visibility] = Weighted([("VERIFIED_EMPLOYERS", 85), ("MATCHED_EMPLOYERS", 11), ("HIDDEN", 4)])
PAY_BY_LEVEL = (0.6, 1.0, 1.45, 2.0, 2.8)


class ExpectedPay(TypedDict):
    amount: int
    currency: str
    period: str


@dataclass(frozen=True, slots=True)
class DemoCandidate:
    index: int
    resume: dict[str, Any]
    contact: Contact
    expected_pay: ExpectedPay
    availability: Availability
    language: Language
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class Common:
    skills: tuple[Text, ...]
    rare_skills: tuple[Text, ...]
    skill_levels: tuple[Text, ...]
    mandarin: Text
    english: Text
    native: Text
    fluency: Weighted[Text]
    other_languages: Weighted[Text]


@cache
def common() -> Common:
    skills, spoken = load("shared.json"), load("languages.json")
    return Common(
        skills=texts(skills["skills"]),
        rare_skills=texts(skills["rare_skills"]),
        skill_levels=texts(spoken["skill_levels"]),
        mandarin=text(spoken["mandarin"]),
        english=text(spoken["english"]),
        native=text(spoken["native"]),
        fluency=Weighted((text(each), weight) for each, weight in spoken["fluency"]),
        other_languages=Weighted((text(each), weight) for each, weight in spoken["others"]),
    )


def _skills(rng: Random, career: Career) -> list[dict[str, str]]:
    shared, language = common(), career.language
    wanted = 4 + int(11 * rng.random() ** 1.3)
    drawn = few(rng, shared.skills, min(3, int(rng.random() * wanted / 3)), skew=1.4)
    general = [skill for skill in drawn if skill not in career.path.skills]
    special = few(rng, career.path.skills, wanted - len(general), skew=1.6)
    if rng.random() < 0.03:
        special[-1] = pick(rng, shared.rare_skills)
    names = dict.fromkeys(skill[language] for skill in special + general)
    low = min(1, career.level)
    return [{"name": name, "level": shared.skill_levels[between(rng, low, 3)][language]} for name in names]


def _languages(rng: Random, name: Name, language: int) -> list[dict[str, str]]:
    shared = common()
    first, second = (shared.english, shared.mandarin) if name.western else (shared.mandarin, shared.english)
    spoken = [(first, shared.native)]
    if rng.random() < (0.4 if name.western else 1.0 if language == EN else 0.75):
        spoken.append((second, shared.fluency.pick(rng)))
    if rng.random() < 0.12:
        spoken.append((shared.other_languages.pick(rng), shared.fluency.pick(rng)))
    return [{"language": tongue[language], "fluency": fluency[language]} for tongue, fluency in spoken]


def _certificates(rng: Random, career: Career) -> list[dict[str, str]]:
    if not career.path.certificates or rng.random() > 0.35:
        return []
    date = MONTHS[between(rng, career.start, career.end)]
    return [{"name": pick(rng, career.path.certificates)[career.language], "date": date}]


def _profiles(rng: Random, career: Career, reach: Contact, index: int) -> list[dict[str, str]]:
    profiles = [{"network": "WeChat", "username": reach["wechat"]}]
    if career.path.technical and rng.random() < 0.3:
        profiles.append({"network": "GitHub", "username": f"demo-gh-{index:06d}"})
    return profiles


def _summary(rng: Random, career: Career, skills: list[dict[str, str]]) -> str:
    sentence = pick(rng, career.path.summaries)[career.language]
    return sentence.format(years=career.years, title=career.title, a=skills[0]["name"], b=skills[1]["name"])


def _basics(career: Career, reach: Contact, summary: str, profiles: list[dict[str, str]]) -> dict[str, Any]:
    home, language = career.home, career.language
    return {
        "name": reach["name"],
        "label": career.title,
        "email": reach["email"],
        "phone": reach["phone"],
        "summary": summary,
        "location": {
            "address": reach["address"],
            "city": home.name[language],
            "region": home.region[language],
            "countryCode": home.country,
        },
        "profiles": profiles,
    }


def _resume(rng: Random, career: Career, name: Name, reach: Contact, index: int) -> dict[str, Any]:
    skills = _skills(rng, career)
    summary = _summary(rng, career, skills)
    return {
        "basics": _basics(career, reach, summary, _profiles(rng, career, reach, index)),
        "work": work(rng, career),
        "education": education(rng, career),
        "certificates": _certificates(rng, career),
        "skills": skills,
        "languages": _languages(rng, name, career.language),
        "meta": {"version": "v1.0.0"},
    }


def _expected_pay(rng: Random, career: Career) -> ExpectedPay:
    country = countries()[career.home.country]
    exact = career.path.pay * PAY_BY_LEVEL[career.level] * career.home.pay * country.pay * (0.85 + 0.3 * rng.random())
    return ExpectedPay(amount=max(1, round(exact / 500)) * 500, currency=country.currency, period=country.period)


def _visibility(rng: Random, index: int) -> Visibility:
    drawn = VISIBILITIES.pick(rng)
    # Somebody who tries the demo as a candidate expects to find the card on the employers' side.
    return "VERIFIED_EMPLOYERS" if index < SIGN_INS else drawn


def _candidate(rng: Random, names: Names, phones: Phones, index: int) -> DemoCandidate:
    language = ZH if rng.random() < 0.6 else EN
    home = countries()[countries_by_language()[language].pick(rng)].cities.pick(rng)
    career = draw_career(rng, paths().pick(rng), home, language)
    name = names.draw(language, home.country)
    reach = contact(rng, name, home, language=language, phone=phones.draw(home.country, index), index=index)
    return DemoCandidate(
        index=index,
        resume=_resume(rng, career, name, reach, index),
        contact=reach,
        expected_pay=_expected_pay(rng, career),
        availability=(EMPLOYED if career.employed else IDLE).pick(rng),
        language=LANGUAGES[language],
        visibility=_visibility(rng, index),
    )


def candidates(count: int, seed: int = 20261121) -> Iterator[DemoCandidate]:
    """Make up candidates 0, 1, 2, …; a smaller count gives the same ones, only fewer.

    Phone, e-mail address, WeChat id and address are never shared; names are distinct among the first 300.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"count must be between 0 and {MOST}, because numbers and ids have room for no more")
    rng = Random(seed)
    names, phones = Names(rng), Phones()
    return (_candidate(rng, names, phones, index) for index in range(count))
