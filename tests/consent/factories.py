"""Small makers of what the rules are asked about: every value has a lawful default, a test names what differs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.policy import ApprovalFacts, AskFacts, ReleaseFacts
from consent.requests import RequestState
from consent.templates import TEMPLATES
from consent.terms import Category, Form, Method, Narrowing, Purpose, Recipient, Terms

TICK = timedelta(microseconds=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = START + timedelta(days=14)
RECALLED_AT = START + timedelta(minutes=3)


@dataclass(frozen=True)
class StoredRequest:
    state: RequestState = RequestState.PENDING
    expires_at: datetime = END
    recalled_at: datetime | None = None


@dataclass(frozen=True)
class StoredGrant:
    state: GrantState = GrantState.ACTIVE
    not_before: datetime = START
    expires_at: datetime = END
    uses: int = 0
    max_uses: int = 3


def some_recipient(**changes):
    fields = {
        "legal_name": "Hangzhou Lanhai Software Co., Ltd.",
        "credit_code": "91330106MA2KXXXX0Q",
        "contact": "privacy@lanhai.example",
        "address": "12 Wensan Road, Hangzhou",
        "country": "CN",
    }
    return Recipient(**{**fields, **changes})


def some_terms(**changes):
    fields = {
        "recipient": some_recipient(),
        "job_id": "job-17",
        "job_title": "Backend engineer",
        "purpose": Purpose.RECRUIT_CONTACT,
        "template_version": 1,
        "notice_version": 1,
        "categories": {Category.NAME: Form.RAW, Category.PHONE: Form.RAW, Category.EMPLOYER_NAMES: Form.MASKED},
        "methods": (Method.VIEW, Method.CONTACT),
        "access_days": 30,
        "max_uses": 3,
        "retention_days": 60,
    }
    return Terms(**{**fields, **changes})


TEMPLATE = TEMPLATES[Purpose.RECRUIT_CONTACT]


def ask_facts(**changes):
    fields = {
        "standing": Standing.VERIFIED,
        "role": MemberRole.RECRUITER,
        "card_visible": True,
        "job_open": True,
        "already_asked": False,
        "already_granted": False,
        "cooling_until": None,
        "open_requests": 0,
    }
    return AskFacts(**{**fields, **changes})


def approval_facts(**changes):
    asked = changes.get("asked", some_terms())
    fields = {
        "standing": Standing.VERIFIED,
        "already_granted": False,
        "asked": asked,
        "shown_hash": asked.digest(),
        "narrowing": Narrowing(),
    }
    return ApprovalFacts(**{**fields, **changes})


def release_facts(**changes):
    fields = {
        "standing": Standing.VERIFIED,
        "role": MemberRole.RECRUITER,
        "assigned": True,
        "candidate_erased": False,
        "granted": some_terms(),
        "asked": frozenset({Category.PHONE}),
    }
    return ReleaseFacts(**{**fields, **changes})
