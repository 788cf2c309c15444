"""Putting the fictional demo data in, through the same verbs that people use. Killed and started again, it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.demo.accounts import CANDIDATE_EMAILS, DEMO_PASSWORD, OPERATOR_EMAIL
from app.demo.employers import EMPLOYERS, JOBS, DemoEmployer, DemoJob
from app.demo.people import DemoCandidate, candidates
from consent.parties import MemberRole, Standing, Visibility
from consent.terms import Category
from exchange import accounts, cards, resumes
from exchange.call import NOBODY, Call, Desk, Viewer
from exchange.words import asked_pay, function_and_region
from models import Account, AccountKind, Candidate, Employer, Job, Member
from models.unit_of_work import Transaction, unit_of_work
from vault.lookup import email_hash
from vault.passwords import hash_password
from vault.tokens import read_access_token

CANDIDATES = 300

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Seeding:
    """What every step needs."""

    desk: Desk
    now: datetime
    password_hash: str

    def call(self, viewer: Viewer = NOBODY) -> Call:
        """Return a call for a viewer."""
        return Call(viewer, self.now, "zh", self.desk)


async def seed(desk: Desk, now: datetime, progress: Progress, *, count: int = CANDIDATES) -> bool:
    """Put in what is missing; tell whether anything was. Employers come last: once they are in, all is in."""
    if await Employer.exists():
        return False
    seeding = Seeding(desk, now, hash_password(DEMO_PASSWORD))
    for candidate in candidates(count):
        await _candidate(seeding, candidate)
        progress(candidate.index + 1, count)
    await _employers(seeding)
    return True


def sign_in_address(candidate: DemoCandidate) -> str:
    """Return the address a demo candidate signs in with; the first few have easy ones."""
    known = candidate.index < len(CANDIDATE_EMAILS)
    return CANDIDATE_EMAILS[candidate.index] if known else candidate.contact["email"]


async def _candidate(seeding: Seeding, given: DemoCandidate) -> None:
    address = sign_in_address(given)
    account = await Account.get_or_none(email_hash=email_hash(seeding.desk.keys.lookup, address))
    if account is None:
        signed_in = await accounts.open_account(seeding.call(), email=address, hashed_password=seeding.password_hash)
    elif await Candidate.exists(account_id=account.id, availability__isnull=False):
        return
    else:
        signed_in = await accounts.sign_in(seeding.call(), email=address, password=DEMO_PASSWORD)
    await _fill(seeding.call(_viewer(seeding, signed_in)), given)


async def _fill(call: Call, given: DemoCandidate) -> None:
    await resumes.import_resume(call, document=given.resume)
    contact = {Category(name.upper()): str(value) for name, value in given.contact.items()}
    await resumes.update_contact(call, changes=contact)
    if given.visibility != Visibility.HIDDEN:
        await cards.publish_card(call, visibility=Visibility(given.visibility))
    pay = asked_pay("expectedPay", **given.expected_pay)
    await resumes.update_preferences(call, expected_pay=pay, availability=given.availability)


def _viewer(seeding: Seeding, signed_in: accounts.SignedIn) -> Viewer:
    policy = seeding.desk.policy
    claims = read_access_token(
        seeding.desk.keys.signing,
        signed_in.access_token,
        issuer=policy.issuer,
        audience=policy.audience,
        now=seeding.now,
    )
    return Viewer(claims.subject, claims.session, AccountKind.CANDIDATE, claims.expires_at)


@unit_of_work
async def _employers(transaction: Transaction, seeding: Seeding) -> None:
    await transaction.insert(_account(seeding, AccountKind.OPERATOR, OPERATOR_EMAIL))
    keys = {employer.key: await _employer(transaction, seeding, employer) for employer in EMPLOYERS}
    for job in JOBS:
        await transaction.insert(_job(seeding, keys[job.employer_key], job))


async def _employer(transaction: Transaction, seeding: Seeding, given: DemoEmployer) -> Employer:
    employer = Employer(
        legal_name=given.legal_name,
        credit_code=given.credit_code,
        contact=given.privacy_contact,
        address=given.address,
        country=given.country,
        standing=Standing(given.state),
        created_at=seeding.now,
    )
    await transaction.insert(employer)
    for person in given.members:
        account = _account(seeding, AccountKind.MEMBER, person.email)
        await transaction.insert(account)
        role = MemberRole(person.role)
        member = Member(account_id=account.id, employer_id=employer.id, display_name=person.display_name, role=role)
        await transaction.insert(member)
    return employer


def _account(seeding: Seeding, kind: AccountKind, address: str) -> Account:
    hashed = email_hash(seeding.desk.keys.lookup, address)
    return Account(kind=kind, email_hash=hashed, password_hash=seeding.password_hash, created_at=seeding.now)


def _job(seeding: Seeding, employer: Employer, given: DemoJob) -> Job:
    function, region = function_and_region(given.title, given.city, given.country)
    return Job(
        employer_id=employer.id,
        title=given.title,
        description=given.description,
        function_code=function,
        region_code=region,
        pay_min=given.pay_min,
        pay_max=given.pay_max,
        pay_currency=given.currency,
        pay_period=given.period,
        created_at=seeding.now,
    )
