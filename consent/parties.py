"""Who takes part, and in what standing."""

from enum import StrEnum

from consent.decision import ALLOWED, Decision, Denied, Reason


class Party(StrEnum):
    """The side that acts in the life of a consent."""

    CANDIDATE = "CANDIDATE"
    EMPLOYER = "EMPLOYER"
    OPERATOR = "OPERATOR"
    SYSTEM = "SYSTEM"


class Standing(StrEnum):
    """What an employer is to the exchange. Only a verified one sees, asks and receives."""

    UNVERIFIED = "UNVERIFIED"
    VERIFIED = "VERIFIED"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"


class MemberRole(StrEnum):
    """What a member may do inside its employer. An interviewer sees, and asks nothing."""

    ADMIN = "ADMIN"
    RECRUITER = "RECRUITER"
    INTERVIEWER = "INTERVIEWER"


class Visibility(StrEnum):
    """To whom a candidate's card is shown. ``HIDDEN`` is where everybody starts."""

    HIDDEN = "HIDDEN"
    MATCHED_EMPLOYERS = "MATCHED_EMPLOYERS"
    VERIFIED_EMPLOYERS = "VERIFIED_EMPLOYERS"


def in_good_standing(standing: Standing) -> Decision:
    """Decide whether an employer may see, ask and receive anything at all."""
    if standing is Standing.VERIFIED:
        return ALLOWED
    if standing is Standing.UNVERIFIED:
        return Denied(Reason.EMPLOYER_NOT_VERIFIED)
    return Denied(Reason.EMPLOYER_SUSPENDED)


def may_recruit(role: MemberRole) -> Decision:
    """Decide whether a member may create jobs, ask candidates and receive contact details."""
    return Denied(Reason.NOT_ASSIGNED) if role is MemberRole.INTERVIEWER else ALLOWED
