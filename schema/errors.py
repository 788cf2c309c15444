"""Expected errors: few types, reused, all of them ``UserError``."""

from datetime import datetime
from typing import Annotated

import strawberry

from schema.consents import AuthorizationRequest
from schema.error_codes import ErrorCode


@strawberry.interface(description="An expected error. `... on UserError` always works on the result of a mutation.")
class UserError:
    message: str = strawberry.field(description="What is wrong and what to do, for a person to read.")
    code: ErrorCode = strawberry.field(description="What is wrong, for a program to branch on.")


@strawberry.type(description="What is wrong with one input.")
class FieldProblem:
    path: str = strawberry.field(description="Which input, such as `resume.work[0].startDate`.")
    message: str = strawberry.field(description="What it has to be. Never quotes the value.")


@strawberry.type(description="One or more inputs cannot be accepted.")
class InvalidInput(UserError):
    problems: list[FieldProblem] = strawberry.field(description="Each input with what is wrong with it.")


@strawberry.type(description="The viewer, or its employer, may not do this.")
class NotAllowed(UserError):
    pass


@strawberry.type(description="There is no such thing, or not for this viewer: one answer.")
class NotFound(UserError):
    pass


@strawberry.type(description="More is asked than allowed.")
class LimitExceeded(UserError):
    field: str = strawberry.field(description="Which figure or list.")
    limit: str | None = strawberry.field(description="The most that is allowed.")
    asked: str | None = strawberry.field(description="What was asked beyond it.")


@strawberry.type(description="The candidate has been asked, has granted, or is left in peace for a while.")
class AskConflict(UserError):
    until: datetime | None = strawberry.field(description="When it may be asked again, if that is known.")


@strawberry.type(description="The terms are not those that were shown: show them again.")
class TermsChanged(UserError):
    authorization_request: Annotated["AuthorizationRequest", strawberry.lazy("schema.consents")] = strawberry.field(
        description="The request with the terms as they are."
    )


@strawberry.type(description="The request can no longer be answered, or not now.")
class RequestNotOpen(UserError):
    authorization_request: Annotated["AuthorizationRequest", strawberry.lazy("schema.consents")] = strawberry.field(
        description="The request as the viewer may see it now."
    )


@strawberry.type(description="The grant opens nothing now.")
class GrantNotEffective(UserError):
    pass


@strawberry.type(description="The e-mail address, password or token is not accepted.")
class InvalidCredentials(UserError):
    pass


@strawberry.type(description="There is an account with this e-mail address.")
class EmailTaken(UserError):
    pass


@strawberry.type(description="The idempotency key was used before, with other parameters or other content.")
class IdempotencyMismatch(UserError):
    pass


@strawberry.type(description="Too many tries.")
class RateLimited(UserError):
    retry_after: int = strawberry.field(description="Seconds to wait.")
