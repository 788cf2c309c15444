"""The card: what employers see. Contact details are not on it, not even as null."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.arguments import InputContext
from strawberry.utils.str_converters import to_camel_case

from schema.enums import PayPeriod, VocabularyTable
from schema.nodes import Node

CardSource = Mapping[str, Any]


@strawberry.type(description="A coded word of the bilingual vocabulary.")
class Term:
    code: str = strawberry.field(description="The code, the same in every language.")
    name: str = strawberry.field(description="The name in the viewer's language (`Accept-Language`, zh or en).")


@strawberry.type(description="A band of years of experience.")
class YearsBand:
    code: str = strawberry.field(description="The code of the band.")
    name: str = strawberry.field(description="The band in words.")
    min: int = strawberry.field(description="From so many years.")
    max: int | None = strawberry.field(description="To less than so many years; open if null.")


@strawberry.type(description="A band of pay.")
class PayBand:
    min: int = strawberry.field(description="From this amount, in whole units of the currency.")
    max: int | None = strawberry.field(description="To less than this amount; open if null.")
    currency: str = strawberry.field(description="ISO 4217.")
    period: PayPeriod = strawberry.field(description="What the amounts are for.")


@strawberry.type(description="A language somebody speaks.")
class LanguageSkill:
    language: Term = strawberry.field(description="The language; its code is ISO 639.")
    fluency: Term = strawberry.field(description="How well.")


@strawberry.type(description="One step of a career: no employer's name, no dates.")
class CareerStep:
    function: Term = strawberry.field(description="What the work was.")
    level: Term = strawberry.field(description="At which level.")
    industry: Term = strawberry.field(description="The employer's industry.")
    company_size: Term = strawberry.field(description="The employer's size.")
    length_in_months: int = strawberry.field(description="How long, in months, rounded to half years.")


@strawberry.type(
    description="A de-identified resume card. Its id is good for one employer only; no two employers share one."
)
class Card(Node):
    function: Term = strawberry.field(description="What the candidate works as.")
    function_family: Term = strawberry.field(description="The group of the function.")
    level: Term = strawberry.field(description="Seniority.")
    years_of_experience: YearsBand = strawberry.field(description="Years of experience, as a band.")
    region: Term = strawberry.field(description="Where the candidate is.")
    industries: list[Term] = strawberry.field(description="Industries worked in.")
    degree: Term | None = strawberry.field(description="The highest degree.")
    expected_pay: PayBand | None = strawberry.field(description="What the candidate expects, as a band.")
    availability: Term | None = strawberry.field(description="When the candidate could begin.")
    skills: list[Term] = strawberry.field(description="Skills of the vocabulary.")
    languages: list[LanguageSkill] = strawberry.field(description="Languages spoken.")
    career_steps: list[CareerStep] = strawberry.field(description="The career, newest step first.")
    updated_month: str = strawberry.field(description="The month of the last change, YYYY-MM.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Recognize a card, which is answered as the stored object it is."""
        return isinstance(value, dict | cls)


@strawberry.input(description="An amount of pay.")
class PayInput:
    amount: int = strawberry.field(description="In whole units of the currency.")
    currency: str = strawberry.field(description="ISO 4217, such as CNY.")
    period: PayPeriod = strawberry.field(description="What the amount is for.")


@strawberry.input(description="What to find. Every given part must hold; it reads only what cards show.")
class CardFilterInput:
    text: str = strawberry.field(default="", description="Words in Chinese or English; every one must match.")
    functions: list[str] = strawberry.field(default_factory=list, description="Any of these functions, by code.")
    families: list[str] = strawberry.field(default_factory=list, description="Any of these groups of functions.")
    levels: list[str] = strawberry.field(default_factory=list, description="Any of these levels.")
    regions: list[str] = strawberry.field(
        default_factory=list, description="Any of these regions; a province or country includes its cities."
    )
    industries: list[str] = strawberry.field(default_factory=list, description="Any of these industries.")
    skills_all: list[str] = strawberry.field(default_factory=list, description="All of these skills.")
    skills_any: list[str] = strawberry.field(default_factory=list, description="Any of these skills.")
    languages: list[str] = strawberry.field(default_factory=list, description="All of these languages.")
    min_years: int | None = strawberry.field(default=None, description="At least so many years of experience.")
    max_years: int | None = strawberry.field(default=None, description="At most so many years of experience.")
    min_degree: str | None = strawberry.field(default=None, description="At least this degree, by code.")
    max_pay: PayInput | None = strawberry.field(default=None, description="What the employer can pay at most.")
    availability: list[str] = strawberry.field(default_factory=list, description="Any of these availabilities.")


def _read_filter(filter_type: type, given: Mapping[str, Any], context: InputContext) -> Any:  # noqa: ANN401 - Strawberry's protocol
    """Read a filter. Strawberry would look up the type of each field anew in every search, for 0.2 ms."""
    values = {_FILTER_FIELDS[name]: list(value) if isinstance(value, list) else value for name, value in given.items()}
    if values.get("max_pay") is not None:
        values["max_pay"] = context.convert(values["max_pay"], PayInput, "maxPay")
    return filter_type(**values)


_FILTER_FIELDS = {to_camel_case(field.name): field.name for field in fields(CardFilterInput)}
get_object_definition(CardFilterInput, strict=True).from_input = _read_filter


@strawberry.type(description="A table of the vocabulary.")
class Vocabulary:
    table: VocabularyTable = strawberry.field(description="Which table.")
    terms: list[Term] = strawberry.field(description="Its terms.")
