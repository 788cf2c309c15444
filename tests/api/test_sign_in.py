import pytest

from models import Session
from tests.api.answers import invalid, refusal
from tests.factories import PASSWORD

REFUSED = refusal("InvalidCredentials", "INVALID_CREDENTIALS")


async def test_a_candidate_a_member_and_an_operator_sign_in_each_as_its_kind(api, roles):
    kinds = [
        (await api.perform("signIn", email=who.email, password=PASSWORD))["kind"]
        for who in (roles.candidate, roles.recruiter, roles.operator)
    ]

    assert kinds == ["CANDIDATE", "MEMBER", "OPERATOR"]


async def test_the_access_token_is_accepted_and_the_refresh_token_is_another(api, recruiter):
    result = await api.perform("signIn", email=recruiter.email.upper(), password=PASSWORD)

    answer = await api.post("{ viewer { kind } }", authorization=f"Bearer {result['accessToken']}")
    assert answer.json() == {"data": {"viewer": {"kind": "MEMBER"}}}
    refused = await api.post("{ viewer { kind } }", authorization=f"Bearer {result['refreshToken']}")
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_an_unknown_address_and_a_wrong_password_read_the_same_and_begin_no_session(api, recruiter):
    before = await Session.all().count()

    unknown = await api.refuse("signIn", email="nobody@people.example", password=PASSWORD)
    wrong = await api.refuse("signIn", email=recruiter.email, password=f"{PASSWORD}!")

    assert unknown == wrong == REFUSED
    assert await Session.all().count() == before


@pytest.mark.parametrize("email", ["", "x", "a b@people.example"])
async def test_what_is_no_address_is_invalid(api, email):
    result = await api.refuse("signIn", email=email, password=PASSWORD)

    assert result == invalid(email="Give one e-mail address, such as name@example.com.")


@pytest.mark.parametrize("password", ["", "x" * 20_000, "\0", "密码" * 50])
async def test_any_text_may_be_tried_as_a_password(api, recruiter, password):
    assert await api.refuse("signIn", email=recruiter.email, password=password) == REFUSED
