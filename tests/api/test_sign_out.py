import pytest

from tests.factories import PASSWORD

VIEWER = "{ viewer { kind } }"


@pytest.mark.parametrize("role", ["candidate", "recruiter", "operator"])
async def test_signing_out_ends_the_session_and_its_tokens(api, roles, role):
    who = getattr(roles, role)
    other = await api.perform("signIn", email=who.email, password=PASSWORD)

    assert await api.perform("signOut", who) == {"__typename": "SignOutSuccess", "signedOut": True}

    document = "{ ledgerCheck { intact } }" if role == "candidate" else "{ jobs { nodes { id } } }"
    if role != "operator":
        assert (await api.error(document, who))["extensions"]["code"] == "UNAUTHENTICATED"
        answer = await api.post(VIEWER, authorization=f"Bearer {other['accessToken']}")
        assert "errors" not in answer.json()


async def test_signing_out_twice_is_signing_out_once(api, recruiter):
    await api.perform("signOut", recruiter)

    assert await api.perform("signOut", recruiter) == {"__typename": "SignOutSuccess", "signedOut": True}


async def test_nobody_cannot_sign_out(api):
    error = await api.error("mutation { signOut { __typename } }")

    assert (error["message"], error["path"]) == ("Sign in first.", ["signOut"])
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
