"""Two servers on one PostgreSQL behave as one."""

import asyncio
import os
import time
from collections import Counter
from contextlib import asynccontextmanager

from consent.grants import GrantState
from consent.requests import RequestState
from exchange import ledger
from models import Assignee, AuthorizationRequest, DeletionDuty, Grant, LedgerEntry, Release
from tests.app.callers import (
    APPROVE,
    DECLINE,
    GRANT_CHANGED,
    INBOX,
    RECALL,
    RELEASE,
    REVOKE,
    SIGN_IN,
    SIGN_OUT,
    approval_of,
    calling,
    id_of,
    live,
    token_of,
)
from tests.app.conftest import ON_POSTGRES
from tests.app.processes import launch, within
from tests.app.wholeness import broken_ledgers, torn_approvals
from tests.engines import redis_server

pytestmark = ON_POSTGRES

ROUNDS = int(os.environ.get("RACE_ROUNDS", "10"))


async def test_eight_parallel_approvals_at_two_servers_make_one_grant(town, production, tmp_path):
    candidate, members = await town.candidate(), [await town.member() for _ in range(ROUNDS)]
    requests = [await town.request(member, candidate) for member in members]
    token = token_of(town, candidate)

    async with (
        two_servers(tmp_path, production) as (a, b),
        calling(*[(a.graphql, token), (b.graphql, token)] * 4) as callers,
    ):
        answers = [
            await asyncio.gather(*(caller.do(APPROVE, **approval_of(request)) for caller in callers))
            for request in requests
        ]

    assert [len({answer["grant"]["id"] for answer in same}) for same in answers] == [1] * ROUNDS
    assert await Grant.all().count() == ROUNDS
    assert await torn_approvals() == []
    assert await broken_ledgers() == []


async def test_of_approve_decline_and_recall_at_once_exactly_one_wins(town, production, tmp_path):
    candidate, members = await town.candidate(), [await town.member() for _ in range(ROUNDS)]
    requests = [await town.request(member, candidate) for member in members]
    mine = token_of(town, candidate)
    winners = Counter()

    async with two_servers(tmp_path, production) as (a, b):
        for member, request in zip(members, requests, strict=True):
            async with calling((a.graphql, mine), (b.graphql, mine), (a.graphql, token_of(town, member))) as callers:
                approving, declining, recalling = callers
                answers = await asyncio.gather(
                    approving.do(APPROVE, **approval_of(request)),
                    declining.do(DECLINE, **id_of(request)),
                    recalling.do(RECALL, **id_of(request)),
                )
            winners[await _winner(request, [answer["__typename"] for answer in answers])] += 1

    assert sum(winners.values()) == ROUNDS
    assert await torn_approvals() == []
    assert await broken_ledgers() == []


async def test_of_four_releases_and_a_revocation_no_release_follows_the_revocation(town, production, tmp_path):
    candidate, members = await town.candidate(), [await town.member() for _ in range(ROUNDS)]
    grants = [await town.grant(member, candidate) for member in members]
    mine = token_of(town, candidate)

    async with two_servers(tmp_path, production) as (a, b):
        for member, grant in zip(members, grants, strict=True):
            theirs = token_of(town, member)
            employers = [(server.graphql, theirs) for server in (a, b, a, b)]
            async with calling((b.graphql, mine), *employers) as [revoking, *releasing]:
                revoked, *released = await asyncio.gather(
                    revoking.do(REVOKE, **id_of(grant)),
                    *(caller.do(RELEASE, **id_of(grant), key=str(key)) for key, caller in enumerate(releasing)),
                )
            assert revoked["grant"]["state"] == "REVOKED"
            given = sum(answer["__typename"] == "ReleaseContactSuccess" for answer in released)
            await _assert_ended_whole(grant, given)

    assert await broken_ledgers() == []


async def test_a_subscription_at_one_server_hears_of_a_mutation_at_the_other(town, production, tmp_path):
    candidate, member = await town.candidate(), await town.member()
    request = await town.request(member, candidate)

    async with (
        two_servers(tmp_path, production) as (a, b),
        live(a.socket, token_of(town, member)) as client,
        calling((b.graphql, token_of(town, candidate))) as [caller],
    ):
        await client.subscribe("1", GRANT_CHANGED)
        await client.listens()
        await asyncio.sleep(0.3)
        grant = (await caller.do(APPROVE, **approval_of(request)))["grant"]
        begun = time.perf_counter()
        heard = await client.receive(within(5))
        seconds = time.perf_counter() - begun

    assert heard["payload"] == {"data": {"grantChanged": {"id": grant["id"], "state": "ACTIVE"}}}
    assert seconds < within(1)


async def test_signing_out_at_one_server_closes_the_sockets_at_the_other(town, production, tmp_path):
    candidate, other = await town.candidate(), await town.candidate()
    token = token_of(town, candidate)

    async with (
        two_servers(tmp_path, production) as (a, b),
        live(b.socket, token) as mine,
        live(b.socket, token_of(town, other)) as theirs,
        calling((a.graphql, token), (b.graphql, token)) as [here, there],
    ):
        await here.do(SIGN_OUT)
        begun = time.perf_counter()
        code = await mine.close_code()
        seconds = time.perf_counter() - begun
        refused = await there.answer(INBOX)
        await theirs.listens()

    assert code == 4401
    assert seconds < within(1)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_sign_in_tries_at_two_servers_are_counted_together_in_redis(town, production, tmp_path):
    candidate = await town.candidate()
    address = f"{tmp_path.name}-{time.time_ns()}-{candidate.email}"

    async with (
        two_servers(tmp_path, {**production, "redis_url": redis_server()}) as (a, b),
        calling((a.graphql, None), (b.graphql, None)) as callers,
    ):
        answers = [
            await callers[number % 2].do(SIGN_IN, email=address, password="not the password") for number in range(12)
        ]

    assert [answer["code"] for answer in answers] == ["INVALID_CREDENTIALS"] * 10 + ["RATE_LIMITED"] * 2


async def test_without_its_redis_a_server_refuses_sign_ins_for_the_moment_and_answers_the_rest(
    town, production, tmp_path
):
    candidate = await town.candidate()

    async with one_server(tmp_path, {**production, "redis_url": "redis://127.0.0.1:1/0"}) as server:
        await server.until_ready()
        async with calling((server.graphql, token_of(town, candidate))) as [caller]:
            refused = await caller.answer(SIGN_IN, email=candidate.email, password="whatever it is")
            inbox = await caller.answer(INBOX)

    assert refused["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert "errors" not in inbox


@asynccontextmanager
async def two_servers(folder, settings):
    async with one_server(folder, settings) as a, one_server(folder, settings) as b:
        await asyncio.gather(a.until_ready(), b.until_ready())
        yield a, b


@asynccontextmanager
async def one_server(folder, settings):
    server = launch(folder, **settings)
    try:
        yield server
    finally:
        server.kill()


async def _winner(request, kinds):
    """Return what became of a request; fail if what was answered says anything else.

    A recall after a refusal succeeds too, for a refusal must look like silence.
    """
    state = (await AuthorizationRequest.get(id=request.id)).state
    approved, declined, recalled = (kind.endswith("Success") for kind in kinds)
    allowed = {
        RequestState.APPROVED: {(True, False, False)},
        RequestState.DECLINED: {(False, True, False), (False, True, True)},
        RequestState.RECALLED: {(False, False, True)},
    }
    assert (approved, declined, recalled) in allowed[state], (state, kinds)
    entries = await LedgerEntry.filter(subject_id=request.id).order_by("sequence").values_list("event", flat=True)
    decisions = [event for event in entries if event != ledger.Event.REQUEST_ASKED]
    assert len(decisions) == 1 + (declined and recalled)
    return state


async def _assert_ended_whole(grant, given):
    ended = await Grant.get(id=grant.id)
    assert (ended.state, ended.uses) == (GrantState.REVOKED, given)
    assert await Release.filter(grant_id=grant.id).count() == given
    assert await DeletionDuty.filter(grant_id=grant.id).count() == 1
    assert await Assignee.filter(grant_id=grant.id, until=None).count() == 0
    entries = await LedgerEntry.filter(candidate_id=grant.candidate_id, employer_id=grant.employer_id).order_by(
        "sequence"
    )
    events = [entry.event for entry in entries]
    assert events[-1] == ledger.Event.GRANT_REVOKED
    assert events.count(ledger.Event.CONTACT_RELEASED) == given
    assert await AuthorizationRequest.filter(id=grant.request_id, state=RequestState.APPROVED).count() == 1
