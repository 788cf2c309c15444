"""Towards the employer a refusal is silence: at every instant all it can see and do is the same."""

import json
from dataclasses import fields
from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.parties import Standing
from consent.requests import RequestState, RequestVerb
from exchange import asking, deciding, reading
from exchange.actors import member_of
from exchange.errors import ExchangeError, Refused
from models import AuthorizationRequest, OutboxMessage
from tests.exchange.support import set_standing

INSTANTS = [
    timedelta(),
    timedelta(minutes=5),
    timedelta(hours=47, minutes=59),
    timedelta(days=7),
    timedelta(days=14, microseconds=-1),
    timedelta(days=14),
    timedelta(days=14, microseconds=1),
    timedelta(days=30),
    timedelta(days=104),
]
ROW = ("origin", "purpose", "message", "asked_at", "expires_at", "recalled_at")


@pytest.fixture
async def twins(world):
    """Two candidates alike, asked alike by one employer for one job at the same time."""
    refusing, silent, member = await world.candidate(), await world.candidate(), await world.member()
    return member, {
        "refused": (refusing, await world.request(member, refusing)),
        "ignored": (silent, await world.request(member, silent)),
    }


async def answer_of(verb):
    """Return what a verb answered, ids left out: the two candidates have their own."""
    try:
        row = await verb
    except Refused as refused:
        return refused.denied.reason, dict(refused.denied.detail)
    except ExchangeError as error:
        return type(error).__name__, str(error)
    return type(row).__name__


async def seen_by(world, member, request):
    """Return all that the employer can read of one request."""
    actor = await member_of(world.call(member))
    row = await reading.requests_of(actor).get(id=request.id)
    [seen] = await reading.see_requests(actor, [row], world.now)
    known = {name: str(getattr(seen, name)) for name in ("party", "standing", "now", "state", "held")}
    assert {item.name for item in fields(seen)} == {"row", "party", "standing", "now"}
    return {
        **known,
        **{f"can {verb}": seen.can(verb) for verb in RequestVerb},
        **{f"row {name}": str(getattr(seen.row, name)) for name in ROW},
        "terms": seen.terms.canonical(),
    }


async def heard_by(member, request):
    """Return what was queued for the employer about one request, without the ids in it."""
    channel = f"employer:{member.employer.id}"
    messages = [(row, json.loads(row.payload)) for row in await OutboxMessage.all().order_by("id")]
    return [
        (row.topic, str(row.created_at), len(payload["channels"]), sorted(payload["subject"]))
        for row, payload in messages
        if channel in payload["channels"] and payload["subject"].get("request") == str(request.id)
    ]


async def both(twins, look):
    _, pair = twins
    first, second = [await look(*pair[name]) for name in ("refused", "ignored")]
    return first, second


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
async def test_a_refused_and_an_ignored_request_look_the_same_to_the_employer_at_every_instant(world, twins, instant):
    member, pair = twins
    candidate, request = pair["refused"]
    world.later(seconds=1)
    await deciding.decline(world.call(candidate), request_id=request.id)
    world.now = request.asked_at + max(instant, timedelta(seconds=1))

    seen = await both(twins, lambda _, row: seen_by(world, member, row))
    heard = await both(twins, lambda _, row: heard_by(member, row))
    again = await both(twins, lambda person, _: answer_of(world.request(member, person)))
    heard_again = await both(twins, lambda _, row: heard_by(member, row))

    assert seen[0] == seen[1]
    assert seen[0]["state"] == ("PENDING" if instant < timedelta(days=14) else "NOT_AVAILABLE")
    assert heard[0] == heard[1]
    assert again[0] == again[1]
    assert again[0] == ((Reason.ALREADY_ASKED, {}) if instant < timedelta(days=14) else "AuthorizationRequest")
    assert heard_again[0] == heard_again[1]


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
async def test_recalling_a_refused_and_an_ignored_request_is_answered_told_and_followed_alike(world, twins, instant):
    member, pair = twins
    candidate, request = pair["refused"]
    await deciding.decline(world.call(candidate), request_id=request.id)
    world.now = request.asked_at + instant

    answers = await both(twins, lambda _, row: answer_of(asking.recall(world.call(member), request_id=row.id)))
    seen = await both(twins, lambda _, row: seen_by(world, member, row))
    heard = await both(twins, lambda _, row: heard_by(member, row))
    twice = await both(twins, lambda _, row: answer_of(asking.recall(world.call(member), request_id=row.id)))
    again = await both(twins, lambda person, _: answer_of(world.request(member, person)))

    assert answers[0] == answers[1]
    assert seen[0] == seen[1]
    assert seen[0]["state"] == ("RECALLED" if instant < timedelta(days=14) else "NOT_AVAILABLE")
    assert heard[0] == heard[1]
    assert twice[0] == twice[1]
    assert twice[0] == (Reason.TOO_LATE, {"state": seen[0]["state"]})
    assert again[0] == again[1]


async def test_a_refused_request_that_is_recalled_stays_declined_for_the_candidate(world, twins):
    member, pair = twins
    candidate, request = pair["refused"]
    await deciding.decline(world.call(candidate), request_id=request.id)
    world.later(minutes=1)

    await asking.recall(world.call(member), request_id=request.id)

    stored = await AuthorizationRequest.get(id=request.id)
    assert (stored.state, stored.recalled_at) == (RequestState.DECLINED, world.now)
    assert stored.decided_at == request.asked_at


async def test_a_suspended_employer_reads_nothing_of_either(world, twins):
    member, pair = twins
    candidate, request = pair["refused"]
    await deciding.decline(world.call(candidate), request_id=request.id)
    await set_standing(member, Standing.SUSPENDED)

    refusals = await both(twins, lambda _, row: answer_of(seen_by(world, member, row)))

    assert refusals == ((Reason.EMPLOYER_SUSPENDED, {}), (Reason.EMPLOYER_SUSPENDED, {}))


async def test_a_list_of_requests_tells_nothing_by_its_order_or_length(world, twins):
    member, pair = twins
    candidate, request = pair["refused"]
    actor = await member_of(world.call(member))
    before = await reading.page(world.call(member), reading.requests_of(actor), first=10, after=None)
    await deciding.decline(world.call(candidate), request_id=request.id)

    after = await reading.page(world.call(member), reading.requests_of(actor), first=10, after=None)

    assert [row.id for row in after.rows] == [row.id for row in before.rows]
    assert after.cursors == before.cursors
