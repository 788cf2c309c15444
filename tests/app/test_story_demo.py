"""The story that `make demo` plays, against a real server that holds a handful of demo candidates."""

import json
from functools import reduce

import httpx2
import pytest

from app.demo import seed, story_middle
from app.demo.accounts import CANDIDATE_EMAILS, DEMO_PASSWORD, RECRUITER_EMAILS
from app.demo.people import candidates
from app.demo.story import play
from app.explorer import load_operations
from delivery.outbox import utc_now
from tests.app.processes import free_port, run_command, serving
from vault.keys import save

KEY_LINES = (
    "asks for a year of access → LIMIT_EXCEEDED accessDays: at most 90, asked 365",
    "approves with the hash of other terms → TERMS_CHANGED",
    "the same release, counted once",
    "still reads PENDING, and its socket stays silent",
    "asks for the very next release, and for the old one again → GRANT_ENDED",
    "recomputes all 14 hashes and links from the entries' own texts: the chain holds",
    "4401 Session ended",
    "Everything was as it must be. 10 chapters",
)


@pytest.fixture
async def exchange(database, desk, tmp_path):
    """Run a server with the demo's employers and five of its candidates; yield it."""
    await seed.seed(desk, utc_now(), lambda *_: None, count=5)
    keys = tmp_path / "keys.json"
    save(keys, desk.keys)
    async with serving(tmp_path, database_url=database, keys_file=keys) as server:
        yield server


def told(result):
    """Return what the story printed, in lines that no terminal has broken."""
    return " ".join(result.stdout.split())


async def test_the_story_holds_and_can_be_played_again_on_the_same_data(exchange):
    first, second = (run_command("demo", exchange.graphql, columns=200) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    assert [line for line in KEY_LINES if line not in told(first)] == []
    assert [line for line in KEY_LINES if line not in told(second)] == []


async def test_the_first_difference_ends_the_story_and_says_what_differed(exchange, monkeypatch, capsys):
    monkeypatch.setitem(story_middle.AGREED, "EMAIL", "RAW")

    code = await play(exchange.url)

    told = capsys.readouterr().out
    assert code == 1
    assert "the grant is what was asked, narrowed" in told
    assert "must be  {'NAME': 'RAW', 'PHONE': 'RAW', 'EMAIL': 'RAW'}" in told
    assert "but is   {'EMAIL': 'MASKED', 'NAME': 'RAW', 'PHONE': 'RAW'}" in told
    assert "Contact is released" not in told


async def test_a_server_that_is_not_there_is_told_in_a_sentence():
    address = f"http://127.0.0.1:{free_port()}/graphql"

    result = run_command("demo", address)

    assert result.returncode == 2
    assert result.stdout == (
        f"No story. Nothing answers at {address}: "
        "start it with `make run`, or name its address: `python -m app demo URL`.\n"
    )
    assert result.stderr == ""


async def test_a_service_without_demo_data_is_told_in_a_sentence(database, tmp_path):
    async with serving(tmp_path, database_url=database, demo="false") as server:
        result = run_command("demo", server.url)

    assert result.returncode == 2
    assert result.stdout == "No story. The service knows nobody of the demo: start it with demo data (`make run`).\n"


async def test_what_is_no_address_is_told_in_a_sentence(capsys):
    assert await play("ftp://example") == 2
    assert (
        capsys.readouterr().out
        == "No story. ftp://example is no address: give one such as http://127.0.0.1:8000/graphql.\n"
    )


async def test_the_tabs_of_the_explorer_tell_a_story_that_works(exchange):
    answers = {}
    for step in load_operations()[:-1]:
        token = await signed_in(exchange, step.note)
        variables = filled(json.loads(step.variables or "{}"), answers)
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"} if token else {}) as client:
            response = await client.post(exchange.graphql, json={"query": step.query, "variables": variables})
        answer = response.json()
        assert "errors" not in answer, step.title
        assert [value.get("code") for value in answer["data"].values()] == [None] * len(answer["data"]), step.title
        answers |= answer["data"]

    assert [card["region"]["name"] for card in answers["cards"]["nodes"]] == ["广州"]
    assert answers["releaseContact"]["contact"]["name"]["value"] == next(candidates(1)).contact["name"]
    assert answers["revokeGrant"]["grant"]["state"] == "REVOKED"
    assert answers["ledgerCheck"] == {"intact": True, "brokenAt": None}


async def signed_in(exchange, note):
    """Return a token for whoever a step names, as the buttons of the explorer do."""
    emails = {"As the recruiter.": RECRUITER_EMAILS[0], "As the candidate.": CANDIDATE_EMAILS[0]}
    email = next((email for who, email in emails.items() if note.startswith(who)), None)
    if email is None:
        return None
    variables = {"input": {"email": email, "password": DEMO_PASSWORD}}
    async with httpx2.AsyncClient() as client:
        response = await client.post(
            exchange.graphql, json={"query": load_operations()[0].query, "variables": variables}
        )
    return response.json()["data"]["signIn"]["accessToken"]


def filled(value, answers):
    """Return variables with each placeholder replaced by what an earlier answer holds, as the explorer does."""
    if isinstance(value, dict):
        return {name: filled(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, answers) for inner in value]
    if isinstance(value, str) and value.startswith("{{"):
        return reduce(lambda held, key: held[int(key) if key.isdigit() else key], value.strip("{}").split("."), answers)
    return value
