from enum import StrEnum

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7

from consent.parties import MemberRole, Standing
from models.accounts import Account


class JobState(StrEnum):
    """Whether a job may be named in a request."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Employer(Model):
    """One legal entity, known by its unified social credit code."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    legal_name = fields.CharField(max_length=200)
    credit_code = fields.CharField(max_length=18, unique=True)
    contact = fields.CharField(max_length=200)
    address = fields.CharField(max_length=300)
    country = fields.CharField(max_length=2)
    standing = fields.CharEnumField(Standing, max_length=16, default=Standing.UNVERIFIED)
    created_at = fields.DatetimeField()

    class Meta:
        table = "employer"


class Member(Model):
    """An account acting for an employer, until it leaves."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.OneToOneRelation[Account] = fields.OneToOneField(
        "models.Account", related_name="member", on_delete=fields.RESTRICT
    )
    employer: fields.ForeignKeyRelation[Employer] = fields.ForeignKeyField(
        "models.Employer", related_name="members", on_delete=fields.RESTRICT
    )
    display_name = fields.CharField(max_length=100)
    role = fields.CharEnumField(MemberRole, max_length=16)
    left_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member"


class Job(Model):
    """A vacancy. ``function_code`` and ``region_code`` are terms of the vocabulary. Pay is per ``pay_period``."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    employer: fields.ForeignKeyRelation[Employer] = fields.ForeignKeyField(
        "models.Employer", related_name="jobs", on_delete=fields.RESTRICT
    )
    title = fields.CharField(max_length=120)
    description = fields.TextField()
    function_code = fields.CharField(max_length=64)
    region_code = fields.CharField(max_length=64)
    pay_min = fields.IntField()
    pay_max = fields.IntField()
    pay_currency = fields.CharField(max_length=3)
    pay_period = fields.CharField(max_length=8)
    state = fields.CharEnumField(JobState, max_length=16, default=JobState.OPEN)
    created_at = fields.DatetimeField()

    class Meta:
        table = "job"
        indexes = (("employer_id", "state", "function_code"),)
