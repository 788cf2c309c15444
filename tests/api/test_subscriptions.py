"""Live updates over both transports, from a real server: who hears of what, and who does not."""

import asyncio
from datetime import timedelta

import pytest

from tests.api.listening import GRANTS, REQUESTS, event_stream, sockets


async def test_a_candidate_hears_of_a_request_and_the_employer_of_the_approval(api, live, candidate, recruiter):
    async with sockets(api, live) as listen:
        inbox = await listen(candidate, REQUESTS)
        outbox = await listen(recruiter, REQUESTS)
        grants = await listen(recruiter, GRANTS)

        request = await api.world.request(recruiter, candidate)
        asked = {"id": api.id("AuthorizationRequest", request), "state": "PENDING", "grant": None}
        assert await inbox.hear() == {**asked, "viewerCanApprove": True}
        assert await outbox.hear() == {**asked, "viewerCanApprove": False}

        grant_id = api.id("Grant", await api.world.approve(candidate, request))
        approved = {"id": asked["id"], "state": "APPROVED", "viewerCanApprove": False, "grant": {"id": grant_id}}
        assert await inbox.hear() == await outbox.hear() == approved
        assert await grants.hear() == {
            "id": grant_id,
            "state": "ACTIVE",
            "uses": 0,
            "releases": [],
            "authorizationRequest": {"id": asked["id"], "state": "APPROVED"},
        }


async def test_a_candidate_hears_of_a_release_and_the_employer_of_the_revocation(api, live, candidate, recruiter):
    grant = await api.world.grant(recruiter, candidate)
    given = {"grantId": api.id("Grant", grant), "categories": ["NAME"], "idempotencyKey": "one"}
    async with sockets(api, live) as listen:
        mine = await listen(candidate, GRANTS)
        theirs = await listen(recruiter, GRANTS)

        await api.perform("releaseContact", recruiter, **given)
        told = await mine.hear()
        assert (told["uses"], len(told["releases"])) == (1, 1)
        assert (await theirs.hear())["uses"] == 1

        await api.perform("revokeGrant", candidate, grantId=given["grantId"])
        assert [(await one.hear())["state"] for one in (mine, theirs)] == ["REVOKED", "REVOKED"]


async def test_an_employer_does_not_hear_of_a_refusal_and_others_hear_of_nothing(api, live, roles):
    candidate, recruiter = roles.candidate, roles.recruiter
    request = await api.world.request(recruiter, candidate)
    async with sockets(api, live) as listen:
        mine = await listen(candidate, REQUESTS)
        silent = [await listen(who, REQUESTS) for who in (recruiter, roles.rival, roles.other_candidate)]
        silent += [await listen(who, GRANTS) for who in (recruiter, roles.rival, roles.other_candidate)]

        await api.perform(
            "declineAuthorization", candidate, authorizationRequestId=api.id("AuthorizationRequest", request)
        )

        assert (await mine.hear())["state"] == "DECLINED"
        assert await asyncio.gather(*(one.hears_nothing() for one in silent)) == [True] * 6


async def test_colleagues_hear_what_their_employer_hears_and_others_do_not(api, live, roles):
    async with sockets(api, live) as listen:
        colleague = await listen(roles.interviewer, REQUESTS)
        others = [await listen(who, REQUESTS) for who in (roles.rival, roles.other_candidate)]

        await api.world.request(roles.recruiter, roles.candidate)

        assert (await colleague.hear())["state"] == "PENDING"
        assert await asyncio.gather(*(one.hears_nothing() for one in others)) == [True, True]


async def test_events_come_over_server_sent_events_too(api, live, candidate, recruiter):
    async with event_stream(api, live, candidate, REQUESTS) as events:
        request = await api.world.request(recruiter, candidate)
        name, event = await anext(events)

    assert name == "next"
    assert event["data"]["authorizationRequestChanged"]["id"] == api.id("AuthorizationRequest", request)


@pytest.mark.parametrize("document", [REQUESTS, GRANTS])
async def test_a_socket_closes_when_its_session_is_signed_out(api, live, recruiter, document):
    async with sockets(api, live) as listen:
        listener = await listen(recruiter, document)

        await api.perform("signOut", recruiter)

        assert await listener.close_code() == (4401, "Session ended")


async def test_an_event_stream_ends_when_its_session_is_signed_out(api, live, recruiter):
    async with event_stream(api, live, recruiter, REQUESTS) as events:
        await api.perform("signOut", recruiter)

        assert [event async for event in events] == []


async def test_a_socket_and_an_event_stream_end_with_their_token(api, live, candidate, recruiter):
    short = timedelta(seconds=2)
    async with (
        sockets(api, live) as listen,
        event_stream(api, live, recruiter, REQUESTS, lifetime=short) as events,
    ):
        listener = await listen(candidate, REQUESTS, lifetime=short)

        assert await listener.close_code() == (4401, "Token expired")
        assert [event async for event in events] == []


async def test_mutations_and_queries_are_answered_over_the_socket(api, live, candidate, recruiter):
    grant = await api.world.grant(recruiter, candidate)
    release = f"""mutation {{ releaseContact(input: {{
        grantId: "{api.id("Grant", grant)}", categories: [NAME], idempotencyKey: "one" }})
        {{ ... on ReleaseContactSuccess {{ release {{ id }} contact {{ name {{ value }} }} }} }} }}"""
    async with sockets(api, live) as listen:
        listener = await listen(recruiter, REQUESTS)
        await listener.send({"id": "2", "type": "subscribe", "payload": {"query": release}})

        answer = await listener.receive()

    contact = answer["payload"]["data"]["releaseContact"]["contact"]
    assert contact == {"name": {"value": candidate.canary.name}}
