"""Fictional employers and their vacancies."""

from dataclasses import dataclass
from typing import Any, Literal

from app.demo.blocks import countries, load
from app.demo.credit_code import fictional_credit_code

State = Literal["VERIFIED", "SUSPENDED", "UNVERIFIED"]
Role = Literal["ADMIN", "RECRUITER"]


@dataclass(frozen=True, slots=True)
class DemoMember:
    role: Role
    display_name: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoEmployer:
    key: str
    legal_name: str
    english_name: str
    credit_code: str
    industry: str
    privacy_contact: str
    privacy_email: str
    address: str
    country: str
    state: State
    members: tuple[DemoMember, ...]

    def member(self, role: Role) -> DemoMember:
        return next(member for member in self.members if member.role == role)


@dataclass(frozen=True, slots=True)
class DemoJob:
    employer_key: str
    title: str
    english_title: str
    function: str
    city: str
    english_city: str
    country: str
    pay_min: int
    pay_max: int
    currency: str
    period: str
    description: str


def _members(raw: dict[str, Any]) -> tuple[DemoMember, ...]:
    return tuple(DemoMember(role, name, f"{role.lower()}@{raw['domain']}") for role, name in raw["members"])


def _employer(raw: dict[str, Any]) -> DemoEmployer:
    privacy_email = f"privacy@{raw['domain']}"
    return DemoEmployer(
        key=raw["key"],
        legal_name=raw["legal_name"],
        english_name=raw["english_name"],
        credit_code=fictional_credit_code(raw["organization"]),
        industry=raw["industry"],
        privacy_contact=f"{raw['legal_name']}个人信息保护负责人，{privacy_email}",
        privacy_email=privacy_email,
        address=raw["address"],
        country=raw["country"],
        state=raw["state"],
        members=_members(raw),
    )


def _job(raw: dict[str, Any], english_cities: dict[str, str]) -> DemoJob:
    terms = countries()["CN"]
    return DemoJob(
        employer_key=raw["employer"],
        title=raw["title"],
        english_title=raw["english_title"],
        function=raw["function"],
        city=raw["city"],
        english_city=english_cities[raw["city"]],
        country="CN",
        pay_min=raw["pay_min"],
        pay_max=raw["pay_max"],
        currency=terms.currency,
        period=terms.period,
        description=raw["description"],
    )


def _jobs() -> tuple[DemoJob, ...]:
    english_cities = dict(city["name"] for city in load("cities.json")["cities"])
    return tuple(_job(raw, english_cities) for raw in load("demo_jobs.json"))


EMPLOYERS: tuple[DemoEmployer, ...] = tuple(_employer(raw) for raw in load("demo_employers.json"))
JOBS: tuple[DemoJob, ...] = _jobs()
