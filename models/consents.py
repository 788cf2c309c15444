from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7

from consent.grants import GrantState
from consent.requests import RequestOrigin, RequestState
from models.candidates import Candidate
from models.employers import Employer, Job, Member


class DutyState(StrEnum):
    """Where an employer's obligation to delete stands."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    OVERDUE = "OVERDUE"
    EXEMPT = "EXEMPT"


class AuthorizationRequest(Model):
    """An employer's question to one candidate. ``terms`` is the canonical text whose digest is ``terms_hash``.

    ``recalled_at`` is the employer's recall as the employer knows it: it is also set on a request that was
    declined meanwhile, because a refusal must look like silence.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    arrangement_id = fields.UUIDField(db_index=True)
    origin = fields.CharEnumField(RequestOrigin, max_length=16)
    candidate: fields.ForeignKeyRelation[Candidate] = fields.ForeignKeyField(
        "models.Candidate", related_name="requests", on_delete=fields.RESTRICT
    )
    candidate_id: UUID
    employer: fields.ForeignKeyRelation[Employer] = fields.ForeignKeyField(
        "models.Employer", related_name="requests", on_delete=fields.RESTRICT
    )
    employer_id: UUID
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        "models.Job", related_name="requests", on_delete=fields.RESTRICT
    )
    job_id: UUID
    asked_by: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="asked_requests", on_delete=fields.RESTRICT
    )
    asked_by_id: UUID
    purpose = fields.CharField(max_length=32)
    terms = fields.TextField()
    terms_hash = fields.CharField(max_length=64)
    message = fields.TextField()
    idempotency_key = fields.CharField(max_length=64)
    input_hash = fields.CharField(max_length=64)
    state = fields.CharEnumField(RequestState, max_length=16, default=RequestState.PENDING)
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    recalled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "authorization_request"
        indexes = (("candidate_id", "id"), ("employer_id", "id"), ("employer_id", "purpose", "expires_at"))
        unique_together = (("asked_by", "idempotency_key"),)


class Grant(Model):
    """A candidate's consent to terms. The terms never change. ``signature`` is a JWS over them."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    request: fields.OneToOneRelation[AuthorizationRequest] = fields.OneToOneField(
        "models.AuthorizationRequest", related_name="grant", on_delete=fields.RESTRICT
    )
    request_id: UUID
    arrangement_id = fields.UUIDField(db_index=True)
    candidate: fields.ForeignKeyRelation[Candidate] = fields.ForeignKeyField(
        "models.Candidate", related_name="grants", on_delete=fields.RESTRICT
    )
    candidate_id: UUID
    employer: fields.ForeignKeyRelation[Employer] = fields.ForeignKeyField(
        "models.Employer", related_name="grants", on_delete=fields.RESTRICT
    )
    employer_id: UUID
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        "models.Job", related_name="grants", on_delete=fields.RESTRICT
    )
    job_id: UUID
    terms = fields.TextField()
    terms_hash = fields.CharField(max_length=64)
    signature = fields.TextField()
    state = fields.CharEnumField(GrantState, max_length=16, default=GrantState.ACTIVE)
    generation = fields.IntField(default=1)
    uses = fields.IntField(default=0)
    max_uses = fields.IntField()
    not_before = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "consent_grant"
        indexes = (("candidate_id", "id"), ("employer_id", "id"))


class Assignee(Model):
    """A member who may receive under a grant, from ``since`` until ``until``."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField(
        "models.Grant", related_name="assignees", on_delete=fields.RESTRICT
    )
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="assignments", on_delete=fields.RESTRICT
    )
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "assignee"
        indexes = (("grant_id", "member_id"),)


class Release(Model):
    """One delivery of contact details. It holds which categories and a keyed digest of what, never the values."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField(
        "models.Grant", related_name="releases", on_delete=fields.RESTRICT
    )
    grant_id: UUID
    generation = fields.IntField()
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="releases", on_delete=fields.RESTRICT
    )
    member_id: UUID
    categories = fields.TextField()
    content_hash = fields.CharField(max_length=64)
    idempotency_key = fields.CharField(max_length=64)
    released_at = fields.DatetimeField()

    class Meta:
        table = "release"
        unique_together = (("grant", "idempotency_key"),)


class DeletionDuty(Model):
    """What an employer owes after a grant's end: to delete what it received by ``due_at``."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    grant: fields.OneToOneRelation[Grant] = fields.OneToOneField(
        "models.Grant", related_name="duty", on_delete=fields.RESTRICT
    )
    grant_id: UUID
    state = fields.CharEnumField(DutyState, max_length=16, default=DutyState.OPEN)
    opened_at = fields.DatetimeField()
    due_at = fields.DatetimeField()

    class Meta:
        table = "deletion_duty"
