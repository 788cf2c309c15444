"""The one table that turns a domain error into what a client reads: a member of the result union, or an error."""

from collections.abc import Callable, Mapping
from typing import Any

import strawberry
import structlog
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case as camel_case

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

MESSAGES: Mapping[str, str] = {
    "NOT_FOUND": "There is no such thing, or it is not for you.",
    "EMPLOYER_NOT_VERIFIED": "Your employer is not verified yet: it can see and ask once it is.",
    "EMPLOYER_SUSPENDED": "Your employer is suspended: it can neither see, ask nor receive.",
    "JOB_CLOSED": "The job is closed: name an open one.",
    "LIMIT_EXCEEDED": "That is more than the purpose's template allows: see purposeTemplates.",
    "NOTHING_ASKED": "Name at least one category.",
    "ALREADY_ASKED": "This candidate has already been asked for this job: wait for the answer.",
    "ALREADY_GRANTED": "There is a live grant for this candidate and this job: use it.",
    "COOLING_DOWN": "This candidate has revoked a grant and is left in peace for a while.",
    "TERMS_CHANGED": "These are not the terms that were shown: show them again.",
    "NOT_A_NARROWING": "You can only take away from what was asked.",
    "REQUEST_EXPIRED": "The time to answer is over.",
    "REQUEST_HELD": "The employer is not in good standing: you can decline, or wait.",
    "ALREADY_DECIDED": "The request was decided before; what is stored is attached.",
    "TOO_LATE": "The request is no longer open.",
    "GRANT_ENDED": "The grant has ended: it opens nothing any more.",
    "GRANT_PAUSED": "The candidate has paused the grant.",
    "GRANT_NOT_YET_VALID": "The grant's time has not begun.",
    "USES_EXHAUSTED": "Every agreed release has been made.",
    "NOT_ASSIGNED": "You are not assigned to this: ask an admin of your employer.",
    "CATEGORY_NOT_GRANTED": "A category was not granted: ask for those that were.",
    "INVALID_INPUT": "Some inputs cannot be accepted: see problems.",
    "NOT_ALLOWED": "This is for another kind of account.",
    "INVALID_CREDENTIALS": "E-mail address, password or token is not accepted.",
    "EMAIL_TAKEN": "There is an account with this e-mail address: sign in.",
    "IDEMPOTENCY_MISMATCH": "This idempotency key was used with other parameters: take a new one.",
    "RATE_LIMITED": "Too many tries: wait.",
    "UNAUTHENTICATED": "Sign in first.",
    "UNAVAILABLE": "The service cannot answer for the moment: try again in a few seconds.",
    "UPDATES_MISSED": "Some updates were missed: read the list again, then subscribe again.",
}

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
        maker = MAKERS.get(type(exception))
        return None if maker is None else maker(exception)


def public_error(error: BaseException) -> PublicError | None:
    """Return what a query or subscription answers for a domain error at the top level, or ``None`` for others."""
    if isinstance(error, domain.Refused):
        return PublicError(MESSAGES[error.denied.reason], error.denied.reason)
    code = CODES.get(type(error)) or _outage(error)
    if code is None:
        return None
    problems = [{"path": camel_case(item.path), "message": item.message} for item in getattr(error, "problems", ())]
    return PublicError(MESSAGES[code], code, **({"problems": problems} if problems else {}))


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


async def _refused(refused: domain.Refused, context: OperationContext) -> object:
    reason = refused.denied.reason
    detail: Mapping[str, Any] = refused.denied.detail
    kind, common = ERROR_TYPES[reason], _common(reason)
    if kind is errors.LimitExceeded:
        field, limit, asked = detail.get("field", "categories"), detail.get("limit"), detail.get("asked")
        return errors.LimitExceeded(**common, field=camel_case(field), limit=limit, asked=asked)
    if kind is errors.AskConflict:
        return errors.AskConflict(**common, until=detail.get("until"))
    if isinstance(refused.subject, RequestRow) and kind in {errors.TermsChanged, errors.RequestNotOpen}:
        return kind(**common, authorization_request=await answers.seen_request(refused.subject, context))
    return kind(**common)


def _common(code: str) -> dict[str, Any]:
    return {"message": MESSAGES[code], "code": ErrorCode[code]}


def _invalid(error: Any) -> object:  # noqa: ANN401 - the table gives each maker its own error
    problems = [errors.FieldProblem(path=camel_case(item.path), message=item.message) for item in error.problems]
    return errors.InvalidInput(**_common("INVALID_INPUT"), problems=problems)


def _wrong_id(error: Any) -> object:  # noqa: ANN401
    problem = errors.FieldProblem(
        path=error.path, message=f"Give the id of a {error.expected}, as it was answered to you."
    )
    return errors.InvalidInput(**_common("INVALID_INPUT"), problems=[problem])


MAKERS: Mapping[type[Exception], Callable[[Any], object]] = {
    domain.InvalidInput: _invalid,
    WrongId: _wrong_id,
    domain.NotFound: lambda _error: errors.NotFound(**_common("NOT_FOUND")),
    domain.Forbidden: lambda _error: errors.NotAllowed(**_common("NOT_ALLOWED")),
    domain.InvalidCredentials: lambda _error: errors.InvalidCredentials(**_common("INVALID_CREDENTIALS")),
    domain.EmailTaken: lambda _error: errors.EmailTaken(**_common("EMAIL_TAKEN")),
    domain.IdempotencyMismatch: lambda _error: errors.IdempotencyMismatch(**_common("IDEMPOTENCY_MISMATCH")),
    domain.RateLimited: lambda error: errors.RateLimited(**_common("RATE_LIMITED"), retry_after=error.retry_after),
}
