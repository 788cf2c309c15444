from typing import Annotated

import strawberry

from consent.terms import Category
from exchange import accounts, asking, cards, deciding, jobs, releasing, resumes
from exchange.jobs import JobDraft
from resolvers import answers
from resolvers.context import Info
from resolvers.filters import pay
from resolvers.unpacking import contact_changes, narrowing, question
from schema import results
from schema.accounts import RefreshSessionInput, SignInInput, SignOutSuccess, SignUpInput
from schema.candidates import (
    ImportResumeInput,
    PublishCardInput,
    UpdateContactDetailsInput,
    UpdateJobPreferencesInput,
)
from schema.consent_inputs import (
    ApproveAuthorizationInput,
    DeclineAuthorizationInput,
    RecallAuthorizationInput,
    ReleaseContactInput,
    RequestAuthorizationInput,
    RevokeGrantInput,
)
from schema.employers import CloseJobInput, CreateJobInput
from schema.ids import node_uuid

INPUT = strawberry.argument(name="input", description="What it needs.")


@strawberry.type(description="What can be done, one action each. A result is a named union with the errors to expect.")
class Mutation:
    @strawberry.mutation(description="Open a candidate's account: hidden and empty.")
    async def sign_up(self, info: Info, given: Annotated[SignUpInput, INPUT]) -> results.SignUpResult:
        await info.context.throttle.hit("sign-up", info.context.address)
        signed_in = await accounts.sign_up(info.context.call, email=given.email, password=given.password)
        return answers.session(signed_in)

    @strawberry.mutation(description="Sign in with e-mail address and password.")
    async def sign_in(self, info: Info, given: Annotated[SignInInput, INPUT]) -> results.SignInResult:
        await info.context.throttle.hit("sign-in", info.context.address, given.email)
        signed_in = await accounts.sign_in(info.context.call, email=given.email, password=given.password)
        return answers.session(signed_in)

    @strawberry.mutation(description="Exchange a refresh token for a new pair of tokens.")
    async def refresh_session(
        self, info: Info, given: Annotated[RefreshSessionInput, INPUT]
    ) -> results.RefreshSessionResult:
        await info.context.throttle.hit("refresh", info.context.address)
        return answers.session(await accounts.refresh(info.context.call, refresh_token=given.refresh_token))

    @strawberry.mutation(description="End the session, its tokens and its live connections.")
    async def sign_out(self, info: Info) -> results.SignOutResult:
        await accounts.sign_out(info.context.call)
        return SignOutSuccess(signed_out=True)

    @strawberry.mutation(description="Keep a resume, sealed. Contact details that are missing are taken from it.")
    async def import_resume(self, info: Info, given: Annotated[ImportResumeInput, INPUT]) -> results.ImportResumeResult:
        await resumes.import_resume(info.context.call, document=given.resume)
        return await answers.profile(info.context.call)

    @strawberry.mutation(description="Set contact details. They are sealed, and on no card.")
    async def update_contact_details(
        self, info: Info, given: Annotated[UpdateContactDetailsInput, INPUT]
    ) -> results.UpdateContactDetailsResult:
        await resumes.update_contact(info.context.call, changes=contact_changes(given))
        return await answers.profile(info.context.call)

    @strawberry.mutation(description="Set what the candidate expects.")
    async def update_job_preferences(
        self, info: Info, given: Annotated[UpdateJobPreferencesInput, INPUT]
    ) -> results.UpdateJobPreferencesResult:
        expected = None if given.expected_pay is None else pay(given.expected_pay, "expectedPay")
        await resumes.update_preferences(info.context.call, expected_pay=expected, availability=given.availability)
        return await answers.profile(info.context.call)

    @strawberry.mutation(description="Show the card to employers, freshly built.")
    async def publish_card(self, info: Info, given: Annotated[PublishCardInput, INPUT]) -> results.PublishCardResult:
        await cards.publish_card(info.context.call, visibility=given.visibility)
        return await answers.profile(info.context.call)

    @strawberry.mutation(description="Take the card away from every employer. Requests and grants are untouched.")
    async def hide_card(self, info: Info) -> results.HideCardResult:
        await cards.hide_card(info.context.call)
        return await answers.profile(info.context.call)

    @strawberry.mutation(description="Open a job.")
    async def create_job(self, info: Info, given: Annotated[CreateJobInput, INPUT]) -> results.CreateJobResult:
        draft = JobDraft(
            title=given.title,
            description=given.description,
            city=given.city,
            country=given.country,
            pay_from=pay(given.pay, "pay"),
            pay_to=given.pay_to,
        )
        return answers.job(await jobs.create_job(info.context.call, draft=draft), info.context.call)

    @strawberry.mutation(
        description="Close a job: nothing more can be asked for it, and its unanswered requests are closed."
    )
    async def close_job(self, info: Info, given: Annotated[CloseJobInput, INPUT]) -> results.CloseJobResult:
        row = await jobs.close_job(info.context.call, job_id=node_uuid(given.job_id, "Job", "jobId"))
        return answers.job(row, info.context.call)

    @strawberry.mutation(description="Ask a candidate for contact details.")
    async def request_authorization(
        self, info: Info, given: Annotated[RequestAuthorizationInput, INPUT]
    ) -> results.RequestAuthorizationResult:
        row = await asking.ask(info.context.call, question=question(given))
        return await answers.request(row, info.context)

    @strawberry.mutation(description="Take a request back while it is pending.")
    async def recall_authorization(
        self, info: Info, given: Annotated[RecallAuthorizationInput, INPUT]
    ) -> results.RecallAuthorizationResult:
        key = node_uuid(given.authorization_request_id, "AuthorizationRequest", "authorizationRequestId")
        return await answers.request(await asking.recall(info.context.call, request_id=key), info.context)

    @strawberry.mutation(description="Approve a request, or less than it asks. Makes a grant.")
    async def approve_authorization(
        self, info: Info, given: Annotated[ApproveAuthorizationInput, INPUT]
    ) -> results.ApproveAuthorizationResult:
        row = await deciding.approve(
            info.context.call,
            request_id=node_uuid(given.authorization_request_id, "AuthorizationRequest", "authorizationRequestId"),
            terms_hash=given.terms_hash,
            narrowing=narrowing(given.narrowing),
        )
        return await answers.grant(row, info.context)

    @strawberry.mutation(description="Decline a request. The employer is not told.")
    async def decline_authorization(
        self, info: Info, given: Annotated[DeclineAuthorizationInput, INPUT]
    ) -> results.DeclineAuthorizationResult:
        key = node_uuid(given.authorization_request_id, "AuthorizationRequest", "authorizationRequestId")
        return await answers.request(await deciding.decline(info.context.call, request_id=key), info.context)

    @strawberry.mutation(description="Have contact details released under a grant: counted, recorded, told.")
    async def release_contact(
        self, info: Info, given: Annotated[ReleaseContactInput, INPUT]
    ) -> results.ReleaseContactResult:
        disclosure = await releasing.release_contact(
            info.context.call,
            grant_id=node_uuid(given.grant_id, "Grant", "grantId"),
            categories=frozenset(Category(category) for category in given.categories),
            idempotency_key=given.idempotency_key,
        )
        return await answers.disclosure(disclosure, info.context)

    @strawberry.mutation(description="Revoke a grant. At once nothing more is released.")
    async def revoke_grant(self, info: Info, given: Annotated[RevokeGrantInput, INPUT]) -> results.RevokeGrantResult:
        row = await deciding.revoke(info.context.call, grant_id=node_uuid(given.grant_id, "Grant", "grantId"))
        return await answers.grant(row, info.context)
