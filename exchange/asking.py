"""The employer's side of a request: asking, and taking the question back."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError
from uuid_utils.compat import uuid7

from consent.decision import Denied, Reason
from consent.grants import COOL_DOWN_AFTER_REVOCATION, LIVE, GrantState
from consent.notices import CURRENT_VERSION
from consent.parties import Party, in_good_standing, may_recruit
from consent.policy import AskFacts, may_ask
from consent.requests import (
    READS_AS_PENDING,
    REQUEST_LIFETIME,
    RequestOrigin,
    RequestState,
    RequestVerb,
    may_move,
    request_state_for_employer,
)
from consent.templates import TEMPLATES
from consent.terms import Categories, Method, Purpose, Terms, canonical_json, sha256_hex
from exchange import ledger, outbox
from exchange.actors import MemberActor, as_uuid, member_of
from exchange.call import Call
from exchange.endings import settle_requests
from exchange.errors import IdempotencyMismatch, NotFound, Refused, invalid, require
from exchange.search import visible_card
from exchange.texts import TEXT_ADVICE, check_key, is_text
from models import AuthorizationRequest, Grant, Job, JobState
from models.unit_of_work import Transaction, unit_of_work

LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Question:
    """What a recruiter fills in. The recipient is never an input: it is the member's own employer."""

    card_id: str
    job_id: UUID
    purpose: Purpose
    categories: Categories
    methods: tuple[Method, ...]
    access_days: int
    max_uses: int
    retention_days: int
    message: str
    idempotency_key: str | None


async def ask(call: Call, *, question: Question) -> AuthorizationRequest:
    """Send an authorization request. The same key and input again give the same request."""
    _check(question)
    try:
        return await _ask(call, question)
    except IntegrityError:
        # Another transaction with the same key or the same question came first; now its row can be seen.
        return await _ask(call, question)


@unit_of_work
async def _ask(transaction: Transaction, call: Call, question: Question) -> AuthorizationRequest:
    member = await member_of(call, transaction)
    # Before anything is looked for: one that may not ask must not learn from the answer which cards are there.
    require(in_good_standing(member.standing))
    await transaction.serialize(member.employer_id)
    stored = await _asked_before(member, question)
    if stored is not None:
        return stored
    job = await Job.get_or_none(id=question.job_id, employer_id=member.employer_id)
    if job is None:
        raise NotFound("jobId")
    candidate_id = await _candidate_behind(call, member, question.card_id)
    terms = _terms(member, job, question)
    key = {"candidate_id": candidate_id, "employer_id": member.employer_id, "job_id": job.id}
    await settle_requests(transaction, call.now, **key)
    facts = await _facts(member, job, candidate_id, question.purpose, call.now)
    require(may_ask(facts, terms, TEMPLATES[question.purpose], call.now))
    request = _row(call, member, candidate_id, question, terms)
    await transaction.insert(request)
    await _record(transaction, call, request, member, ledger.Event.REQUEST_ASKED)
    return request


@unit_of_work
async def recall(transaction: Transaction, call: Call, *, request_id: UUID) -> AuthorizationRequest:
    """Take a question back. One that was refused meanwhile is recalled all the same: refusal looks like silence."""
    member = await member_of(call, transaction)
    require(in_good_standing(member.standing))
    require(may_recruit(member.role))
    request = await AuthorizationRequest.get_or_none(id=request_id, employer_id=member.employer_id)
    if request is None:
        raise NotFound("authorizationRequestId")
    require(may_move(request, RequestVerb.RECALL, Party.EMPLOYER, call.now), request)
    still = {"id": request.id, "recalled_at": None, "expires_at__gt": call.now}
    recalled = {"state": RequestState.RECALLED, "recalled_at": call.now, "decided_at": call.now}
    if not await transaction.compare_and_set(AuthorizationRequest, {**still, "state": RequestState.PENDING}, recalled):
        silent = {**still, "state__in": READS_AS_PENDING - {RequestState.PENDING}}
        if not await transaction.compare_and_set(AuthorizationRequest, silent, {"recalled_at": call.now}):
            await request.refresh_from_db()
            state = request_state_for_employer(request, call.now)
            raise Refused(Denied(Reason.TOO_LATE, {"state": state}), request)
    await request.refresh_from_db()
    await _record(transaction, call, request, member, ledger.Event.REQUEST_RECALLED)
    return request


def _check(question: Question) -> None:
    if len(question.message) > LONGEST_MESSAGE:
        raise invalid("message", f"Give at most {LONGEST_MESSAGE} characters.")
    if not is_text(question.message):
        raise invalid("message", TEXT_ADVICE)
    if question.idempotency_key is not None:
        check_key(question.idempotency_key)


async def _asked_before(member: MemberActor, question: Question) -> AuthorizationRequest | None:
    if question.idempotency_key is None:
        return None
    stored = await AuthorizationRequest.get_or_none(
        asked_by_id=member.member_id, idempotency_key=question.idempotency_key
    )
    if stored is not None and stored.input_hash != _input_hash(question):
        raise IdempotencyMismatch
    return stored


async def _candidate_behind(call: Call, member: MemberActor, card_id: str) -> UUID:
    return as_uuid((await visible_card(call, member, card_id))["candidate_id"])


async def _facts(member: MemberActor, job: Job, candidate_id: UUID, purpose: Purpose, now: datetime) -> AskFacts:
    about = {"candidate_id": candidate_id, "employer_id": member.employer_id, "job_id": job.id}
    live = Grant.filter(**about, state__in=LIVE, expires_at__gt=now)
    unanswered = AuthorizationRequest.filter(employer_id=member.employer_id, expires_at__gt=now).exclude(
        state=RequestState.APPROVED
    )
    return AskFacts(
        standing=member.standing,
        role=member.role,
        card_visible=True,
        job_open=job.state is JobState.OPEN,
        already_asked=await unanswered.filter(candidate_id=candidate_id, job_id=job.id).exists(),
        already_granted=await live.exists(),
        cooling_until=await _cooling_until(candidate_id, member.employer_id),
        open_requests=await unanswered.filter(purpose=purpose, recalled_at=None).count(),
    )


async def _cooling_until(candidate_id: UUID, employer_id: UUID) -> datetime | None:
    revoked = Grant.filter(candidate_id=candidate_id, employer_id=employer_id, state=GrantState.REVOKED).order_by(
        "-ended_at"
    )
    last = await revoked.first()
    return None if last is None or last.ended_at is None else last.ended_at + COOL_DOWN_AFTER_REVOCATION


def _terms(member: MemberActor, job: Job, question: Question) -> Terms:
    return Terms(
        recipient=member.recipient,
        job_id=str(job.id),
        job_title=job.title,
        purpose=question.purpose,
        template_version=TEMPLATES[question.purpose].version,
        notice_version=CURRENT_VERSION,
        categories=question.categories,
        methods=question.methods,
        access_days=question.access_days,
        max_uses=question.max_uses,
        retention_days=question.retention_days,
    )


def _row(call: Call, member: MemberActor, candidate_id: UUID, question: Question, terms: Terms) -> AuthorizationRequest:
    return AuthorizationRequest(
        arrangement_id=uuid7(),
        origin=RequestOrigin.EMPLOYER,
        candidate_id=candidate_id,
        employer_id=member.employer_id,
        job_id=question.job_id,
        asked_by_id=member.member_id,
        purpose=question.purpose,
        terms=terms.canonical(),
        terms_hash=terms.digest(),
        message=question.message,
        idempotency_key=question.idempotency_key or secrets.token_hex(16),
        input_hash=_input_hash(question),
        asked_at=call.now,
        expires_at=call.now + REQUEST_LIFETIME,
    )


def _input_hash(question: Question) -> str:
    fields = {**asdict(question), "job_id": str(question.job_id), "categories": dict(question.categories)}
    return sha256_hex(canonical_json(fields))


async def _record(
    transaction: Transaction, call: Call, request: AuthorizationRequest, member: MemberActor, event: ledger.Event
) -> None:
    data = {"terms_hash": request.terms_hash}
    entry = ledger.Entry(request.candidate_id, event, call.now, member.employer_id, member.member_id, request.id, data)
    await ledger.append(transaction, entry)
    channels = [f"candidate:{request.candidate_id}", member.channel]
    await outbox.enqueue(
        transaction, outbox.Topic.REQUEST_CHANGED, call.now, channels=channels, subject={"request": str(request.id)}
    )
