"""The made-up world that every measurement runs on: who is in it, its ids, its keys and its tokens."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from exchange.call import Call, Desk, Policy, Viewer
from models import AccountKind
from schema.ids import global_id
from vault.keys import load_or_create
from vault.tokens import issue_access_token

FOLDER = Path(__file__).resolve().parent.parent / ".data" / "bench"
KEYS_FILE = FOLDER / "keys.json"

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FAR = NOW + timedelta(days=3650)
"""When made requests and grants expire: later than any run."""
TOKEN_LIFETIME = timedelta(hours=12)

INBOX_EMPLOYER = 0
INBOX_REQUESTS = 30_000
ASKING_EMPLOYERS = range(1, 41)
WRITING_EMPLOYERS = range(1, 17)
PREPARED_EMPLOYERS = range(42, 58)
FANOUT_EMPLOYER = 41
EMPLOYERS = 58
FANOUT_MEMBERS = 100
JOBS = 40
WRITING_JOBS = 30
INBOX_JOB = 39
ACTORS = 400
"""So many candidates have sealed contact details and a session: those who take part in requests."""
INBOX_CANDIDATES = 10


def made_id(kind: str, number: int) -> UUID:
    """Return an id that is the same on every run and, as a UUID of version 7, grows with its number."""
    noise = int.from_bytes(hashlib.sha256(f"{kind}:{number}".encode()).digest()[:10])
    milliseconds = int(NOW.timestamp() * 1000) + number
    return UUID(int=milliseconds << 80 | 7 << 76 | (noise >> 68) << 64 | 2 << 62 | noise & (1 << 62) - 1)


@cache
def desk() -> Desk:
    """Return the keys of the benchmark's own databases."""
    issuer = "resume-exchange"
    return Desk(load_or_create(KEYS_FILE), Policy(issuer=issuer, audience=issuer))


@cache
def viewer(kind: AccountKind, number: int, member: int = 0) -> Viewer:
    """Return candidate ``number``, or a member of employer ``number``."""
    who = f"{kind}.{member}" if kind is AccountKind.MEMBER else str(kind)
    return Viewer(made_id(f"account.{who}", number), made_id(f"session.{who}", number), kind)


def call_of(who: Viewer) -> Call:
    """Return a call of a viewer, in English, now."""
    return Call(who, datetime.now(UTC), "en", desk())


@cache
def token(kind: AccountKind, number: int, member: int = 0) -> str:
    """Return an access token that lives longer than a run."""
    who = viewer(kind, number, member)
    policy = desk().policy
    return issue_access_token(
        desk().keys.signing,
        subject=who.account_id or UUID(int=0),
        session=who.session_id or UUID(int=0),
        kind=kind,
        issuer=policy.issuer,
        audience=policy.audience,
        now=datetime.now(UTC),
        lifetime=TOKEN_LIFETIME,
    )


def headers(kind: AccountKind, number: int, member: int = 0) -> dict[str, str]:
    """Return the headers of a request by somebody."""
    return {
        "authorization": f"Bearer {token(kind, number, member)}",
        "content-type": "application/json",
        "accept": "application/graphql-response+json",
        "accept-language": "en",
    }


def card_id(employer: int, candidate: int) -> str:
    """Return the id by which an employer knows a candidate's card."""
    candidate_id, employer_id = made_id("candidate", candidate), made_id("employer", employer)
    return global_id("Card", desk().opaque.conceal(candidate_id.bytes, b"card", employer_id.bytes))


def job_number(employer: int, job: int) -> int:
    """Return the number of an employer's job among all jobs."""
    return employer * JOBS + job
