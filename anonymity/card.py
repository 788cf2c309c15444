"""The card: the de-identified view of a resume, built from structured fields; only coded terms get onto it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from anonymity import vocabulary as words
from anonymity.career import Span, in_half_years, months_worked, span_of
from anonymity.pay import Pay, PayBand, band_of
from anonymity.tables import Term

MOST_STEPS = 10
MOST_SKILLS = 60
_MONTHS_A_YEAR = 12

Document = Mapping[str, object]
Payload = dict[str, object]


class UnknownAvailability(ValueError):
    code = "UNKNOWN_AVAILABILITY"


@dataclass(frozen=True, slots=True)
class CardPreferences:
    """What the candidate adds to the resume; availability is IMMEDIATELY, ONE_MONTH, THREE_MONTHS or LATER."""

    expected_pay: Pay | None = None
    availability: str | None = None

    def __post_init__(self) -> None:
        if self.availability is not None and words.AVAILABILITIES.get(self.availability) is None:
            raise UnknownAvailability("The availability must be one of the known codes.")


@dataclass(frozen=True, slots=True)
class CareerStep:
    function: Term
    level: Term
    industry: Term
    company_size: Term
    length_in_months: int


@dataclass(frozen=True, slots=True)
class YearsBand:
    term: Term
    min: int
    max: int | None


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    language: Term
    fluency: Term


@dataclass(frozen=True, slots=True)
class Card:
    """Career steps come newest first; ``updated_month`` is YYYY-MM."""

    function: Term
    level: Term
    years_of_experience: YearsBand
    region: Term
    industries: tuple[Term, ...]
    degree: Term | None
    expected_pay: PayBand | None
    availability: Term | None
    skills: tuple[Term, ...]
    languages: tuple[SpokenLanguage, ...]
    career_steps: tuple[CareerStep, ...]
    updated_month: str

    @property
    def function_family(self) -> Term:
        return words.family_of(self.function.code)

    def payload(self, language: str) -> Payload:
        """Give the card as clients receive it, with the names in ``zh`` or ``en``."""

        def named(term: Term) -> Payload:
            return {"code": term.code, "name": term.name(language)}

        years, pay = self.years_of_experience, self.expected_pay
        return {
            "function": named(self.function),
            "functionFamily": named(self.function_family),
            "level": named(self.level),
            "yearsOfExperience": {**named(years.term), "min": years.min, "max": years.max},
            "region": named(self.region),
            "industries": [named(industry) for industry in self.industries],
            "degree": self.degree and named(self.degree),
            "expectedPay": pay and {"min": pay.min, "max": pay.max, "currency": pay.currency, "period": pay.period},
            "availability": self.availability and named(self.availability),
            "skills": [named(skill) for skill in self.skills],
            "languages": [
                {"language": named(spoken.language), "fluency": named(spoken.fluency)} for spoken in self.languages
            ],
            "careerSteps": [
                {
                    "function": named(step.function),
                    "level": named(step.level),
                    "industry": named(step.industry),
                    "companySize": named(step.company_size),
                    "lengthInMonths": step.length_in_months,
                }
                for step in self.career_steps
            ],
            "updatedMonth": self.updated_month,
        }


def build_card(document: Document, preferences: CardPreferences, today: date) -> Card:
    """Generalize a resume. What no table knows becomes the general class or is left out; nothing is copied."""
    work = sorted(
        ((span_of(entry, today), entry) for entry in _entries(document, "work")),
        key=lambda dated: dated[0].recency,
        reverse=True,
    )
    steps = tuple(_step(span, entry) for span, entry in work)[:MOST_STEPS]
    title = _title(document, [entry for _, entry in work])
    return Card(
        function=words.function_of(title),
        level=words.level_of(title),
        years_of_experience=_years(months_worked(span for span, _ in work)),
        region=_region(document),
        industries=_unique(step.industry for step in steps if step.industry.code != "other"),
        degree=_highest_degree(document),
        expected_pay=band_of(preferences.expected_pay) if preferences.expected_pay else None,
        availability=words.AVAILABILITIES.get(preferences.availability or ""),
        skills=_skills(document),
        languages=_languages(document),
        career_steps=steps,
        updated_month=f"{today:%Y-%m}",
    )


def _title(document: Document, work: list[Document]) -> str:
    candidates = (*(_text(entry, "position") for entry in work[:1]), _text(_mapping(document, "basics"), "label"))
    useful = (title for title in candidates if words.function_of(title).code != "other")
    return next(useful, next(filter(None, candidates), ""))


def _step(span: Span, entry: Document) -> CareerStep:
    employer, title = _text(entry, "name"), _text(entry, "position")
    return CareerStep(
        function=words.function_of(title),
        level=words.level_of(title),
        industry=words.industry_of(employer, _text(entry, "description")),
        company_size=words.company_size_of(employer),
        length_in_months=in_half_years(span.months),
    )


def _years(months: int) -> YearsBand:
    row = next(row for row in reversed(words.YEARS.rows) if int(row["min"]) * _MONTHS_A_YEAR <= months)
    upper = int(row["max"]) if row["max"] else None
    return YearsBand(Term(row["code"], row["zh"], row["en"]), int(row["min"]), upper)


def _region(document: Document) -> Term:
    location = _mapping(_mapping(document, "basics"), "location")
    return words.region_of(_text(location, "city"), _text(location, "region"), _text(location, "countryCode"))


def _highest_degree(document: Document) -> Term | None:
    degrees = (words.degree_of(_text(entry, "studyType")) for entry in _entries(document, "education"))
    return max((degree for degree in degrees if degree), key=lambda term: words.DEGREES.rank(term.code), default=None)


def _skills(document: Document) -> tuple[Term, ...]:
    texts = (text for entry in _entries(document, "skills") for text in (_text(entry, "name"), *_texts(entry)))
    return _unique(skill for text in texts for skill in words.skills_in(text))[:MOST_SKILLS]


def _languages(document: Document) -> tuple[SpokenLanguage, ...]:
    spoken: dict[Term, SpokenLanguage] = {}
    for entry in _entries(document, "languages"):
        language = words.language_of(_text(entry, "language"))
        if language:
            spoken.setdefault(language, SpokenLanguage(language, words.fluency_of(_text(entry, "fluency"))))
    return tuple(spoken.values())


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(terms))


def _entries(document: Document, key: str) -> Iterator[Document]:
    entries = document.get(key)
    return (entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, Mapping))


def _mapping(document: Document, key: str) -> Document:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(document: Document, key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _texts(skill: Document) -> list[str]:
    keywords = skill.get("keywords")
    return [word for word in (keywords if isinstance(keywords, list) else []) if isinstance(word, str)]
