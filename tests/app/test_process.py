"""A real process from its first start to its end."""

import asyncio
import json
import signal

import httpx2

from models import Candidate
from tests.app.callers import (
    APPROVE,
    GRANT_CHANGED,
    INBOX,
    RELEASE,
    SIGN_IN,
    approval_of,
    calling,
    live,
    token_of,
)
from tests.app.processes import run_command, serving, within
from tests.factories import PASSWORD

SIGN_UP = """mutation SignUp($email: String!, $password: String!) {
  signUp(input: {email: $email, password: $password}) { __typename ... on SessionSuccess { accessToken } } }"""
WHO = "{ viewer { kind } }"


async def test_a_first_start_makes_everything_and_a_second_keeps_it(tmp_path):
    folder, account = tmp_path / "data", {"email": "first@example.com", "password": "a quiet harbour of boats"}
    folder.mkdir()

    async with serving(folder, demo="false") as first:
        async with calling((first.graphql, None)) as [caller]:
            signed_up = await caller.do(SIGN_UP, **account)
            keys = (await caller.client.get(f"{first.url}/.well-known/jwks.json")).json()
        code, _ = await first.stop()
    async with serving(folder, demo="false") as second:
        seconds = await second.until_ready()
        async with calling((second.graphql, signed_up["accessToken"])) as [caller]:
            signed_in = await caller.do(SIGN_IN, **account)
            who = await caller.do(WHO)
            same_keys = (await caller.client.get(f"{second.url}/.well-known/jwks.json")).json()

    assert code == -signal.SIGTERM
    assert signed_up["__typename"] == signed_in["__typename"] == "SessionSuccess"
    assert who == {"kind": "CANDIDATE"}
    assert keys == same_keys
    assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    assert seconds < within(5)
    assert "Traceback" not in first.text() + second.text()


async def test_a_server_tells_of_its_health_its_figures_and_its_public_keys(town, production, tmp_path):
    candidate = await town.candidate()

    async with serving(tmp_path, **production) as server:
        async with calling((server.graphql, token_of(town, candidate))) as [caller]:
            await caller.do(INBOX)
        async with httpx2.AsyncClient(base_url=server.url) as client:
            alive, ready = await client.get("/healthz"), await client.get("/readyz")
            metrics, keys = await client.get("/metrics"), await client.get("/.well-known/jwks.json")
            absent = await client.get("/nothing")

    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.json()) == (200, {"database": True, "migrations": True, "worker": True})
    assert 'exchange_operations_total{outcome="ok"} 1.0' in metrics.text
    assert "exchange_outbox_waiting 0.0" in metrics.text
    assert [set(key) & {"d", "k", "p", "q"} for key in keys.json()["keys"]] == [set()] * len(keys.json()["keys"])
    assert {key["crv"] for key in keys.json()["keys"]} == {"Ed25519"}
    assert absent.status_code == 404


async def test_a_server_that_is_told_to_end_says_so_to_open_sockets_and_finishes_what_runs(town, production, tmp_path):
    candidates = [await town.candidate() for _ in range(4)]
    member = await town.member()
    requests = [await town.request(member, candidate) for candidate in candidates]

    async with (
        serving(tmp_path, **production) as server,
        live(server.socket, token_of(town, member)) as client,
        calling(*((server.graphql, token_of(town, person)) for person in candidates)) as callers,
    ):
        await client.subscribe("1", GRANT_CHANGED)
        await client.listens()
        pairs = zip(callers, requests, strict=True)
        running = [asyncio.ensure_future(caller.answer(APPROVE, **approval_of(row))) for caller, row in pairs]
        await asyncio.sleep(0.05)
        code, seconds = await server.stop()
        closed = await client.close_code()
        answers = await asyncio.gather(*running, return_exceptions=True)

    assert code == -signal.SIGTERM
    assert seconds < within(5)
    assert closed == 1001
    assert all(_answered_or_refused(answer) for answer in answers)
    assert "Traceback" not in server.text()


async def test_logs_are_json_lines_without_a_single_contact_value(town, production, tmp_path):
    candidate, member = await town.candidate(), await town.member()
    request = await town.request(member, candidate)

    async with serving(tmp_path, **{**production, "log_level": "DEBUG"}) as server:
        async with calling(
            (server.graphql, token_of(town, candidate)),
            (server.graphql, token_of(town, member)),
            (server.graphql, None),
        ) as [mine, theirs, nobody]:
            grant = (await mine.do(APPROVE, **approval_of(request)))["grant"]
            released = await theirs.do(RELEASE, id=grant["id"], key="first")
            await nobody.answer(SIGN_IN, email=candidate.email, password="wrong for sure")
            await nobody.answer(SIGN_IN, email=candidate.email, password=PASSWORD)
            await nobody.answer("{ nothing }", name=candidate.canary.name)
            await nobody.answer(INBOX, first=candidate.canary.phone)
            await theirs.answer(f'{{ cards(filter: {{text: "{candidate.canary.name}"}}) {{ nodes {{ id }} }} }}')
        await server.stop()
        text = server.text()

    secrets = [*candidate.canary.values(), candidate.email, PASSWORD, member.email]
    lines = [line for line in text.splitlines() if line and not line.startswith("The exchange is at")]
    assert released["contact"]["name"]["value"] == candidate.canary.name
    assert [secret for secret in secrets if secret in text] == []
    assert all(isinstance(json.loads(line), dict) for line in lines)


async def test_the_database_holds_no_contact_value_in_clear(town, database, tmp_path):
    candidate, member = await town.candidate(), await town.member()
    await town.release(member, await town.grant(member, candidate))

    text = await _everything(database)

    assert await Candidate.all().count() == 1
    assert [value for value in [*candidate.canary.values(), candidate.email] if value in text] == []


async def test_the_ledgers_can_be_verified_from_the_command_line(town, production):
    await town.candidate()

    end = await asyncio.to_thread(run_command, "ledger", "verify", **production)

    assert end.returncode == 0
    assert "1 ledgers checked, 0 broken." in end.stderr


def _answered_or_refused(answer):
    """Tell whether an approval during the end was answered whole, refused for lack of capacity, or never heard."""
    if isinstance(answer, httpx2.TransportError):
        return True
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]] == ["OVERLOADED"]
    return answer["data"]["approveAuthorization"]["__typename"] == "GrantSuccess"


async def _everything(url):
    """Return every column of every table as text."""
    from models.statements import query  # noqa: PLC0415 - only here
    from tests.models.old_rows import counts  # noqa: PLC0415 - the names of all tables

    rows = [await query(f"SELECT * FROM {table}") for table in counts()]
    return repr(rows)
