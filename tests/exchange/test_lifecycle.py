"""Every state of a request and of a grant, every verb, every actor: what happens, in tables without a hole."""

from datetime import timedelta

import pytest

from consent.decision import Reason
from consent.grants import GrantState
from consent.parties import MemberRole, Standing
from consent.requests import RequestState
from consent.terms import Narrowing, Terms
from exchange import asking, deciding
from exchange.errors import Forbidden, NotFound, NotSignedIn, Refused
from models import AuthorizationRequest, Grant
from tests.exchange.support import assert_ledgers_verify, colleague, execute, set_standing, set_state, snapshot

# The asking member is "member"; "stranger" is a member of another employer, "other" another candidate. "held" and "over"
# are no stored states: a pending request of a suspended employer, and one whose time is over.
REQUESTS = """
state          verb      candidate        other      member            colleague         interviewer       stranger   nobody
PENDING        approve   APPROVED         NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
PENDING        decline   DECLINED         NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
PENDING  recall  FORBIDDEN  FORBIDDEN  RECALLED  RECALLED  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
PENDING        ask       FORBIDDEN        FORBIDDEN  ALREADY_ASKED     ALREADY_ASKED     NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
held           approve   REQUEST_HELD     NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
held           decline   DECLINED         NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
held  recall  FORBIDDEN  FORBIDDEN  EMPLOYER_SUSPENDED  EMPLOYER_SUSPENDED  EMPLOYER_SUSPENDED  NOT_FOUND  NOT_SIGNED_IN
held           ask       FORBIDDEN        FORBIDDEN  EMPLOYER_SUSPENDED EMPLOYER_SUSPENDED EMPLOYER_SUSPENDED NOT_FOUND NOT_SIGNED_IN
over           approve   REQUEST_EXPIRED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
over           decline   REQUEST_EXPIRED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
over  recall  FORBIDDEN  FORBIDDEN  TOO_LATE  TOO_LATE  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
over           ask       FORBIDDEN        FORBIDDEN  asked             asked             NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
APPROVED       approve   same             NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
APPROVED       decline   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
APPROVED  recall  FORBIDDEN  FORBIDDEN  TOO_LATE  TOO_LATE  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
APPROVED       ask       FORBIDDEN        FORBIDDEN  ALREADY_GRANTED   ALREADY_GRANTED   NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
DECLINED       approve   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
DECLINED       decline   same             NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
DECLINED  recall  FORBIDDEN  FORBIDDEN  DECLINED  DECLINED  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
DECLINED       ask       FORBIDDEN        FORBIDDEN  ALREADY_ASKED     ALREADY_ASKED     NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
RECALLED       approve   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
RECALLED       decline   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
RECALLED  recall  FORBIDDEN  FORBIDDEN  TOO_LATE  TOO_LATE  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
RECALLED       ask       FORBIDDEN        FORBIDDEN  ALREADY_ASKED     ALREADY_ASKED     NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
EXPIRED        approve   REQUEST_EXPIRED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
EXPIRED        decline   REQUEST_EXPIRED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
EXPIRED  recall  FORBIDDEN  FORBIDDEN  TOO_LATE  TOO_LATE  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
EXPIRED        ask       FORBIDDEN        FORBIDDEN  asked             asked             NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
CLOSED         approve   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
CLOSED         decline   ALREADY_DECIDED  NOT_FOUND  FORBIDDEN         FORBIDDEN         FORBIDDEN         FORBIDDEN  NOT_SIGNED_IN
CLOSED  recall  FORBIDDEN  FORBIDDEN  CLOSED  CLOSED  NOT_ASSIGNED  NOT_FOUND  NOT_SIGNED_IN
CLOSED         ask       FORBIDDEN        FORBIDDEN  ALREADY_ASKED     ALREADY_ASKED     NOT_ASSIGNED      NOT_FOUND  NOT_SIGNED_IN
"""

# "assigned" is the member who asked. "over" is an active grant whose time is over, "used" one without uses left.
GRANTS = """
state          verb      candidate     other      assigned           colleague          interviewer        stranger   nobody
ACTIVE         release   FORBIDDEN     FORBIDDEN  released           NOT_ASSIGNED       NOT_ASSIGNED       NOT_FOUND  NOT_SIGNED_IN
ACTIVE         revoke    REVOKED       NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
used           release   FORBIDDEN     FORBIDDEN  USES_EXHAUSTED     USES_EXHAUSTED     USES_EXHAUSTED     NOT_FOUND  NOT_SIGNED_IN
used           revoke    REVOKED       NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
held           release   FORBIDDEN     FORBIDDEN  EMPLOYER_SUSPENDED EMPLOYER_SUSPENDED EMPLOYER_SUSPENDED NOT_FOUND  NOT_SIGNED_IN
held           revoke    REVOKED       NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
over           release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
over           revoke    GRANT_ENDED   NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
PAUSED         release   FORBIDDEN     FORBIDDEN  GRANT_PAUSED       GRANT_PAUSED       GRANT_PAUSED       NOT_FOUND  NOT_SIGNED_IN
PAUSED         revoke    REVOKED       NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
REVOKED        release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
REVOKED        revoke    same          NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
EXPIRED        release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
EXPIRED        revoke    GRANT_ENDED   NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
RELINQUISHED   release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
RELINQUISHED   revoke    GRANT_ENDED   NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
TERMINATED     release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
TERMINATED     revoke    GRANT_ENDED   NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
SUPERSEDED     release   FORBIDDEN     FORBIDDEN  GRANT_ENDED        GRANT_ENDED        GRANT_ENDED        NOT_FOUND  NOT_SIGNED_IN
SUPERSEDED     revoke    GRANT_ENDED   NOT_FOUND  FORBIDDEN          FORBIDDEN          FORBIDDEN          FORBIDDEN  NOT_SIGNED_IN
"""

CALLED = {NotFound: "NOT_FOUND", Forbidden: "FORBIDDEN", NotSignedIn: "NOT_SIGNED_IN"}
CHANGES_NOTHING = {*map(str, Reason), *CALLED.values(), "same"}


def read(table):
    """Return ``{(state, verb): {actor: outcome}}``, each row as wide as the head."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    cells = {}
    for state, verb, *outcomes in rows:
        assert (state, verb) not in cells
        cells[state, verb] = dict(zip(head[2:], outcomes, strict=True))
    return cells


REQUEST_CELLS, GRANT_CELLS = read(REQUESTS), read(GRANTS)
REQUEST_VERBS, GRANT_VERBS = ("approve", "decline", "recall", "ask"), ("release", "revoke")


def test_the_tables_have_a_cell_for_every_state_verb_and_actor():
    request_states = {*(state.value for state in RequestState), "held", "over"}
    grant_states = {*(state.value for state in GrantState), "held", "over", "used"}

    assert set(REQUEST_CELLS) == {(state, verb) for state in request_states for verb in REQUEST_VERBS}
    assert set(GRANT_CELLS) == {(state, verb) for state in grant_states for verb in GRANT_VERBS}


async def cast(world):
    member = await world.member()
    return {
        "candidate": await world.candidate(),
        "other": await world.candidate(),
        "member": member,
        "assigned": member,
        "colleague": await colleague(world, member),
        "interviewer": await colleague(world, member, role=MemberRole.INTERVIEWER),
        "stranger": await world.member(),
        "nobody": None,
    }


async def a_request_that_is(world, people, state):
    request = await world.request(people["member"], people["candidate"])
    if state == "held":
        await set_standing(people["member"], Standing.SUSPENDED)
    elif state == "over":
        world.later(days=14)
    elif state == "APPROVED":
        await world.approve(people["candidate"], request)
    elif state == "DECLINED":
        await deciding.decline(world.call(people["candidate"]), request_id=request.id)
    elif state == "RECALLED":
        await asking.recall(world.call(people["member"]), request_id=request.id)
    elif state == "EXPIRED":
        world.later(days=14)
        await set_state("authorization_request", request.id, state)
    elif state == "CLOSED":
        await set_state("authorization_request", request.id, state)
    return request


async def a_grant_that_is(world, people, state):
    grant = await world.grant(people["assigned"], people["candidate"])
    if state == "held":
        await set_standing(people["assigned"], Standing.SUSPENDED)
    elif state == "over":
        world.later(days=30)
    elif state == "used":
        await execute("UPDATE consent_grant SET uses = max_uses WHERE id = ?", grant.id)
    elif state == "REVOKED":
        await deciding.revoke(world.call(people["candidate"]), grant_id=grant.id)
    elif state != "ACTIVE":
        await set_state("consent_grant", grant.id, state)
    return grant


async def do(world, verb, who, people, row):
    call = world.call(who)
    if verb == "approve":
        shown = Terms.parse(row.terms).digest()
        return await deciding.approve(call, request_id=row.id, terms_hash=shown, narrowing=Narrowing())
    if verb == "ask":
        return await asking.ask(call, question=await world.question(people["member"], people["candidate"]))
    if verb == "release":
        return await world.release(who, row)
    by_id = {"decline": deciding.decline, "recall": asking.recall, "revoke": deciding.revoke}
    key = "grant_id" if verb == "revoke" else "request_id"
    return await by_id[verb](call, **{key: row.id})


async def outcome_of(world, verb, who, people, row):
    """Return the cell that really is: the refusal, or the state that the row has then."""
    model = Grant if isinstance(row, Grant) else AuthorizationRequest
    before = await snapshot()
    try:
        await do(world, verb, who, people, row)
    except Refused as refused:
        outcome = refused.denied.reason.value
    except tuple(CALLED) as error:
        outcome = CALLED[type(error)]
    else:
        outcome = {"ask": "asked", "release": "released"}.get(verb) or (await model.get(id=row.id)).state.value
        outcome = "same" if await snapshot() == before else outcome
    if outcome in CHANGES_NOTHING:
        assert await snapshot() == before
    await assert_ledgers_verify()
    return outcome


async def told(world, verb, expected, prepare):
    """Do one verb as every actor in turn, those that are refused first, so that one story serves them all."""
    outcomes, people = {}, await cast(world)
    row = await prepare(people)
    for actor in sorted(expected, key=lambda name: expected[name] not in CHANGES_NOTHING):
        if outcomes and set(outcomes.values()) - CHANGES_NOTHING:
            people = await cast(world)
            row = await prepare(people)
        outcomes[actor] = await outcome_of(world, verb, people[actor], people, row)
    return outcomes


@pytest.mark.parametrize(("state", "verb"), REQUEST_CELLS)
async def test_requests_do_what_the_table_says(world, state, verb):
    expected = REQUEST_CELLS[state, verb]

    outcomes = await told(world, verb, expected, lambda people: a_request_that_is(world, people, state))

    assert outcomes == expected


@pytest.mark.parametrize(("state", "verb"), GRANT_CELLS)
async def test_grants_do_what_the_table_says(world, state, verb):
    expected = GRANT_CELLS[state, verb]

    outcomes = await told(world, verb, expected, lambda people: a_grant_that_is(world, people, state))

    assert outcomes == expected


async def test_the_clock_alone_ends_what_is_over(world):
    people = await cast(world)
    request = await a_request_that_is(world, people, "over")

    assert (await AuthorizationRequest.get(id=request.id)).state is RequestState.PENDING
    assert world.now == request.asked_at + timedelta(days=14)
