from consent.parties import Visibility
from tests.api.answers import NOT_ALLOWED, invalid

CARDS = "{ cards { nodes { id function { code name } } } }"


async def found(api, member):
    return [node["id"] for node in (await api.data(CARDS, member))["cards"]["nodes"]]


async def test_a_card_for_all_verified_employers_is_found_by_each_under_its_own_id(api, recruiter):
    candidate = await api.world.candidate(visibility=Visibility.HIDDEN)
    rival = await api.world.member()
    assert (await found(api, recruiter), await found(api, rival)) == ([], [])

    result = await api.perform("publishCard", candidate, visibility="VERIFIED_EMPLOYERS")

    assert (result["__typename"], result["profile"]["visibility"]) == ("CandidateProfileSuccess", "VERIFIED_EMPLOYERS")
    (for_recruiter,), (for_rival,) = await found(api, recruiter), await found(api, rival)
    assert for_recruiter == await api.card_id(recruiter, candidate) != for_rival


async def test_a_card_for_matched_employers_is_found_only_by_those_with_an_open_job_of_its_function(api, recruiter):
    candidate = await api.world.candidate(visibility=Visibility.HIDDEN, title="Accountant")

    await api.perform("publishCard", candidate, visibility="MATCHED_EMPLOYERS")

    assert await found(api, recruiter) == []
    pay = {"amount": 1, "currency": "CNY", "period": "MONTH"}
    await api.perform("createJob", recruiter, title="Accountant", pay=pay, payTo=2)
    assert await found(api, recruiter) == [await api.card_id(recruiter, candidate)]


async def test_publishing_as_hidden_is_told_to_hide_instead(api, candidate):
    result = await api.refuse("publishCard", candidate, visibility="HIDDEN")

    assert result == invalid(visibility="Choose who may see the card, or use hideCard.")


async def test_without_a_resume_there_is_nothing_to_publish(api):
    signed_up = await api.perform("signUp", email="new@people.example", password="ten quiet harbours")

    answer = await api.post(
        "mutation { publishCard(input: {visibility: VERIFIED_EMPLOYERS})"
        " { ... on UserError { code message } ... on InvalidInput { problems { path message } } } }",
        authorization=f"Bearer {signed_up['accessToken']}",
    )

    expected = invalid(resume="Import a resume first: a card is built from it.")
    assert answer.json()["data"]["publishCard"] == {k: v for k, v in expected.items() if k != "__typename"}


async def test_only_candidates_have_cards(api, roles):
    for who in (roles.recruiter, roles.operator):
        assert await api.refuse("publishCard", who, visibility="VERIFIED_EMPLOYERS") == NOT_ALLOWED
