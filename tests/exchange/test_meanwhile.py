"""What another transaction did between a verb's reading and its writing: the guarded statement sees it.

The other transaction's change is put in at the very moment before the guarded statement, so that each key of each
guard is what stands between the verb and a wrong answer, on either engine and without luck.
"""

from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.requests import RequestState
from consent.terms import Narrowing
from exchange import asking, cards, deciding, endings, jobs, ledger, resumes
from models import AuthorizationRequest, Candidate, Grant, LedgerEntry, LedgerHead, SealedRecord
from models.unit_of_work import Transaction, unit_of_work
from tests.exchange.support import counted, events_of, refusal, snapshot


@pytest.fixture
def meanwhile(monkeypatch):
    """Put another transaction's change before the next guarded statement on a table."""
    stock = Transaction.compare_and_set
    waiting = []

    async def compare_and_set(self, model, where, values):
        if waiting and waiting[0][0] is model:
            _, sql, given = waiting.pop()
            await self.query(sql, *given)
        return await stock(self, model, where, values)

    monkeypatch.setattr(Transaction, "compare_and_set", compare_and_set)

    def put(model, change, row_id, *given):
        table = model._meta.db_table
        waiting[:] = [(model, f"UPDATE {table} SET {change} WHERE id = ?", (*given, row_id))]

    return put


@pytest.fixture
async def asked(world):
    candidate, member = await world.candidate(), await world.member()
    return candidate, member, await world.request(member, candidate)


@pytest.fixture
async def granted(world, asked):
    candidate, member, request = asked
    return candidate, member, await world.approve(candidate, request)


async def approve(world, candidate, request, **narrowing):
    return await deciding.approve(
        world.call(candidate), request_id=request.id, terms_hash=request.terms_hash, narrowing=Narrowing(**narrowing)
    )


@pytest.mark.parametrize("state", ["DECLINED", "RECALLED", "EXPIRED", "CLOSED"])
async def test_approving_what_was_decided_meanwhile_makes_no_grant_invariant_1(world, asked, meanwhile, state):
    candidate, _, request = asked

    async with refusal(Reason.ALREADY_DECIDED) as refused:
        meanwhile(AuthorizationRequest, f"state = '{state}'", request.id)
        await approve(world, candidate, request)

    assert refused.error.subject.state is RequestState(state)


async def test_approving_what_ended_meanwhile_makes_no_grant(world, asked, meanwhile):
    candidate, _, request = asked

    async with refusal(Reason.ALREADY_DECIDED):
        meanwhile(AuthorizationRequest, "expires_at = ?", request.id, world.now)
        await approve(world, candidate, request)


async def test_declining_what_was_recalled_meanwhile_is_refused(world, asked, meanwhile):
    candidate, _, request = asked

    async with refusal(Reason.ALREADY_DECIDED) as refused:
        meanwhile(AuthorizationRequest, "state = 'RECALLED'", request.id)
        await deciding.decline(world.call(candidate), request_id=request.id)

    assert refused.error.subject.state is RequestState.RECALLED


async def test_declining_what_ended_meanwhile_is_refused(world, asked, meanwhile):
    candidate, _, request = asked

    async with refusal(Reason.ALREADY_DECIDED):
        meanwhile(AuthorizationRequest, "expires_at = ?", request.id, world.now)
        await deciding.decline(world.call(candidate), request_id=request.id)


async def test_declining_what_was_declined_meanwhile_is_declining_once(world, asked, meanwhile):
    candidate, _, request = asked
    known = await events_of(candidate)

    meanwhile(AuthorizationRequest, "state = 'DECLINED'", request.id)
    declined = await deciding.decline(world.call(candidate), request_id=request.id)

    assert declined.state is RequestState.DECLINED
    assert await events_of(candidate) == known


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("state = 'APPROVED'", "APPROVED"),
        ("state = 'RECALLED', recalled_at = expires_at", "RECALLED"),
        ("recalled_at = expires_at", "RECALLED"),
        ("state = 'DECLINED', recalled_at = expires_at", "RECALLED"),
        ("expires_at = asked_at", "NOT_AVAILABLE"),
        ("state = 'DECLINED', expires_at = asked_at", "NOT_AVAILABLE"),
        ("state = 'CLOSED', expires_at = asked_at", "NOT_AVAILABLE"),
    ],
)
async def test_recalling_what_was_decided_meanwhile_comes_too_late(world, asked, meanwhile, change, told):
    _, member, request = asked

    async with refusal(Reason.TOO_LATE, state=told):
        meanwhile(AuthorizationRequest, change, request.id)
        await asking.recall(world.call(member), request_id=request.id)


async def test_recalling_what_was_declined_meanwhile_leaves_it_declined_and_looks_recalled(world, asked, meanwhile):
    _, member, request = asked
    another = await world.candidate()
    bystander = await world.request(member, another)
    await deciding.decline(world.call(another), request_id=bystander.id)

    meanwhile(AuthorizationRequest, "state = 'DECLINED'", request.id)
    await asking.recall(world.call(member), request_id=request.id)

    stored = await AuthorizationRequest.get(id=request.id)
    assert (stored.state, stored.recalled_at, stored.decided_at) == (RequestState.DECLINED, world.now, None)
    assert (await AuthorizationRequest.get(id=bystander.id)).recalled_at is None


@pytest.mark.parametrize("state", ["EXPIRED", "RELINQUISHED", "TERMINATED", "SUPERSEDED"])
async def test_revoking_what_ended_meanwhile_opens_no_second_duty(world, granted, meanwhile, state):
    candidate, _, grant = granted

    async with refusal(Reason.GRANT_ENDED, state=GrantState(state)):
        meanwhile(Grant, f"state = '{state}'", grant.id)
        await deciding.revoke(world.call(candidate), grant_id=grant.id)


@pytest.mark.parametrize("change", ["generation = 2", "expires_at = not_before"])
async def test_revoking_a_grant_that_moved_on_meanwhile_is_refused(world, granted, meanwhile, change):
    candidate, _, grant = granted

    async with refusal(Reason.GRANT_ENDED, state=GrantState.ACTIVE):
        meanwhile(Grant, change, grant.id)
        await deciding.revoke(world.call(candidate), grant_id=grant.id)


async def test_revoking_what_was_revoked_meanwhile_is_revoking_once(world, granted, meanwhile):
    candidate, _, grant = granted
    known = await events_of(candidate)

    meanwhile(Grant, "state = 'REVOKED', generation = 2", grant.id)
    revoked = await deciding.revoke(world.call(candidate), grant_id=grant.id)

    assert revoked.state is GrantState.REVOKED
    assert await events_of(candidate) == known
    assert await counted("deletion_duty") == {"deletion_duty": 0}


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ("state = 'REVOKED'", Reason.GRANT_ENDED, {"state": GrantState.REVOKED}),
        ("state = 'PAUSED'", Reason.GRANT_PAUSED, {}),
        ("expires_at = not_before", Reason.GRANT_ENDED, {"state": GrantState.EXPIRED}),
        ("uses = max_uses", Reason.USES_EXHAUSTED, {"limit": "3"}),
        ("generation = 2", Reason.GRANT_ENDED, {"state": GrantState.ACTIVE}),
    ],
)
async def test_a_release_is_counted_only_if_the_grant_still_opens_it_invariant_4(
    world, granted, meanwhile, change, reason, detail
):
    _, member, grant = granted

    async with refusal(reason, **detail):
        meanwhile(Grant, change, grant.id)
        await world.release(member, grant)


async def test_a_grant_whose_beginning_was_put_off_meanwhile_releases_nothing(world, granted, meanwhile):
    _, member, grant = granted

    async with refusal(Reason.GRANT_NOT_YET_VALID):
        meanwhile(Grant, "not_before = expires_at", grant.id)
        await world.release(member, grant)


async def test_a_release_counts_a_use_of_its_own_grant_alone(world, granted):
    _, member, grant = granted
    other = await world.grant(member, await world.candidate())

    await world.release(member, grant)

    assert (await Grant.get(id=grant.id)).uses == 1
    assert (await Grant.get(id=other.id)).uses == 0


@pytest.mark.parametrize("change", ["state = 'DECLINED'", "expires_at = ?"])
async def test_a_request_that_is_not_overdue_any_more_is_not_settled(world, asked, meanwhile, change):
    candidate, member, request = asked
    world.now = request.expires_at
    given = (world.now + timedelta(seconds=1),) if "?" in change else ()
    known = await events_of(candidate)

    meanwhile(AuthorizationRequest, change, request.id, *given)
    if given:
        async with refusal(Reason.ALREADY_ASKED):
            await world.request(member, candidate)
    else:
        await world.request(member, candidate)

    assert "system:request:expired" not in (await events_of(candidate))[len(known) :]


async def test_settling_a_request_leaves_the_others_that_are_overdue(world, asked):
    candidate, member, request = asked
    other = await world.request(member, await world.candidate())
    world.now = request.expires_at

    await world.request(member, candidate)

    assert (await AuthorizationRequest.get(id=request.id)).state is RequestState.EXPIRED
    assert (await AuthorizationRequest.get(id=other.id)).state is RequestState.PENDING


@pytest.mark.parametrize("change", ["state = 'REVOKED', ended_at = expires_at", "expires_at = ?"])
async def test_a_grant_that_is_not_overdue_any_more_is_not_settled(world, granted, meanwhile, change):
    candidate, member, grant = granted
    world.now = grant.expires_at
    second = await world.request(member, candidate)
    given = (world.now + timedelta(seconds=1),) if "?" in change else ()

    meanwhile(Grant, change, grant.id, *given)
    if given:
        async with refusal(Reason.ALREADY_GRANTED):
            await approve(world, candidate, second)
    else:
        await approve(world, candidate, second)

    assert "system:grant:expired" not in await events_of(candidate)
    assert await counted("deletion_duty") == {"deletion_duty": 0}


async def test_settling_a_grant_leaves_the_others_that_are_overdue(world, granted):
    candidate, member, grant = granted
    other = await world.grant(member, await world.candidate())
    world.now = grant.expires_at

    await world.grant(member, candidate)

    assert (await Grant.get(id=grant.id)).state is GrantState.EXPIRED
    assert (await Grant.get(id=other.id)).state is GrantState.ACTIVE


async def test_approving_declining_recalling_and_revoking_touch_one_row_each(world):
    candidate, member = await world.candidate(), await world.member()
    requests = [await world.request(await world.member(), candidate) for _ in range(4)]
    mine = [await world.request(member, candidate), await world.request(member, await world.candidate())]

    grants = [await approve(world, candidate, request) for request in requests[:2]]
    await deciding.decline(world.call(candidate), request_id=requests[2].id)
    await asking.recall(world.call(member), request_id=mine[0].id)
    await deciding.revoke(world.call(candidate), grant_id=grants[0].id)

    rows = {row.id: row.state for row in await AuthorizationRequest.all()}
    assert [rows[request.id] for request in (*requests, *mine)] == [
        RequestState.APPROVED,
        RequestState.APPROVED,
        RequestState.DECLINED,
        RequestState.PENDING,
        RequestState.RECALLED,
        RequestState.PENDING,
    ]
    states = {row.id: row.state for row in await Grant.all()}
    assert [states[grant.id] for grant in grants] == [GrantState.REVOKED, GrantState.ACTIVE]


async def test_a_verb_of_one_candidate_leaves_every_row_of_another_as_it_was(world):
    candidate, other = await world.candidate(), await world.candidate()
    tables = (Candidate, SealedRecord, LedgerHead, LedgerEntry)

    async def of_other():
        rows = [await model.filter(**{_owner(model): other.id}).values() for model in tables]
        return sorted(repr(row) for row in rows)

    before = await of_other()
    await resumes.update_contact(world.call(candidate), changes={})
    await cards.hide_card(world.call(candidate))
    await resumes.update_preferences(world.call(candidate), expected_pay=None, availability="IMMEDIATELY")

    assert await of_other() == before
    assert await ledger.verify(other.id) is None
    assert await ledger.verify(candidate.id) is None


def _owner(model):
    return "id" if model is Candidate else "candidate_id"


async def test_a_parallel_grant_for_the_same_job_is_stopped_by_the_database_invariant_3(world, asked, monkeypatch):
    candidate, member, request = asked
    stock = Transaction.compare_and_set
    other = await world.request(await world.member(), candidate)
    granted = await world.approve(candidate, other)

    async def compare_and_set(self, model, where, values):
        if model is AuthorizationRequest:
            sql = "UPDATE consent_grant SET employer_id = ?, job_id = ? WHERE id = ?"
            await self.query(sql, member.employer.id, member.job.id, granted.id)
        return await stock(self, model, where, values)

    before = await snapshot()
    monkeypatch.setattr(Transaction, "compare_and_set", compare_and_set)
    async with refusal(Reason.ALREADY_GRANTED):
        await approve(world, candidate, request)
    assert await snapshot() == before


async def test_a_parallel_approval_of_the_same_request_is_no_other_grant_invariant_3(world, asked, monkeypatch):
    candidate, _, request = asked
    stock = deciding._locked_standing

    async def come_first(transaction, employer_id):
        await transaction.query("UPDATE authorization_request SET state = 'APPROVED' WHERE id = ?", request.id)
        same = ("arrangement_id", "candidate_id", "employer_id", "job_id", "terms", "terms_hash")
        about = {name: getattr(request, name) for name in same}
        times = {"not_before": world.now, "expires_at": world.now + timedelta(days=30)}
        await transaction.insert(Grant(request_id=request.id, signature="first", max_uses=3, **about, **times))
        return await stock(transaction, employer_id)

    monkeypatch.setattr(deciding, "_locked_standing", come_first)
    grant = await approve(world, candidate, request)

    assert grant.signature == "first"
    assert await counted("consent_grant", "assignee") == {"consent_grant": 1, "assignee": 0}


async def test_settling_asks_again_whether_a_request_is_overdue(world, asked, meanwhile):
    candidate, member, request = asked
    world.now = request.expires_at
    known = await events_of(candidate)

    meanwhile(AuthorizationRequest, "expires_at = ?", request.id, world.now + timedelta(seconds=1))
    await unit_of_work(endings.settle_requests)(world.now, candidate_id=candidate.id, employer_id=member.employer.id)

    assert (await AuthorizationRequest.get(id=request.id)).state is RequestState.PENDING
    assert await events_of(candidate) == known


@pytest.mark.parametrize("change", ["state = 'DECLINED'", "expires_at = asked_at"])
async def test_closing_a_job_closes_no_request_that_was_answered_or_ended_meanwhile(world, asked, meanwhile, change):
    candidate, member, request = asked
    known, heard = await events_of(candidate), await counted("outbox_message")

    meanwhile(AuthorizationRequest, change, request.id)
    await jobs.close_job(world.call(member), job_id=member.job.id)

    assert (await AuthorizationRequest.get(id=request.id)).state is not RequestState.CLOSED
    assert await events_of(candidate) == known
    assert await counted("outbox_message") == heard
