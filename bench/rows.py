"""The rows of the made-up world, built by the same functions that the exchange builds them with."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from tortoise import Tortoise
from tortoise.models import Model

from anonymity.card import build_card
from app.demo.people import DemoCandidate
from bench import made
from consent.grants import GrantState
from consent.notices import CURRENT_VERSION
from consent.parties import MemberRole, Standing, Visibility
from consent.requests import RequestOrigin, RequestState
from consent.templates import TEMPLATES
from consent.terms import Category, Form, Method, Purpose, Recipient, Terms
from exchange.cards import card_row, preferences_of
from exchange.deciding import GRANT_TYPE
from exchange.ledger import GENESIS
from models import (
    Account,
    AccountKind,
    Assignee,
    AuthorizationRequest,
    Candidate,
    Employer,
    Grant,
    Job,
    LedgerHead,
    Member,
    SealedField,
    SealedRecord,
    Session,
)
from models.database import tortoise_config
from vault.envelope import new_data_key, seal
from vault.signing import sign_jws

Row = tuple[str, tuple[Any, ...]]
"""A table's name and the values of all its columns."""

ASKED = {Category.NAME: Form.RAW, Category.PHONE: Form.RAW, Category.EMAIL: Form.MASKED}
ACCESS_DAYS, MAX_USES, RETENTION_DAYS = 30, 3, 90
FUNCTIONS = ("backend", "frontend", "sales", "accounting")


def wire_models() -> None:
    """Make models usable without a database: a table's columns are known only to models that are wired."""
    asyncio.run(Tortoise.init(config=tortoise_config("sqlite://:memory:")))


@cache
def fields_of(model: type[Model]) -> tuple[str, ...]:
    """Return the names of the fields that are columns."""
    meta = model._meta  # noqa: SLF001 - Tortoise's documented place for it
    return tuple(name for name in meta.fields_db_projection if name in meta.fields_map)


def columns_of(model: type[Model]) -> list[str]:
    """Return the columns, in the order of the values of a row."""
    return [model._meta.fields_db_projection[name] for name in fields_of(model)]  # noqa: SLF001


def row_of(made_row: Model) -> Row:
    """Return a model's instance as a row."""
    model = type(made_row)
    return model._meta.db_table, tuple(getattr(made_row, name) for name in fields_of(model))  # noqa: SLF001


def candidate_rows(given: DemoCandidate) -> list[Row]:
    """Return everything of one candidate: account, card, ledger, and for those who act, secrets and a session."""
    index = given.index
    account = _account(AccountKind.CANDIDATE, index)
    shown = (
        given.visibility if given.visibility == "MATCHED_EMPLOYERS" and index >= made.ACTORS else "VERIFIED_EMPLOYERS"
    )
    candidate = Candidate(
        id=made.made_id("candidate", index),
        account_id=account.id,
        visibility=Visibility(shown),
        pay_amount=given.expected_pay["amount"],
        pay_currency=given.expected_pay["currency"],
        pay_period=given.expected_pay["period"],
        availability=given.availability,
        created_at=made.NOW,
    )
    secrets = _secrets(candidate, given) if index < made.ACTORS else []
    built = build_card(given.resume, preferences_of(candidate), made.NOW.date())
    call = replace(made.call_of(made.viewer(AccountKind.CANDIDATE, index)), now=made.NOW)
    card = card_row(call, candidate, built, index + 1)
    head = LedgerHead(candidate_id=candidate.id, sequence=0, hash=GENESIS)
    return [row_of(row) for row in (account, candidate, card, head, *secrets)]


def _account(kind: AccountKind, number: int, member: int = 0) -> Account:
    who = made.viewer(kind, number, member)
    email_hash = f"{made.made_id(f'email.{kind}.{member}', number).int:064x}"
    return Account(id=who.account_id, kind=kind, email_hash=email_hash, password_hash="-", created_at=made.NOW)  # noqa: S106 - nobody signs in with it


def _session(kind: AccountKind, number: int, member: int = 0) -> Session:
    who = made.viewer(kind, number, member)
    return Session(id=who.session_id, account_id=who.account_id, created_at=made.NOW)


def _secrets(candidate: Candidate, given: DemoCandidate) -> list[Model]:
    key, wrapped = new_data_key(made.desk().keys.master, str(candidate.id))
    candidate.data_key, candidate.master_key_id = wrapped.blob, wrapped.key_id
    contact = {Category(name.upper()): str(value) for name, value in given.contact.items()}
    values = {SealedField.RESUME: given.resume, SealedField.CONTACT: contact}

    def sealed(field: SealedField) -> SealedRecord:
        text = json.dumps(values[field], ensure_ascii=False).encode()
        ciphertext = seal(key, text, subject=str(candidate.id), field=field, version=1)
        record_id = made.made_id(f"sealed.{field}", given.index)
        return SealedRecord(
            id=record_id,
            candidate_id=candidate.id,
            field=field,
            version=1,
            ciphertext=ciphertext,
            changed_at=made.NOW,
        )

    return [_session(AccountKind.CANDIDATE, given.index), *(sealed(field) for field in values)]


def employer_rows() -> Iterator[Row]:
    """Return all employers, their members with sessions, and their jobs."""
    for number in range(made.EMPLOYERS):
        yield row_of(_employer(number))
        for member in range(made.FANOUT_MEMBERS if number == made.FANOUT_EMPLOYER else 1):
            for row in _member(number, member):
                yield row_of(row)
        for job in range(made.JOBS):
            yield row_of(_job(number, job))


def _employer(number: int) -> Employer:
    return Employer(
        id=made.made_id("employer", number),
        legal_name=f"Fictional Employer {number} Ltd",
        credit_code=f"91{number:016d}",
        contact=f"privacy{number}@employer.example",
        address="1 Example Road, Shanghai",
        country="CN",
        standing=Standing.VERIFIED,
        created_at=made.NOW,
    )


def _member(number: int, member: int) -> tuple[Model, ...]:
    account = _account(AccountKind.MEMBER, number, member)
    row = Member(
        id=made.made_id(f"member.{member}", number),
        account_id=account.id,
        employer_id=made.made_id("employer", number),
        display_name=f"Member {member}",
        role=MemberRole.RECRUITER,
    )
    return account, row, _session(AccountKind.MEMBER, number, member)


def _job(employer: int, job: int) -> Job:
    return Job(
        id=made.made_id("job", made.job_number(employer, job)),
        employer_id=made.made_id("employer", employer),
        title=f"Backend Engineer {job}",
        description="Build the exchange.",
        function_code=FUNCTIONS[job % len(FUNCTIONS)],
        region_code="cn.sh",
        pay_min=20000,
        pay_max=40000,
        pay_currency="CNY",
        pay_period="MONTH",
        created_at=made.NOW,
    )


def inbox_rows(cards: int) -> Iterator[Row]:
    """Return one employer's tens of thousands of requests, and the full inboxes of a few candidates."""
    numbers = iter(range(made.INBOX_REQUESTS + made.INBOX_CANDIDATES * len(made.ASKING_EMPLOYERS)))
    for number in range(made.INBOX_REQUESTS):
        job = (number + number // cards) % made.JOBS
        yield from asked_rows(next(numbers), made.INBOX_EMPLOYER, number % cards, job, state=_STATES[number % 3])
    for candidate in range(made.INBOX_CANDIDATES):
        for employer in made.ASKING_EMPLOYERS:
            state = _STATES[employer % 2]
            yield from asked_rows(next(numbers), employer, candidate, made.INBOX_JOB, state=state)


def prepared_rows(start: int, count: int) -> Iterator[Row]:
    """Return pending requests, to be approved by measurements of approving alone."""
    for number in range(start, start + count):
        employer, candidate, job = triple(number, made.PREPARED_EMPLOYERS)
        yield from asked_rows(1_000_000 + number, employer, candidate, job, state=RequestState.PENDING)


def triple(number: int, employers: range) -> tuple[int, int, int]:
    """Return employer, candidate and job of a numbered question that nobody asked before."""
    rest, employer = divmod(number, len(employers))
    job, candidate = divmod(rest, made.ACTORS)
    if job >= made.WRITING_JOBS:
        raise RuntimeError("All questions between the made-up employers and candidates have been asked.")
    return employers[employer], candidate, job


_STATES = (RequestState.PENDING, RequestState.APPROVED, RequestState.DECLINED)


def asked_rows(number: int, employer: int, candidate: int, job: int, *, state: RequestState) -> Iterator[Row]:
    """Return a request and, if it is approved, its grant with its assignee."""
    terms, digest, signature = terms_of(employer, job)
    request = AuthorizationRequest(
        id=made.made_id("request", number),
        arrangement_id=made.made_id("arrangement", number),
        origin=RequestOrigin.EMPLOYER,
        candidate_id=made.made_id("candidate", candidate),
        employer_id=made.made_id("employer", employer),
        job_id=made.made_id("job", made.job_number(employer, job)),
        asked_by_id=made.made_id("member.0", employer),
        purpose=Purpose.RECRUIT_CONTACT,
        terms=terms,
        terms_hash=digest,
        message="Would you talk with us?",
        idempotency_key=str(number),
        input_hash=digest,
        state=state,
        asked_at=made.NOW,
        expires_at=made.FAR,
        decided_at=None if state is RequestState.PENDING else made.NOW,
    )
    yield row_of(request)
    if state is RequestState.APPROVED:
        grant_id = made.made_id("grant", number)
        yield row_of(_grant(request, grant_id, signature))
        assignee = Assignee(grant_id=grant_id, member_id=request.asked_by_id, since=made.NOW)
        yield row_of(assignee)


def _grant(request: AuthorizationRequest, grant_id: UUID, signature: str) -> Grant:
    return Grant(
        id=grant_id,
        request_id=request.id,
        arrangement_id=request.arrangement_id,
        candidate_id=request.candidate_id,
        employer_id=request.employer_id,
        job_id=request.job_id,
        terms=request.terms,
        terms_hash=request.terms_hash,
        signature=signature,
        state=GrantState.ACTIVE,
        max_uses=MAX_USES,
        not_before=made.NOW,
        expires_at=made.FAR,
    )


@cache
def terms_of(employer: int, job: int) -> tuple[str, str, str]:
    """Return the text of what an employer asks for a job, its digest, and a signature over it."""
    row = _employer(employer)
    terms = Terms(
        recipient=Recipient(row.legal_name, row.credit_code, row.contact, row.address, row.country),
        job_id=str(made.made_id("job", made.job_number(employer, job))),
        job_title=_job(employer, job).title,
        purpose=Purpose.RECRUIT_CONTACT,
        template_version=TEMPLATES[Purpose.RECRUIT_CONTACT].version,
        notice_version=CURRENT_VERSION,
        categories=ASKED,
        methods=(Method.VIEW, Method.CONTACT),
        access_days=ACCESS_DAYS,
        max_uses=MAX_USES,
        retention_days=RETENTION_DAYS,
    )
    text = terms.canonical()
    return text, terms.digest(), sign_jws(made.desk().keys.signing, text.encode(), GRANT_TYPE)
