"""The ledger: every event that touched a candidate's data, hash-chained, written with what it records.

Event names are ``source:subject:action``: who acted, on what, and what it did, in the past tense.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from consent.parties import Party
from consent.terms import canonical_json, sha256_hex
from models import LedgerEntry, LedgerHead
from models.unit_of_work import Transaction

GENESIS = "0" * 64


class Event(StrEnum):
    """Everything that can stand in a ledger."""

    ACCOUNT_OPENED = "candidate:account:opened"
    RESUME_IMPORTED = "candidate:resume:imported"
    CONTACT_CHANGED = "candidate:contact:changed"
    PREFERENCES_CHANGED = "candidate:preferences:changed"
    CARD_PUBLISHED = "candidate:card:published"
    CARD_HIDDEN = "candidate:card:hidden"
    CARD_OPENED = "employer:card:opened"
    REQUEST_ASKED = "employer:request:asked"
    REQUEST_RECALLED = "employer:request:recalled"
    REQUEST_DECLINED = "candidate:request:declined"
    REQUEST_APPROVED = "candidate:request:approved"
    REQUEST_EXPIRED = "system:request:expired"
    REQUEST_CLOSED = "system:request:closed"
    CONTACT_RELEASED = "employer:contact:released"
    GRANT_REVOKED = "candidate:grant:revoked"
    GRANT_EXPIRED = "system:grant:expired"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. ``data`` holds ids, hashes and codes, never a contact value."""

    candidate_id: UUID
    event: Event
    at: datetime
    employer_id: UUID | None = None
    member_id: UUID | None = None
    subject_id: UUID | None = None
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def party(self) -> Party:
        """Who acted, as the event's name says."""
        return Party(self.event.partition(":")[0].upper())


async def append(transaction: Transaction, entry: Entry) -> None:
    """Append to the candidate's chain. The update of its head puts concurrent entries in order."""
    head = await _advance(transaction, entry.candidate_id)
    row = LedgerEntry(
        candidate_id=entry.candidate_id,
        sequence=head.sequence,
        at=entry.at,
        event=entry.event,
        party=entry.party,
        employer_id=entry.employer_id,
        member_id=entry.member_id,
        subject_id=entry.subject_id,
        data=canonical_json(dict(entry.data)),
        previous_hash=head.hash,
        hash="",
    )
    row.hash = entry_hash(row)
    await transaction.insert(row)
    await transaction.compare_and_set(LedgerHead, {"candidate_id": entry.candidate_id}, {"hash": row.hash})


async def open_chain(transaction: Transaction, candidate_id: UUID) -> None:
    """Begin the chain of a new candidate."""
    await transaction.insert(LedgerHead(candidate_id=candidate_id, sequence=0, hash=GENESIS))


def entry_hash(row: LedgerEntry) -> str:
    """Return the SHA-256 of an entry's text."""
    return sha256_hex(entry_text(row))


def entry_text(row: LedgerEntry) -> str:
    """Return an entry's canonical JSON, which includes the hash of the entry before it."""
    body = {
        "at": row.at.astimezone(UTC).isoformat(),
        "candidate": str(row.candidate_id),
        "data": row.data,
        "employer": _text(row.employer_id),
        "event": row.event,
        "member": _text(row.member_id),
        "party": row.party,
        "previous": row.previous_hash,
        "sequence": row.sequence,
        "subject": _text(row.subject_id),
        "version": 1,
    }
    return canonical_json(body)


async def verify(candidate_id: UUID) -> int | None:
    """Return the sequence number of the first entry that does not follow from the one before, or ``None``.

    An entry cut off at the end is found by the head, which is one past the last entry then.
    """
    entries = await LedgerEntry.filter(candidate_id=candidate_id).order_by("sequence")
    head = await LedgerHead.get(candidate_id=candidate_id)
    broken = first_broken(entries)
    if broken is not None:
        return broken
    last = (entries[-1].sequence, entries[-1].hash) if entries else (0, GENESIS)
    return None if last == (head.sequence, head.hash) else len(entries) + 1


def first_broken(entries: Sequence[LedgerEntry]) -> int | None:
    """Return the sequence number at which a chain, given from its beginning, breaks."""
    previous = GENESIS
    for number, entry in enumerate(entries, 1):
        if (entry.sequence, entry.previous_hash, entry.hash) != (number, previous, entry_hash(entry)):
            return number
        previous = entry.hash
    return None


async def _advance(transaction: Transaction, candidate_id: UUID) -> LedgerHead:
    rows = await transaction.query(
        "UPDATE ledger_head SET sequence = sequence + 1 WHERE candidate_id = ? RETURNING sequence, hash", candidate_id
    )
    return LedgerHead(candidate_id=candidate_id, **rows[0])


def _text(value: object) -> str | None:
    return None if value is None else str(value)
