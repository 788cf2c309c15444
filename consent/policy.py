"""Who may ask, approve and release: the rules over facts that a verb has loaded."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from consent.decision import Decision, Reason, deny_if, first_denial
from consent.grants import Grant, effective, in_force, may_disclose
from consent.parties import MemberRole, Party, Standing, in_good_standing, may_recruit
from consent.requests import Request, RequestVerb, may_move
from consent.templates import PurposeTemplate, within_template
from consent.terms import Category, Narrowing, Terms, may_narrow


@dataclass(frozen=True, slots=True)
class AskFacts:
    """What is known when a member asks. ``card_visible`` is to this employer; ``open_requests`` for this purpose."""

    standing: Standing
    role: MemberRole
    card_visible: bool
    job_open: bool
    already_asked: bool
    already_granted: bool
    cooling_until: datetime | None
    open_requests: int


def may_ask(facts: AskFacts, terms: Terms, template: PurposeTemplate, now: datetime) -> Decision:
    """Decide whether a candidate may be disturbed with these terms. The first reason in this order is the answer."""
    cooling = facts.cooling_until is not None and now < facts.cooling_until
    return first_denial(
        in_good_standing(facts.standing),
        may_recruit(facts.role),
        deny_if(not facts.card_visible, Reason.NOT_FOUND, field="cardId"),
        deny_if(not facts.job_open, Reason.JOB_CLOSED),
        within_template(terms, template),
        deny_if(facts.already_granted, Reason.ALREADY_GRANTED),
        deny_if(facts.already_asked, Reason.ALREADY_ASKED),
        deny_if(cooling, Reason.COOLING_DOWN, until=facts.cooling_until),
        _open_requests_within(facts.open_requests, template),
    )


def _open_requests_within(open_requests: int, template: PurposeTemplate) -> Decision:
    limit = template.open_requests
    over = open_requests >= limit
    return deny_if(over, Reason.LIMIT_EXCEEDED, field="openRequests", limit=str(limit), asked=str(open_requests + 1))


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """What is known when a candidate approves. ``shown_hash`` is the digest of the terms that were on the screen."""

    standing: Standing
    already_granted: bool
    asked: Terms
    shown_hash: str
    narrowing: Narrowing


def may_approve(request: Request, facts: ApprovalFacts, now: datetime) -> Decision:
    """Decide whether the candidate may approve: what was shown is what is approved, or less."""
    return first_denial(
        may_move(request, RequestVerb.APPROVE, Party.CANDIDATE, now),
        deny_if(facts.standing is not Standing.VERIFIED, Reason.REQUEST_HELD),
        deny_if(facts.shown_hash != facts.asked.digest(), Reason.TERMS_CHANGED),
        may_narrow(facts.asked, facts.narrowing),
        deny_if(facts.already_granted, Reason.ALREADY_GRANTED),
    )


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What is known when a member asks for the contact details under a grant."""

    standing: Standing
    role: MemberRole
    assigned: bool
    candidate_erased: bool
    granted: Terms
    asked: AbstractSet[Category]


def may_release(grant: Grant, facts: ReleaseFacts, now: datetime) -> Decision:
    """Decide whether contact details may leave: an effective grant, its own assignee, only what was granted."""
    return first_denial(
        effective(grant, facts.standing, now, candidate_erased=facts.candidate_erased), _may_receive(facts)
    )


def may_repeat_release(grant: Grant, facts: ReleaseFacts, now: datetime) -> Decision:
    """Decide whether the answer of a release that was counted may be given once more to a client that lost it."""
    return first_denial(
        in_force(grant, facts.standing, now, candidate_erased=facts.candidate_erased), _may_receive(facts)
    )


def _may_receive(facts: ReleaseFacts) -> Decision:
    return first_denial(
        may_recruit(facts.role),
        deny_if(not facts.assigned, Reason.NOT_ASSIGNED),
        may_disclose(facts.granted.categories, facts.asked),
    )
