"""The rules over loaded facts: each reason alone, and for each two the earlier one is the answer."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations

import pytest

from consent.decision import ALLOWED, Denied, Reason
from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.policy import may_approve, may_ask, may_release, may_repeat_release
from consent.requests import RequestState
from consent.terms import Category, Form, Narrowing
from tests.consent.factories import (
    END,
    START,
    TEMPLATE,
    TICK,
    StoredGrant,
    StoredRequest,
    approval_facts,
    ask_facts,
    release_facts,
    some_terms,
)

COOL = START + timedelta(days=30)
REACH = "EMAIL:RAW EMPLOYER_NAMES:MASKED NAME:RAW PHONE:RAW RESUME_DOCUMENT:RAW WECHAT:RAW"
TOO_MANY = {"field": "openRequests", "limit": "200", "asked": "201"}


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong in a case: which part it spoils, and what is answered when nothing earlier is wrong."""

    name: str
    part: str
    changes: dict
    answer: Denied = field(compare=False)


def limit(name, most, asked):
    return Denied(Reason.LIMIT_EXCEEDED, {"field": name, "limit": str(most), "asked": str(asked)})


def widened(name, most, asked):
    return Denied(Reason.NOT_A_NARROWING, {"field": name, "limit": str(most), "asked": str(asked)})


def ended(state):
    return Denied(Reason.GRANT_ENDED, {"state": state})


NOTHING = Denied(Reason.NOTHING_ASKED, {"field": "categories"})
UNVERIFIED = Denied(Reason.EMPLOYER_NOT_VERIFIED)
SUSPENDED = Denied(Reason.EMPLOYER_SUSPENDED)
NOT_ASSIGNED = Denied(Reason.NOT_ASSIGNED)

ASK_ORDER = [
    Wrong("unverified", "facts", {"standing": Standing.UNVERIFIED}, UNVERIFIED),
    Wrong("suspended", "facts", {"standing": Standing.SUSPENDED}, SUSPENDED),
    Wrong("interviewer", "facts", {"role": MemberRole.INTERVIEWER}, NOT_ASSIGNED),
    Wrong("card unseen", "facts", {"card_visible": False}, Denied(Reason.NOT_FOUND, {"field": "cardId"})),
    Wrong("job closed", "facts", {"job_open": False}, Denied(Reason.JOB_CLOSED)),
    Wrong(
        "other purpose",
        "template",
        {"purpose": "OFFER"},
        Denied(Reason.LIMIT_EXCEEDED, {"field": "purpose", "limit": "OFFER", "asked": "RECRUIT_CONTACT"}),
    ),
    Wrong("old template", "terms", {"template_version": 0}, Denied(Reason.TERMS_CHANGED, {"field": "templateVersion"})),
    Wrong(
        "no method",
        "terms",
        {"methods": ()},
        Denied(Reason.LIMIT_EXCEEDED, {"field": "methods", "asked": ""}),
    ),
    Wrong("no category", "terms", {"categories": {}}, NOTHING),
    Wrong(
        "wide category", "terms", {"categories": {Category.PHOTO: Form.RAW}}, limit("categories", REACH, "PHOTO:RAW")
    ),
    Wrong("long access", "terms", {"access_days": 91}, limit("access_days", 90, 91)),
    Wrong("many uses", "terms", {"max_uses": 11}, limit("max_uses", 10, 11)),
    Wrong("long retention", "terms", {"retention_days": 181}, limit("retention_days", 180, 181)),
    Wrong("already granted", "facts", {"already_granted": True}, Denied(Reason.ALREADY_GRANTED)),
    Wrong("already asked", "facts", {"already_asked": True}, Denied(Reason.ALREADY_ASKED)),
    Wrong("cooling down", "facts", {"cooling_until": COOL}, Denied(Reason.COOLING_DOWN, {"until": COOL})),
    Wrong("many open", "facts", {"open_requests": 200}, Denied(Reason.LIMIT_EXCEEDED, TOO_MANY)),
]

APPROVE_ORDER = [
    Wrong("decided", "request", {"state": RequestState.DECLINED}, Denied(Reason.ALREADY_DECIDED)),
    Wrong("expired", "request", {"expires_at": START}, Denied(Reason.REQUEST_EXPIRED)),
    Wrong("unverified", "facts", {"standing": Standing.UNVERIFIED}, Denied(Reason.REQUEST_HELD)),
    Wrong("suspended", "facts", {"standing": Standing.SUSPENDED}, Denied(Reason.REQUEST_HELD)),
    Wrong("removed", "facts", {"standing": Standing.REMOVED}, Denied(Reason.REQUEST_HELD)),
    Wrong("other hash", "facts", {"shown_hash": "0" * 64}, Denied(Reason.TERMS_CHANGED)),
    Wrong(
        "unknown category",
        "narrowing",
        {"mask": frozenset({Category.WECHAT})},
        Denied(Reason.NOT_A_NARROWING, {"field": "categories", "asked": "WECHAT"}),
    ),
    Wrong("nothing left", "narrowing", {"drop": frozenset(some_terms().categories)}, NOTHING),
    Wrong("longer access", "narrowing", {"access_days": 31}, widened("access_days", 30, 31)),
    Wrong("more uses", "narrowing", {"max_uses": 4}, widened("max_uses", 3, 4)),
    Wrong("longer retention", "narrowing", {"retention_days": 61}, widened("retention_days", 60, 61)),
    Wrong("already granted", "facts", {"already_granted": True}, Denied(Reason.ALREADY_GRANTED)),
]

RELEASE_ORDER = [
    Wrong("paused", "grant", {"state": GrantState.PAUSED}, Denied(Reason.GRANT_PAUSED)),
    Wrong("revoked", "grant", {"state": GrantState.REVOKED}, ended(GrantState.REVOKED)),
    Wrong("erased", "facts", {"candidate_erased": True}, ended(GrantState.ACTIVE)),
    Wrong("not yet valid", "grant", {"not_before": START + TICK}, Denied(Reason.GRANT_NOT_YET_VALID)),
    Wrong("unverified", "facts", {"standing": Standing.UNVERIFIED}, UNVERIFIED),
    Wrong("suspended", "facts", {"standing": Standing.SUSPENDED}, SUSPENDED),
    Wrong("used up", "grant", {"uses": 3}, Denied(Reason.USES_EXHAUSTED, {"limit": "3"})),
    Wrong("interviewer", "facts", {"role": MemberRole.INTERVIEWER}, NOT_ASSIGNED),
    Wrong("not assigned", "facts", {"assigned": False}, NOT_ASSIGNED),
    Wrong("nothing asked", "facts", {"asked": frozenset()}, NOTHING),
    Wrong(
        "beyond the grant",
        "facts",
        {"asked": frozenset({Category.PHONE, Category.EMAIL})},
        Denied(Reason.CATEGORY_NOT_GRANTED, {"asked": "EMAIL", "limit": "EMPLOYER_NAMES NAME PHONE"}),
    ),
]

REPEAT_ORDER = [wrong for wrong in RELEASE_ORDER if wrong.name != "used up"]


def spoil(part, value, wrongs):
    for wrong in wrongs:
        value = replace(value, **wrong.changes) if wrong.part == part else value
    return value


def asking(*wrongs):
    facts, terms, template = (spoil(*part, wrongs) for part in ask_parts())
    return may_ask(facts, terms, template, START)


def ask_parts():
    return ("facts", ask_facts()), ("terms", some_terms()), ("template", TEMPLATE)


def approving(*wrongs):
    narrowing = spoil("narrowing", Narrowing(), wrongs)
    facts = spoil("facts", approval_facts(narrowing=narrowing), wrongs)
    return may_approve(spoil("request", StoredRequest(), wrongs), facts, START)


def releasing(*wrongs, rule=may_release):
    return rule(spoil("grant", StoredGrant(), wrongs), spoil("facts", release_facts(), wrongs), START)


def repeating(*wrongs):
    return releasing(*wrongs, rule=may_repeat_release)


def pairs(order):
    """Every two wrongs that can hold at once, in the order of the rule: two values of one field cannot."""
    return [
        pytest.param(first, second, id=f"{first.name}, {second.name}")
        for first, second in combinations(order, 2)
        if first.part != second.part or first.changes.keys().isdisjoint(second.changes)
    ]


def singles(order):
    return [pytest.param(wrong, id=wrong.name) for wrong in order]


def test_with_nothing_wrong_one_may_ask_approve_release_and_repeat():
    assert [asking(), approving(), releasing(), repeating()] == [ALLOWED] * 4


@pytest.mark.parametrize("wrong", singles(ASK_ORDER))
def test_an_employer_that_may_not_ask_is_told_why(wrong):
    assert asking(wrong) == wrong.answer


@pytest.mark.parametrize(("first", "second"), pairs(ASK_ORDER))
def test_of_two_reasons_against_asking_the_earlier_is_told(first, second):
    assert asking(first, second) == asking(second, first) == first.answer


@pytest.mark.parametrize("wrong", singles(APPROVE_ORDER))
def test_a_candidate_who_may_not_approve_is_told_why(wrong):
    assert approving(wrong) == wrong.answer


@pytest.mark.parametrize(("first", "second"), pairs(APPROVE_ORDER))
def test_of_two_reasons_against_approving_the_earlier_is_told(first, second):
    assert approving(first, second) == approving(second, first) == first.answer


@pytest.mark.parametrize("wrong", singles(RELEASE_ORDER))
def test_an_employer_that_may_not_release_is_told_why(wrong):
    assert releasing(wrong) == wrong.answer


@pytest.mark.parametrize(("first", "second"), pairs(RELEASE_ORDER))
def test_of_two_reasons_against_releasing_the_earlier_is_told(first, second):
    assert releasing(first, second) == releasing(second, first) == first.answer


@pytest.mark.parametrize("wrong", singles(REPEAT_ORDER))
def test_an_employer_that_may_not_have_an_answer_repeated_is_told_why(wrong):
    assert repeating(wrong) == wrong.answer


@pytest.mark.parametrize(("first", "second"), pairs(REPEAT_ORDER))
def test_of_two_reasons_against_repeating_the_earlier_is_told(first, second):
    assert repeating(first, second) == repeating(second, first) == first.answer


@pytest.mark.parametrize("uses", [3, 4])
def test_an_answer_that_was_counted_is_repeated_though_no_use_is_left(uses):
    spent = StoredGrant(uses=uses, max_uses=3)

    assert may_repeat_release(spent, release_facts(), END - TICK) == ALLOWED
    assert may_repeat_release(spent, release_facts(), END) == ended(GrantState.EXPIRED)


def test_a_candidate_may_be_asked_again_at_the_moment_the_cool_down_ends():
    cooling = ask_facts(cooling_until=COOL)

    def decide(now):
        return may_ask(cooling, some_terms(), TEMPLATE, now)

    assert decide(COOL - TICK) == Denied(Reason.COOLING_DOWN, {"until": COOL})
    assert [decide(COOL), decide(COOL + TICK)] == [ALLOWED, ALLOWED]


@pytest.mark.parametrize(
    ("open_requests", "answer"),
    [
        (0, ALLOWED),
        (199, ALLOWED),
        (200, Denied(Reason.LIMIT_EXCEEDED, TOO_MANY)),
        (201, Denied(Reason.LIMIT_EXCEEDED, {**TOO_MANY, "asked": "202"})),
    ],
)
def test_the_last_open_request_that_a_template_allows_may_still_be_asked(open_requests, answer):
    assert may_ask(ask_facts(open_requests=open_requests), some_terms(), TEMPLATE, START) == answer


@pytest.mark.parametrize("role", [MemberRole.ADMIN, MemberRole.RECRUITER])
def test_admins_and_recruiters_ask_and_release(role):
    assert may_ask(ask_facts(role=role), some_terms(), TEMPLATE, START) == ALLOWED
    assert may_release(StoredGrant(), release_facts(role=role), START) == ALLOWED


def test_an_approval_after_the_deadline_is_late_though_no_job_has_run():
    answers = [may_approve(StoredRequest(), approval_facts(), now) for now in (END - TICK, END)]

    assert answers == [ALLOWED, Denied(Reason.REQUEST_EXPIRED)]


def test_an_approval_of_terms_that_differ_by_a_letter_from_those_shown_is_shown_again():
    shown = some_terms(job_title="Backend Engineer")

    decision = may_approve(StoredRequest(), approval_facts(shown_hash=shown.digest()), START)

    assert decision == Denied(Reason.TERMS_CHANGED)


def test_a_lawful_narrowing_is_approved():
    narrowing = Narrowing(drop=frozenset({Category.NAME}), mask=frozenset({Category.PHONE}), access_days=1)

    assert may_approve(StoredRequest(), approval_facts(narrowing=narrowing), START) == ALLOWED


def test_a_grant_opens_from_its_first_moment_until_just_before_its_last():
    moments = [START - TICK, START, END - TICK, END]

    answers = [may_release(StoredGrant(), release_facts(), now) for now in moments]

    assert answers == [Denied(Reason.GRANT_NOT_YET_VALID), ALLOWED, ALLOWED, ended(GrantState.EXPIRED)]


def test_a_category_that_the_candidate_dropped_is_not_released():
    granted = some_terms(categories={Category.NAME: Form.RAW})

    decision = may_release(StoredGrant(), release_facts(granted=granted), START)

    assert decision == Denied(Reason.CATEGORY_NOT_GRANTED, {"asked": "PHONE", "limit": "NAME"})
