"""The life of a grant.

 (approve) --> ACTIVE <--pause / resume (candidate)--> PAUSED
   ACTIVE|PAUSED --revoke (candidate)-------> REVOKED        opens a deletion duty
   ACTIVE|PAUSED --now >= expires_at--------> EXPIRED        opens a deletion duty
   ACTIVE|PAUSED --relinquish (employer)----> RELINQUISHED   opens a deletion duty
   ACTIVE|PAUSED --terminate (system)-------> TERMINATED     opens a deletion duty
   ACTIVE        --renewal approved---------> SUPERSEDED     no duty: carried to the successor

Whether a grant opens anything is computed at every use, in the statement that counts the use; no timer is trusted.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from consent.decision import ALLOWED, Decision, Denied, Reason, deny_if, first_denial
from consent.parties import Party, Standing, in_good_standing
from consent.terms import Categories, Category


class GrantState(StrEnum):
    """Where a grant stands."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    RELINQUISHED = "RELINQUISHED"
    TERMINATED = "TERMINATED"
    SUPERSEDED = "SUPERSEDED"


class GrantVerb(StrEnum):
    """What can be done to a grant in its present life."""

    RELEASE = "RELEASE"
    REVOKE = "REVOKE"


LIVE = frozenset({GrantState.ACTIVE, GrantState.PAUSED})
COOL_DOWN_AFTER_REVOCATION = timedelta(days=90)
DELETION_DAYS = 30

MOVES = {
    (GrantVerb.RELEASE, Party.EMPLOYER): frozenset({GrantState.ACTIVE}),
    (GrantVerb.REVOKE, Party.CANDIDATE): LIVE,
}


class Grant(Protocol):
    """What policy needs to know of a grant."""

    @property
    def state(self) -> GrantState: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def uses(self) -> int: ...
    @property
    def max_uses(self) -> int: ...


def grant_state(grant: Grant, now: datetime) -> GrantState:
    """Return the state at ``now``: a live grant past its end is expired, whatever the row still says."""
    if grant.state in LIVE and now >= grant.expires_at:
        return GrantState.EXPIRED
    return grant.state


def effective(grant: Grant, standing: Standing, now: datetime, *, candidate_erased: bool = False) -> Decision:
    """Decide whether the grant opens anything new at ``now``. A revoked grant opens nothing."""
    return first_denial(
        in_force(grant, standing, now, candidate_erased=candidate_erased),
        deny_if(grant.uses >= grant.max_uses, Reason.USES_EXHAUSTED, limit=str(grant.max_uses)),
    )


def in_force(grant: Grant, standing: Standing, now: datetime, *, candidate_erased: bool = False) -> Decision:
    """Decide whether the grant lives at ``now``, uses or no uses left: enough to repeat an answer already counted."""
    state = grant_state(grant, now)
    return first_denial(
        deny_if(state is GrantState.PAUSED, Reason.GRANT_PAUSED),
        deny_if(state is not GrantState.ACTIVE or candidate_erased, Reason.GRANT_ENDED, state=state),
        deny_if(now < grant.not_before, Reason.GRANT_NOT_YET_VALID),
        in_good_standing(standing),
    )


def may_revoke(grant: Grant, party: Party, now: datetime) -> Decision:
    """Decide whether ``party`` may end the grant now. Only the candidate revokes, and only once."""
    if (GrantVerb.REVOKE, party) not in MOVES:
        return Denied(Reason.NOT_FOUND)
    state = grant_state(grant, now)
    return ALLOWED if state in LIVE else Denied(Reason.GRANT_ENDED, {"state": state})


def may_disclose(granted: Categories, asked: AbstractSet[Category]) -> Decision:
    """Decide whether every category asked for in a release was granted, and whether any was asked for."""
    beyond = sorted(asked - granted.keys())
    return first_denial(
        deny_if(not asked, Reason.NOTHING_ASKED, field="categories"),
        deny_if(bool(beyond), Reason.CATEGORY_NOT_GRANTED, asked=" ".join(beyond), limit=" ".join(sorted(granted))),
    )
