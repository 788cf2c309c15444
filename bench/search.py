"""A page of 20 cards: through GraphQL in three selections, against the plain endpoint over the same statement."""

from bench import made
from bench.generators import load
from bench.plan import Run
from bench.questions import CASES, SELECTIONS, page_bodies, plain_bodies
from bench.servers import exchange, plain
from models import AccountKind


def measure(run: Run) -> None:
    """Measure every filter, each with every selection."""
    headers = made.headers(AccountKind.MEMBER, made.INBOX_EMPLOYER)
    for database in run.databases:
        with plain(database) as base, exchange(database) as server:
            for case in CASES:
                bodies = plain_bodies(case)
                contestants = {
                    "plain": lambda s, b=bodies: load(base, "/cards", headers, b, s),
                    "plain, with opaque ids": lambda s, b=bodies: load(base, "/cards_with_ids", headers, b, s),
                }
                for selection in SELECTIONS:
                    asked = page_bodies(selection, case)
                    contestants[f"GraphQL, {selection}"] = lambda s, b=asked: load(server, "/graphql", headers, b, s)
                run.interleave("search", database, case.name, contestants)
