"""The last chapters: who received what, the ledger with its proofs, and signing out."""

from app.demo.story_cast import Cast, Ears
from app.demo.story_checks import expect, expect_absent, expect_chain
from app.demo.story_opening import SECRETS
from app.demo.story_telling import ledger_table

MY_GRANTS = """{ grants { nodes {
    id state terms { recipient { legalName } }
    releases { releasedAt memberName categories { category form } }
} } }"""
LEDGER = """{ ledger(first: 100) { nodes {
    sequence at event party employerName memberName previousHash hash canonical
} } }"""
EVENTS = [
    "candidate:account:opened",
    "candidate:resume:imported",
    "candidate:contact:changed",
    "candidate:preferences:changed",
    "candidate:card:published",
    "employer:card:opened",
    "employer:request:asked",
    "candidate:request:approved",
    "employer:contact:released",
    "employer:request:asked",
    "candidate:request:declined",
    "employer:request:recalled",
    "candidate:grant:revoked",
    "candidate:card:hidden",
]


async def is_told(cast: Cast, grant_id: str) -> None:
    """Read who received what, and when."""
    grants = (await cast.candidate.read(MY_GRANTS))["nodes"]
    expect("the candidate's only grant", [grant["id"] for grant in grants], [grant_id])
    made = grants[0]["releases"]
    expect("one release was made", len(made), 1)
    what = ", ".join(f"{item['category'].lower()} ({item['form'].lower()})" for item in made[0]["categories"])
    expect("and what it was", what, "email (masked), name (raw), phone (raw)")
    who = f"{made[0]['memberName']} of {grants[0]['terms']['recipient']['legalName']}"
    cast.teller.says(cast.candidate, f"reads who has what: {who} received {what} at {made[0]['releasedAt'][11:19]} UTC")


async def reads_ledger(cast: Cast) -> None:
    """Read the ledger, and check it without trusting the service."""
    teller, candidate = cast.teller, cast.candidate
    teller.chapter("The ledger: every step, in order, provable")
    entries = list(reversed((await candidate.read(LEDGER))["nodes"]))
    teller.shows(ledger_table(entries), "the candidate's ledger", "hashes shortened")
    expect("every step is in the ledger, in order", [entry["event"] for entry in entries], EVENTS)
    expect_absent("no contact detail is in the ledger", SECRETS, entries)
    expect_chain(entries)
    teller.says(
        candidate, f"recomputes all {len(entries)} hashes and links from the entries' own texts: the chain holds"
    )
    check = await candidate.read("{ ledgerCheck { intact brokenAt } }")
    expect("the service says the same", check, {"intact": True, "brokenAt": None})


async def signs_out(cast: Cast, ears: Ears) -> None:
    """Sign out: the token opens nothing, and the socket closes."""
    teller, candidate = cast.teller, cast.candidate
    teller.chapter("Signing out")
    await candidate.succeed("signOut", "... on SignOutSuccess { signedOut }")
    expect("the token opens nothing", await candidate.barred("{ viewer { kind } }"), "UNAUTHENTICATED")
    teller.refused(candidate, "signs out and tries the same token once more", "UNAUTHENTICATED")
    code, reason = await ears.phone.wait_closed()
    expect("the socket is closed", (code, reason), (4401, "Session ended"))
    teller.says(cast.phone, f"its socket is of the same session, and the service closes it: {code} {reason}")
