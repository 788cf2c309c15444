"""For each purpose, the widest terms that may be asked: figures are fixed here, so that a change is seen."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from consent.decision import ALLOWED, Denied, Reason
from consent.templates import TEMPLATES, within_template
from consent.terms import Category, Form, Method, Purpose
from tests.consent.factories import TEMPLATE, some_terms

# access days, uses, retention days, open requests; then the categories, in full or masked.
LIMITS = {
    "RECRUIT_CONTACT": (90, 10, 180, 200),
    "INTERVIEW": (120, 20, 180, 100),
    "OFFER": (60, 10, 365, 50),
    "BACKGROUND_CHECK": (30, 5, 90, 20),
    "TALENT_POOL": (365, 5, 365, 50),
}
CATEGORIES = """
                 NAME    PHONE   EMAIL   WECHAT  ADDRESS  PHOTO  EMPLOYER_NAMES  RESUME_DOCUMENT
RECRUIT_CONTACT  RAW     RAW     RAW     RAW     .        .      MASKED          RAW
INTERVIEW        RAW     RAW     RAW     RAW     MASKED   RAW    RAW             RAW
OFFER            RAW     RAW     RAW     RAW     RAW      RAW    RAW             RAW
BACKGROUND_CHECK RAW     .       .       .       .        .      RAW             RAW
TALENT_POOL      MASKED  MASKED  MASKED  .       .        .      .               .
"""
HEAD, *ROWS = [line.split() for line in CATEGORIES.strip().splitlines()]
WIDEST = {name: {kind: form for kind, form in zip(HEAD, forms, strict=True) if form != "."} for name, *forms in ROWS}


def test_every_purpose_has_one_template_with_limits_written_here():
    assert list(TEMPLATES) == list(Purpose) == list(LIMITS) == list(WIDEST)
    assert set(HEAD) == set(Category)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_template_has_the_limits_of_its_purpose(purpose):
    template = TEMPLATES[purpose]

    figures = template.access_days, template.max_uses, template.retention_days, template.open_requests
    assert (template.purpose, template.version, template.methods) == (purpose, 1, frozenset(Method))
    assert figures == LIMITS[purpose]
    assert dict(template.categories) == WIDEST[purpose]


def test_the_templates_cannot_be_changed():
    assert type(TEMPLATES) is MappingProxyType
    assert {type(template.categories) for template in TEMPLATES.values()} == {MappingProxyType}
    assert {type(template.methods) for template in TEMPLATES.values()} == {frozenset}


@pytest.mark.parametrize("purpose", Purpose)
def test_the_widest_terms_of_a_purpose_may_be_asked(purpose):
    access_days, max_uses, retention_days, _ = LIMITS[purpose]

    widest = some_terms(
        purpose=purpose,
        categories=WIDEST[purpose],
        methods=tuple(Method),
        access_days=access_days,
        max_uses=max_uses,
        retention_days=retention_days,
    )

    assert within_template(widest, TEMPLATES[purpose]) == ALLOWED


REACH = "EMAIL:RAW EMPLOYER_NAMES:MASKED NAME:RAW PHONE:RAW RESUME_DOCUMENT:RAW WECHAT:RAW"


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        (
            {"purpose": Purpose.TALENT_POOL},
            Reason.LIMIT_EXCEEDED,
            {"field": "purpose", "limit": "RECRUIT_CONTACT", "asked": "TALENT_POOL"},
        ),
        ({"template_version": 2}, Reason.TERMS_CHANGED, {"field": "templateVersion"}),
        ({"template_version": 0}, Reason.TERMS_CHANGED, {"field": "templateVersion"}),
        ({"methods": ()}, Reason.LIMIT_EXCEEDED, {"field": "methods", "asked": ""}),
        ({"categories": {}}, Reason.NOTHING_ASKED, {"field": "categories"}),
        (
            {"categories": {Category.NAME: Form.RAW, Category.PHOTO: Form.MASKED, Category.EMPLOYER_NAMES: Form.RAW}},
            Reason.LIMIT_EXCEEDED,
            {"field": "categories", "limit": REACH, "asked": "EMPLOYER_NAMES:RAW PHOTO:MASKED"},
        ),
        ({"access_days": 0}, Reason.LIMIT_EXCEEDED, {"field": "access_days", "limit": "90", "asked": "0"}),
        ({"access_days": 91}, Reason.LIMIT_EXCEEDED, {"field": "access_days", "limit": "90", "asked": "91"}),
        ({"max_uses": 11}, Reason.LIMIT_EXCEEDED, {"field": "max_uses", "limit": "10", "asked": "11"}),
        ({"retention_days": 181}, Reason.LIMIT_EXCEEDED, {"field": "retention_days", "limit": "180", "asked": "181"}),
    ],
)
def test_terms_beyond_their_template_are_refused_with_the_limit_named(changes, reason, detail):
    assert within_template(some_terms(**changes), TEMPLATE) == Denied(reason, detail)


def test_methods_that_the_template_lacks_are_named():
    viewing = replace(TEMPLATE, methods=frozenset({Method.VIEW}))
    nothing = replace(TEMPLATE, methods=frozenset())
    terms = some_terms(methods=tuple(Method))

    decisions = [within_template(terms, template) for template in (viewing, nothing)]

    assert decisions == [
        Denied(Reason.LIMIT_EXCEEDED, {"field": "methods", "asked": "CONTACT STORE"}),
        Denied(Reason.LIMIT_EXCEEDED, {"field": "methods", "asked": "CONTACT STORE VIEW"}),
    ]
