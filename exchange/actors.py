"""From a viewer's claims to what it may act as, read anew from the database at every call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from consent.parties import MemberRole, Party, Standing
from consent.terms import Recipient
from exchange.call import Call
from exchange.errors import Forbidden, NotSignedIn
from models import AccountKind
from models.statements import query
from models.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class CandidateActor:
    """A signed-in candidate."""

    candidate_id: UUID
    party: Party = Party.CANDIDATE

    @property
    def channel(self) -> str:
        """The name of its live updates."""
        return f"candidate:{self.candidate_id}"


@dataclass(frozen=True, slots=True)
class MemberActor:
    """A signed-in member, with the employer it acts for as it stands now."""

    member_id: UUID
    employer_id: UUID
    role: MemberRole
    standing: Standing
    recipient: Recipient
    party: Party = Party.EMPLOYER

    @property
    def channel(self) -> str:
        """The name of its employer's live updates."""
        return f"employer:{self.employer_id}"


Actor = CandidateActor | MemberActor

_CANDIDATE = """
SELECT c.id FROM session s JOIN candidate c ON c.account_id = s.account_id
WHERE s.id = ? AND s.account_id = ? AND s.ended_at IS NULL AND c.erased_at IS NULL
"""

_MEMBER = """
SELECT m.id AS member_id, m.role, e.id AS employer_id, e.standing,
       e.legal_name, e.credit_code, e.contact, e.address, e.country
FROM session s JOIN member m ON m.account_id = s.account_id JOIN employer e ON e.id = m.employer_id
WHERE s.id = ? AND s.account_id = ? AND s.ended_at IS NULL AND m.left_at IS NULL
"""

RECIPIENT_COLUMNS = ("legal_name", "credit_code", "contact", "address", "country")


async def candidate_of(call: Call, transaction: Transaction | None = None) -> CandidateActor:
    """Return the candidate who calls. Raises ``NotSignedIn`` or ``Forbidden``."""
    _require_kind(call, AccountKind.CANDIDATE)
    row = await _one(call, _CANDIDATE, "s", transaction)
    return CandidateActor(as_uuid(row["id"]))


async def member_of(call: Call, transaction: Transaction | None = None) -> MemberActor:
    """Return the member who calls. In a transaction its employer's standing cannot change until the end of it."""
    _require_kind(call, AccountKind.MEMBER)
    row = await _one(call, _MEMBER, "s, m, e", transaction)
    return MemberActor(
        member_id=as_uuid(row["member_id"]),
        employer_id=as_uuid(row["employer_id"]),
        role=MemberRole(row["role"]),
        standing=Standing(row["standing"]),
        recipient=Recipient(*(row[column] for column in RECIPIENT_COLUMNS)),
    )


async def require_operator(call: Call) -> None:
    """Go on if an operator calls. Raises ``NotSignedIn`` or ``Forbidden``."""
    _require_kind(call, AccountKind.OPERATOR)
    await _one(call, "SELECT s.id FROM session s WHERE s.id = ? AND s.account_id = ? AND s.ended_at IS NULL", "s", None)


async def actor_of(call: Call) -> Actor:
    """Return whoever calls, candidate or member."""
    if call.viewer.kind is AccountKind.CANDIDATE:
        return await candidate_of(call)
    return await member_of(call)


def as_uuid(value: object) -> UUID:
    """Return a UUID from what a driver gives: SQLite keeps them as text."""
    return value if isinstance(value, UUID) else UUID(str(value))


def _require_kind(call: Call, kind: AccountKind) -> None:
    if call.viewer.account_id is None:
        raise NotSignedIn
    if call.viewer.kind is not kind:
        raise Forbidden(kind)


async def _one(call: Call, sql: str, locked: str, transaction: Transaction | None) -> Mapping[str, Any]:
    values = (call.viewer.session_id, call.viewer.account_id)
    if transaction is None:
        rows = await query(sql, *values)
    else:
        lock = "" if transaction.dialect == "sqlite" else f" FOR SHARE OF {locked}"
        rows = await transaction.query(sql + lock, *values)
    if not rows:
        raise NotSignedIn
    return rows[0]
