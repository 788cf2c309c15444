"""The words a card is made of. Text that no table knows falls to the general class or is dropped."""

from anonymity.tables import Phrases, Table, Term, listed, rows

FUNCTIONS = Table("functions", general="other")
FAMILIES = Table("families")
LEVELS = Table("levels")
REGIONS = Table("regions")
INDUSTRIES = Table("industries", general="other")
SIZES = Table("sizes", general="unknown")
DEGREES = Table("degrees")
SKILLS = Table("skills")
LANGUAGES = Table("languages")
FLUENCIES = Table("fluency", general="unknown")
AVAILABILITIES = Table("availability")
YEARS = Table("years")

_FAMILY_OF = {row["code"]: row["family"] for row in FUNCTIONS.rows}
_EMPLOYERS = rows("employers")
_EMPLOYER_PHRASES = Phrases(
    (phrase, str(number))
    for number, row in enumerate(_EMPLOYERS)
    for phrase in (row["zh"], row["en"], *listed(row, "aliases"))
)

__all__ = [
    "AVAILABILITIES",
    "DEGREES",
    "FAMILIES",
    "FLUENCIES",
    "FUNCTIONS",
    "INDUSTRIES",
    "LANGUAGES",
    "LEVELS",
    "REGIONS",
    "SIZES",
    "SKILLS",
    "YEARS",
    "Term",
    "company_size_of",
    "degree_of",
    "family_of",
    "fluency_of",
    "function_of",
    "industry_of",
    "language_of",
    "level_of",
    "lineage",
    "region_of",
    "skill_of",
    "skills_in",
]


def _sure(table: Table, code: str) -> Term:
    term = table.get(code)
    if term is None:
        raise KeyError(code)
    return term


def function_of(title: str) -> Term:
    return FUNCTIONS.match(title) or _sure(FUNCTIONS, "other")


def family_of(function_code: str) -> Term:
    return _sure(FAMILIES, _FAMILY_OF[function_code])


def level_of(title: str) -> Term:
    """Give the highest level the title names, but an intern stays one; a title without a level is mid-level."""
    named = LEVELS.scan(title)
    if any(level.code == "intern" for level in named):
        return _sure(LEVELS, "intern")
    # Assistant, graduate and the like lower a title; that "product manager" is no manager raises nothing.
    return max(
        (level for level in named if level.code != "mid"),
        key=lambda level: LEVELS.rank(level.code),
        default=_sure(LEVELS, "mid"),
    )


def region_of(city: str, region: str, country_code: str) -> Term:
    """Give the most exact known place inside the stated country and region, as far as those are known."""
    country = _country(country_code)
    province = _deepest(REGIONS.scan(region), country)
    return _deepest(REGIONS.scan(city), province or country) or province or country or _sure(REGIONS, "other")


def _country(code: str) -> Term | None:
    lowered = code.strip().lower()
    # ISO 3166-1 gives Hong Kong, Macau and Taiwan codes of their own; the table follows ISO 3166-2:CN.
    return REGIONS.get(f"cn.{lowered}" if lowered in {"hk", "mo", "tw"} else lowered) if lowered != "other" else None


def _deepest(places: list[Term], within: Term | None) -> Term | None:
    inside = [place for place in places if within is None or within in lineage(place)]
    return max(inside, key=lambda place: place.code.count("."), default=None)


def lineage(region: Term) -> tuple[Term, ...]:
    """Give the region and all that contain it, the country last."""
    parts = region.code.split(".")
    return tuple(_sure(REGIONS, ".".join(parts[:length])) for length in range(len(parts), 0, -1))


def industry_of(employer_name: str, description: str) -> Term:
    known = _employer(employer_name)
    guesses = (INDUSTRIES.match(text) for text in (employer_name, description))
    told = [guess for guess in guesses if guess and guess.code != "other"]
    return _sure(INDUSTRIES, known["industry"]) if known else [*told, _sure(INDUSTRIES, "other")][0]


def company_size_of(employer_name: str) -> Term:
    known = _employer(employer_name)
    return _sure(SIZES, known["size"] if known else "unknown")


def _employer(name: str) -> dict[str, str] | None:
    number = _EMPLOYER_PHRASES.longest(name)
    return _EMPLOYERS[int(number)] if number else None


def degree_of(study_type: str) -> Term | None:
    return DEGREES.match(study_type)


def skill_of(name: str) -> Term | None:
    return SKILLS.match(name)


def skills_in(text: str) -> list[Term]:
    """Give every skill in a text such as "Java, Spring Boot and MySQL"."""
    return SKILLS.scan(text)


def language_of(name: str) -> Term | None:
    return LANGUAGES.match(name)


def fluency_of(text: str) -> Term:
    return FLUENCIES.match(text) or _sure(FLUENCIES, "unknown")
