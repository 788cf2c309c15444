"""The values that every rule answers with, and the two rules on employers and members."""

from dataclasses import FrozenInstanceError

import pytest

from consent.decision import ALLOWED, Allowed, Denied, Reason, deny_if, first_denial
from consent.parties import MemberRole, Party, Standing, Visibility, in_good_standing, may_recruit


def test_nothing_to_object_to_is_allowed():
    assert first_denial() == ALLOWED
    assert first_denial(ALLOWED, Allowed()) == ALLOWED


def test_the_first_denial_in_the_order_given_is_the_answer():
    first, second = Denied(Reason.JOB_CLOSED), Denied(Reason.NOT_FOUND)

    assert first_denial(ALLOWED, first, ALLOWED, second) is first
    assert first_denial(second, first) is second


def test_a_condition_that_holds_denies_with_its_figures():
    assert deny_if(condition=True, reason=Reason.LIMIT_EXCEEDED, limit="3", asked="4") == Denied(
        Reason.LIMIT_EXCEEDED, {"limit": "3", "asked": "4"}
    )


def test_a_condition_that_does_not_hold_allows_and_tells_no_figures():
    assert deny_if(condition=False, reason=Reason.LIMIT_EXCEEDED, limit="3") is ALLOWED


def test_a_denial_carries_no_figures_unless_given():
    assert Denied(Reason.NOT_FOUND) == Denied(Reason.NOT_FOUND, {})
    assert Denied(Reason.NOT_FOUND) != Denied(Reason.NOT_FOUND, {"state": "REVOKED"})
    assert Denied(Reason.NOT_FOUND) != ALLOWED


def test_a_decision_cannot_be_changed():
    denied = Denied(Reason.NOT_FOUND)

    with pytest.raises(FrozenInstanceError):
        denied.reason = Reason.JOB_CLOSED

    assert denied == Denied(Reason.NOT_FOUND)


STANDINGS = {
    Standing.UNVERIFIED: Denied(Reason.EMPLOYER_NOT_VERIFIED),
    Standing.VERIFIED: ALLOWED,
    Standing.SUSPENDED: Denied(Reason.EMPLOYER_SUSPENDED),
    Standing.REMOVED: Denied(Reason.EMPLOYER_SUSPENDED),
}
ROLES = {
    MemberRole.ADMIN: ALLOWED,
    MemberRole.RECRUITER: ALLOWED,
    MemberRole.INTERVIEWER: Denied(Reason.NOT_ASSIGNED),
}


@pytest.mark.parametrize("standing", Standing)
def test_only_a_verified_employer_is_in_good_standing(standing):
    assert in_good_standing(standing) == STANDINGS[standing]


@pytest.mark.parametrize("role", MemberRole)
def test_an_interviewer_recruits_nobody(role):
    assert may_recruit(role) == ROLES[role]


def test_every_reason_is_its_own_public_code():
    assert [reason.value for reason in Reason] == [reason.name for reason in Reason]


def test_the_words_for_parties_and_visibility_stay_as_they_are_stored():
    assert [*Party] == ["CANDIDATE", "EMPLOYER", "OPERATOR", "SYSTEM"]
    assert [*Standing] == ["UNVERIFIED", "VERIFIED", "SUSPENDED", "REMOVED"]
    assert [*MemberRole] == ["ADMIN", "RECRUITER", "INTERVIEWER"]
    assert [*Visibility] == ["HIDDEN", "MATCHED_EMPLOYERS", "VERIFIED_EMPLOYERS"]
