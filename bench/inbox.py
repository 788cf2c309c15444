"""The inbox: 20 requests with job, terms, notice and grant, against the same rows as JSON."""

from bench import made
from bench.generators import load
from bench.plan import Run
from bench.questions import INBOX, body
from bench.servers import exchange, plain
from models import AccountKind

SIDES = {
    "candidate, 40 requests": (AccountKind.CANDIDATE, 3),
    "employer, 30,000 requests": (AccountKind.MEMBER, made.INBOX_EMPLOYER),
}


def measure(run: Run) -> None:
    """Measure the inbox of either side."""
    asked = [body(INBOX, {"first": 20})]
    for database in run.databases:
        with plain(database) as base, exchange(database) as server:
            for side, viewer in SIDES.items():
                headers = made.headers(*viewer)
                contestants = {
                    "plain": lambda s, h=headers: load(base, "/inbox", h, [b"{}"], s),
                    "plain, with notices": lambda s, h=headers: load(base, "/inbox_with_notices", h, [b"{}"], s),
                    "GraphQL": lambda s, h=headers: load(server, "/graphql", h, asked, s),
                }
                run.interleave("inbox", database, side, contestants)
