"""What a candidate does with its own resume, contact details and preferences."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from anonymity import jsonresume
from anonymity.card import Card, build_card
from anonymity.pay import Pay
from consent.terms import Category
from exchange import ledger
from exchange.actors import candidate_of
from exchange.call import Call, Desk
from exchange.cards import preferences_of, show_again
from exchange.errors import InvalidInput, Problem, invalid
from exchange.sealing import locked_candidate, read_secrets, write_secrets
from models import Candidate, SealedField
from models.unit_of_work import Transaction, unit_of_work
from vault.lookup import normalize_email, normalize_phone

LONGEST_VALUE = 300
OWN_CATEGORIES = (Category.NAME, Category.PHONE, Category.EMAIL, Category.WECHAT, Category.ADDRESS)


@dataclass(frozen=True, slots=True, repr=False)
class OwnProfile:
    """A candidate's own view of everything it has put in."""

    candidate: Candidate
    resume: Mapping[str, object] | None
    contact: Mapping[str, str]


@unit_of_work
async def import_resume(transaction: Transaction, call: Call, *, document: object) -> UUID:
    """Keep a JSON Resume, sealed. Contact details that are still missing are taken from its ``basics``."""
    try:
        jsonresume.validate(document)
    except jsonresume.InvalidResume as wrong:
        raise InvalidInput([Problem(_path(item.path), item.message) for item in wrong.problems]) from wrong
    assert isinstance(document, Mapping)  # noqa: S101 - a valid resume is an object; tells the type checker
    candidate = await locked_candidate((await candidate_of(call, transaction)).candidate_id)
    version = await write_secrets(transaction, call.desk, candidate, SealedField.RESUME, document, now=call.now)
    await _fill_contact(transaction, call, candidate, jsonresume.contact_from(document))
    await show_again(transaction, call, candidate)
    entry = ledger.Entry(candidate.id, ledger.Event.RESUME_IMPORTED, call.now, data={"version": version})
    await ledger.append(transaction, entry)
    return candidate.id


@unit_of_work
async def update_contact(transaction: Transaction, call: Call, *, changes: Mapping[Category, str | None]) -> UUID:
    """Set contact details; ``None`` removes one. Phone numbers and e-mail addresses are checked."""
    checked = _checked(changes)
    candidate = await locked_candidate((await candidate_of(call, transaction)).candidate_id)
    contact = await read_contact(call.desk, candidate) | checked
    kept = {category: value for category, value in contact.items() if value}
    await write_secrets(transaction, call.desk, candidate, SealedField.CONTACT, kept, now=call.now)
    data = {"categories": sorted(checked)}
    await ledger.append(transaction, ledger.Entry(candidate.id, ledger.Event.CONTACT_CHANGED, call.now, data=data))
    return candidate.id


@unit_of_work
async def update_preferences(
    transaction: Transaction, call: Call, *, expected_pay: Pay | None, availability: str | None
) -> UUID:
    """Set what the candidate expects; a published card shows it from the same moment on."""
    candidate = await locked_candidate((await candidate_of(call, transaction)).candidate_id)
    values = {
        "pay_amount": expected_pay.amount if expected_pay else None,
        "pay_currency": expected_pay.currency if expected_pay else None,
        "pay_period": expected_pay.period if expected_pay else None,
        "availability": availability,
    }
    await transaction.compare_and_set(Candidate, {"id": candidate.id}, values)
    candidate.update_from_dict(values)
    await show_again(transaction, call, candidate)
    await ledger.append(transaction, ledger.Entry(candidate.id, ledger.Event.PREFERENCES_CHANGED, call.now))
    return candidate.id


async def own_profile(call: Call) -> OwnProfile:
    """Return everything the candidate has put in, for its own eyes."""
    candidate = await Candidate.get(id=(await candidate_of(call)).candidate_id)
    resume = await read_secrets(call.desk, candidate, SealedField.RESUME)
    return OwnProfile(candidate, resume, await read_contact(call.desk, candidate))


def preview(call: Call, profile: OwnProfile) -> Card | None:
    """Return the card exactly as an employer would see it, or ``None`` without a resume."""
    if profile.resume is None:
        return None
    return build_card(profile.resume, preferences_of(profile.candidate), call.now.date())


async def read_contact(desk: Desk, candidate: Candidate) -> dict[str, str]:
    """Return the contact details by category."""
    return {
        name: str(value) for name, value in (await read_secrets(desk, candidate, SealedField.CONTACT) or {}).items()
    }


async def _fill_contact(transaction: Transaction, call: Call, candidate: Candidate, found: Mapping[str, str]) -> None:
    present = await read_contact(call.desk, candidate)
    contact = {**_acceptable(found), **present}
    if contact != present:
        await write_secrets(transaction, call.desk, candidate, SealedField.CONTACT, contact, now=call.now)


def _acceptable(found: Mapping[str, str]) -> dict[str, str]:
    """Return what a resume tells of contact details, without what could not be set by hand."""
    accepted: dict[str, str] = {}
    for category in OWN_CATEGORIES:
        with suppress(InvalidInput):
            value = _checked_value(category, found.get(category.lower()))
            accepted.update({str(category): value} if value else {})
    return accepted


def _checked(changes: Mapping[Category, str | None]) -> dict[str, str | None]:
    return {str(category): _checked_value(category, value) for category, value in changes.items()}


def _checked_value(category: Category, value: str | None) -> str | None:
    if not value:
        return None
    path = category.lower()
    if len(value) > LONGEST_VALUE or not value.isprintable():
        raise invalid(path, f"Give at most {LONGEST_VALUE} printable characters.")
    try:
        return _normal(category, value)
    except ValueError as wrong:
        raise invalid(path, _ADVICE[category]) from wrong


def _normal(category: Category, value: str) -> str:
    if category is Category.PHONE:
        return normalize_phone(value)
    return normalize_email(value) if category is Category.EMAIL else value.strip()


_ADVICE = {
    Category.PHONE: "Give a phone number, with its country code outside mainland China, such as +852 5123 4567.",
    Category.EMAIL: "Give one e-mail address, such as name@example.com.",
}


def _path(path: str) -> str:
    return f"resume.{path}" if path else "resume"
