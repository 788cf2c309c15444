"""Towards the employer a refusal looks like silence, at every instant."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import ALLOWED, Denied, Reason
from consent.parties import Party
from consent.requests import EmployerView, RequestState, RequestVerb, may_move, request_state_for_employer
from tests.consent.factories import END, RECALLED_AT, START, TICK, StoredRequest
from tests.consent.strategies import patiently

SILENCE = RequestState.PENDING
LIKE_SILENCE = [RequestState.DECLINED, RequestState.EXPIRED, RequestState.CLOSED]

instants = st.integers(-10, 10).map(lambda ticks: END + ticks * TICK) | st.timedeltas(
    min_value=timedelta(days=-20), max_value=timedelta(days=400)
).map(lambda gap: END + gap)


def seen_by_employer(request, now):
    """Everything that these rules tell an employer of one request at one instant."""
    tries = {verb: may_move(request, verb, Party.EMPLOYER, now) for verb in RequestVerb}
    return request_state_for_employer(request, now), tries


@patiently
@given(now=instants, expires_at=instants, recalled=st.booleans())
def test_declined_expired_closed_and_silent_requests_are_one_to_the_employer(now, expires_at, recalled):
    recalled_at = RECALLED_AT if recalled else None
    silent = StoredRequest(SILENCE, expires_at, recalled_at)

    others = [StoredRequest(state, expires_at, recalled_at) for state in LIKE_SILENCE]

    assert [seen_by_employer(other, now) for other in others] == [seen_by_employer(silent, now)] * 3


@patiently
@given(now=instants)
def test_a_refused_request_that_was_recalled_reads_like_any_recalled_one(now):
    refused = StoredRequest(RequestState.DECLINED, recalled_at=RECALLED_AT)
    recalled = StoredRequest(RequestState.RECALLED, recalled_at=RECALLED_AT)

    assert seen_by_employer(refused, now) == seen_by_employer(recalled, now)


@patiently
@given(times=st.lists(instants, min_size=2), state=st.sampled_from([SILENCE, *LIKE_SILENCE]))
def test_what_an_employer_reads_of_an_unanswered_request_changes_once_and_only_at_its_end(times, state):
    request = StoredRequest(state)

    readings = [request_state_for_employer(request, now) for now in sorted(times)]

    waiting = sum(now < END for now in times)
    gone = len(times) - waiting
    assert readings == [EmployerView.PENDING] * waiting + [EmployerView.NOT_AVAILABLE] * gone


@pytest.mark.parametrize("state", [SILENCE, *LIKE_SILENCE])
def test_an_employer_may_recall_what_looks_pending_until_its_end_and_not_after(state):
    request = StoredRequest(state)

    first, last, late = (may_move(request, RequestVerb.RECALL, Party.EMPLOYER, t) for t in (START, END - TICK, END))

    assert (first, last) == (ALLOWED, ALLOWED)
    assert late == Denied(Reason.TOO_LATE, {"state": EmployerView.NOT_AVAILABLE})


def test_the_employer_has_no_word_for_declined_or_closed():
    assert {str(view) for view in EmployerView}.isdisjoint({"DECLINED", "EXPIRED", "CLOSED"})
