from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7

from consent.parties import Visibility
from models.accounts import Account


class SealedField(StrEnum):
    """Which of a candidate's secrets a sealed record holds."""

    RESUME = "resume"
    CONTACT = "contact"


class Candidate(Model):
    """The person a resume belongs to. ``data_key`` is wrapped by the master key ``master_key_id``."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.OneToOneRelation[Account] = fields.OneToOneField(
        "models.Account", related_name="candidate", on_delete=fields.RESTRICT
    )
    visibility = fields.CharEnumField(Visibility, max_length=20, default=Visibility.HIDDEN)
    data_key = fields.BinaryField(null=True)
    master_key_id = fields.CharField(max_length=64, null=True)
    pay_amount = fields.IntField(null=True)
    pay_currency = fields.CharField(max_length=3, null=True)
    pay_period = fields.CharField(max_length=8, null=True)
    availability = fields.CharField(max_length=16, null=True)
    erased_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "candidate"


class SealedRecord(Model):
    """Ciphertext under the candidate's data key, bound to candidate, field and version."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    candidate: fields.ForeignKeyRelation[Candidate] = fields.ForeignKeyField(
        "models.Candidate", related_name="sealed_records", on_delete=fields.RESTRICT
    )
    field = fields.CharEnumField(SealedField, max_length=16)
    version = fields.IntField()
    ciphertext = fields.BinaryField()
    changed_at = fields.DatetimeField()

    class Meta:
        table = "sealed_record"
        unique_together = (("candidate", "field"),)


class Card(Model):
    """A published card: it exists exactly while employers may see it.

    ``sequence`` grows with every publication and is the order of freshness. ``payload_*`` is the card as it is
    answered. ``tokens`` are its words and facets, from which each engine keeps its own index.
    """

    candidate: fields.OneToOneRelation[Candidate] = fields.OneToOneField(
        "models.Candidate", related_name="card", on_delete=fields.RESTRICT, primary_key=True
    )
    candidate_id: UUID
    sequence = fields.BigIntField(unique=True)
    visibility = fields.CharEnumField(Visibility, max_length=20)
    function_code = fields.CharField(max_length=64)
    payload_zh = fields.TextField()
    payload_en = fields.TextField()
    tokens = fields.TextField()
    published_at = fields.DatetimeField()

    class Meta:
        table = "card"
