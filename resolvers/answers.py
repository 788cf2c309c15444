"""The successes of mutations, as the viewer sees what it has done."""

from typing import TYPE_CHECKING

from exchange import reading
from exchange.accounts import SignedIn
from exchange.call import Call
from exchange.releasing import Disclosure
from resolvers import profiles, wrapping
from resolvers.context import OperationContext
from schema.accounts import SessionSuccess
from schema.candidates import CandidateProfileSuccess
from schema.consent_inputs import AuthorizationRequestSuccess, GrantSuccess, ReleaseContactSuccess
from schema.consents import AuthorizationRequest, Grant
from schema.employers import JobSuccess
from schema.enums import AccountKind

if TYPE_CHECKING:
    from models import AuthorizationRequest as RequestRow
    from models import Grant as GrantRow
    from models import Job as JobRow


def session(signed_in: SignedIn) -> SessionSuccess:
    """Wrap a session."""
    return SessionSuccess(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_at=signed_in.expires_at,
        kind=AccountKind(signed_in.kind),
    )


async def profile(call: Call) -> CandidateProfileSuccess:
    """Wrap the profile as it is now."""
    return CandidateProfileSuccess(profile=await profiles.own_profile(call))


def job(row: "JobRow", call: Call) -> JobSuccess:
    """Wrap a job."""
    return JobSuccess(job=wrapping.job_type(row, call))


async def seen_request(row: "RequestRow", context: OperationContext) -> AuthorizationRequest:
    """Return a request as the viewer sees it."""
    (seen,) = await reading.see_requests(await context.loaders.actor(), [row], context.call.now)
    return wrapping.request_type(seen, context.call)


async def seen_grant(row: "GrantRow", context: OperationContext) -> Grant:
    """Return a grant as the viewer sees it."""
    (seen,) = await reading.see_grants(await context.loaders.actor(), [row], context.call.now)
    return wrapping.grant_type(seen)


async def request(row: "RequestRow", context: OperationContext) -> AuthorizationRequestSuccess:
    """Wrap a request."""
    return AuthorizationRequestSuccess(authorization_request=await seen_request(row, context))


async def grant(row: "GrantRow", context: OperationContext) -> GrantSuccess:
    """Wrap a grant."""
    return GrantSuccess(grant=await seen_grant(row, context))


async def disclosure(made: Disclosure, context: OperationContext) -> ReleaseContactSuccess:
    """Wrap a release with what it hands over."""
    return ReleaseContactSuccess(
        release=wrapping.release_type(made.release),
        contact=wrapping.contact_type(made.contact),
        grant=await seen_grant(made.grant, context),
    )
