"""What a viewer may read of requests, grants, releases, jobs and ledger: its own side of each, and nothing else.

Not visible and not there are one answer. A seen row carries the facts that ``viewerCan…`` is computed from, by the
policy that decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from consent.decision import Allowed
from consent.grants import GrantState, grant_state, may_revoke
from consent.parties import MemberRole, Party, Standing, in_good_standing
from consent.policy import ReleaseFacts, may_release
from consent.requests import (
    EmployerView,
    RequestState,
    RequestVerb,
    may_move,
    request_state,
    request_state_for_employer,
)
from consent.terms import Terms
from exchange.actors import Actor, CandidateActor, MemberActor, as_uuid
from exchange.call import Call
from exchange.errors import invalid, require
from models import AuthorizationRequest, Candidate, Grant, Job, LedgerEntry, Member, Release
from models.statements import query
from vault.errors import CannotOpen

MOST_FIRST = 100

Row = TypeVar("Row", bound=Model)


# Terms never change, and one question is read many times. They name the employer and hold nothing of the candidate.
parsed_terms = lru_cache(maxsize=4096)(Terms.parse)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as one side sees it."""

    row: AuthorizationRequest
    party: Party
    standing: Standing
    now: datetime

    @property
    def terms(self) -> Terms:
        """What was asked."""
        return parsed_terms(self.row.terms)

    @property
    def state(self) -> RequestState | EmployerView:
        """The state that this side may know: an employer cannot tell refusal from silence."""
        if self.party is Party.EMPLOYER:
            return request_state_for_employer(self.row, self.now)
        return request_state(self.row, self.now)

    @property
    def held(self) -> bool:
        """Whether the request waits because the employer is not in good standing."""
        return self.state == RequestState.PENDING and self.standing is not Standing.VERIFIED

    def can(self, verb: RequestVerb) -> bool:
        """Tell whether this side may do ``verb`` now."""
        if verb is RequestVerb.APPROVE and self.held:
            return False
        return may_move(self.row, verb, self.party, self.now) == Allowed()


@dataclass(frozen=True, slots=True)
class SeenGrant:
    """A grant as one side sees it."""

    row: Grant
    party: Party
    standing: Standing
    role: MemberRole
    assigned: bool
    erased: bool
    now: datetime

    @property
    def terms(self) -> Terms:
        """What was agreed."""
        return parsed_terms(self.row.terms)

    @property
    def state(self) -> GrantState:
        """The state at this moment."""
        return grant_state(self.row, self.now)

    @property
    def can_revoke(self) -> bool:
        """Whether this side may revoke now."""
        return may_revoke(self.row, self.party, self.now) == Allowed()

    @property
    def can_release(self) -> bool:
        """Whether this viewer may have the contact details released now."""
        terms = self.terms
        facts = ReleaseFacts(self.standing, self.role, self.assigned, self.erased, terms, terms.categories.keys())
        return self.party is Party.EMPLOYER and may_release(self.row, facts, self.now) == Allowed()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first, each with the cursor after it, and whether there are more."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_next: bool


async def page(call: Call, rows: QuerySet[Row], *, first: int, after: str | None) -> Page[Row]:
    """Return a page of a viewer's own list. Cursors are opaque, and good for this list and this viewer only."""
    check_first(first)
    context = (rows.model.__name__.encode(), (call.viewer.key or "").encode())
    older = rows if after is None else rows.filter(pk__lt=_read_cursor(call, after, context))
    found = await older.order_by("-id").limit(first + 1)
    shown = found[:first]
    return Page(shown, [call.desk.opaque.conceal(row.pk.bytes, *context) for row in shown], len(found) > first)


def check_first(first: int) -> None:
    """Raise ``InvalidInput`` for a size that no page may have."""
    if not 1 <= first <= MOST_FIRST:
        raise invalid("first", f"Ask for 1 to {MOST_FIRST} items.")


def _read_cursor(call: Call, cursor: str, context: tuple[bytes, ...]) -> UUID:
    try:
        return UUID(bytes=call.desk.opaque.reveal(cursor, *context))
    except (CannotOpen, ValueError) as junk:
        raise invalid("after", "Give a cursor of the same list, as it was answered to you.") from junk


def requests_of(actor: Actor) -> QuerySet[AuthorizationRequest]:
    """Return the requests to a candidate, or those of a member's employer."""
    return AuthorizationRequest.filter(**_side(actor))


def grants_of(actor: Actor) -> QuerySet[Grant]:
    """Return the grants of a candidate, or those to a member's employer."""
    return Grant.filter(**_side(actor))


def jobs_of(actor: Actor) -> QuerySet[Job]:
    """Return the jobs of a member's employer, or those that a candidate was asked for."""
    if isinstance(actor, MemberActor):
        return Job.filter(**_side(actor))
    return Job.filter(requests__candidate_id=actor.candidate_id).distinct()


def releases_of(actor: Actor) -> QuerySet[Release]:
    """Return the releases under any grant that the viewer is a side of."""
    return Release.filter(**{f"grant__{name}": value for name, value in _side(actor).items()})


def ledger_of(actor: CandidateActor) -> QuerySet[LedgerEntry]:
    """Return a candidate's own ledger."""
    return LedgerEntry.filter(candidate_id=actor.candidate_id)


async def see_requests(actor: Actor, rows: Sequence[AuthorizationRequest], now: datetime) -> list[SeenRequest]:
    """Turn rows into what the viewer sees, with one statement for all of them."""
    standings = await _standings({row.employer_id for row in rows})
    return [SeenRequest(row, actor.party, standings[row.employer_id], now) for row in rows]


async def see_grants(actor: Actor, rows: Sequence[Grant], now: datetime) -> list[SeenGrant]:
    """Turn rows into what the viewer sees, with three statements for all of them."""
    standings = await _standings({row.employer_id for row in rows})
    assigned = await _assigned(actor, [row.id for row in rows])
    erased = await _erased({row.candidate_id for row in rows})
    role = actor.role if isinstance(actor, MemberActor) else MemberRole.INTERVIEWER
    return [
        SeenGrant(
            row, actor.party, standings[row.employer_id], role, row.id in assigned, row.candidate_id in erased, now
        )
        for row in rows
    ]


async def by_ids(rows: QuerySet[Row], field: str, ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Return rows by one of their columns, for data loaders."""
    return {getattr(row, field): row for row in await rows.filter(**{f"{field}__in": list(ids)})}


async def member_names(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the display names of members, for the candidate and colleagues to read."""
    return {row.id: row.display_name for row in await Member.filter(id__in=list(ids))}


async def employer_names(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the legal names of employers."""
    if not ids:
        return {}
    rows = await query(f"SELECT id, legal_name FROM employer WHERE id IN ({_marks(ids)})", *ids)  # noqa: S608
    return {as_uuid(row["id"]): str(row["legal_name"]) for row in rows}


def _side(actor: Actor) -> dict[str, Any]:
    """Return whose rows a viewer may read. A member of an employer that is not in good standing reads nothing."""
    if isinstance(actor, CandidateActor):
        return {"candidate_id": actor.candidate_id}
    require(in_good_standing(actor.standing))
    return {"employer_id": actor.employer_id}


async def _standings(employers: set[UUID]) -> Mapping[UUID, Standing]:
    if not employers:
        return {}
    rows = await query(f"SELECT id, standing FROM employer WHERE id IN ({_marks(employers)})", *employers)  # noqa: S608
    return {as_uuid(row["id"]): Standing(row["standing"]) for row in rows}


async def _assigned(actor: Actor, grants: Sequence[UUID]) -> set[UUID]:
    if not grants or isinstance(actor, CandidateActor):
        return set()
    rows = await query(
        f"SELECT grant_id FROM assignee WHERE until IS NULL AND member_id = ? AND grant_id IN ({_marks(grants)})",  # noqa: S608
        actor.member_id,
        *grants,
    )
    return {as_uuid(row["grant_id"]) for row in rows}


async def _erased(candidates: set[UUID]) -> set[UUID]:
    return {row.id for row in await Candidate.filter(id__in=list(candidates), erased_at__isnull=False)}


def _marks(values: Collection[UUID]) -> str:
    return ", ".join("?" * len(values))
