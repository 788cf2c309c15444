"""The release: under an effective grant, contact details leave the exchange, counted, recorded and told."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from tortoise.exceptions import IntegrityError

from anonymity import jsonresume
from consent.decision import Denied, Reason
from consent.grants import GrantState
from consent.policy import ReleaseFacts, may_release, may_repeat_release
from consent.terms import Categories, Category, Form, Terms
from exchange import ledger, outbox
from exchange.actors import MemberActor, member_of
from exchange.call import Call
from exchange.disclosure import DisclosedContact, disclose
from exchange.errors import IdempotencyMismatch, NotFound, Refused, require
from exchange.sealing import read_secrets
from exchange.texts import check_key
from models import Assignee, Candidate, Grant, Release, SealedField
from models.statements import Column
from models.unit_of_work import Transaction, unit_of_work
from vault.lookup import content_hash


@dataclass(frozen=True, slots=True, repr=False)
class Disclosure:
    """A release and what it handed over."""

    grant: Grant
    release: Release
    contact: DisclosedContact


async def release_contact(
    call: Call, *, grant_id: UUID, categories: frozenset[Category], idempotency_key: str
) -> Disclosure:
    """Release the categories asked for. The same key again gives the same release, and counts once."""
    check_key(idempotency_key)
    try:
        return await _release(call, grant_id, categories, idempotency_key)
    except IntegrityError:
        # The same key came first in another transaction; now its release can be seen.
        return await _release(call, grant_id, categories, idempotency_key)


@unit_of_work
async def _release(
    transaction: Transaction, call: Call, grant_id: UUID, categories: frozenset[Category], key: str
) -> Disclosure:
    member = await member_of(call, transaction)
    grant = await Grant.get_or_none(id=grant_id, employer_id=member.employer_id)
    if grant is None:
        raise NotFound("grantId")
    candidate = await Candidate.get(id=grant.candidate_id)
    facts = await _facts(member, grant, candidate, categories)
    stored = await Release.get_or_none(grant_id=grant.id, idempotency_key=key)
    if stored is not None:
        return await _repeat(call, grant, candidate, facts, stored)
    require(may_release(grant, facts, call.now), grant)
    if not await _count_use(transaction, call, grant):
        # Another transaction came between: with what it left, the policy names the reason.
        await grant.refresh_from_db()
        require(may_release(grant, facts, call.now), grant)
        raise Refused(Denied(Reason.GRANT_ENDED, {"state": grant.state}), grant)
    contact = disclose(await _known(call, candidate, facts.granted.categories), facts.granted.categories, categories)
    release = _row(call, member, grant, contact, key)
    await transaction.insert(release)
    await _record(transaction, call, grant, release)
    await grant.refresh_from_db()
    return Disclosure(grant, release, contact)


async def _facts(
    member: MemberActor, grant: Grant, candidate: Candidate, categories: frozenset[Category]
) -> ReleaseFacts:
    return ReleaseFacts(
        standing=member.standing,
        role=member.role,
        assigned=await Assignee.exists(grant_id=grant.id, member_id=member.member_id, until=None),
        candidate_erased=candidate.erased_at is not None,
        granted=Terms.parse(grant.terms),
        asked=categories,
    )


async def _count_use(transaction: Transaction, call: Call, grant: Grant) -> bool:
    effective = {
        "id": grant.id,
        "state": GrantState.ACTIVE,
        "not_before__lte": call.now,
        "expires_at__gt": call.now,
        "uses__lt": Column("max_uses"),
        "generation": grant.generation,
    }
    return await transaction.compare_and_set(Grant, effective, {"uses": Column("uses", 1)})


async def _known(call: Call, candidate: Candidate, granted: Categories) -> Mapping[Category, object]:
    """Return what may be disclosed by category. A resume holds nothing of a category that is not granted in full."""
    contact = await read_secrets(call.desk, candidate, SealedField.CONTACT) or {}
    resume = await read_secrets(call.desk, candidate, SealedField.RESUME) or {}
    return {
        **{Category(name): value for name, value in contact.items()},
        Category.PHOTO: jsonresume.contact_from(resume).get("photo", ""),
        Category.EMPLOYER_NAMES: "\n".join(jsonresume.employer_names(resume)),
        Category.RESUME_DOCUMENT: jsonresume.limited_to(resume, {c for c, form in granted.items() if form is Form.RAW}),
    }


async def _repeat(call: Call, grant: Grant, candidate: Candidate, facts: ReleaseFacts, stored: Release) -> Disclosure:
    """Give the answer of an earlier release once more, as long as the grant lives and the content is the same."""
    require(may_repeat_release(grant, facts, call.now), grant)
    contact = disclose(await _known(call, candidate, facts.granted.categories), facts.granted.categories, facts.asked)
    if _digest(call, grant, contact) != stored.content_hash:
        raise IdempotencyMismatch
    return Disclosure(grant, stored, contact)


def _row(call: Call, member: MemberActor, grant: Grant, contact: DisclosedContact, key: str) -> Release:
    return Release(
        grant_id=grant.id,
        generation=grant.generation,
        member_id=member.member_id,
        categories=" ".join(f"{item.category}:{item.form}" for item in contact.values.values()),
        content_hash=_digest(call, grant, contact),
        idempotency_key=key,
        released_at=call.now,
    )


def _digest(call: Call, grant: Grant, contact: DisclosedContact) -> str:
    """Return a digest that tells equal content under one grant, and joins no two grants."""
    return content_hash(call.desk.keys.lookup, f"{grant.id}:{contact.canonical()}")


async def _record(transaction: Transaction, call: Call, grant: Grant, release: Release) -> None:
    entry = ledger.Entry(
        grant.candidate_id,
        ledger.Event.CONTACT_RELEASED,
        call.now,
        grant.employer_id,
        release.member_id,
        release.id,
        {"grant": str(grant.id), "categories": release.categories, "content_hash": release.content_hash},
    )
    await ledger.append(transaction, entry)
    channels = [f"candidate:{grant.candidate_id}", f"employer:{grant.employer_id}"]
    subject = {"grant": str(grant.id), "release": str(release.id)}
    await outbox.enqueue(transaction, outbox.Topic.GRANT_CHANGED, call.now, channels=channels, subject=subject)
