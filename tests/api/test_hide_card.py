from tests.api.answers import NOT_ALLOWED

CARDS = "{ cards { nodes { id } } }"
REQUESTS = "{ authorizationRequests { nodes { state card { id } } } grants { nodes { viewerCanRelease } } }"


async def test_a_hidden_card_is_gone_at_once_and_requests_and_grants_stay(api, candidate, recruiter):
    await api.world.grant(recruiter, candidate)
    card_id = await api.card_id(recruiter, candidate)

    result = await api.perform("hideCard", candidate)

    assert (result["__typename"], result["profile"]["visibility"]) == ("CandidateProfileSuccess", "HIDDEN")
    assert (await api.data(CARDS, recruiter))["cards"]["nodes"] == []
    assert await api.data("query($id: ID!) { node(id: $id) { id } }", recruiter, id=card_id) == {"node": None}
    assert await api.data(REQUESTS, recruiter) == {
        "authorizationRequests": {"nodes": [{"state": "APPROVED", "card": None}]},
        "grants": {"nodes": [{"viewerCanRelease": True}]},
    }


async def test_hiding_twice_is_hiding_once(api, candidate):
    await api.perform("hideCard", candidate)

    async with api.nothing_changes():
        assert (await api.perform("hideCard", candidate))["profile"]["visibility"] == "HIDDEN"


async def test_only_candidates_have_cards(api, roles):
    for who in (roles.recruiter, roles.operator):
        assert await api.refuse("hideCard", who) == NOT_ALLOWED
