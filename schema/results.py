"""The result of each mutation: a named union of its success and the errors to expect of it."""

from functools import reduce
from operator import or_
from typing import Annotated, Any

import strawberry

from schema import errors
from schema.accounts import SessionSuccess, SignOutSuccess
from schema.candidates import CandidateProfileSuccess
from schema.consent_inputs import AuthorizationRequestSuccess, GrantSuccess, ReleaseContactSuccess
from schema.employers import JobSuccess


def result(mutation: str, success: type, *expected: type) -> Any:  # noqa: ANN401 - a union is no type to the checker
    """Return the union ``<mutation>Result``. Any mutation may be given bad input or be called by the wrong viewer."""
    members: tuple[Any, ...] = (success, errors.InvalidInput, errors.NotAllowed, *expected)
    union = strawberry.union(f"{mutation}Result", description=f"What {mutation} answers.")
    return Annotated[reduce(or_, members), union]


SignUpResult = result("SignUp", SessionSuccess, errors.EmailTaken, errors.RateLimited)
SignInResult = result("SignIn", SessionSuccess, errors.InvalidCredentials, errors.RateLimited)
RefreshSessionResult = result("RefreshSession", SessionSuccess, errors.InvalidCredentials, errors.RateLimited)
SignOutResult = result("SignOut", SignOutSuccess)
ImportResumeResult = result("ImportResume", CandidateProfileSuccess)
UpdateContactDetailsResult = result("UpdateContactDetails", CandidateProfileSuccess)
UpdateJobPreferencesResult = result("UpdateJobPreferences", CandidateProfileSuccess)
PublishCardResult = result("PublishCard", CandidateProfileSuccess)
HideCardResult = result("HideCard", CandidateProfileSuccess)
CreateJobResult = result("CreateJob", JobSuccess)
CloseJobResult = result("CloseJob", JobSuccess, errors.NotFound)
RequestAuthorizationResult = result(
    "RequestAuthorization",
    AuthorizationRequestSuccess,
    errors.NotFound,
    errors.LimitExceeded,
    errors.AskConflict,
    errors.IdempotencyMismatch,
)
RecallAuthorizationResult = result(
    "RecallAuthorization", AuthorizationRequestSuccess, errors.NotFound, errors.RequestNotOpen
)
ApproveAuthorizationResult = result(
    "ApproveAuthorization",
    GrantSuccess,
    errors.NotFound,
    errors.LimitExceeded,
    errors.TermsChanged,
    errors.RequestNotOpen,
    errors.AskConflict,
)
DeclineAuthorizationResult = result(
    "DeclineAuthorization", AuthorizationRequestSuccess, errors.NotFound, errors.RequestNotOpen
)
ReleaseContactResult = result(
    "ReleaseContact",
    ReleaseContactSuccess,
    errors.NotFound,
    errors.LimitExceeded,
    errors.GrantNotEffective,
    errors.IdempotencyMismatch,
)
RevokeGrantResult = result("RevokeGrant", GrantSuccess, errors.NotFound, errors.GrantNotEffective)
