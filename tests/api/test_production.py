"""The service in its production dress: what it does not say, and to whom it does not speak."""

import json
import logging

import pytest
from tortoise.connection import get_connection

from app.settings import Mode
from models.database import CONNECTION
from tests.api.answers import code_of
from tests.api.harness import opened
from tests.api.listening import REQUESTS

FRONT_END = "https://jobs.example"


@pytest.fixture
async def production(url, world, recorder):
    async with opened(url, world, recorder, mode=Mode.PRODUCTION, allowed_origins=FRONT_END) as api:
        yield api
        await recorder.check()
        await recorder.check_database(url)


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Card") { fields { name } } }',
        "{ viewer { kind } __schema { queryType { name } } }",
        "query($a: ID!) { node(id: $a) { ...F } } fragment F on Node { id } query B { __schema { types { name } } }",
    ],
)
async def test_there_is_no_introspection(production, document):
    response = await production.post(document, accept="application/graphql-response+json")

    assert response.status_code == 400
    assert {code_of(error) for error in response.json()["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "Card" not in response.text.replace('\\"Card\\"', "")


async def test_typename_is_no_introspection(production, world):
    member = await world.member()

    assert await production.data("{ viewer { __typename kind } }", member) == {
        "viewer": {"__typename": "Viewer", "kind": "MEMBER"}
    }


@pytest.mark.parametrize(
    ("document", "hidden"),
    [
        ("{ viewr { kind } }", "viewer"),
        ("{ viewer { knd } }", "kind"),
        ("{ cards(frst: 1) { nodes { id } } }", "first"),
        ('{ cards(filter: {txt: "x"}) { nodes { id } } }', "text"),
        ("{ vocabulary(table: SKILL) { table } }", "SKILLS"),
        ("{ viewer { ... on Candidat { id } } }", "CandidateProfile"),
        ("query($v: VocabularyTabl!) { vocabulary(table: $v) { table } }", "VocabularyTable"),
    ],
)
async def test_nothing_is_suggested(production, document, hidden):
    response = await production.post(document)

    text = response.text.replace(document, "")
    assert "errors" in response.json()
    assert ("Did you mean" in text, hidden in text) == (False, False)


async def test_variables_get_no_suggestions_either(production):
    answer = await production.ask("query($t: VocabularyTable!) { vocabulary(table: $t) { table } }", t="SKILL")

    assert [code_of(error) for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert "SKILLS" not in json.dumps(answer)


async def test_there_is_no_page_but_a_query_by_get_is_answered_and_never_stored(production):
    asked = {"query": "{ purposeTemplates { purpose } }"}

    response = await production.client.get("/graphql", params=asked, headers={"accept": "application/json"})
    page = await production.client.get("/graphql", headers={"accept": "text/html"})

    assert response.status_code == 200
    assert len(response.json()["data"]["purposeTemplates"]) == 5
    assert response.headers["cache-control"] == "no-store"
    assert "html" not in page.headers["content-type"]
    assert page.status_code >= 400


async def test_a_mutation_by_get_is_refused(production):
    response = await production.client.get(
        "/graphql", params={"query": "mutation { signOut { __typename } }"}, headers={"accept": "application/json"}
    )

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_only_named_origins_may_call_from_a_browser(production):
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}

    ours = await production.client.options("/graphql", headers={**preflight, "origin": FRONT_END})
    others = [
        await production.client.options("/graphql", headers={**preflight, "origin": origin})
        for origin in ("https://evil.example", "https://jobs.example.evil.example", "http://jobs.example", "null")
    ]

    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, FRONT_END)
    assert "authorization" in ours.headers["access-control-allow-headers"]
    for response in others:
        assert (response.status_code, "access-control-allow-origin" in response.headers) == (400, False)
    simple = await production.post("{ purposeTemplates { purpose } }", origin="https://evil.example")
    assert "access-control-allow-origin" not in simple.headers
    assert "access-control-allow-credentials" not in ours.headers


async def test_an_internal_error_is_masked_with_a_reference_that_is_in_the_log(production, world, recorder):
    member = await world.member()
    card = await production.card_id(member, await world.candidate())
    await spoil_the_cards()

    answer = await production.ask("query($id: ID!) { card(id: $id) { function { code } } }", member, id=card)

    (error,) = answer["errors"]
    assert (error["message"], code_of(error), error["path"]) == ("Internal error.", "INTERNAL", ["card"])
    assert set(error["extensions"]) == {"code", "reference"}
    (line,) = [entry.text for entry in recorder.sent if entry.place == "log" and "operation failed" in entry.text]
    logged = json.loads(line)
    assert (logged["reference"], logged["level"]) == (error["extensions"]["reference"], "error")
    assert logged["frames"] != []
    assert "payload" not in line
    await mend_the_cards()


async def spoil_the_cards():
    await get_connection(CONNECTION).execute_script("ALTER TABLE card RENAME COLUMN payload_en TO payload_gone")


async def mend_the_cards():
    await get_connection(CONNECTION).execute_script("ALTER TABLE card RENAME COLUMN payload_gone TO payload_en")


async def test_a_token_that_is_none_is_refused_with_a_challenge(production):
    for authorization in ("Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer"):
        response = await production.post("{ purposeTemplates { purpose } }", authorization=authorization)

        assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="graphql"')
        assert code_of(response.json()["errors"][0]) == "UNAUTHENTICATED"


async def test_a_subscription_by_plain_post_is_told_how_to_listen(production, world):
    response = await production.post(REQUESTS, await world.member())

    assert response.status_code == 406
    message = "Subscriptions are answered as text/event-stream or over a WebSocket."
    assert response.json()["errors"][0]["message"] == message


async def test_logs_of_a_whole_story_name_nobody(production, world, recorder):
    candidate, member = await world.candidate(), await world.member()
    grant = await world.grant(member, candidate)
    given = {"grantId": production.id("Grant", grant), "categories": ["NAME", "PHONE"], "idempotencyKey": "one"}

    with_values = await production.perform("releaseContact", member, **given)
    logging.getLogger("app").warning("a line that is kept")

    assert with_values["contact"]["phone"]["value"] == candidate.canary.phone
    assert [entry.text for entry in recorder.sent if entry.place == "log"] != []
