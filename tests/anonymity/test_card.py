import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymity.card import MOST_SKILLS, MOST_STEPS, CardPreferences, UnknownAvailability, build_card
from anonymity.career import in_half_years, month_number, months_worked, span_of
from anonymity.pay import InvalidPay, Pay, PayBand, band_of
from anonymity.search_tokens import index_tokens
from anonymity.vocabulary import SKILLS

TODAY = date(2026, 11, 21)
NO_PREFERENCES = CardPreferences()
SAMPLE = json.loads((Path(__file__).parent / "sample.resume.json").read_text(encoding="utf-8"))

RESUME = {
    "basics": {"name": "李晓明", "label": "架构师", "location": {"city": "深圳市", "countryCode": "CN"}},
    "work": [
        {"name": "某某医院", "position": "信息科 软件工程师", "startDate": "2016", "endDate": "2018"},
        {"name": "腾讯", "position": "高级后端工程师", "startDate": "2020-03-15"},
        {"name": "Acme Bank", "position": "Backend Intern", "startDate": "2019-06", "endDate": "2019-08"},
    ],
    "education": [{"studyType": "本科"}, {"studyType": "硕士"}, {"studyType": "?"}, {}],
    "skills": [{"name": "后端", "keywords": ["Java", "k8s", "秘密武器"]}, {"name": "C++ / Java"}],
    "languages": [
        {"language": "英语", "fluency": "流利"},
        {"language": "English", "fluency": "Native"},
        {"language": "Klingon"},
    ],
}


def test_a_resume_becomes_exactly_this_card():
    card = build_card(RESUME, CardPreferences(Pay(35_000, "CNY", "MONTH"), "ONE_MONTH"), TODAY)
    backend, tech = {"code": "backend", "name": "Backend Engineer"}, {"code": "engineering", "name": "Engineering"}
    senior = {"code": "senior", "name": "Senior"}
    internet = {"code": "internet", "name": "Internet"}
    unknown_size = {"code": "unknown", "name": "Size unknown"}
    assert card.payload("en") == {
        "function": backend,
        "functionFamily": tech,
        "level": senior,
        "yearsOfExperience": {"code": "8to10", "name": "8-10 years", "min": 8, "max": 10},
        "region": {"code": "cn.gd.shenzhen", "name": "Shenzhen"},
        "industries": [
            internet,
            {"code": "banking", "name": "Banking"},
            {"code": "healthcare", "name": "Healthcare"},
        ],
        "degree": {"code": "master", "name": "Master"},
        "expectedPay": {"min": 30_000, "max": 40_000, "currency": "CNY", "period": "MONTH"},
        "availability": {"code": "ONE_MONTH", "name": "Within one month"},
        "skills": [
            {"code": "java", "name": "Java"},
            {"code": "kubernetes", "name": "Kubernetes"},
            {"code": "cplusplus", "name": "C++"},
        ],
        "languages": [
            {
                "language": {"code": "en", "name": "English"},
                "fluency": {"code": "fluent", "name": "Fluent (C1-C2)"},
            }
        ],
        "careerSteps": [
            {
                "function": backend,
                "level": senior,
                "industry": internet,
                "companySize": {"code": "huge", "name": "10,000 or more people"},
                "lengthInMonths": 78,
            },
            {
                "function": backend,
                "level": {"code": "intern", "name": "Intern"},
                "industry": {"code": "banking", "name": "Banking"},
                "companySize": unknown_size,
                "lengthInMonths": 6,
            },
            {
                "function": {"code": "software", "name": "Software Engineer"},
                "level": {"code": "mid", "name": "Mid-level"},
                "industry": {"code": "healthcare", "name": "Healthcare"},
                "companySize": unknown_size,
                "lengthInMonths": 24,
            },
        ],
        "updatedMonth": "2026-11",
    }
    assert card.payload("zh")["region"] == {"code": "cn.gd.shenzhen", "name": "深圳"}


def test_the_payload_is_plain_json_and_the_card_a_value():
    card = build_card(SAMPLE, NO_PREFERENCES, TODAY)
    assert json.loads(json.dumps(card.payload("zh"))) == card.payload("zh")
    assert hash(card) == hash(build_card(SAMPLE, NO_PREFERENCES, TODAY))


def test_an_empty_resume_still_becomes_a_card_of_general_classes():
    payload = build_card({}, NO_PREFERENCES, TODAY).payload("en")
    assert payload == {
        "function": {"code": "other", "name": "Other"},
        "functionFamily": {"code": "other", "name": "Other"},
        "level": {"code": "mid", "name": "Mid-level"},
        "yearsOfExperience": {"code": "0to1", "name": "Under 1 year", "min": 0, "max": 1},
        "region": {"code": "other", "name": "Other region"},
        "industries": [],
        "degree": None,
        "expectedPay": None,
        "availability": None,
        "skills": [],
        "languages": [],
        "careerSteps": [],
        "updatedMonth": "2026-11",
    }


def test_a_document_of_wrong_shapes_builds_without_an_error():
    shapes = {"basics": [], "work": [3, {"name": 4}], "skills": [{"name": None, "keywords": "x"}], "education": "x"}
    assert build_card(shapes, NO_PREFERENCES, TODAY).function.code == "other"


@pytest.mark.parametrize(
    ("position", "label", "function", "level"),
    [
        ("Senior Nurse", "律师", "nurse", "senior"),
        ("Wizard", "高级律师", "legal", "senior"),
        ("资深魔法师", "魔法师", "other", "senior"),
        ("", "", "other", "mid"),
    ],
)
def test_function_and_level_come_from_the_newest_title_or_else_the_label(
    position: str, label: str, function: str, level: str
):
    card = build_card({"basics": {"label": label}, "work": [{"position": position}]}, NO_PREFERENCES, TODAY)
    assert (card.function.code, card.level.code) == (function, level)


def test_long_lists_are_cut():
    work = [{"position": "Nurse", "startDate": f"{1990 + year}"} for year in range(30)]
    skills = [{"name": skill.en} for skill in SKILLS.all()]
    card = build_card({"work": work, "skills": skills}, NO_PREFERENCES, TODAY)
    assert (len(card.career_steps), len(card.skills)) == (MOST_STEPS, MOST_SKILLS)
    assert card.years_of_experience.max is None


def test_an_unknown_availability_is_refused():
    with pytest.raises(UnknownAvailability):
        CardPreferences(None, "NEVER")


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2020", 24240),
        ("2020-03", 24242),
        ("2020-03-31", 24242),
        ("2020-19", None),
        ("soon", None),
        ("²⁰²⁰", None),
        ("", None),
        (2020, None),
        (None, None),
    ],
)
def test_dates_are_read_to_the_month(text: object, month: int | None):
    assert month_number(text) == month


def test_overlapping_work_counts_once_and_the_future_does_not_count():
    steps = [
        {"startDate": "2020-01", "endDate": "2021-01"},
        {"startDate": "2020-07", "endDate": "2021-07"},
        {"startDate": "2026-01", "endDate": "2030-01"},
        {"startDate": "2029-01"},
        {"endDate": "2010"},
    ]
    assert months_worked(span_of(step, TODAY) for step in steps) == 18 + 10


def test_work_without_a_start_has_no_length_and_short_work_half_a_year():
    assert span_of({"endDate": "2010"}, TODAY).months == 0
    assert span_of({"startDate": "2029-01"}, TODAY).months == 0
    assert [in_half_years(months) for months in (0, 1, 8, 9, 14, 15)] == [0, 6, 6, 12, 12, 18]


@given(st.lists(st.tuples(st.integers(2000, 2030), st.integers(2000, 2030)), max_size=8))
def test_experience_never_exceeds_the_time_there_was(years: list[tuple[int, int]]):
    spans = [span_of({"startDate": str(start), "endDate": str(end)}, TODAY) for start, end in years]
    assert 0 <= months_worked(spans) <= (2026 - 2000) * 12 + 10
    assert months_worked(spans) <= sum(span.months for span in spans)


@pytest.mark.parametrize(
    ("pay", "band"),
    [
        (Pay(35_000, "CNY", "MONTH"), PayBand(30_000, 40_000, "CNY", "MONTH")),
        (Pay(420_000, "CNY", "YEAR"), PayBand(30_000, 40_000, "CNY", "MONTH")),
        (Pay(1_000, "CNY", "DAY"), PayBand(20_000, 25_000, "CNY", "MONTH")),
        (Pay(50, "CNY", "HOUR"), PayBand(8_000, 10_000, "CNY", "MONTH")),
        (Pay(1, "CNY", "MONTH"), PayBand(0, 3_000, "CNY", "MONTH")),
        (Pay(900_000, "CNY", "MONTH"), PayBand(100_000, None, "CNY", "MONTH")),
        (Pay(130_000, "USD", "YEAR"), PayBand(130_000, 160_000, "USD", "YEAR")),
        (Pay(10_000, "USD", "MONTH"), PayBand(100_000, 130_000, "USD", "YEAR")),
        (Pay(6_000_000, "JPY", "YEAR"), PayBand(6_000_000, 8_000_000, "JPY", "YEAR")),
    ],
)
def test_pay_becomes_a_band_of_its_currency(pay: Pay, band: PayBand):
    assert band_of(pay) == band


@pytest.mark.parametrize(
    ("amount", "currency", "period", "field"),
    [
        (0, "CNY", "MONTH", "amount"),
        (10**13, "CNY", "MONTH", "amount"),
        (1, "13800001234", "MONTH", "currency"),
        (1, "CNY", "WEEK", "period"),
    ],
)
def test_pay_that_cannot_be_is_refused_by_field(amount: int, currency: str, period: str, field: str):
    with pytest.raises(InvalidPay) as refused:
        Pay(amount, currency, period)
    assert refused.value.field == field
    assert currency not in str(refused.value) or currency == "CNY"


SECRETS = st.text(alphabet="qxzj0189鑫淼垚", min_size=3, max_size=12).map(lambda text: f"zq{text}鑫9")


@given(st.lists(SECRETS, min_size=12, max_size=12), st.sampled_from(["zh", "en"]))
def test_nothing_that_identifies_ever_reaches_card_or_tokens(secrets: list[str], language: str):
    name, phone, email, employer, school, place, *more = secrets
    resume = {
        "basics": {
            "name": name,
            "phone": phone,
            "email": f"{email}@example.com",
            "label": f"后端 {more[0]}",
            "summary": more[1],
            "url": f"https://{more[1]}.example.com",
            "location": {"city": f"{place} 北京", "address": place, "postalCode": place},
            "profiles": [{"network": "WeChat", "username": more[2]}],
        },
        "work": [{"name": f"{employer}银行", "position": f"{more[3]} Java", "description": employer}],
        "education": [{"institution": school, "area": school, "studyType": f"本科 {school}"}],
        "skills": [{"name": f"Java {more[4]}", "keywords": [more[5], "Go"]}],
        "languages": [{"language": f"English {name}", "fluency": f"C1 {name}"}],
        more[0]: more[1],
    }
    card = build_card(resume, NO_PREFERENCES, TODAY)
    shown = json.dumps(card.payload(language), ensure_ascii=False)
    tokens = " ".join(index_tokens(card))
    assert card.function.code == "backend"
    assert [secret for secret in secrets if secret in shown or secret in tokens] == []
    assert "zq" not in shown + tokens
    assert "鑫" not in shown + tokens
