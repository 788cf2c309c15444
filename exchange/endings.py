"""What follows from a grant's end, and writing down what the clock has already decided.

Nobody waits for a timer: expiry is computed at every use. But an expired row still holds its place in the unique
indexes, so a verb that wants the place first settles it: the row gets its final state, at the time that ended it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from consent.grants import DELETION_DAYS, LIVE, GrantState
from consent.requests import RequestState
from exchange import ledger, outbox
from models import AuthorizationRequest, DeletionDuty, Grant
from models.unit_of_work import Transaction


async def end_access(transaction: Transaction, grant_id: UUID, ended_at: datetime) -> None:
    """Take a grant that has ended from its assignees, and open the employer's duty to delete."""
    await transaction.query(
        "UPDATE assignee SET until = ? WHERE grant_id = ? AND until IS NULL RETURNING id", ended_at, grant_id
    )
    due_at = ended_at + timedelta(days=DELETION_DAYS)
    await transaction.insert(DeletionDuty(grant_id=grant_id, opened_at=ended_at, due_at=due_at))


async def close_requests(transaction: Transaction, now: datetime, job_id: UUID) -> None:
    """Close the unanswered requests for a job that is no more. Their candidates are told; the employer knows."""
    unanswered = AuthorizationRequest.filter(job_id=job_id, state=RequestState.PENDING, expires_at__gt=now)
    for request in await unanswered.order_by("candidate_id"):
        pending = {"id": request.id, "state": RequestState.PENDING, "expires_at__gt": now}
        closed = {"state": RequestState.CLOSED, "decided_at": now}
        if await transaction.compare_and_set(AuthorizationRequest, pending, closed):
            event = ledger.Event.REQUEST_CLOSED
            entry = ledger.Entry(request.candidate_id, event, now, request.employer_id, subject_id=request.id)
            await ledger.append(transaction, entry)
            await outbox.enqueue(
                transaction,
                outbox.Topic.REQUEST_CHANGED,
                now,
                channels=[f"candidate:{request.candidate_id}"],
                subject={"request": str(request.id)},
            )


async def settle_requests(transaction: Transaction, now: datetime, **key: UUID) -> None:
    """Write down the expiry of pending requests of this candidate, employer and job whose time is over."""
    overdue = AuthorizationRequest.filter(**key, state=RequestState.PENDING, expires_at__lte=now)
    for request in await overdue:
        pending = {"id": request.id, "state": RequestState.PENDING, "expires_at__lte": now}
        if await transaction.compare_and_set(AuthorizationRequest, pending, {"state": RequestState.EXPIRED}):
            event = ledger.Event.REQUEST_EXPIRED
            entry = ledger.Entry(request.candidate_id, event, now, request.employer_id, subject_id=request.id)
            await ledger.append(transaction, entry)


async def settle_grants(transaction: Transaction, now: datetime, **key: UUID) -> None:
    """Write down the expiry of live grants of this candidate, employer and job whose time is over."""
    for grant in await Grant.filter(**key, state__in=LIVE, expires_at__lte=now):
        live = {"id": grant.id, "state__in": LIVE, "expires_at__lte": now}
        ended = {"state": GrantState.EXPIRED, "generation": grant.generation + 1, "ended_at": grant.expires_at}
        if await transaction.compare_and_set(Grant, live, ended):
            await end_access(transaction, grant.id, grant.expires_at)
            event = ledger.Event.GRANT_EXPIRED
            entry = ledger.Entry(grant.candidate_id, event, now, grant.employer_id, subject_id=grant.id)
            await ledger.append(transaction, entry)
