import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from app.transport import PublicError
from tests.transport.toy import Query, World, transport

ROW = "ada@example.test"


async def ask(client, query, **variables):
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    return response.json()


async def test_a_database_error_never_reaches_the_client_and_its_reference_is_in_the_log(client):
    with capture_logs() as logs:
        answer = await ask(client(), "query Leak($n: String!) { secret hello(name: $n) }", n="canary-variable")

    error = answer["errors"][0]
    assert error["message"] == "Internal error."
    assert error["path"] == ["secret"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert answer["data"] == {"secret": None, "hello": "hello canary-variable"}
    assert ROW not in str(answer)
    assert [entry["reference"] for entry in logs] == [error["extensions"]["reference"]]
    assert logs[0]["operation"] == "Leak"
    assert logs[0]["error"] == "tests.transport.toy.DatabaseError"
    assert any(frame.endswith(" secret") for frame in logs[0]["frames"])
    assert ROW not in str(logs)
    assert "canary-variable" not in str(logs)


async def test_the_text_is_logged_only_where_the_settings_say_so(client):
    with capture_logs() as logs:
        await ask(client(log_exception_text=True), "{ secret }")

    assert ROW in logs[0]["text"]


async def test_a_public_error_passes_with_its_code_and_extensions(client):
    answer = await ask(client(), "{ private }")

    assert answer["errors"] == [
        {
            "message": "Sign in first.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["private"],
            "extensions": {"code": "UNAUTHENTICATED", "hint": "signIn"},
        },
    ]


async def test_an_argument_that_fails_at_its_field_is_an_error_of_the_client(client):
    query = "query($n: Int = 5) { things(first: $n) { nodes { name } } }"
    answer = await ask(client(), query, n=None)

    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


GUESSES = {
    "field": "{ helo }",
    "argument": "{ hello(nam: 1) }",
    "enum": "{ paint(colour: REDD) }",
    "input": '{ paint(where: { citi: "x" }) }',
    "type": "{ ... on Quer { hello } }",
    "variable type": "query($f: Filte) { paint(where: $f) }",
    "directive argument": "{ hello @include(iff: true) }",
}


@pytest.mark.parametrize("guess", GUESSES)
async def test_suggestions_are_gone_everywhere_when_introspection_is_off(client, guess):
    told = await ask(client(introspection=True), GUESSES[guess])
    silent = await ask(client(), GUESSES[guess])

    assert "Did you mean" in str(told)
    assert "Did you mean" not in str(silent)
    assert silent["errors"][0]["message"]


@pytest.mark.parametrize("variables", [{"c": "REDD"}, {"f": {"citi": "x"}}, {"f": {"colour": "GREN"}}])
async def test_suggestions_are_gone_from_variables_too(client, variables):
    query = "query($c: Colour! = RED, $f: Filter) { paint(colour: $c, where: $f) }"

    assert "Did you mean" in str(await ask(client(introspection=True), query, **variables))
    assert "Did you mean" not in str(await ask(client(), query, **variables))


async def test_introspection_is_off_unless_asked_for(client):
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }'):
        refused = await ask(client(), query)
        assert refused["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert "data" in await ask(client(introspection=True), query)
    assert await ask(client(), "{ __typename }") == {"data": {"__typename": "Query"}}


def test_a_public_error_is_made_of_message_code_and_more():
    error = PublicError("Wait.", code="RATE_LIMITED", retry_after=3)

    assert error.formatted == {"message": "Wait.", "extensions": {"code": "RATE_LIMITED", "retry_after": 3}}
    assert str(error) == "Wait."


def test_a_schema_with_extensions_is_refused_at_start():
    extended = strawberry.Schema(Query, extensions=[strawberry.extensions.SchemaExtension])
    deferred = strawberry.Schema(Query, config=StrawberryConfig(enable_experimental_incremental_execution=True))

    for schema in (extended, deferred):
        with pytest.raises(ValueError, match="The transport"):
            transport(World(), schema)
