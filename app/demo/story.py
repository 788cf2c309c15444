"""The whole story, played against a running service and told in the terminal: what ``make demo`` does.

Every step asserts what must be; the first difference ends it. A new candidate signs up each time, so that it can be
played again and again on the same data.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
from rich.console import Console

from app.demo import story_ending, story_middle, story_opening
from app.demo.accounts import DEMO_PASSWORD
from app.demo.employers import EMPLOYERS, DemoEmployer
from app.demo.story_cast import Cast, Ears
from app.demo.story_checks import Difference
from app.demo.story_parties import Party, Unreachable, listening, sign_in
from app.demo.story_telling import Teller

SECONDS = 15
HEARD = {"authorizationRequestChanged": "id state", "grantChanged": "id state uses"}
FIRST, SECOND = EMPLOYERS[:2]


async def play(url: str, console: Console | None = None) -> int:
    """Play the story at a GraphQL address. 0: all was as it must be; 1: something differed; 2: nothing to play with."""
    teller, begun = Teller(console), time.perf_counter()
    try:
        endpoint = _endpoint(url)
        async with _cast(teller, endpoint) as cast:
            teller.begins(endpoint)
            await _tell(cast)
    except Unreachable as gone:
        teller.breaks(str(gone))
        return 2
    except Difference as difference:
        teller.differs(difference)
        return 1
    teller.ends(time.perf_counter() - begun)
    return 0


async def _tell(cast: Cast) -> None:
    await story_opening.arrives(cast)
    async with (
        listening(cast.candidate, HEARD) as phone,
        listening(cast.recruiter, HEARD) as desk,
        listening(cast.other, HEARD) as other,
    ):
        ears = Ears(phone, desk, other)
        card_id = await story_opening.is_found(cast)
        other_card_id = await story_opening.is_guarded(cast, card_id)
        request = await story_opening.is_asked(cast, ears, card_id)
        terms_hash = await story_opening.reads_notice(cast, request["id"])
        grant = await story_middle.grants(cast, ears, request["id"], terms_hash)
        await story_middle.releases(cast, ears, grant)
        await story_ending.is_told(cast, grant["id"])
        await story_middle.declines(cast, ears, other_card_id)
        await story_middle.revokes(cast, ears, grant, card_id)
        await story_ending.reads_ledger(cast)
        await story_ending.signs_out(cast, ears)


@asynccontextmanager
async def _cast(teller: Teller, endpoint: str) -> AsyncIterator[Cast]:
    # What answers on this machine is meant, whatever proxy the environment names.
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        cast = _parties(teller, http, endpoint)
        cast.jwks = await _published_keys(http, endpoint)
        for party, employer in _members(cast):
            await sign_in(party, "signIn", employer.member("RECRUITER").email, DEMO_PASSWORD, cast.wait)
        yield cast


def _parties(teller: Teller, http: httpx2.AsyncClient, url: str) -> Cast:
    return Cast(
        teller,
        candidate=Party("candidate", "green", http, url),
        phone=Party("candidate's phone", "green", http, url),
        recruiter=Party("recruiter", "cyan", http, url),
        other=Party("other employer", "magenta", http, url),
        suspended=Party("suspended employer", "magenta", http, url),
        unverified=Party("unverified employer", "magenta", http, url),
    )


def _members(cast: Cast) -> list[tuple[Party, DemoEmployer]]:
    by_state = {employer.state: employer for employer in EMPLOYERS}
    return [
        (cast.recruiter, FIRST),
        (cast.other, SECOND),
        (cast.suspended, by_state["SUSPENDED"]),
        (cast.unverified, by_state["UNVERIFIED"]),
    ]


async def _published_keys(http: httpx2.AsyncClient, endpoint: str) -> dict[str, object]:
    """Return the keys that signatures are checked with. This is also how the story finds out that somebody is there."""
    keys = httpx2.URL(endpoint).join("/.well-known/jwks.json")
    try:
        answer = (await http.get(keys)).json()
    except httpx2.TransportError as broken:
        hint = "start it with `make run`, or name its address: `python -m app demo URL`."
        raise Unreachable(f"Nothing answers at {endpoint}: {hint}") from broken
    except ValueError as odd:
        raise Unreachable(f"What answers at {endpoint} is not this exchange.") from odd
    if not isinstance(answer, dict) or "keys" not in answer:
        raise Unreachable(f"What answers at {endpoint} is not this exchange.")
    return answer


def _endpoint(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unreachable(f"{url} is no address: give one such as http://127.0.0.1:8000/graphql.")
    return parts._replace(path=parts.path.rstrip("/") or "/graphql").geturl()
