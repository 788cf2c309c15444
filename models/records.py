from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7

from consent.parties import Party
from models.candidates import Candidate


class LedgerHead(Model):
    """The end of a candidate's chain. Updating it is what puts concurrent entries in order."""

    candidate: fields.OneToOneRelation[Candidate] = fields.OneToOneField(
        "models.Candidate", related_name="ledger_head", on_delete=fields.RESTRICT, primary_key=True
    )
    candidate_id: UUID
    sequence = fields.IntField()
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "ledger_head"


class LedgerEntry(Model):
    """One event that touched a candidate's data: ids and hashes, no values. Append only, by trigger."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    candidate: fields.ForeignKeyRelation[Candidate] = fields.ForeignKeyField(
        "models.Candidate", related_name="ledger", on_delete=fields.RESTRICT
    )
    candidate_id: UUID
    sequence = fields.IntField()
    at = fields.DatetimeField()
    event = fields.CharField(max_length=64)
    party = fields.CharEnumField(Party, max_length=16)
    employer_id = fields.UUIDField(null=True)
    member_id = fields.UUIDField(null=True)
    subject_id = fields.UUIDField(null=True)
    data = fields.TextField()
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "ledger_entry"
        unique_together = (("candidate", "sequence"),)


class OutboxState(StrEnum):
    """Where a message to the world stands."""

    DUE = "DUE"
    DONE = "DONE"
    DEAD = "DEAD"


class OutboxMessage(Model):
    """What a verb wants the world to hear, written in its own transaction and carried later, at least once."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    topic = fields.CharField(max_length=64)
    payload = fields.TextField()
    state = fields.CharEnumField(OutboxState, max_length=8, default=OutboxState.DUE)
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "outbox_message"
        indexes = (("state", "due_at"),)
