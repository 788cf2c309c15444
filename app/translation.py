"""The one table that turns a domain error into what a client reads: a member of the result union, or an error."""

from collections.abc import Mapping
from typing import Any

import strawberry
import structlog
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case as camel_case

from app.messages import ENGLISH, message
from app.transport.errors import PublicError, frames
from consent.decision import Reason
from delivery.live import Overflow
from exchange import errors as domain
from models import AuthorizationRequest as RequestRow
from models.outages import is_outage
from resolvers import answers
from resolvers.context import OperationContext
from schema import errors
from schema.error_codes import ErrorCode
from schema.ids import WrongId

log = structlog.get_logger("app.translation")

ERROR_TYPES: Mapping[Reason, type] = {
    Reason.NOT_FOUND: errors.NotFound,
    Reason.EMPLOYER_NOT_VERIFIED: errors.NotAllowed,
    Reason.EMPLOYER_SUSPENDED: errors.NotAllowed,
    Reason.NOT_ASSIGNED: errors.NotAllowed,
    Reason.JOB_CLOSED: errors.AskConflict,
    Reason.ALREADY_ASKED: errors.AskConflict,
    Reason.ALREADY_GRANTED: errors.AskConflict,
    Reason.COOLING_DOWN: errors.AskConflict,
    Reason.LIMIT_EXCEEDED: errors.LimitExceeded,
    Reason.NOTHING_ASKED: errors.LimitExceeded,
    Reason.NOT_A_NARROWING: errors.LimitExceeded,
    Reason.CATEGORY_NOT_GRANTED: errors.LimitExceeded,
    Reason.TERMS_CHANGED: errors.TermsChanged,
    Reason.REQUEST_EXPIRED: errors.RequestNotOpen,
    Reason.REQUEST_HELD: errors.RequestNotOpen,
    Reason.ALREADY_DECIDED: errors.RequestNotOpen,
    Reason.TOO_LATE: errors.RequestNotOpen,
    Reason.GRANT_ENDED: errors.GrantNotEffective,
    Reason.GRANT_PAUSED: errors.GrantNotEffective,
    Reason.GRANT_NOT_YET_VALID: errors.GrantNotEffective,
    Reason.USES_EXHAUSTED: errors.GrantNotEffective,
}


class DomainErrors:
    """Strawberry's hook: every result union has ``InvalidInput``, so this is asked for every mutation."""

    exception_type = (domain.ExchangeError, WrongId)
    error_type = errors.InvalidInput

    async def handle(
        self,
        exception: Exception,
        *,
        field: StrawberryField,  # noqa: ARG002 - part of Strawberry's protocol
        info: strawberry.Info[OperationContext, None],
    ) -> object | None:
        """Return the member of the union, or ``None`` to let the error go on to the top level."""
        if isinstance(exception, domain.Refused):
            return await _refused(exception, info.context)
        if isinstance(exception, domain.InvalidInput | WrongId):
            return _invalid(exception, info.context)
        if type(exception) not in SIMPLE:
            return None
        kind, code = SIMPLE[type(exception)]
        also: Any = {"retry_after": exception.retry_after} if isinstance(exception, domain.RateLimited) else {}
        return kind(**_common(code, info.context), **also)


def public_error(error: BaseException) -> PublicError | None:
    """Return what a query or subscription answers for a domain error at the top level, or ``None`` for others."""
    if isinstance(error, domain.Refused):
        return PublicError(ENGLISH[error.denied.reason], error.denied.reason)
    code = CODES.get(type(error)) or _outage(error)
    if code is None:
        return None
    problems = [{"path": camel_case(item.path), "message": item.message} for item in getattr(error, "problems", ())]
    return PublicError(ENGLISH[code], code, **({"problems": problems} if problems else {}))


CODES: Mapping[type[BaseException], str] = {
    domain.NotSignedIn: "UNAUTHENTICATED",
    domain.Forbidden: "NOT_ALLOWED",
    domain.NotFound: "NOT_FOUND",
    domain.InvalidInput: "INVALID_INPUT",
    WrongId: "NOT_FOUND",
    Overflow: "UPDATES_MISSED",
}


def _outage(error: BaseException) -> str | None:
    """Return the code for a database that is away: the operator reads of it in the log, without the error's text."""
    if not is_outage(error):
        return None
    log.warning("unavailable", error=f"{type(error).__module__}.{type(error).__qualname__}", frames=frames(error))
    return "UNAVAILABLE"


async def _refused(refused: domain.Refused, context: OperationContext) -> object | None:
    reason = refused.denied.reason
    detail: Mapping[str, Any] = refused.denied.detail
    common = _common(reason, context)
    kind: type[Any] = ERROR_TYPES[reason]
    if kind is errors.LimitExceeded:
        field, limit, asked = detail.get("field", "categories"), detail.get("limit"), detail.get("asked")
        return errors.LimitExceeded(**common, field=camel_case(field), limit=limit, asked=asked)
    if kind is errors.AskConflict:
        return errors.AskConflict(**common, until=detail.get("until"))
    if kind in {errors.TermsChanged, errors.RequestNotOpen}:
        if not isinstance(refused.subject, RequestRow):
            return None  # Without a request to show, it goes to the top level with its code.
        common["authorization_request"] = await answers.seen_request(refused.subject, context)
    made: object = kind(**common)
    return made


def _common(code: str, context: OperationContext) -> dict[str, Any]:
    return {"message": message(code, context.call.language), "code": ErrorCode[code]}


def _invalid(error: domain.InvalidInput | WrongId, context: OperationContext) -> object:
    problems = [errors.FieldProblem(path=camel_case(path), message=text) for path, text in _problems(error)]
    return errors.InvalidInput(**_common("INVALID_INPUT", context), problems=problems)


def _problems(error: domain.InvalidInput | WrongId) -> list[tuple[str, str]]:
    if isinstance(error, WrongId):
        return [(error.path, f"Give the id of a {error.expected}, as it was answered to you.")]
    return [(problem.path, problem.message) for problem in error.problems]


SIMPLE: Mapping[type[Exception], tuple[type[errors.UserError], str]] = {
    domain.NotFound: (errors.NotFound, "NOT_FOUND"),
    domain.Forbidden: (errors.NotAllowed, "NOT_ALLOWED"),
    domain.InvalidCredentials: (errors.InvalidCredentials, "INVALID_CREDENTIALS"),
    domain.EmailTaken: (errors.EmailTaken, "EMAIL_TAKEN"),
    domain.IdempotencyMismatch: (errors.IdempotencyMismatch, "IDEMPOTENCY_MISMATCH"),
    domain.RateLimited: (errors.RateLimited, "RATE_LIMITED"),
}
