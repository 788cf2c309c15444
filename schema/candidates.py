from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from consent.parties import Party, Visibility
from schema.cards import Card, PayInput
from schema.enums import Availability, PayPeriod
from schema.nodes import Node


@strawberry.type(description="A candidate's own contact details, for its own eyes.")
class OwnContact:
    name: str | None = strawberry.field(description="The name.")
    phone: str | None = strawberry.field(description="The phone number, E.164.")
    email: str | None = strawberry.field(description="The e-mail address.")
    wechat: str | None = strawberry.field(description="The WeChat id.")
    address: str | None = strawberry.field(description="The home address.")


@strawberry.type(description="What a candidate expects to be paid.")
class ExpectedPay:
    amount: int = strawberry.field(description="In whole units of the currency.")
    currency: str = strawberry.field(description="ISO 4217.")
    period: PayPeriod = strawberry.field(description="What the amount is for.")


@strawberry.type(description="Everything a candidate has put in, for its own eyes.")
class CandidateProfile(Node):
    visibility: Visibility = strawberry.field(description="To whom the card is shown.")
    resume: JSON | None = strawberry.field(description="The resume, as JSON Resume.")
    contact: OwnContact = strawberry.field(description="The contact details.")
    expected_pay: ExpectedPay | None = strawberry.field(description="What the candidate expects.")
    availability: Availability | None = strawberry.field(description="When the candidate could begin.")
    card_preview: Card | None = strawberry.field(description="The card exactly as an employer would see it.")


@strawberry.type(description="One event that touched a candidate's data. It holds ids and hashes, no contact details.")
class LedgerEntry(Node):
    sequence: int = strawberry.field(description="The place in the candidate's chain, from 1.")
    at: datetime = strawberry.field(description="When.")
    event: str = strawberry.field(description="What: source:subject:action.")
    party: Party = strawberry.field(description="Who acted.")
    employer_name: str | None = strawberry.field(description="The employer it was about.")
    member_name: str | None = strawberry.field(description="The member that acted.")
    previous_hash: str = strawberry.field(description="The hash of the entry before; zeros for the first.")
    hash: str = strawberry.field(description="SHA-256 of `canonical`.")
    canonical: str = strawberry.field(description="The text that is hashed; it contains the hash before it.")


@strawberry.type(description="Whether every entry of the viewer's ledger follows from the one before.")
class LedgerCheck:
    intact: bool = strawberry.field(description="Whether the chain is whole.")
    broken_at: int | None = strawberry.field(description="The first sequence number that does not follow.")


@strawberry.input(description="A resume.")
class ImportResumeInput:
    resume: JSON = strawberry.field(description="A JSON Resume (jsonresume.org), in Chinese or English.")


@strawberry.input(description="Contact details to set; null removes one, what is left out stays.")
class UpdateContactDetailsInput:
    name: str | None = strawberry.field(default=strawberry.UNSET, description="The name.")
    phone: str | None = strawberry.field(default=strawberry.UNSET, description="The phone number.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="The e-mail address.")
    wechat: str | None = strawberry.field(default=strawberry.UNSET, description="The WeChat id.")
    address: str | None = strawberry.field(default=strawberry.UNSET, description="The home address.")


@strawberry.input(description="What the candidate expects. Both parts are set; null clears.")
class UpdateJobPreferencesInput:
    expected_pay: PayInput | None = strawberry.field(default=None, description="The pay; shown as a band.")
    availability: Availability | None = strawberry.field(default=None, description="When to begin.")


@strawberry.input(description="Whom to show the card to.")
class PublishCardInput:
    visibility: Visibility = strawberry.field(description="MATCHED_EMPLOYERS or VERIFIED_EMPLOYERS.")


@strawberry.type(description="The profile.")
class CandidateProfileSuccess:
    profile: CandidateProfile = strawberry.field(description="The profile as it is now.")
