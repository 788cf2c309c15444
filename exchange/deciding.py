"""The candidate's side: approving, narrowing, declining, revoking."""

import json
from datetime import timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError

from consent.decision import Denied, Reason
from consent.grants import LIVE, GrantState, may_revoke
from consent.parties import Party, Standing
from consent.policy import ApprovalFacts, may_approve
from consent.requests import RequestState, RequestVerb, may_move
from consent.terms import Narrowing, Terms, canonical_json, narrow
from exchange import ledger, outbox
from exchange.actors import CandidateActor, candidate_of
from exchange.call import Call
from exchange.endings import end_access, settle_grants
from exchange.errors import NotFound, Refused, require
from models import Assignee, AuthorizationRequest, Grant
from models.unit_of_work import Transaction, unit_of_work
from vault.signing import sign_jws

GRANT_TYPE = "grant+jws"


@unit_of_work
async def approve(
    transaction: Transaction, call: Call, *, request_id: UUID, terms_hash: str, narrowing: Narrowing
) -> Grant:
    """Make a grant of what was asked, or less. The same choice again gives the same grant."""
    candidate = await candidate_of(call, transaction)
    request = await _own_request(candidate, request_id)
    asked = Terms.parse(request.terms)
    if request.state is RequestState.APPROVED:
        return await _same_grant(request, asked, terms_hash, narrowing)
    key = {"candidate_id": request.candidate_id, "employer_id": request.employer_id, "job_id": request.job_id}
    await settle_grants(transaction, call.now, **key)
    facts = ApprovalFacts(
        standing=await _locked_standing(transaction, request.employer_id),
        # A grant of this very request is no obstacle: a parallel approval came first, and its grant is the answer.
        already_granted=await Grant.filter(**key, state__in=LIVE).exclude(request_id=request.id).exists(),
        asked=asked,
        shown_hash=terms_hash,
        narrowing=narrowing,
    )
    require(may_approve(request, facts, call.now), request)
    pending = {"id": request.id, "state": RequestState.PENDING, "expires_at__gt": call.now}
    approved = {"state": RequestState.APPROVED, "decided_at": call.now}
    if not await transaction.compare_and_set(AuthorizationRequest, pending, approved):
        await request.refresh_from_db()
        return await _same_grant(request, asked, terms_hash, narrowing)
    return await _make_grant(transaction, call, request, narrow(asked, narrowing))


@unit_of_work
async def decline(transaction: Transaction, call: Call, *, request_id: UUID) -> AuthorizationRequest:
    """Refuse. The employer is not told: towards it a refusal is silence. Refusing twice is refusing once."""
    candidate = await candidate_of(call, transaction)
    request = await _own_request(candidate, request_id)
    if request.state is RequestState.DECLINED:
        return request
    require(may_move(request, RequestVerb.DECLINE, Party.CANDIDATE, call.now), request)
    pending = {"id": request.id, "state": RequestState.PENDING, "expires_at__gt": call.now}
    declined = {"state": RequestState.DECLINED, "decided_at": call.now}
    if not await transaction.compare_and_set(AuthorizationRequest, pending, declined):
        stored = await AuthorizationRequest.get(id=request.id)
        if stored.state is RequestState.DECLINED:
            return stored
        raise Refused(Denied(Reason.ALREADY_DECIDED), stored)
    await request.refresh_from_db()
    entry = ledger.Entry(
        candidate.candidate_id, ledger.Event.REQUEST_DECLINED, call.now, request.employer_id, subject_id=request.id
    )
    await ledger.append(transaction, entry)
    await outbox.enqueue(
        transaction,
        outbox.Topic.REQUEST_CHANGED,
        call.now,
        channels=[candidate.channel],
        subject={"request": str(request.id)},
    )
    return request


@unit_of_work
async def revoke(transaction: Transaction, call: Call, *, grant_id: UUID) -> Grant:
    """End a grant: nothing more is released, and what was received has to be deleted. Revoking twice is once."""
    candidate = await candidate_of(call, transaction)
    grant = await Grant.get_or_none(id=grant_id, candidate_id=candidate.candidate_id)
    if grant is None:
        raise NotFound("grantId")
    if grant.state is GrantState.REVOKED:
        return grant
    require(may_revoke(grant, Party.CANDIDATE, call.now), grant)
    live = {"id": grant.id, "state__in": LIVE, "generation": grant.generation, "expires_at__gt": call.now}
    revoked = {"state": GrantState.REVOKED, "generation": grant.generation + 1, "ended_at": call.now}
    if not await transaction.compare_and_set(Grant, live, revoked):
        stored = await Grant.get(id=grant.id)
        if stored.state is GrantState.REVOKED:
            return stored
        raise Refused(Denied(Reason.GRANT_ENDED, {"state": stored.state}), stored)
    await grant.refresh_from_db()
    await end_access(transaction, grant.id, call.now)
    entry = ledger.Entry(
        grant.candidate_id, ledger.Event.GRANT_REVOKED, call.now, grant.employer_id, subject_id=grant.id
    )
    await ledger.append(transaction, entry)
    await _tell(transaction, call, grant)
    return grant


async def _own_request(candidate: CandidateActor, request_id: UUID) -> AuthorizationRequest:
    request = await AuthorizationRequest.get_or_none(id=request_id, candidate_id=candidate.candidate_id)
    if request is None:
        raise NotFound("authorizationRequestId")
    return request


async def _locked_standing(transaction: Transaction, employer_id: UUID) -> Standing:
    lock = "" if transaction.dialect == "sqlite" else " FOR SHARE"
    rows = await transaction.query(f"SELECT standing FROM employer WHERE id = ?{lock}", employer_id)  # noqa: S608
    return Standing(rows[0]["standing"])


async def _same_grant(request: AuthorizationRequest, asked: Terms, terms_hash: str, narrowing: Narrowing) -> Grant:
    """Answer a repeated approval: with the same choice the same grant, whatever became of it; else what is stored."""
    grant = await Grant.get_or_none(request_id=request.id)
    same = grant is not None and asked.digest() == terms_hash and narrow(asked, narrowing).digest() == grant.terms_hash
    if grant is None or not same:
        raise Refused(Denied(Reason.ALREADY_DECIDED), request)
    return grant


def grant_record(grant: Grant) -> str:
    """Return what a grant's signature is over: which grant, of which request, from when to when, on which terms."""
    record = {
        "arrangement": str(grant.arrangement_id),
        "expires_at": grant.expires_at.isoformat(),
        "grant": str(grant.id),
        "not_before": grant.not_before.isoformat(),
        "request": str(grant.request_id),
        "terms": json.loads(grant.terms),
        "terms_hash": grant.terms_hash,
        "version": 1,
    }
    return canonical_json(record)


async def _make_grant(transaction: Transaction, call: Call, request: AuthorizationRequest, agreed: Terms) -> Grant:
    grant = Grant(
        request_id=request.id,
        arrangement_id=request.arrangement_id,
        candidate_id=request.candidate_id,
        employer_id=request.employer_id,
        job_id=request.job_id,
        terms=agreed.canonical(),
        terms_hash=agreed.digest(),
        max_uses=agreed.max_uses,
        not_before=call.now,
        expires_at=call.now + timedelta(days=agreed.access_days),
    )
    grant.signature = sign_jws(call.desk.keys.signing, grant_record(grant).encode(), GRANT_TYPE)
    try:
        await transaction.insert(grant)
    except IntegrityError as live:
        raise Refused(Denied(Reason.ALREADY_GRANTED)) from live
    await transaction.insert(Assignee(grant_id=grant.id, member_id=request.asked_by_id, since=call.now))
    data = {"grant": str(grant.id), "terms_hash": grant.terms_hash}
    entry = ledger.Entry(
        grant.candidate_id,
        ledger.Event.REQUEST_APPROVED,
        call.now,
        grant.employer_id,
        subject_id=request.id,
        data=data,
    )
    await ledger.append(transaction, entry)
    await _tell(transaction, call, grant, request=str(request.id))
    return grant


async def _tell(transaction: Transaction, call: Call, grant: Grant, **also: str) -> None:
    channels = [f"candidate:{grant.candidate_id}", f"employer:{grant.employer_id}"]
    subject = {"grant": str(grant.id), **also}
    await outbox.enqueue(transaction, outbox.Topic.GRANT_CHANGED, call.now, channels=channels, subject=subject)
