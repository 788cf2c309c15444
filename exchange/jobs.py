"""Jobs of an employer. Every request names one."""

from dataclasses import dataclass
from uuid import UUID

from anonymity.pay import Pay
from consent.parties import in_good_standing, may_recruit
from exchange.actors import MemberActor, member_of
from exchange.call import Call
from exchange.endings import close_requests
from exchange.errors import InvalidInput, NotFound, Problem, require
from exchange.texts import LINE_ADVICE, TEXT_ADVICE, is_line, is_text
from exchange.words import function_and_region
from models import Job, JobState
from models.unit_of_work import Transaction, unit_of_work

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 5000
LARGEST_PAY = 100_000_000


@dataclass(frozen=True, slots=True)
class JobDraft:
    """A vacancy as a recruiter writes it. ``pay_from`` and ``pay_to`` share currency and period."""

    title: str
    description: str
    city: str
    country: str
    pay_from: Pay
    pay_to: int


@unit_of_work
async def create_job(transaction: Transaction, call: Call, *, draft: JobDraft) -> Job:
    """Open a job. Its function and region are read from title and city, as those of cards are."""
    member = await _recruiter(transaction, call)
    _check(draft)
    function, region = function_and_region(draft.title, draft.city, draft.country)
    job = Job(
        employer_id=member.employer_id,
        title=draft.title.strip(),
        description=draft.description.strip(),
        function_code=function,
        region_code=region,
        pay_min=draft.pay_from.amount,
        pay_max=draft.pay_to,
        pay_currency=draft.pay_from.currency,
        pay_period=draft.pay_from.period,
        created_at=call.now,
    )
    await transaction.insert(job)
    return job


@unit_of_work
async def close_job(transaction: Transaction, call: Call, *, job_id: UUID) -> Job:
    """Close a job: nothing more can be asked for it, and what was asked and not answered can no longer be approved."""
    member = await _recruiter(transaction, call)
    await transaction.serialize(member.employer_id)  # A question that is being asked comes before this, or finds it.
    job = await Job.get_or_none(id=job_id, employer_id=member.employer_id)
    if job is None:
        raise NotFound("jobId")
    if await transaction.compare_and_set(Job, {"id": job.id, "state": JobState.OPEN}, {"state": JobState.CLOSED}):
        await close_requests(transaction, call.now, job.id)
    job.state = JobState.CLOSED
    return job


async def _recruiter(transaction: Transaction, call: Call) -> MemberActor:
    member = await member_of(call, transaction)
    require(in_good_standing(member.standing))
    require(may_recruit(member.role))
    return member


def _check(draft: JobDraft) -> None:
    problems = [Problem(path, message) for path, message, wrong in _rules(draft) if wrong]
    if problems:
        raise InvalidInput(problems)


def _rules(draft: JobDraft) -> tuple[tuple[str, str, bool], ...]:
    low, high = draft.pay_from.amount, draft.pay_to
    return (
        ("title", f"Give 1 to {LONGEST_TITLE} characters.", not 1 <= len(draft.title.strip()) <= LONGEST_TITLE),
        (
            "description",
            f"Give at most {LONGEST_DESCRIPTION} characters.",
            len(draft.description) > LONGEST_DESCRIPTION,
        ),
        ("title", LINE_ADVICE, not is_line(draft.title.strip())),
        ("description", TEXT_ADVICE, not is_text(draft.description)),
        ("pay", "State a range of pay above zero, from lower to higher.", not 0 < low <= high <= LARGEST_PAY),
    )
