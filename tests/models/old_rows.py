"""Rows for every table as the first migration made them, as plain SQL: what an older installation holds."""

from uuid import UUID

TIME = "'2026-01-02 03:04:05.678901+00:00'"
PEOPLE = 3


def statements(engine: str) -> list[str]:
    """Return INSERT statements in an order that every foreign key accepts."""
    return [_insert(table, row, engine) for table, rows in _tables().items() for row in rows]


def counts() -> dict[str, int]:
    return {table: len(rows) for table, rows in _tables().items()}


def columns(table: str) -> list[str]:
    return list(_tables()[table][0])


def _tables():
    numbers = range(PEOPLE)
    person = {"visibility": "'VERIFIED_EMPLOYERS'"}
    agreed = {"terms": "'{}'", "terms_hash": "'h'", "expires_at": TIME}
    about = [
        {"candidate_id": _id("candidate", n), "employer_id": _id("employer", n), "job_id": _id("job", n)}
        for n in numbers
    ]
    account = [{"id": _id("account", n), "kind": "'CANDIDATE'"} for n in numbers]
    account += [{"id": _id("account", n + PEOPLE), "kind": "'MEMBER'"} for n in numbers]
    return {
        "account": [
            {**row, "email_hash": f"'e{n}'", "password_hash": "'p'", "created_at": TIME}
            for n, row in enumerate(account)
        ],
        "session": [{"id": _id("session", n), "account_id": _id("account", n), "created_at": TIME} for n in numbers],
        "refresh_token": [
            {"id": _id("token", n), "session_id": _id("session", n), "token_hash": f"'t{n}'", "expires_at": TIME}
            for n in numbers
        ],
        "candidate": [
            {
                "id": _id("candidate", n),
                "account_id": _id("account", n),
                "data_key": b"\x00\xff",
                "created_at": TIME,
                **person,
            }
            for n in numbers
        ],
        "sealed_record": [
            {
                "id": _id("sealed", n),
                "candidate_id": _id("candidate", n),
                "field": "'resume'",
                "version": 1,
                "ciphertext": b"\x01\x02'\x03",
                "changed_at": TIME,
            }
            for n in numbers
        ],
        "card": [
            {
                "candidate_id": _id("candidate", n),
                "sequence": 10 * (n + 1),
                "function_code": "'backend'",
                "payload_zh": "'{}'",
                "payload_en": "'{}'",
                "tokens": f"'python c++ 后端 only{n}'",
                "published_at": TIME,
                **person,
            }
            for n in numbers
        ],
        "employer": [
            {
                "id": _id("employer", n),
                "legal_name": "'Old Ltd'",
                "credit_code": f"'91{n:016d}'",
                "contact": "'c'",
                "address": "'a'",
                "country": "'CN'",
                "standing": "'VERIFIED'",
                "created_at": TIME,
            }
            for n in numbers
        ],
        "member": [
            {
                "id": _id("member", n),
                "account_id": _id("account", n + PEOPLE),
                "employer_id": _id("employer", n),
                "display_name": "'M'",
                "role": "'RECRUITER'",
            }
            for n in numbers
        ],
        "job": [
            {
                "id": _id("job", n),
                "employer_id": _id("employer", n),
                "title": "'T'",
                "description": "'D'",
                "function_code": "'backend'",
                "region_code": "'cn.shanghai'",
                "pay_min": 1,
                "pay_max": 2,
                "pay_currency": "'CNY'",
                "pay_period": "'MONTH'",
                "state": "'OPEN'",
                "created_at": TIME,
            }
            for n in numbers
        ],
        "authorization_request": [
            {
                "id": _id("request", n),
                "arrangement_id": _id("arrangement", n),
                "origin": "'EMPLOYER'",
                "asked_by_id": _id("member", n),
                "purpose": "'RECRUIT_CONTACT'",
                "message": "'m'",
                "idempotency_key": "'k'",
                "input_hash": "'i'",
                "state": "'APPROVED'",
                "asked_at": TIME,
                "decided_at": TIME,
                **agreed,
                **about[n],
            }
            for n in numbers
        ],
        "consent_grant": [
            {
                "id": _id("grant", n),
                "request_id": _id("request", n),
                "arrangement_id": _id("arrangement", n),
                "signature": "'s'",
                "state": "'ACTIVE'",
                "generation": 1,
                "uses": 1,
                "max_uses": 3,
                "not_before": TIME,
                **agreed,
                **about[n],
            }
            for n in numbers
        ],
        "assignee": [
            {"id": _id("assignee", n), "grant_id": _id("grant", n), "member_id": _id("member", n), "since": TIME}
            for n in numbers
        ],
        "release": [
            {
                "id": _id("release", n),
                "grant_id": _id("grant", n),
                "member_id": _id("member", n),
                "generation": 1,
                "categories": "'NAME:RAW'",
                "content_hash": "'c'",
                "idempotency_key": "'k'",
                "released_at": TIME,
            }
            for n in numbers
        ],
        "deletion_duty": [
            {"id": _id("duty", n), "grant_id": _id("grant", n), "state": "'OPEN'", "opened_at": TIME, "due_at": TIME}
            for n in numbers
        ],
        "ledger_head": [{"candidate_id": _id("candidate", n), "sequence": 1, "hash": "'h'"} for n in numbers],
        "ledger_entry": [
            {
                "id": _id("entry", n),
                "candidate_id": _id("candidate", n),
                "sequence": 1,
                "at": TIME,
                "event": "'candidate:account:opened'",
                "party": "'CANDIDATE'",
                "data": "'{}'",
                "previous_hash": "'0'",
                "hash": "'h'",
            }
            for n in numbers
        ],
        "outbox_message": [
            {
                "id": _id("message", n),
                "topic": "'grant.changed'",
                "payload": "'{}'",
                "state": "'DUE'",
                "attempts": 0,
                "due_at": TIME,
                "created_at": TIME,
            }
            for n in numbers
        ],
    }


def _id(kind: str, number: int) -> str:
    return f"'{UUID(int=sum(kind.encode()) * 1_000_000 + number)}'"


def _insert(table, row, engine):
    values = ", ".join(_literal(value, engine) for value in row.values())
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"


def _literal(value, engine):
    if isinstance(value, bytes):
        return f"x'{value.hex()}'" if engine == "sqlite" else f"'\\x{value.hex()}'"
    return str(value)
