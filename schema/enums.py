"""The words of ``consent`` as GraphQL enums, each value described."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, TypeVar

import strawberry

from consent.grants import GrantState
from consent.parties import MemberRole, Party, Standing, Visibility
from consent.requests import RequestOrigin
from consent.terms import Category, Form, Method, Purpose

E = TypeVar("E", bound=type[Enum])


def described(enum: E, name: str, description: str, values: Mapping[str, str]) -> E:
    """Register an enum with a description for each of its values; a missing one is a mistake."""
    registered = strawberry.enum(enum, name=name, description=description)
    definition: Any = registered.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    for value in definition.values:
        value.description = values[value.name]
    return registered


class AccountKind(StrEnum):
    CANDIDATE = "CANDIDATE"
    MEMBER = "MEMBER"
    OPERATOR = "OPERATOR"


class RequestState(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    RECALLED = "RECALLED"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"
    NOT_AVAILABLE = "NOT_AVAILABLE"


class JobState(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class PayPeriod(StrEnum):
    HOUR = "HOUR"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


class Availability(StrEnum):
    IMMEDIATELY = "IMMEDIATELY"
    ONE_MONTH = "ONE_MONTH"
    THREE_MONTHS = "THREE_MONTHS"
    LATER = "LATER"


class VocabularyTable(StrEnum):
    FUNCTIONS = "FUNCTIONS"
    FAMILIES = "FAMILIES"
    LEVELS = "LEVELS"
    REGIONS = "REGIONS"
    INDUSTRIES = "INDUSTRIES"
    DEGREES = "DEGREES"
    SKILLS = "SKILLS"
    LANGUAGES = "LANGUAGES"


described(
    AccountKind,
    "AccountKind",
    "What an account signs in as.",
    {
        "CANDIDATE": "A person with a resume.",
        "MEMBER": "Somebody who acts for an employer.",
        "OPERATOR": "Trust and safety, compliance.",
    },
)
described(
    RequestState,
    "AuthorizationRequestState",
    "Where a request stands, as the viewer may know it.",
    {
        "PENDING": "Waiting for the candidate. An employer reads this of a refused one too, until its time is over.",
        "APPROVED": "A grant was made.",
        "DECLINED": "Refused. Only the candidate reads this.",
        "RECALLED": "Taken back by the employer.",
        "EXPIRED": "Not answered in time. Only the candidate reads this.",
        "CLOSED": "Ended because its job was closed. Only the candidate reads this.",
        "NOT_AVAILABLE": "Over without a grant. What an employer reads, whatever the reason.",
    },
)
described(
    JobState,
    "JobState",
    "Whether a job may be named in a request.",
    {
        "OPEN": "It may.",
        "CLOSED": "Not any more.",
    },
)
described(
    PayPeriod,
    "PayPeriod",
    "What an amount of pay is for.",
    {
        "HOUR": "An hour.",
        "DAY": "A day.",
        "MONTH": "A month.",
        "YEAR": "A year.",
    },
)
described(
    Availability,
    "Availability",
    "When a candidate could begin.",
    {
        "IMMEDIATELY": "At once.",
        "ONE_MONTH": "Within a month.",
        "THREE_MONTHS": "Within three months.",
        "LATER": "Later than that.",
    },
)
described(
    VocabularyTable,
    "VocabularyTable",
    "A table of the bilingual vocabulary that cards are made of.",
    {
        "FUNCTIONS": "What somebody works as.",
        "FAMILIES": "Groups of functions.",
        "LEVELS": "Seniority.",
        "REGIONS": "Cities, provinces, countries.",
        "INDUSTRIES": "Industries.",
        "DEGREES": "Degrees.",
        "SKILLS": "Skills.",
        "LANGUAGES": "Languages.",
    },
)
described(
    Category,
    "Category",
    "One kind of contact details.",
    {
        "NAME": "The name.",
        "PHONE": "The phone number.",
        "EMAIL": "The e-mail address.",
        "WECHAT": "The WeChat id.",
        "ADDRESS": "The home address.",
        "PHOTO": "The address of a photo.",
        "EMPLOYER_NAMES": "The names of present and past employers.",
        "RESUME_DOCUMENT": "The complete resume, as JSON Resume.",
    },
)
described(
    Form,
    "Form",
    "How a category is released.",
    {
        "MASKED": "Partly hidden.",
        "RAW": "As it is.",
    },
)
described(
    Purpose,
    "Purpose",
    "What contact details are asked for.",
    {
        "RECRUIT_CONTACT": "To contact the candidate about the job.",
        "INTERVIEW": "To arrange and hold interviews.",
        "OFFER": "To negotiate and make an offer.",
        "BACKGROUND_CHECK": "To verify the stated work history.",
        "TALENT_POOL": "To keep the candidate in a talent pool.",
    },
)
described(
    Method,
    "Method",
    "What the recipient does with what it receives.",
    {
        "VIEW": "Looks at it.",
        "CONTACT": "Uses it to contact the candidate.",
        "STORE": "Stores it in its hiring system.",
    },
)
described(
    Visibility,
    "Visibility",
    "To whom a card is shown.",
    {
        "HIDDEN": "To nobody. Where everybody starts.",
        "MATCHED_EMPLOYERS": "To verified employers with an open job of the card's function.",
        "VERIFIED_EMPLOYERS": "To all verified employers.",
    },
)
described(
    Standing,
    "Standing",
    "What an employer is to the exchange.",
    {
        "UNVERIFIED": "Not verified yet: sees nothing, asks nothing.",
        "VERIFIED": "Verified.",
        "SUSPENDED": "Suspended: sees nothing, asks nothing, receives nothing.",
        "REMOVED": "Removed for good.",
    },
)
described(
    MemberRole,
    "MemberRole",
    "What a member may do inside its employer.",
    {
        "ADMIN": "Everything.",
        "RECRUITER": "Create jobs, ask, receive.",
        "INTERVIEWER": "See, and ask nothing.",
    },
)
described(
    Party,
    "Party",
    "The side that acted.",
    {
        "CANDIDATE": "The candidate.",
        "EMPLOYER": "An employer.",
        "OPERATOR": "The exchange's staff.",
        "SYSTEM": "The exchange itself, by the clock or by a rule.",
    },
)
described(
    RequestOrigin,
    "RequestOrigin",
    "Who began.",
    {
        "EMPLOYER": "The employer asked.",
        "APPLICATION": "The candidate applied.",
        "RENEWAL": "An earlier grant is to be renewed.",
        "AMENDMENT": "An earlier grant is to be changed.",
    },
)
described(
    GrantState,
    "GrantState",
    "Where a grant stands at this moment.",
    {
        "ACTIVE": "It opens what was granted.",
        "PAUSED": "Paused by the candidate.",
        "REVOKED": "Revoked by the candidate.",
        "EXPIRED": "Its time is over.",
        "RELINQUISHED": "Given back by the employer.",
        "TERMINATED": "Ended by the exchange.",
        "SUPERSEDED": "Replaced by its renewal.",
    },
)
