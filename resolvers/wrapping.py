"""From what the exchange answers to what the schema says."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
import strawberry

from consent.notices import notice_for
from consent.parties import Party
from consent.requests import EmployerView, RequestVerb
from consent.templates import PurposeTemplate as Template
from consent.terms import Categories, Category, Form
from exchange.call import Call
from exchange.disclosure import DisclosedContact as Disclosed
from exchange.ledger import entry_text
from exchange.reading import SeenGrant, SeenRequest, parsed_terms
from exchange.search import FoundCard
from exchange.words import word
from schema.candidates import LedgerEntry
from schema.cards import PayBand, Term
from schema.consents import (
    AuthorizationRequest,
    CategoryTerm,
    DisclosedContact,
    DisclosedText,
    Grant,
    Notice,
    PurposeTemplate,
    Recipient,
    Release,
    Terms,
)
from schema.employers import Job
from schema.enums import JobState, PayPeriod, RequestState
from schema.ids import global_id

if TYPE_CHECKING:
    from models import Job as JobRow
    from models import LedgerEntry as LedgerRow
    from models import Release as ReleaseRow


def node_id(type_name: str, key: object) -> strawberry.ID:
    """Return a global id."""
    return strawberry.ID(global_id(type_name, key))


class StoredCard(dict[str, Any]):
    """A card as it is answered: its id, and the rest as stored JSON text, which is parsed when a field is read."""

    def __init__(self, id: str, stored: str) -> None:  # noqa: A002 - Relay's name for it
        super().__init__(id=id)
        self.stored = stored

    def __missing__(self, name: str) -> object:
        if len(self) == 1:
            self.update(orjson.loads(self.stored))
            return self[name]
        raise KeyError(name)


def card_source(found: FoundCard) -> StoredCard:
    """Return a card as the stored object that it is answered as."""
    return StoredCard(global_id("Card", found.id), found.payload)


def job_type(row: "JobRow", call: Call) -> Job:
    """Wrap a job."""
    pay = PayBand(min=row.pay_min, max=row.pay_max, currency=row.pay_currency, period=PayPeriod(row.pay_period))
    return Job(
        id=node_id("Job", row.id),
        title=row.title,
        description=row.description,
        function=Term(**word("FUNCTIONS", row.function_code, call.language)),
        region=Term(**word("REGIONS", row.region_code, call.language)),
        pay=pay,
        state=JobState(row.state),
        created_at=row.created_at,
    )


def categories_type(categories: Categories) -> list[CategoryTerm]:
    """Wrap categories with their forms."""
    return [CategoryTerm(category=category, form=form) for category, form in categories.items()]


def template_type(template: Template) -> PurposeTemplate:
    """Wrap the limits of a purpose."""
    return PurposeTemplate(
        purpose=template.purpose,
        version=template.version,
        categories=categories_type(template.categories),
        access_days=template.access_days,
        max_uses=template.max_uses,
        retention_days=template.retention_days,
        open_requests=template.open_requests,
    )


@lru_cache(maxsize=4096)
def terms_type(canonical: str, digest: str) -> Terms:
    """Wrap terms, from the text that is hashed."""
    terms = parsed_terms(canonical)
    recipient = terms.recipient
    return Terms(
        recipient=Recipient(
            legal_name=recipient.legal_name,
            credit_code=recipient.credit_code,
            contact=recipient.contact,
            address=recipient.address,
            country=recipient.country,
        ),
        job_title=terms.job_title,
        purpose=terms.purpose,
        categories=categories_type(terms.categories),
        methods=list(terms.methods),
        access_days=terms.access_days,
        max_uses=terms.max_uses,
        retention_days=terms.retention_days,
        onward_transfer=terms.onward_transfer,
        consequence_of_refusing=terms.consequence_of_refusing,
        hash=digest,
        canonical=canonical,
    )


@lru_cache(maxsize=4096)
def notice_type(canonical: str, language: str) -> Notice:
    """Wrap the notice that the candidate is shown for these terms."""
    notice = notice_for(parsed_terms(canonical), language)
    return Notice(version=notice.version, language=notice.language, text=notice.text, hash=notice.digest)


def request_type(seen: SeenRequest, call: Call) -> AuthorizationRequest:
    """Wrap a request as one side sees it."""
    row = seen.row
    return AuthorizationRequest(
        id=node_id("AuthorizationRequest", row.id),
        job_key=row.job_id,
        request_key=row.id,
        card_key=row.candidate_id if seen.party is Party.EMPLOYER else None,
        state=RequestState(seen.state),
        held=seen.held,
        origin=row.origin,
        terms=terms_type(row.terms, row.terms_hash),
        notice=notice_type(row.terms, call.language),
        message=row.message,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_at=_decided_at(seen),
        viewer_can_approve=seen.can(RequestVerb.APPROVE),
        viewer_can_decline=seen.can(RequestVerb.DECLINE),
        viewer_can_recall=seen.can(RequestVerb.RECALL),
    )


def _decided_at(seen: SeenRequest) -> Any:  # noqa: ANN401 - a time or None
    if seen.party is not Party.EMPLOYER:
        return seen.row.decided_at
    known = {EmployerView.APPROVED: seen.row.decided_at, EmployerView.RECALLED: seen.row.recalled_at}
    return known.get(EmployerView(seen.state))


def grant_type(seen: SeenGrant) -> Grant:
    """Wrap a grant as one side sees it."""
    row = seen.row
    return Grant(
        id=node_id("Grant", row.id),
        grant_key=row.id,
        request_key=row.request_id,
        job_key=row.job_id,
        state=seen.state,
        terms=terms_type(row.terms, row.terms_hash),
        signature=row.signature,
        not_before=row.not_before,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        uses=row.uses,
        max_uses=row.max_uses,
        viewer_can_release=seen.can_release,
        viewer_can_revoke=seen.can_revoke,
    )


def release_type(row: "ReleaseRow") -> Release:
    """Wrap the record of a release."""
    pairs = (item.split(":") for item in row.categories.split())
    return Release(
        id=node_id("Release", row.id),
        grant_key=row.grant_id,
        member_key=row.member_id,
        categories=[CategoryTerm(category=Category(category), form=Form(form)) for category, form in pairs],
        released_at=row.released_at,
        content_hash=row.content_hash,
    )


def contact_type(disclosed: Disclosed) -> DisclosedContact:
    """Wrap what a release hands over. A category that was not released, or not filled in, is null."""

    def text(category: Category) -> DisclosedText | None:
        item = disclosed.values.get(category)
        return None if item is None else DisclosedText(form=item.form, value=str(item.value))

    document: Any = disclosed.values.get(Category.RESUME_DOCUMENT)
    return DisclosedContact(
        name=text(Category.NAME),
        phone=text(Category.PHONE),
        email=text(Category.EMAIL),
        wechat=text(Category.WECHAT),
        address=text(Category.ADDRESS),
        photo=text(Category.PHOTO),
        employer_names=text(Category.EMPLOYER_NAMES),
        resume_document=None if document is None else document.value,
    )


def ledger_type(row: "LedgerRow", employers: Mapping[Any, str], members: Mapping[Any, str]) -> LedgerEntry:
    """Wrap an entry of the candidate's own ledger."""
    return LedgerEntry(
        id=node_id("LedgerEntry", row.id),
        sequence=row.sequence,
        at=row.at,
        event=row.event,
        party=row.party,
        employer_name=employers.get(row.employer_id),
        member_name=members.get(row.member_id),
        previous_hash=row.previous_hash,
        hash=row.hash,
        canonical=entry_text(row),
    )
