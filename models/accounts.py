from enum import StrEnum

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7


class AccountKind(StrEnum):
    """What an account signs in as."""

    CANDIDATE = "CANDIDATE"
    MEMBER = "MEMBER"
    OPERATOR = "OPERATOR"


class Account(Model):
    """Somebody who signs in. The e-mail address is kept only as a keyed hash."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharEnumField(AccountKind, max_length=16)
    email_hash = fields.CharField(max_length=64, unique=True)
    password_hash = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        table = "account"


class Session(Model):
    """One sign-in and every token that descends from it. Ending it ends them all."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="sessions", on_delete=fields.CASCADE
    )
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"


class RefreshToken(Model):
    """A single-use token, kept hashed. Presenting a used one again ends its session."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    session: fields.ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "models.Session", related_name="refresh_tokens", on_delete=fields.CASCADE
    )
    token_hash = fields.CharField(max_length=64, unique=True)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refresh_token"
