import strawberry

from consent.terms import Category, Form, Method, Purpose
from schema.consents import AuthorizationRequest, DisclosedContact, Grant, Release


@strawberry.input(description="A category to ask for.")
class CategoryInput:
    category: Category = strawberry.field(description="Which contact details.")
    form: Form = strawberry.field(description="In which form.")


@strawberry.input(description="What to ask a candidate. The recipient is the member's own employer.")
class RequestAuthorizationInput:
    card_id: strawberry.ID = strawberry.field(description="The card, by the id this employer knows it by.")
    job_id: strawberry.ID = strawberry.field(description="An open job of the employer.")
    purpose: Purpose = strawberry.field(description="What for; `purposeTemplates` says how much that allows.")
    categories: list[CategoryInput] = strawberry.field(description="Which contact details, each in which form.")
    methods: list[Method] = strawberry.field(
        default_factory=lambda: [Method.VIEW, Method.CONTACT], description="What is done with them."
    )
    access_days: int = strawberry.field(description="Days of access, from the approval.")
    max_uses: int = strawberry.field(default=3, description="How many releases.")
    retention_days: int = strawberry.field(description="Days that what was received is kept.")
    message: str = strawberry.field(default="", description="Words to the candidate, at most 500 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Send the same again after a lost answer: the same request is answered."
    )


@strawberry.input(description="Which request to recall.")
class RecallAuthorizationInput:
    authorization_request_id: strawberry.ID = strawberry.field(description="The request.")


@strawberry.input(description="Which request to decline. No reason is asked.")
class DeclineAuthorizationInput:
    authorization_request_id: strawberry.ID = strawberry.field(description="The request.")


@strawberry.input(description="What to take away from what was asked. Nothing can be added.")
class NarrowingInput:
    drop_categories: list[Category] = strawberry.field(default_factory=list, description="Categories not granted.")
    mask_categories: list[Category] = strawberry.field(
        default_factory=list, description="Categories granted in masked form only."
    )
    access_days: int | None = strawberry.field(default=None, description="Fewer days of access.")
    retention_days: int | None = strawberry.field(default=None, description="Fewer days of retention.")
    max_uses: int | None = strawberry.field(default=None, description="Fewer releases.")


@strawberry.input(description="Which request to approve, on which terms.")
class ApproveAuthorizationInput:
    authorization_request_id: strawberry.ID = strawberry.field(description="The request.")
    terms_hash: str = strawberry.field(description="The hash of the terms that were on the screen.")
    narrowing: NarrowingInput = strawberry.field(
        default_factory=NarrowingInput, description="What to take away from them."
    )


@strawberry.input(description="What to have released.")
class ReleaseContactInput:
    grant_id: strawberry.ID = strawberry.field(description="The grant.")
    categories: list[Category] = strawberry.field(description="Which of the granted categories.")
    idempotency_key: str = strawberry.field(
        description="1 to 64 characters. The same key again gives the same release, and counts once."
    )


@strawberry.input(description="Which grant to revoke. No reason is asked.")
class RevokeGrantInput:
    grant_id: strawberry.ID = strawberry.field(description="The grant.")


@strawberry.type(description="The request.")
class AuthorizationRequestSuccess:
    authorization_request: AuthorizationRequest = strawberry.field(description="The request as it is now.")


@strawberry.type(description="The grant.")
class GrantSuccess:
    grant: Grant = strawberry.field(description="The grant as it is now.")


@strawberry.type(description="The release, and what it hands over: shown nowhere else.")
class ReleaseContactSuccess:
    release: Release = strawberry.field(description="The record of the release.")
    contact: DisclosedContact = strawberry.field(description="The contact details.")
    grant: Grant = strawberry.field(description="The grant, with its uses as they are counted now.")
