"""Request, approve and release as bare statements: what the verbs send to the database, and nothing else.

Nothing is sealed, opened or signed here, and no policy decides: what a verb takes longer than this is the price of all
of that, of GraphQL and of the ORM together.
"""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from bench.plain_database import Rows, Statements
from exchange.actors import _CANDIDATE, _MEMBER
from exchange.call import Viewer

LIVE = "('ACTIVE', 'PAUSED')"
SIGNATURE = "s" * 900
"""As long as a signature over terms."""

Row = Mapping[str, Any]
Step = Generator[tuple[str, Sequence[object]], Rows, Any]


class Lost(RuntimeError):
    """A guarded update changed nothing."""


class Writes:
    """The three transactions in one dialect."""

    def __init__(self, dialect: str) -> None:
        self.sqlite = dialect == "sqlite"

    def ask(self, viewer: Viewer, candidate: UUID, job: UUID, now: datetime) -> Callable[[], Statements[str]]:
        """Ask one candidate for one job."""
        return lambda: self._ask(viewer, candidate, job, now)

    def approve(self, viewer: Viewer, request: UUID, now: datetime) -> Callable[[], Statements[str]]:
        """Approve a request."""
        return lambda: self._approve(viewer, request, now)

    def release(self, viewer: Viewer, grant: UUID, key: str, now: datetime) -> Callable[[], Statements[int]]:
        """Release under a grant."""
        return lambda: self._release(viewer, grant, key, now)

    def _ask(self, viewer: Viewer, candidate: UUID, job_id: UUID, now: datetime) -> Step:
        (member,) = yield self._locked(_MEMBER, "s, m, e"), (viewer.session_id, viewer.account_id)
        employer = member["employer_id"]
        if not self.sqlite:
            yield "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (str(employer),)
        (job,) = yield "SELECT * FROM job WHERE id = ? AND employer_id = ? LIMIT 1", (job_id, employer)
        yield _VISIBLE, (candidate, employer)
        about = (candidate, employer, job_id)
        yield f"SELECT * FROM authorization_request {_ABOUT} AND state = 'PENDING' AND expires_at <= ?", (*about, now)
        yield _ASKED, (*about, now)
        yield f"SELECT 1 FROM consent_grant {_ABOUT} AND state IN {LIVE} AND expires_at > ? LIMIT 1", (*about, now)
        yield _REVOKED, (candidate, employer)
        yield _UNANSWERED, (employer, now)
        terms, digest = _terms(member, job)
        row = {
            "id": uuid7(),
            "arrangement_id": uuid7(),
            "origin": "EMPLOYER",
            "purpose": "RECRUIT_CONTACT",
            "terms": terms,
            "terms_hash": digest,
            "message": "Would you talk with us?",
            "idempotency_key": uuid7().hex,
            "input_hash": digest,
            "state": "PENDING",
            "asked_at": now,
            "expires_at": now + timedelta(days=14),
            "decided_at": None,
            "recalled_at": None,
            "asked_by_id": member["member_id"],
            "candidate_id": candidate,
            "employer_id": employer,
            "job_id": job_id,
        }
        yield insert("authorization_request", row)
        yield from _record(candidate, "employer:request:asked", employer, row["id"], now)
        return str(row["id"])

    def _approve(self, viewer: Viewer, request_id: UUID, now: datetime) -> Step:
        (candidate,) = yield self._locked(_CANDIDATE, "s"), (viewer.session_id, viewer.account_id)
        own = (request_id, candidate["id"])
        (asked,) = yield "SELECT * FROM authorization_request WHERE id = ? AND candidate_id = ? LIMIT 1", own
        about = (asked["candidate_id"], asked["employer_id"], asked["job_id"])
        yield f"SELECT * FROM consent_grant {_ABOUT} AND state IN {LIVE} AND expires_at <= ?", (*about, now)
        yield self._locked("SELECT standing FROM employer WHERE id = ?", "employer"), (asked["employer_id"],)
        yield f"SELECT 1 FROM consent_grant {_ABOUT} AND state IN {LIVE} LIMIT 1", about
        (changed,) = yield _GUARDED_APPROVAL, (now, request_id, now)
        if changed["count"] != 1:
            raise Lost
        grant = _grant(asked, now)
        yield insert("consent_grant", grant)
        assignee = {
            "id": uuid7(),
            "since": now,
            "until": None,
            "grant_id": grant["id"],
            "member_id": asked["asked_by_id"],
        }
        yield insert("assignee", assignee)
        yield from _record(candidate["id"], "candidate:request:approved", asked["employer_id"], request_id, now)
        return str(grant["id"])

    def _release(self, viewer: Viewer, grant_id: UUID, key: str, now: datetime) -> Step:
        (member,) = yield self._locked(_MEMBER, "s, m, e"), (viewer.session_id, viewer.account_id)
        own = (grant_id, member["employer_id"])
        (grant,) = yield "SELECT * FROM consent_grant WHERE id = ? AND employer_id = ? LIMIT 1", own
        candidate = grant["candidate_id"]
        yield "SELECT * FROM candidate WHERE id = ? LIMIT 1", (candidate,)
        assigned = "SELECT 1 FROM assignee WHERE grant_id = ? AND member_id = ? AND until IS NULL LIMIT 1"
        yield assigned, (grant_id, member["member_id"])
        yield "SELECT * FROM release WHERE grant_id = ? AND idempotency_key = ? LIMIT 1", (grant_id, key)
        (changed,) = yield _COUNTED_USE, (grant_id, now, now, grant["generation"])
        if changed["count"] != 1:
            raise Lost
        for field in ("contact", "resume"):
            yield "SELECT * FROM sealed_record WHERE candidate_id = ? AND field = ? LIMIT 1", (candidate, field)
        row = {
            "id": uuid7(),
            "generation": grant["generation"],
            "categories": "NAME:RAW PHONE:RAW",
            "content_hash": "0" * 64,
            "idempotency_key": key,
            "released_at": now,
            "grant_id": grant_id,
            "member_id": member["member_id"],
        }
        yield insert("release", row)
        yield from _record(candidate, "employer:contact:released", member["employer_id"], row["id"], now)
        (after,) = yield "SELECT * FROM consent_grant WHERE id = ? LIMIT 1", (grant_id,)
        return int(after["uses"])

    def _locked(self, sql: str, tables: str) -> str:
        return sql if self.sqlite else f"{sql} FOR SHARE OF {tables}"


_ABOUT = "WHERE candidate_id = ? AND employer_id = ? AND job_id = ?"
_VISIBLE = (
    "SELECT c.candidate_id, c.payload_en AS payload FROM card c WHERE c.candidate_id IN (?) AND "
    "(c.visibility = 'VERIFIED_EMPLOYERS' OR c.function_code IN "
    "(SELECT function_code FROM job WHERE employer_id = ? AND state = 'OPEN'))"
)
_ASKED = f"SELECT 1 FROM authorization_request {_ABOUT} AND expires_at > ? AND NOT state = 'APPROVED' LIMIT 1"
_REVOKED = (
    "SELECT * FROM consent_grant WHERE candidate_id = ? AND employer_id = ? AND state = 'REVOKED' "
    "ORDER BY ended_at DESC LIMIT 1"
)
_UNANSWERED = (
    "SELECT COUNT(*) FROM authorization_request WHERE employer_id = ? AND expires_at > ? AND NOT state = 'APPROVED' "
    "AND purpose = 'RECRUIT_CONTACT' AND recalled_at IS NULL"
)
_GUARDED_APPROVAL = (
    "UPDATE authorization_request SET state = 'APPROVED', decided_at = ? "
    "WHERE id = ? AND state = 'PENDING' AND expires_at > ?"
)
_COUNTED_USE = (
    "UPDATE consent_grant SET uses = uses + 1 WHERE id = ? AND state = 'ACTIVE' AND not_before <= ? "
    "AND expires_at > ? AND uses < max_uses AND generation = ?"
)


def insert(table: str, row: dict[str, object]) -> tuple[str, Sequence[object]]:
    """Return the statement that inserts a row."""
    return _insert_sql(table, tuple(row)), tuple(row.values())


@cache
def _insert_sql(table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"


def _terms(member: Row, job: Row) -> tuple[str, str]:
    recipient = {name: member[name] for name in ("legal_name", "credit_code", "contact", "address", "country")}
    terms = {"recipient": recipient, "job_id": str(job["id"]), "job_title": job["title"], "more": "x" * 400}
    text = orjson.dumps(terms).decode()
    return text, hashlib.sha256(text.encode()).hexdigest()


def _grant(asked: Row, now: datetime) -> dict[str, object]:
    return {
        "id": uuid7(),
        "arrangement_id": asked["arrangement_id"],
        "terms": asked["terms"],
        "terms_hash": asked["terms_hash"],
        "signature": SIGNATURE,
        "state": "ACTIVE",
        "generation": 1,
        "uses": 0,
        "max_uses": 3,
        "not_before": now,
        "expires_at": now + timedelta(days=30),
        "ended_at": None,
        "candidate_id": asked["candidate_id"],
        "employer_id": asked["employer_id"],
        "job_id": asked["job_id"],
        "request_id": asked["id"],
    }


def _record(candidate: object, event: str, employer: object, subject: object, now: datetime) -> Step:
    """Append to the ledger and queue a message."""
    (head,) = yield (
        "UPDATE ledger_head SET sequence = sequence + 1 WHERE candidate_id = ? RETURNING sequence, hash",
        (candidate,),
    )
    entry = {
        "id": uuid7(),
        "sequence": head["sequence"],
        "at": now,
        "event": event,
        "party": event.partition(":")[0].upper(),
        "employer_id": employer,
        "member_id": None,
        "subject_id": subject,
        "data": "{}",
        "previous_hash": head["hash"],
        "hash": "",
        "candidate_id": candidate,
    }
    entry["hash"] = hashlib.sha256(orjson.dumps(entry, default=str)).hexdigest()
    yield insert("ledger_entry", entry)
    yield "UPDATE ledger_head SET hash = ? WHERE candidate_id = ?", (entry["hash"], candidate)
    payload = orjson.dumps({"channels": [f"candidate:{candidate}", f"employer:{employer}"], "subject": str(subject)})
    message = {
        "id": uuid7(),
        "topic": "grant.changed",
        "payload": payload.decode(),
        "state": "DUE",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }
    yield insert("outbox_message", message)
