"""Every stored state x moment x recalled or not x verb x party, with the answer written out."""

from datetime import timedelta
from itertools import product

import pytest

from consent.decision import ALLOWED, Denied, Reason
from consent.parties import Party
from consent.requests import (
    MOVES,
    REQUEST_LIFETIME,
    EmployerView,
    RequestOrigin,
    RequestState,
    RequestVerb,
    may_move,
    request_state,
    request_state_for_employer,
)
from tests.consent.factories import END, RECALLED_AT, TICK, StoredRequest
from tests.consent.tables import read_table

MOMENTS = {"before": END - TICK, "at": END, "after": END + TICK}
RECALLED = {"-": None, "recalled": RECALLED_AT}
PARTIES = {"C": Party.CANDIDATE, "E": Party.EMPLOYER, "O": Party.OPERATOR, "S": Party.SYSTEM}
ANSWERS = {
    "ok": ALLOWED,
    ".": Denied(Reason.NOT_FOUND),
    "expired": Denied(Reason.REQUEST_EXPIRED),
    "decided": Denied(Reason.ALREADY_DECIDED),
    "gone": Denied(Reason.TOO_LATE, {"state": EmployerView.NOT_AVAILABLE}),
    "approved": Denied(Reason.TOO_LATE, {"state": EmployerView.APPROVED}),
    "recalled": Denied(Reason.TOO_LATE, {"state": EmployerView.RECALLED}),
}

# Stored state, moment against the request's end, whether the employer has recalled it. PENDING with a recall, and
# EXPIRED before the end, are rows that no verb writes; what they answer is fixed here all the same.
MOVE_TABLE = """
                           APPROVE         DECLINE         RECALL           CLOSE
                           C        E O S  C        E O S  C E         O S  C E O S
PENDING   before -         ok       . . .  ok       . . .  . ok        . .  . . . ok
PENDING   at     -         expired  . . .  expired  . . .  . gone      . .  . . . expired
PENDING   after  -         expired  . . .  expired  . . .  . gone      . .  . . . expired
PENDING   before recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
PENDING   at     recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
PENDING   after  recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
APPROVED  before -         decided  . . .  decided  . . .  . approved  . .  . . . decided
APPROVED  at     -         decided  . . .  decided  . . .  . approved  . .  . . . decided
APPROVED  after  -         decided  . . .  decided  . . .  . approved  . .  . . . decided
APPROVED  before recalled  decided  . . .  decided  . . .  . approved  . .  . . . decided
APPROVED  at     recalled  decided  . . .  decided  . . .  . approved  . .  . . . decided
APPROVED  after  recalled  decided  . . .  decided  . . .  . approved  . .  . . . decided
DECLINED  before -         decided  . . .  decided  . . .  . ok        . .  . . . decided
DECLINED  at     -         decided  . . .  decided  . . .  . gone      . .  . . . decided
DECLINED  after  -         decided  . . .  decided  . . .  . gone      . .  . . . decided
DECLINED  before recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
DECLINED  at     recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
DECLINED  after  recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  before -         decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  at     -         decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  after  -         decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  before recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  at     recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
RECALLED  after  recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
EXPIRED   before -         expired  . . .  expired  . . .  . ok        . .  . . . expired
EXPIRED   at     -         expired  . . .  expired  . . .  . gone      . .  . . . expired
EXPIRED   after  -         expired  . . .  expired  . . .  . gone      . .  . . . expired
EXPIRED   before recalled  expired  . . .  expired  . . .  . recalled  . .  . . . expired
EXPIRED   at     recalled  expired  . . .  expired  . . .  . recalled  . .  . . . expired
EXPIRED   after  recalled  expired  . . .  expired  . . .  . recalled  . .  . . . expired
CLOSED    before -         decided  . . .  decided  . . .  . ok        . .  . . . decided
CLOSED    at     -         decided  . . .  decided  . . .  . gone      . .  . . . decided
CLOSED    after  -         decided  . . .  decided  . . .  . gone      . .  . . . decided
CLOSED    before recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
CLOSED    at     recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
CLOSED    after  recalled  decided  . . .  decided  . . .  . recalled  . .  . . . decided
"""

READINGS = """
PENDING   before -         PENDING   PENDING
PENDING   at     -         EXPIRED   NOT_AVAILABLE
PENDING   after  -         EXPIRED   NOT_AVAILABLE
PENDING   before recalled  RECALLED  RECALLED
PENDING   at     recalled  RECALLED  RECALLED
PENDING   after  recalled  RECALLED  RECALLED
APPROVED  before -         APPROVED  APPROVED
APPROVED  at     -         APPROVED  APPROVED
APPROVED  after  -         APPROVED  APPROVED
APPROVED  before recalled  APPROVED  APPROVED
APPROVED  at     recalled  APPROVED  APPROVED
APPROVED  after  recalled  APPROVED  APPROVED
DECLINED  before -         DECLINED  PENDING
DECLINED  at     -         DECLINED  NOT_AVAILABLE
DECLINED  after  -         DECLINED  NOT_AVAILABLE
DECLINED  before recalled  DECLINED  RECALLED
DECLINED  at     recalled  DECLINED  RECALLED
DECLINED  after  recalled  DECLINED  RECALLED
RECALLED  before -         RECALLED  RECALLED
RECALLED  at     -         RECALLED  RECALLED
RECALLED  after  -         RECALLED  RECALLED
RECALLED  before recalled  RECALLED  RECALLED
RECALLED  at     recalled  RECALLED  RECALLED
RECALLED  after  recalled  RECALLED  RECALLED
EXPIRED   before -         EXPIRED   PENDING
EXPIRED   at     -         EXPIRED   NOT_AVAILABLE
EXPIRED   after  -         EXPIRED   NOT_AVAILABLE
EXPIRED   before recalled  EXPIRED   RECALLED
EXPIRED   at     recalled  EXPIRED   RECALLED
EXPIRED   after  recalled  EXPIRED   RECALLED
CLOSED    before -         CLOSED    PENDING
CLOSED    at     -         CLOSED    NOT_AVAILABLE
CLOSED    after  -         CLOSED    NOT_AVAILABLE
CLOSED    before recalled  CLOSED    RECALLED
CLOSED    at     recalled  CLOSED    RECALLED
CLOSED    after  recalled  CLOSED    RECALLED
"""

MOVE_CELLS = read_table(MOVE_TABLE, keys=3)
READING_ROWS = [line.split() for line in READINGS.strip().splitlines()]


def stored(state, recalled):
    return StoredRequest(RequestState(state), recalled_at=RECALLED[recalled])


def test_every_cell_of_the_request_matrix_is_written_and_none_besides():
    wanted = set(product(RequestState, MOMENTS, RECALLED, RequestVerb, PARTIES))

    assert set(MOVE_CELLS) == wanted
    assert list(PARTIES.values()) == list(Party)
    assert len(MOVE_CELLS) == 6 * 3 * 2 * 4 * 4


@pytest.mark.parametrize(("state", "moment", "recalled", "verb", "party"), MOVE_CELLS)
def test_a_party_may_do_to_a_request_what_the_matrix_says(state, moment, recalled, verb, party):
    request = stored(state, recalled)

    decision = may_move(request, RequestVerb(verb), PARTIES[party], MOMENTS[moment])

    assert decision == ANSWERS[MOVE_CELLS[state, moment, recalled, verb, party]]


def test_every_stored_state_has_its_two_readings_at_every_moment_exactly_once():
    keys = [tuple(row[:3]) for row in READING_ROWS]

    assert sorted(keys) == sorted(product(RequestState, MOMENTS, RECALLED))


@pytest.mark.parametrize(("state", "moment", "recalled", "truth", "told"), READING_ROWS)
def test_the_candidate_reads_the_truth_and_the_employer_what_it_may_know(state, moment, recalled, truth, told):
    request, now = stored(state, recalled), MOMENTS[moment]

    readings = request_state(request, now), request_state_for_employer(request, now)

    assert readings == (RequestState(truth), EmployerView(told))


def test_each_move_has_one_party_and_one_final_state():
    assert MOVES == {
        (RequestVerb.APPROVE, Party.CANDIDATE): RequestState.APPROVED,
        (RequestVerb.DECLINE, Party.CANDIDATE): RequestState.DECLINED,
        (RequestVerb.RECALL, Party.EMPLOYER): RequestState.RECALLED,
        (RequestVerb.CLOSE, Party.SYSTEM): RequestState.CLOSED,
    }


def test_a_request_lives_fourteen_days():
    assert timedelta(days=14) == REQUEST_LIFETIME


def test_the_words_of_a_request_that_are_stored_and_published_stay_as_they_are():
    assert [*RequestState] == ["PENDING", "APPROVED", "DECLINED", "RECALLED", "EXPIRED", "CLOSED"]
    assert [*RequestOrigin] == ["EMPLOYER", "APPLICATION", "RENEWAL", "AMENDMENT"]
    assert [*EmployerView] == ["PENDING", "APPROVED", "RECALLED", "NOT_AVAILABLE"]


def test_a_table_with_a_row_too_many_or_a_cell_too_few_is_refused():
    head = "GO STAY\nC E C E\n"

    assert read_table(head + "UP ok . ok .", keys=1)["UP", "STAY", "C"] == "ok"
    with pytest.raises(ValueError, match="stands twice"):
        read_table(head + "UP ok . ok .\nUP ok . ok .", keys=1)
    with pytest.raises(ValueError, match="shorter"):
        read_table(head + "UP ok . ok", keys=1)
    with pytest.raises(ValueError, match="longer"):
        read_table(head + "UP ok . ok . .", keys=1)
