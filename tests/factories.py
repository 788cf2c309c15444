"""A small exchange for tests: people, employers, cards, requests and grants, made by the verbs themselves."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from consent.parties import MemberRole, Standing, Visibility
from consent.terms import Category, Form, Method, Narrowing, Purpose, Terms
from exchange import accounts, asking, cards, deciding, releasing, resumes
from exchange.asking import Question
from exchange.call import NOBODY, Call, Desk, Viewer
from exchange.search import CardFilter, search_cards
from models import Account, AccountKind, AuthorizationRequest, Candidate, Employer, Grant, Job, Member
from models.unit_of_work import Transaction, unit_of_work
from vault.lookup import email_hash
from vault.passwords import hash_password
from vault.tokens import read_access_token

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "seven paper boats"
PASSWORD_HASH = hash_password(PASSWORD)
ASKED = {Category.NAME: Form.RAW, Category.PHONE: Form.RAW, Category.EMAIL: Form.MASKED}

_numbers = count(1)


@dataclass(frozen=True)
class Canary:
    """The contact values of one candidate, each of which must appear nowhere without a release."""

    name: str
    phone: str
    email: str
    wechat: str
    address: str
    school: str

    @classmethod
    def number(cls, number: int) -> "Canary":
        return cls(
            name=f"Canaria Zq{number:06d}",
            phone=f"+8619{number:09d}",
            email=f"canary{number:06d}@hidden.example",
            wechat=f"wxcanary_{number:06d}",
            address=f"Canary Lane {number:06d}",
            school=f"Canary College {number:06d}",
        )

    def values(self) -> list[str]:
        return [self.name, self.phone, self.email, self.wechat, self.address, self.school]


@dataclass(frozen=True)
class CandidatePerson:
    id: UUID
    email: str
    viewer: Viewer
    canary: Canary


@dataclass(frozen=True)
class MemberPerson:
    id: UUID
    email: str
    viewer: Viewer
    employer: Employer
    job: Job


@dataclass
class World:
    """``now`` is the time of every call; move it with ``later``."""

    desk: Desk
    now: datetime = NOW
    candidates: list[CandidatePerson] = field(default_factory=list)

    def call(self, who: object = None, *, language: str = "en", after: timedelta = timedelta()) -> Call:
        viewer = NOBODY if who is None else who if isinstance(who, Viewer) else who.viewer
        return Call(viewer, self.now + after, language, self.desk)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    async def candidate(
        self, *, visibility: Visibility = Visibility.VERIFIED_EMPLOYERS, **resume: str
    ) -> CandidatePerson:
        """A candidate with a resume, contact details and a published card."""
        canary = Canary.number(next(_numbers))
        email = f"sign-in-{canary.email}"
        signed_in = await accounts.open_account(self.call(), email=email, hashed_password=PASSWORD_HASH)
        viewer = self.viewer_of(signed_in)
        row = await Candidate.get(account_id=viewer.account_id)
        person = CandidatePerson(row.id, email, viewer, canary)
        await resumes.import_resume(self.call(person), document=resume_of(canary, **resume))
        await resumes.update_contact(self.call(person), changes=contact_of(canary))
        if visibility is not Visibility.HIDDEN:
            await cards.publish_card(self.call(person), visibility=visibility)
        self.candidates.append(person)
        return person

    async def member(
        self,
        *,
        standing: Standing = Standing.VERIFIED,
        role: MemberRole = MemberRole.RECRUITER,
        employer: Employer | None = None,
        job_title: str = "Backend Engineer",
    ) -> MemberPerson:
        """A signed-in member, by default of a new verified employer, with an open job."""
        return await _make_member(self, standing, role, employer, job_title)

    def viewer_of(self, signed_in: accounts.SignedIn) -> Viewer:
        policy = self.desk.policy
        claims = read_access_token(
            self.desk.keys.signing,
            signed_in.access_token,
            issuer=policy.issuer,
            audience=policy.audience,
            now=self.now,
        )
        return Viewer(claims.subject, claims.session, AccountKind(claims.kind), claims.expires_at)

    async def card_id(self, member: MemberPerson, candidate: CandidatePerson) -> str:
        """The id this employer knows the candidate's card by."""
        return self.desk.opaque.conceal(candidate.id.bytes, b"card", member.employer.id.bytes)

    async def question(self, member: MemberPerson, candidate: CandidatePerson, **changes: object) -> Question:
        question = Question(
            card_id=await self.card_id(member, candidate),
            job_id=member.job.id,
            purpose=Purpose.RECRUIT_CONTACT,
            categories=ASKED,
            methods=(Method.VIEW, Method.CONTACT),
            access_days=30,
            max_uses=3,
            retention_days=90,
            message="Would you talk with us?",
            idempotency_key=None,
        )
        return replace(question, **changes)

    async def request(
        self, member: MemberPerson, candidate: CandidatePerson, **changes: object
    ) -> AuthorizationRequest:
        question = await self.question(member, candidate, **changes)
        return await asking.ask(self.call(member), question=question)

    async def approve(
        self,
        candidate: CandidatePerson,
        request: AuthorizationRequest,
        narrowing: Narrowing = Narrowing(),  # noqa: B008 - a frozen value
    ) -> Grant:
        shown = Terms.parse(request.terms).digest()
        return await deciding.approve(
            self.call(candidate), request_id=request.id, terms_hash=shown, narrowing=narrowing
        )

    async def grant(self, member: MemberPerson, candidate: CandidatePerson, **changes: object) -> Grant:
        return await self.approve(candidate, await self.request(member, candidate, **changes))

    async def release(
        self, member: MemberPerson, grant: Grant, *categories: Category, key: str = "first"
    ) -> releasing.Disclosure:
        wanted = frozenset(categories or (Category.NAME, Category.PHONE))
        return await releasing.release_contact(
            self.call(member), grant_id=grant.id, categories=wanted, idempotency_key=key
        )

    async def search(self, member: MemberPerson, **parts: object):
        return await search_cards(self.call(member), card_filter=CardFilter(**parts), first=20, after=None)


@unit_of_work
async def _make_member(
    transaction: Transaction, world: World, standing: Standing, role: MemberRole, employer: Employer | None, title: str
) -> MemberPerson:
    number = next(_numbers)
    email = f"member{number}@employer.example"
    if employer is None:
        employer = _employer(number, standing, world.now)
        await transaction.insert(employer)
    account = Account(
        kind=AccountKind.MEMBER,
        email_hash=email_hash(world.desk.keys.lookup, email),
        password_hash=PASSWORD_HASH,
        created_at=world.now,
    )
    await transaction.insert(account)
    member = Member(account_id=account.id, employer_id=employer.id, display_name=f"Member {number}", role=role)
    await transaction.insert(member)
    job = _job(employer, title, world.now)
    await transaction.insert(job)
    signed_in = await accounts._begin_session(transaction, world.call(), account)
    return MemberPerson(member.id, email, world.viewer_of(signed_in), employer, job)


def _employer(number: int, standing: Standing, now: datetime) -> Employer:
    return Employer(
        legal_name=f"Fictional Employer {number} Ltd",
        credit_code=f"91{number:016d}",
        contact=f"privacy{number}@employer.example",
        address="1 Example Road, Shanghai",
        country="CN",
        standing=standing,
        created_at=now,
    )


def _job(employer: Employer, title: str, now: datetime) -> Job:
    return Job(
        employer_id=employer.id,
        title=title,
        description="Build the exchange.",
        function_code="backend",
        region_code="cn.shanghai",
        pay_min=20000,
        pay_max=40000,
        pay_currency="CNY",
        pay_period="MONTH",
        created_at=now,
    )


def contact_of(canary: Canary) -> dict[Category, str]:
    return {
        Category.NAME: canary.name,
        Category.PHONE: canary.phone,
        Category.EMAIL: canary.email,
        Category.WECHAT: canary.wechat,
        Category.ADDRESS: canary.address,
    }


def resume_of(
    canary: Canary, *, title: str = "Senior Backend Engineer", city: str = "上海", skill: str = "Python"
) -> dict:
    return {
        "basics": {
            "name": canary.name,
            "label": title,
            "email": canary.email,
            "phone": canary.phone,
            "location": {"address": canary.address, "city": city, "countryCode": "CN"},
        },
        "work": [
            {"name": "Tencent", "position": title, "startDate": "2020-01", "endDate": "2026-06"},
            {"name": "某某软件有限公司", "position": "后端工程师", "startDate": "2016-07", "endDate": "2019-12"},
        ],
        "education": [
            {"institution": canary.school, "area": "Computer Science", "studyType": "本科", "endDate": "2016"}
        ],
        "skills": [{"name": skill}, {"name": "Kubernetes"}],
        "languages": [{"language": "English", "fluency": "Fluent"}],
    }
