"""Every code of an expected error: the reasons of ``consent``, and the few that are not its business."""

from enum import Enum, StrEnum

from consent.decision import Reason
from schema.enums import described


class OtherCode(StrEnum):
    """Codes of errors that do not come from a consent policy."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_ALLOWED = "NOT_ALLOWED"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    RATE_LIMITED = "RATE_LIMITED"


ErrorCode = Enum("ErrorCode", {code.name: code.value for code in (*Reason, *OtherCode)})  # type: ignore[misc]  # members are made of two enums

described(
    ErrorCode,
    "ErrorCode",
    "What was wrong, for programs to branch on.",
    {
        "NOT_FOUND": "There is no such thing, or not for this viewer.",
        "EMPLOYER_NOT_VERIFIED": "The employer is not verified yet.",
        "EMPLOYER_SUSPENDED": "The employer is suspended or removed.",
        "JOB_CLOSED": "The job is closed.",
        "LIMIT_EXCEEDED": "More than the purpose's template allows.",
        "NOTHING_ASKED": "No category is left.",
        "ALREADY_ASKED": "The candidate has already been asked for this job.",
        "ALREADY_GRANTED": "There is a live grant for this job.",
        "COOLING_DOWN": "The candidate may not be asked again yet.",
        "TERMS_CHANGED": "The terms are not those that were shown.",
        "NOT_A_NARROWING": "An approval may only take away from what was asked.",
        "REQUEST_EXPIRED": "The time to answer is over.",
        "REQUEST_HELD": "The employer is not in good standing: decline, or wait.",
        "ALREADY_DECIDED": "The request was decided before.",
        "TOO_LATE": "The request is no longer open.",
        "GRANT_ENDED": "The grant has ended.",
        "GRANT_PAUSED": "The candidate has paused the grant.",
        "GRANT_NOT_YET_VALID": "The grant's time has not begun.",
        "USES_EXHAUSTED": "Every agreed release has been made.",
        "NOT_ASSIGNED": "The member is not assigned to this, or its role has no part in it.",
        "CATEGORY_NOT_GRANTED": "A category was asked for that was not granted.",
        "INVALID_INPUT": "One or more inputs cannot be accepted.",
        "NOT_ALLOWED": "The viewer is not one who can do this.",
        "INVALID_CREDENTIALS": "The e-mail address, password or token is not accepted.",
        "EMAIL_TAKEN": "There is an account with this e-mail address.",
        "IDEMPOTENCY_MISMATCH": "The idempotency key was used before, with other parameters.",
        "RATE_LIMITED": "Too many tries.",
    },
)
