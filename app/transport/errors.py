"""What a client may read about a failure.

Exception
├── PublicError      said on purpose, with a code: passes as it is
│   └── (limits)     the same class with the codes of `limits`
├── Rejected         an operation that never ran: errors already fit for the client
└── Refusal          an HTTP request that is none: a status and one error
"""

import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

log = structlog.get_logger("app.transport")

Formatted = dict[str, Any]


class PublicError(Exception):
    """An error whose message and code are meant for the client."""

    def __init__(self, message: str, code: str, **extensions: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.extensions: dict[str, object] = {"code": code, **extensions}

    @property
    def formatted(self) -> Formatted:
        return {"message": self.message, "extensions": self.extensions}


class Rejected(Exception):
    """The operation did not run; `errors` say why."""

    def __init__(self, errors: list[Formatted], status: int = 400) -> None:
        super().__init__(status)
        self.errors = errors
        self.status = status


class Refusal(Exception):
    """The HTTP request itself is refused, whatever media type it accepts."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors: list[Formatted] = [{"message": message, "extensions": {"code": code}}]
        self.headers = headers or {}


def request_error(error: GraphQLError, code: str) -> Formatted:
    """Format an error found before execution: syntax, validation, variables."""
    formatted: Formatted = {"message": error.message}
    if error.locations:
        formatted["locations"] = [place.formatted for place in error.locations]
    formatted["extensions"] = {"code": code, **(error.extensions or {})}
    return formatted


class Mask:
    """Lets coded errors through and turns all others into a reference that is in the log."""

    def __init__(
        self, *, log_text: bool, translate: Callable[[BaseException], PublicError | None] = lambda _error: None
    ) -> None:
        self.log_text = log_text
        self.translate = translate

    def field_error(self, error: GraphQLError, operation: str) -> Formatted:
        public = self._public(error, operation)
        formatted: Formatted = {"message": public["message"]}
        if error.locations:
            formatted["locations"] = [place.formatted for place in error.locations]
        if error.path:
            formatted["path"] = error.path
        formatted["extensions"] = public["extensions"]
        return formatted

    def _public(self, error: GraphQLError, operation: str) -> Formatted:
        cause = error.original_error
        public = self._said(cause)
        if public is not None:
            return public.formatted
        if is_coercion(cause or error):
            return {"message": error.message, "extensions": {"code": "BAD_USER_INPUT"}}
        return self.internal(cause or error, operation)

    def any_error(self, error: BaseException, operation: str) -> Formatted:
        if isinstance(error, GraphQLError):
            return self.field_error(error, operation)
        public = self._said(error)
        return self.internal(error, operation) if public is None else public.formatted

    def _said(self, error: BaseException | None) -> PublicError | None:
        """Return what was said on purpose: as it is, or in the words of the application's own table."""
        if error is None or isinstance(error, PublicError):
            return error
        return self.translate(error)

    def internal(self, error: BaseException, operation: str) -> Formatted:
        reference = str(uuid.uuid4())
        text = {"text": str(error)} if self.log_text else {}
        log.error(
            "operation failed",
            reference=reference,
            operation=operation,
            error=f"{type(error).__module__}.{type(error).__qualname__}",
            frames=frames(error),
            **text,
        )
        return {"message": "Internal error.", "extensions": {"code": "INTERNAL", "reference": reference}}


def is_coercion(error: BaseException) -> bool:
    """Tell whether an argument did not fit: found at the field when a variable could not tell it before."""
    if isinstance(error, StrawberryInputCoercionError):
        return True
    innermost = None
    for frame, _line in traceback.walk_tb(error.__traceback__):
        innermost = frame.f_globals.get("__name__")
    return isinstance(error, GraphQLError) and innermost == "graphql.execution.values"


def frames(error: BaseException) -> list[str]:
    """Return where the error came from, without the values it met there."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)][
        -12:
    ]
