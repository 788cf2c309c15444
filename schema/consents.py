from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from consent.grants import GrantState
from consent.requests import RequestOrigin
from consent.terms import Category, Form, Method, Purpose
from schema.cards import Card
from schema.context import Info
from schema.employers import Job
from schema.enums import RequestState
from schema.nodes import Node


@strawberry.type(description="One category and the form it is released in.")
class CategoryTerm:
    category: Category = strawberry.field(description="Which contact details.")
    form: Form = strawberry.field(description="In which form.")


@strawberry.type(description="The one legal entity that receives.")
class Recipient:
    legal_name: str = strawberry.field(description="The registered name.")
    credit_code: str = strawberry.field(description="The unified social credit code.")
    contact: str = strawberry.field(description="Whom to turn to about personal data.")
    address: str = strawberry.field(description="The postal address.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry.type(description="What exactly is asked, or agreed. Never changes.")
class Terms:
    recipient: Recipient = strawberry.field(description="Who receives.")
    job_title: str = strawberry.field(description="For which job.")
    purpose: Purpose = strawberry.field(description="What for.")
    categories: list[CategoryTerm] = strawberry.field(description="Which contact details, each in which form.")
    methods: list[Method] = strawberry.field(description="What the recipient does with them.")
    access_days: int = strawberry.field(description="Days of access, from the approval.")
    max_uses: int = strawberry.field(description="How many releases at most.")
    retention_days: int = strawberry.field(description="Days that what was received may be kept.")
    onward_transfer: str = strawberry.field(description="To whom it may be passed on: NONE.")
    consequence_of_refusing: str = strawberry.field(description="What follows from refusing: NONE.")
    hash: str = strawberry.field(description="SHA-256 of the canonical text. An approval names it.")
    canonical: str = strawberry.field(description="The canonical text that is hashed and signed.")


@strawberry.type(description="The exact text the candidate is shown, in the viewer's language.")
class Notice:
    version: int = strawberry.field(description="The version of the wording.")
    language: str = strawberry.field(description="The language of the text, zh or en.")
    text: str = strawberry.field(description="The text.")
    hash: str = strawberry.field(description="SHA-256 of the text.")


@strawberry.type(description="An employer's question to one candidate: may we have these contact details?")
class AuthorizationRequest(Node):
    job_key: strawberry.Private[UUID]
    request_key: strawberry.Private[UUID]
    card_key: strawberry.Private[UUID | None]
    state: RequestState = strawberry.field(description="Where it stands, as the viewer may know it.")
    held: bool = strawberry.field(description="Whether it waits because the employer is not in good standing.")
    origin: RequestOrigin = strawberry.field(description="Who began.")
    terms: Terms = strawberry.field(description="What is asked.")
    notice: Notice = strawberry.field(description="What the candidate is shown.")
    message: str = strawberry.field(description="The employer's own words.")
    asked_at: datetime = strawberry.field(description="When it was sent.")
    expires_at: datetime = strawberry.field(description="Until when it can be answered.")
    decided_at: datetime | None = strawberry.field(description="When it was decided, as the viewer may know it.")
    viewer_can_approve: bool = strawberry.field(description="Whether the viewer could approve it now.")
    viewer_can_decline: bool = strawberry.field(description="Whether the viewer could decline it now.")
    viewer_can_recall: bool = strawberry.field(description="Whether the viewer could recall it now.")

    @strawberry.field(description="The job it is for.")
    async def job(self, info: Info) -> Job | None:
        return await info.context.loaders.jobs.load(self.job_key)

    @strawberry.field(description="The grant that was made of it.")
    async def grant(self, info: Info) -> Annotated["Grant", strawberry.lazy("schema.consents")] | None:
        return await info.context.loaders.grants_by_request.load(self.request_key)

    @strawberry.field(description="The card it is about, for the employer, while the card is shown to it.")
    async def card(self, info: Info) -> Card | None:
        if self.card_key is None:
            return None
        return await info.context.loaders.cards.load(self.card_key)  # type: ignore[return-value]  # answered as the stored object


@strawberry.type(description="A candidate's consent to terms.")
class Grant(Node):
    grant_key: strawberry.Private[UUID]
    request_key: strawberry.Private[UUID]
    job_key: strawberry.Private[UUID]
    state: GrantState = strawberry.field(description="Where it stands at this moment.")
    terms: Terms = strawberry.field(description="What was agreed: what was asked, or less.")
    signature: str = strawberry.field(
        description="A JWS (Ed25519, RFC 9864) over the canonical terms; keys at /.well-known/jwks.json."
    )
    not_before: datetime = strawberry.field(description="From when it opens anything.")
    expires_at: datetime = strawberry.field(description="Until when.")
    ended_at: datetime | None = strawberry.field(description="When it ended before its time.")
    uses: int = strawberry.field(description="Releases made.")
    max_uses: int = strawberry.field(description="Releases agreed.")
    viewer_can_release: bool = strawberry.field(description="Whether the viewer could have a release now.")
    viewer_can_revoke: bool = strawberry.field(description="Whether the viewer could revoke it now.")

    @strawberry.field(description="The request it was made of.")
    async def authorization_request(self, info: Info) -> AuthorizationRequest | None:
        return await info.context.loaders.requests.load(self.request_key)

    @strawberry.field(description="The job it is for.")
    async def job(self, info: Info) -> Job | None:
        return await info.context.loaders.jobs.load(self.job_key)

    @strawberry.field(description="Its releases, oldest first, at most 100: no template allows more uses.")
    async def releases(self, info: Info) -> list[Annotated["Release", strawberry.lazy("schema.consents")]]:
        return await info.context.loaders.releases_by_grant.load(self.grant_key)


@strawberry.type(description="One delivery of contact details: who received what, when.")
class Release(Node):
    grant_key: strawberry.Private[UUID]
    member_key: strawberry.Private[UUID]
    categories: list[CategoryTerm] = strawberry.field(description="What was handed over, and in which form.")
    released_at: datetime = strawberry.field(description="When.")
    content_hash: str = strawberry.field(description="A keyed digest of what was handed over; not its values.")

    @strawberry.field(description="The grant it was made under.")
    async def grant(self, info: Info) -> Grant | None:
        return await info.context.loaders.grants.load(self.grant_key)

    @strawberry.field(description="The member that received it.")
    async def member_name(self, info: Info) -> str | None:
        return await info.context.loaders.member_names.load(self.member_key)


@strawberry.type(description="A contact detail in the form that was granted.")
class DisclosedText:
    form: Form = strawberry.field(description="Masked or raw.")
    value: str = strawberry.field(description="The value in that form.")


@strawberry.type(description="Contact details, handed over by one release. They exist nowhere else in this schema.")
class DisclosedContact:
    name: DisclosedText | None = strawberry.field(description="Null if not released.")
    phone: DisclosedText | None = strawberry.field(description="Null if not released.")
    email: DisclosedText | None = strawberry.field(description="Null if not released.")
    wechat: DisclosedText | None = strawberry.field(description="Null if not released.")
    address: DisclosedText | None = strawberry.field(description="Null if not released.")
    photo: DisclosedText | None = strawberry.field(description="Null if not released.")
    employer_names: DisclosedText | None = strawberry.field(description="One name a line. Null if not released.")
    resume_document: JSON | None = strawberry.field(
        description="The resume as JSON Resume, with those contact details only that were granted in full. Null if not "
        "released."
    )


@strawberry.type(description="The widest terms that may be asked for one purpose.")
class PurposeTemplate:
    purpose: Purpose = strawberry.field(description="The purpose.")
    version: int = strawberry.field(description="The version of the limits.")
    categories: list[CategoryTerm] = strawberry.field(description="Each category with its widest form.")
    access_days: int = strawberry.field(description="Days of access at most.")
    max_uses: int = strawberry.field(description="Releases at most.")
    retention_days: int = strawberry.field(description="Days of retention at most.")
    open_requests: int = strawberry.field(description="Unanswered requests of one employer at most.")
