"""Who the viewer is, and a candidate's own profile."""

from exchange import resumes
from exchange.actors import CandidateActor, MemberActor, actor_of, require_operator
from exchange.call import Call
from exchange.resumes import OwnProfile
from resolvers.wrapping import node_id
from schema.accounts import Viewer
from schema.candidates import CandidateProfile, ExpectedPay, OwnContact
from schema.cards import Card
from schema.employers import Employer, Member
from schema.enums import AccountKind, Availability, PayPeriod
from schema.ids import global_id


async def viewer(call: Call) -> Viewer:
    """Return who calls."""
    if str(call.viewer.kind) == AccountKind.OPERATOR:
        await require_operator(call)
        return Viewer(kind=AccountKind.OPERATOR, candidate=None, member=None)
    actor = await actor_of(call)
    if isinstance(actor, CandidateActor):
        return Viewer(kind=AccountKind.CANDIDATE, candidate=await own_profile(call), member=None)
    return Viewer(kind=AccountKind.MEMBER, candidate=None, member=member_type(actor))


async def own_profile(call: Call) -> CandidateProfile:
    """Return the profile of the candidate who calls."""
    own = await resumes.own_profile(call)
    return CandidateProfile(
        id=node_id("CandidateProfile", own.candidate.id),
        visibility=own.candidate.visibility,
        resume=own.resume,  # type: ignore[arg-type]  # JSON is any value to the schema
        contact=OwnContact(**{category.lower(): own.contact.get(category) for category in resumes.OWN_CATEGORIES}),
        expected_pay=_expected_pay(own),
        availability=None if own.candidate.availability is None else Availability(own.candidate.availability),
        card_preview=_preview(call, own),
    )


def member_type(actor: MemberActor) -> Member:
    """Return the membership of the member who calls."""
    employer = Employer(
        id=node_id("Employer", actor.employer_id),
        legal_name=actor.recipient.legal_name,
        credit_code=actor.recipient.credit_code,
        standing=actor.standing,
    )
    return Member(id=node_id("Member", actor.member_id), role=actor.role, employer=employer)


def _expected_pay(own: OwnProfile) -> ExpectedPay | None:
    candidate = own.candidate
    if candidate.pay_amount is None:
        return None
    period = PayPeriod(candidate.pay_period or "")
    return ExpectedPay(amount=candidate.pay_amount, currency=candidate.pay_currency or "", period=period)


def _preview(call: Call, own: OwnProfile) -> Card | None:
    built = resumes.preview(call, own)
    if built is None:
        return None
    return {"id": global_id("Card", "preview"), **built.payload(call.language)}  # type: ignore[return-value]  # answered as a stored object
