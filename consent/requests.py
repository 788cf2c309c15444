"""The life of an authorization request.

             ask (policy ok)
 ------------------------------> PENDING --approve (candidate)--> APPROVED
   policy fails: no row; an         | --decline (candidate)-----> DECLINED
   error names the limit            | --recall (employer)-------> RECALLED
                                    | --now >= expires_at-------> EXPIRED
                                    | --close (system, reason)--> CLOSED

Every right-hand state is final. ``EXPIRED`` is computed from the clock at every use, whoever stores it later.

Towards the employer a refusal must look like silence: until ``expires_at`` a declined request reads ``PENDING``,
may be recalled like a pending one, and from ``expires_at`` on it reads ``NOT_AVAILABLE`` like an expired one.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from consent.decision import ALLOWED, Decision, Denied, Reason
from consent.parties import Party


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    RECALLED = "RECALLED"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"


class RequestOrigin(StrEnum):
    """Who began: the employer, the candidate by applying, or an earlier grant."""

    EMPLOYER = "EMPLOYER"
    APPLICATION = "APPLICATION"
    RENEWAL = "RENEWAL"
    AMENDMENT = "AMENDMENT"


class RequestVerb(StrEnum):
    """What can be done to a request."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    RECALL = "RECALL"
    CLOSE = "CLOSE"


class EmployerView(StrEnum):
    """What the employer is told of a request: refusal and silence read alike."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    RECALLED = "RECALLED"
    NOT_AVAILABLE = "NOT_AVAILABLE"


REQUEST_LIFETIME = timedelta(days=14)

# What an employer cannot tell from a pending request: it reads, and is recalled, like one.
READS_AS_PENDING = frozenset({RequestState.PENDING, RequestState.DECLINED, RequestState.CLOSED})

MOVES = {
    (RequestVerb.APPROVE, Party.CANDIDATE): RequestState.APPROVED,
    (RequestVerb.DECLINE, Party.CANDIDATE): RequestState.DECLINED,
    (RequestVerb.RECALL, Party.EMPLOYER): RequestState.RECALLED,
    (RequestVerb.CLOSE, Party.SYSTEM): RequestState.CLOSED,
}


class Request(Protocol):
    """What policy needs to know of a request."""

    @property
    def state(self) -> RequestState: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def recalled_at(self) -> datetime | None: ...


def request_state(request: Request, now: datetime) -> RequestState:
    """Return the state at ``now``: a pending request past its end is expired, whatever the row still says."""
    if request.state is not RequestState.PENDING:
        return request.state
    if request.recalled_at is not None:
        return RequestState.RECALLED
    return RequestState.EXPIRED if now >= request.expires_at else RequestState.PENDING


def request_state_for_employer(request: Request, now: datetime) -> EmployerView:
    """Return what the employer may read at ``now``."""
    if request.state is RequestState.APPROVED:
        return EmployerView.APPROVED
    if request.state is RequestState.RECALLED or request.recalled_at is not None:
        return EmployerView.RECALLED
    return EmployerView.PENDING if now < request.expires_at else EmployerView.NOT_AVAILABLE


def may_move(request: Request, verb: RequestVerb, party: Party, now: datetime) -> Decision:
    """Decide whether ``party`` may do ``verb`` to the request at ``now``."""
    if (verb, party) not in MOVES:
        return Denied(Reason.NOT_FOUND)
    if verb is RequestVerb.RECALL:
        return _may_recall(request, now)
    state = request_state(request, now)
    if state is RequestState.PENDING:
        return ALLOWED
    return Denied(Reason.REQUEST_EXPIRED if state is RequestState.EXPIRED else Reason.ALREADY_DECIDED)


def _may_recall(request: Request, now: datetime) -> Decision:
    view = request_state_for_employer(request, now)
    return ALLOWED if view is EmployerView.PENDING else Denied(Reason.TOO_LATE, {"state": view})
