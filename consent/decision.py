"""What a policy answers. A denial says why, and carries only figures that the asking side may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Why something may not be done. The value is the public error code."""

    NOT_FOUND = "NOT_FOUND"
    EMPLOYER_NOT_VERIFIED = "EMPLOYER_NOT_VERIFIED"
    EMPLOYER_SUSPENDED = "EMPLOYER_SUSPENDED"
    JOB_CLOSED = "JOB_CLOSED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    NOTHING_ASKED = "NOTHING_ASKED"
    ALREADY_ASKED = "ALREADY_ASKED"
    ALREADY_GRANTED = "ALREADY_GRANTED"
    COOLING_DOWN = "COOLING_DOWN"
    TERMS_CHANGED = "TERMS_CHANGED"
    NOT_A_NARROWING = "NOT_A_NARROWING"
    REQUEST_EXPIRED = "REQUEST_EXPIRED"
    REQUEST_HELD = "REQUEST_HELD"
    ALREADY_DECIDED = "ALREADY_DECIDED"
    TOO_LATE = "TOO_LATE"
    GRANT_ENDED = "GRANT_ENDED"
    GRANT_PAUSED = "GRANT_PAUSED"
    GRANT_NOT_YET_VALID = "GRANT_NOT_YET_VALID"
    USES_EXHAUSTED = "USES_EXHAUSTED"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    CATEGORY_NOT_GRANTED = "CATEGORY_NOT_GRANTED"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The action may go ahead."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The action may not go ahead. ``detail`` holds figures to show, such as ``limit`` and ``asked``."""

    reason: Reason
    detail: Mapping[str, object] = field(default_factory=dict)


Decision = Allowed | Denied

ALLOWED = Allowed()


def first_denial(*decisions: Decision) -> Decision:
    """Return the first denial in the order given, or ``ALLOWED``."""
    return next((decision for decision in decisions if isinstance(decision, Denied)), ALLOWED)


def deny_if(condition: bool, reason: Reason, **detail: object) -> Decision:  # noqa: FBT001 - reads as a sentence
    """Deny for ``reason`` when ``condition`` holds."""
    return Denied(reason, detail) if condition else ALLOWED
