"""Models remember: tables, constraints, indexes, migrations. No decisions."""

from models.accounts import Account, AccountKind, RefreshToken, Session
from models.candidates import Candidate, Card, SealedField, SealedRecord
from models.consents import Assignee, AuthorizationRequest, DeletionDuty, DutyState, Grant, Release
from models.employers import Employer, Job, JobState, Member
from models.records import LedgerEntry, LedgerHead, OutboxMessage, OutboxState

__all__ = [
    "Account",
    "AccountKind",
    "Assignee",
    "AuthorizationRequest",
    "Candidate",
    "Card",
    "DeletionDuty",
    "DutyState",
    "Employer",
    "Grant",
    "Job",
    "JobState",
    "LedgerEntry",
    "LedgerHead",
    "Member",
    "OutboxMessage",
    "OutboxState",
    "RefreshToken",
    "Release",
    "SealedField",
    "SealedRecord",
    "Session",
]
