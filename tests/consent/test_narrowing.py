"""Disclosed ⊆ granted ⊆ requested ⊆ template: a candidate can only take away, and something must remain."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consent.decision import ALLOWED, Denied, Reason
from consent.grants import may_disclose
from consent.policy import may_ask
from consent.templates import TEMPLATES, within_template
from consent.terms import (
    FIGURES,
    Category,
    Form,
    Method,
    Narrowing,
    Purpose,
    categories_within,
    figures_within,
    may_narrow,
    narrow,
    within,
)
from tests.consent.factories import START, ask_facts, some_recipient, some_terms
from tests.consent.strategies import (
    any_narrowing,
    any_template,
    any_terms,
    askable,
    lawful_narrowing,
    patiently,
    sets_of_categories,
)

REASON = Reason.NOT_A_NARROWING
WIDTH = {Form.MASKED: 1, Form.RAW: 2}
ASKED = "EMPLOYER_NAMES:MASKED NAME:RAW PHONE:RAW"


def no_wider(inner, outer):
    """Say the order ≤ once more, in other words: every category's width and every figure is at most the other's."""
    kinds = all(WIDTH[form] <= WIDTH.get(outer.categories.get(kind), 0) for kind, form in inner.categories.items())
    return (
        kinds
        and len(inner.categories) > 0
        and 1 <= inner.access_days <= outer.access_days
        and 1 <= inner.max_uses <= outer.max_uses
        and 1 <= inner.retention_days <= outer.retention_days
    )


def rest_of(terms):
    free = {"categories": {}, "access_days": 0, "max_uses": 0, "retention_days": 0}
    return replace(terms, **free)


@patiently
@given(asked=any_terms, narrowing=any_narrowing)
def test_what_may_be_narrowed_never_widens_and_changes_nothing_else(asked, narrowing):
    granted = narrow(asked, narrowing)

    decision = may_narrow(asked, narrowing)

    known = narrowing.drop | narrowing.mask <= asked.categories.keys()
    assert (decision == ALLOWED) == (known and no_wider(granted, asked))
    assert rest_of(granted) == rest_of(asked)
    assert granted.categories.keys() == asked.categories.keys() - narrowing.drop
    assert all(WIDTH[form] <= WIDTH[asked.categories[kind]] for kind, form in granted.categories.items())


@patiently
@given(data=st.data(), purpose=st.sampled_from(Purpose), disclosed=sets_of_categories)
def test_disclosed_is_within_granted_within_requested_within_the_template(data, purpose, disclosed):
    template = TEMPLATES[purpose]
    requested = data.draw(askable(template))
    narrowing = data.draw(lawful_narrowing(requested))
    granted = narrow(requested, narrowing)

    asked = may_ask(ask_facts(), requested, template, START)
    approved = may_narrow(requested, narrowing)
    released = may_disclose(granted.categories, disclosed)

    assert (asked, approved) == (ALLOWED, ALLOWED)
    assert no_wider(granted, requested)
    assert no_wider(requested, template)
    assert within_template(granted, template) == ALLOWED
    assert (released == ALLOWED) == (bool(disclosed) and disclosed <= granted.categories.keys())


@patiently
@given(terms=any_terms, template=any_template)
def test_whatever_passes_a_template_asks_for_no_more_than_it_allows(terms, template):
    passes = within_template(terms, template) == ALLOWED

    same = terms.purpose == template.purpose and terms.template_version == template.version
    fitting = bool(terms.methods) and set(terms.methods) <= template.methods
    assert passes == (same and fitting and no_wider(terms, template))


@patiently
@given(one=any_terms, other=any_terms)
def test_within_is_the_order_that_it_says_it_is(one, other):
    alike = replace(
        other,
        categories=one.categories,
        access_days=one.access_days,
        max_uses=one.max_uses,
        retention_days=one.retention_days,
    )

    assert (within(alike, other, REASON) == ALLOWED) == no_wider(one, other)
    assume(rest_of(one) != rest_of(other))
    assert within(one, other, REASON) == Denied(REASON, {"field": "terms"})


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": some_recipient(legal_name="Sister Co., Ltd.")},
        {"job_id": "job-18"},
        {"job_title": "Architect"},
        {"purpose": Purpose.INTERVIEW},
        {"template_version": 2},
        {"notice_version": 2},
        {"methods": (Method.VIEW,)},
        {"onward_transfer": "AFFILIATES"},
        {"consequence_of_refusing": "LOWER_RANK"},
    ],
)
def test_other_terms_are_not_within_these_even_when_nothing_is_wider(changes):
    decision = within(some_terms(**changes), some_terms(), REASON)

    assert decision == Denied(REASON, {"field": "terms"})


def test_a_narrowing_that_takes_nothing_away_leaves_the_terms_as_asked():
    assert narrow(some_terms(), Narrowing()) == some_terms()
    assert may_narrow(some_terms(), Narrowing()) == ALLOWED


def test_a_narrowing_drops_masks_and_shortens_at_once():
    narrowing = Narrowing(
        drop=frozenset({Category.PHONE}),
        mask=frozenset({Category.NAME, Category.EMPLOYER_NAMES}),
        access_days=7,
        retention_days=8,
        max_uses=1,
    )

    granted = narrow(some_terms(), narrowing)

    assert may_narrow(some_terms(), narrowing) == ALLOWED
    assert granted == some_terms(
        categories={Category.NAME: Form.MASKED, Category.EMPLOYER_NAMES: Form.MASKED},
        access_days=7,
        retention_days=8,
        max_uses=1,
    )


def test_a_category_both_dropped_and_masked_is_dropped():
    both = frozenset({Category.NAME})

    assert Category.NAME not in narrow(some_terms(), Narrowing(drop=both, mask=both)).categories


@pytest.mark.parametrize("how", ["drop", "mask"])
def test_what_was_not_asked_cannot_be_dropped_or_masked(how):
    narrowing = Narrowing(**{how: frozenset(Category)})

    decision = may_narrow(some_terms(), narrowing)

    unknown = "ADDRESS EMAIL PHOTO RESUME_DOCUMENT WECHAT"
    assert decision == Denied(REASON, {"field": "categories", "asked": unknown})


def test_a_narrowing_that_leaves_nothing_is_no_approval():
    everything = Narrowing(drop=frozenset(some_terms().categories))

    assert may_narrow(some_terms(), everything) == Denied(Reason.NOTHING_ASKED, {"field": "categories"})


@pytest.mark.parametrize(("name", "asked"), [("access_days", 30), ("max_uses", 3), ("retention_days", 60)])
def test_a_narrowing_may_shorten_to_one_and_lengthen_by_nothing(name, asked):
    def decide(figure):
        return may_narrow(some_terms(), Narrowing(**{name: figure}))

    def refused(figure):
        return Denied(REASON, {"field": name, "limit": str(asked), "asked": str(figure)})

    assert [decide(1), decide(asked)] == [ALLOWED, ALLOWED]
    assert [decide(0), decide(-1), decide(asked + 1)] == [refused(0), refused(-1), refused(asked + 1)]


def test_an_unknown_category_is_named_before_a_figure_too_long():
    narrowing = Narrowing(drop=frozenset({Category.WECHAT}), access_days=31)

    assert may_narrow(some_terms(), narrowing) == Denied(REASON, {"field": "categories", "asked": "WECHAT"})


def test_other_terms_are_named_before_wider_categories_and_those_before_figures():
    wider = {Category.NAME: Form.RAW, Category.WECHAT: Form.RAW, Category.EMPLOYER_NAMES: Form.RAW}
    inner = some_terms(job_id="job-18", categories=wider, access_days=31)

    first = within(inner, some_terms(), REASON)
    second = within(replace(inner, job_id="job-17"), some_terms(), REASON)
    third = within(replace(inner, job_id="job-17", categories={Category.NAME: Form.RAW}), some_terms(), REASON)

    asked = "EMPLOYER_NAMES:RAW WECHAT:RAW"
    assert first == Denied(REASON, {"field": "terms"})
    assert second == Denied(REASON, {"field": "categories", "limit": ASKED, "asked": asked})
    assert third == Denied(REASON, {"field": "access_days", "limit": "30", "asked": "31"})


def test_no_categories_at_all_are_nothing_asked_whatever_the_limit():
    assert categories_within({}, {}, REASON) == Denied(Reason.NOTHING_ASKED, {"field": "categories"})


def test_the_figures_are_looked_at_in_a_fixed_order():
    limits = {"access_days": 30, "max_uses": 3, "retention_days": 60}
    over = {name: limit + 1 for name, limit in limits.items()}

    seen = []
    while over:
        denied = figures_within(some_terms(**over), some_terms(), REASON)
        seen.append(denied.detail["field"])
        del over[seen[-1]]

    assert tuple(seen) == FIGURES == ("access_days", "max_uses", "retention_days")
