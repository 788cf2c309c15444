"""Every stored state of a grant x moment x verb x party, with the answer written out."""

from datetime import timedelta
from itertools import product

import pytest

from consent.decision import ALLOWED, Denied, Reason
from consent.grants import (
    COOL_DOWN_AFTER_REVOCATION,
    DELETION_DAYS,
    LIVE,
    MOVES,
    GrantState,
    GrantVerb,
    effective,
    grant_state,
    in_force,
    may_disclose,
    may_revoke,
)
from consent.parties import Party, Standing
from consent.policy import may_release
from consent.terms import Category, Form
from tests.consent.factories import END, START, TICK, StoredGrant, release_facts
from tests.consent.tables import read_table

MOMENTS = {"early": START - TICK, "start": START, "before": END - TICK, "at": END, "after": END + TICK}
PARTIES = {"C": Party.CANDIDATE, "E": Party.EMPLOYER, "O": Party.OPERATOR, "S": Party.SYSTEM}
ANSWERS = {
    "ok": ALLOWED,
    ".": Denied(Reason.NOT_FOUND),
    "early": Denied(Reason.GRANT_NOT_YET_VALID),
    "paused": Denied(Reason.GRANT_PAUSED),
    "revoked": Denied(Reason.GRANT_ENDED, {"state": GrantState.REVOKED}),
    "expired": Denied(Reason.GRANT_ENDED, {"state": GrantState.EXPIRED}),
    "relinquished": Denied(Reason.GRANT_ENDED, {"state": GrantState.RELINQUISHED}),
    "terminated": Denied(Reason.GRANT_ENDED, {"state": GrantState.TERMINATED}),
    "superseded": Denied(Reason.GRANT_ENDED, {"state": GrantState.SUPERSEDED}),
}

# Stored state, and the moment: early is before the grant is valid; before, at and after are said of its end.
MOVE_TABLE = """
                      RELEASE              REVOKE
                      C E             O S  C             E O S
ACTIVE        early   . early         . .  ok            . . .
ACTIVE        start   . ok            . .  ok            . . .
ACTIVE        before  . ok            . .  ok            . . .
ACTIVE        at      . expired       . .  expired       . . .
ACTIVE        after   . expired       . .  expired       . . .
PAUSED        early   . paused        . .  ok            . . .
PAUSED        start   . paused        . .  ok            . . .
PAUSED        before  . paused        . .  ok            . . .
PAUSED        at      . expired       . .  expired       . . .
PAUSED        after   . expired       . .  expired       . . .
REVOKED       early   . revoked       . .  revoked       . . .
REVOKED       start   . revoked       . .  revoked       . . .
REVOKED       before  . revoked       . .  revoked       . . .
REVOKED       at      . revoked       . .  revoked       . . .
REVOKED       after   . revoked       . .  revoked       . . .
EXPIRED       early   . expired       . .  expired       . . .
EXPIRED       start   . expired       . .  expired       . . .
EXPIRED       before  . expired       . .  expired       . . .
EXPIRED       at      . expired       . .  expired       . . .
EXPIRED       after   . expired       . .  expired       . . .
RELINQUISHED  early   . relinquished  . .  relinquished  . . .
RELINQUISHED  start   . relinquished  . .  relinquished  . . .
RELINQUISHED  before  . relinquished  . .  relinquished  . . .
RELINQUISHED  at      . relinquished  . .  relinquished  . . .
RELINQUISHED  after   . relinquished  . .  relinquished  . . .
TERMINATED    early   . terminated    . .  terminated    . . .
TERMINATED    start   . terminated    . .  terminated    . . .
TERMINATED    before  . terminated    . .  terminated    . . .
TERMINATED    at      . terminated    . .  terminated    . . .
TERMINATED    after   . terminated    . .  terminated    . . .
SUPERSEDED    early   . superseded    . .  superseded    . . .
SUPERSEDED    start   . superseded    . .  superseded    . . .
SUPERSEDED    before  . superseded    . .  superseded    . . .
SUPERSEDED    at      . superseded    . .  superseded    . . .
SUPERSEDED    after   . superseded    . .  superseded    . . .
"""

READINGS = """
ACTIVE        early   ACTIVE
ACTIVE        start   ACTIVE
ACTIVE        before  ACTIVE
ACTIVE        at      EXPIRED
ACTIVE        after   EXPIRED
PAUSED        early   PAUSED
PAUSED        start   PAUSED
PAUSED        before  PAUSED
PAUSED        at      EXPIRED
PAUSED        after   EXPIRED
REVOKED       early   REVOKED
REVOKED       start   REVOKED
REVOKED       before  REVOKED
REVOKED       at      REVOKED
REVOKED       after   REVOKED
EXPIRED       early   EXPIRED
EXPIRED       start   EXPIRED
EXPIRED       before  EXPIRED
EXPIRED       at      EXPIRED
EXPIRED       after   EXPIRED
RELINQUISHED  early   RELINQUISHED
RELINQUISHED  start   RELINQUISHED
RELINQUISHED  before  RELINQUISHED
RELINQUISHED  at      RELINQUISHED
RELINQUISHED  after   RELINQUISHED
TERMINATED    early   TERMINATED
TERMINATED    start   TERMINATED
TERMINATED    before  TERMINATED
TERMINATED    at      TERMINATED
TERMINATED    after   TERMINATED
SUPERSEDED    early   SUPERSEDED
SUPERSEDED    start   SUPERSEDED
SUPERSEDED    before  SUPERSEDED
SUPERSEDED    at      SUPERSEDED
SUPERSEDED    after   SUPERSEDED
"""

MOVE_CELLS = read_table(MOVE_TABLE, keys=2)
READING_ROWS = [line.split() for line in READINGS.strip().splitlines()]


def decide(grant, verb, party, now):
    if verb is GrantVerb.REVOKE:
        return may_revoke(grant, party, now)
    if party is Party.EMPLOYER:
        return may_release(grant, release_facts(), now)
    return ALLOWED if (verb, party) in MOVES else Denied(Reason.NOT_FOUND)


def test_every_cell_of_the_grant_matrix_is_written_and_none_besides():
    wanted = set(product(GrantState, MOMENTS, GrantVerb, PARTIES))

    assert set(MOVE_CELLS) == wanted
    assert list(PARTIES.values()) == list(Party)
    assert len(MOVE_CELLS) == 7 * 5 * 2 * 4


@pytest.mark.parametrize(("state", "moment", "verb", "party"), MOVE_CELLS)
def test_a_party_may_do_to_a_grant_what_the_matrix_says(state, moment, verb, party):
    grant = StoredGrant(GrantState(state))

    decision = decide(grant, GrantVerb(verb), PARTIES[party], MOMENTS[moment])

    assert decision == ANSWERS[MOVE_CELLS[state, moment, verb, party]]


def test_every_stored_grant_state_has_its_reading_at_every_moment_exactly_once():
    keys = [tuple(row[:2]) for row in READING_ROWS]

    assert sorted(keys) == sorted(product(GrantState, MOMENTS))


@pytest.mark.parametrize(("state", "moment", "truth"), READING_ROWS)
def test_a_live_grant_past_its_end_is_expired_whatever_the_row_says(state, moment, truth):
    grant = StoredGrant(GrantState(state))

    assert grant_state(grant, MOMENTS[moment]) is GrantState(truth)


def test_the_employer_releases_from_an_active_grant_and_the_candidate_revokes_a_live_one():
    live = {GrantState.ACTIVE, GrantState.PAUSED}
    moves = {
        (GrantVerb.RELEASE, Party.EMPLOYER): {GrantState.ACTIVE},
        (GrantVerb.REVOKE, Party.CANDIDATE): live,
    }

    assert live == LIVE
    assert moves == MOVES
    assert {type(states) for states in (LIVE, *MOVES.values())} == {frozenset}


def test_an_effective_grant_opens_for_an_employer_in_good_standing():
    assert effective(StoredGrant(), Standing.VERIFIED, START) == ALLOWED


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.UNVERIFIED, Reason.EMPLOYER_NOT_VERIFIED),
        (Standing.SUSPENDED, Reason.EMPLOYER_SUSPENDED),
        (Standing.REMOVED, Reason.EMPLOYER_SUSPENDED),
    ],
)
def test_a_grant_opens_nothing_for_an_employer_out_of_standing_yet_the_candidate_still_revokes(standing, reason):
    grant = StoredGrant()

    assert effective(grant, standing, START) == Denied(reason)
    assert may_revoke(grant, Party.CANDIDATE, START) == ALLOWED


@pytest.mark.parametrize(
    ("uses", "decision"),
    [
        (0, ALLOWED),
        (2, ALLOWED),
        (3, Denied(Reason.USES_EXHAUSTED, {"limit": "3"})),
        (4, Denied(Reason.USES_EXHAUSTED, {"limit": "3"})),
    ],
)
def test_a_grant_opens_as_often_as_its_uses_say(uses, decision):
    assert effective(StoredGrant(uses=uses, max_uses=3), Standing.VERIFIED, START) == decision


def test_a_grant_whose_uses_are_spent_is_still_in_force():
    spent = StoredGrant(uses=3, max_uses=3)

    assert in_force(spent, Standing.VERIFIED, START) == ALLOWED
    assert effective(spent, Standing.VERIFIED, START) == Denied(Reason.USES_EXHAUSTED, {"limit": "3"})


@pytest.mark.parametrize("state", GrantState)
def test_the_grant_of_an_erased_candidate_opens_nothing_in_any_state(state):
    grant = StoredGrant(state)

    decisions = [rule(grant, Standing.VERIFIED, START, candidate_erased=True) for rule in (effective, in_force)]

    ended = Denied(Reason.GRANT_ENDED, {"state": state})
    assert decisions == [Denied(Reason.GRANT_PAUSED) if state is GrantState.PAUSED else ended] * 2


def test_a_grant_whose_uses_are_spent_can_still_be_revoked():
    assert may_revoke(StoredGrant(uses=3, max_uses=3), Party.CANDIDATE, START) == ALLOWED


GRANTED = {Category.PHONE: Form.MASKED, Category.NAME: Form.RAW}


@pytest.mark.parametrize("asked", [{Category.NAME}, {Category.PHONE}, {Category.NAME, Category.PHONE}])
def test_some_or_all_of_the_granted_categories_may_be_disclosed(asked):
    assert may_disclose(GRANTED, asked) == ALLOWED


def test_a_release_of_nothing_is_refused():
    assert may_disclose(GRANTED, set()) == Denied(Reason.NOTHING_ASKED, {"field": "categories"})


def test_one_category_beyond_the_grant_refuses_the_whole_release():
    decision = may_disclose(GRANTED, {Category.NAME, Category.WECHAT})

    assert decision == Denied(Reason.CATEGORY_NOT_GRANTED, {"asked": "WECHAT", "limit": "NAME PHONE"})


def test_categories_beyond_the_grant_are_named_in_the_order_of_the_alphabet():
    decision = may_disclose(GRANTED, set(Category))

    beyond = "ADDRESS EMAIL EMPLOYER_NAMES PHOTO RESUME_DOCUMENT WECHAT"
    assert decision == Denied(Reason.CATEGORY_NOT_GRANTED, {"asked": beyond, "limit": "NAME PHONE"})


def test_the_cool_down_after_a_revocation_is_ninety_days_and_deletion_is_due_in_thirty():
    assert timedelta(days=90) == COOL_DOWN_AFTER_REVOCATION
    assert DELETION_DAYS == 30


def test_the_states_of_a_grant_stay_as_they_are_stored():
    words = ["ACTIVE", "PAUSED", "REVOKED", "EXPIRED", "RELINQUISHED", "TERMINATED", "SUPERSEDED"]

    assert [*GrantState] == words
