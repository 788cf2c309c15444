"""Whether what is stored is whole: an approval is there with all that belongs to it, or not at all."""

import json
from collections import Counter
from uuid import UUID

from consent.requests import RequestState
from exchange import ledger
from exchange.outbox import Topic
from models import Assignee, AuthorizationRequest, Candidate, Grant, LedgerEntry, OutboxMessage


async def torn_approvals() -> list[str]:
    """Return a line for every request whose state, grant, assignee, ledger entry and message do not go together."""
    requests = {row.id: row.state for row in await AuthorizationRequest.all()}
    grants = await Grant.all()
    assigned = Counter(row.grant_id for row in await Assignee.all())
    by_request = {
        "grant": Counter(grant.request_id for grant in grants),
        "assignee": Counter(grant.request_id for grant in grants for _ in range(assigned[grant.id])),
        "ledger": Counter(row.subject_id for row in await LedgerEntry.filter(event=ledger.Event.REQUEST_APPROVED)),
        "outbox": await _messages(),
    }
    lines = []
    for identity, state in requests.items():
        wanted = 1 if state is RequestState.APPROVED else 0
        counts = {name: counter[identity] for name, counter in by_request.items()}
        if set(counts.values()) != {wanted}:
            lines.append(f"{identity} is {state}, but {counts}")
    return lines


async def broken_ledgers() -> list[UUID]:
    """Return the candidates whose ledger does not verify."""
    return [row.id for row in await Candidate.all() if await ledger.verify(row.id) is not None]


async def _messages() -> Counter[UUID]:
    """Count the messages of approvals: a grant's first message is the one without a release."""
    rows = await OutboxMessage.filter(topic=Topic.GRANT_CHANGED)
    subjects = [json.loads(row.payload)["subject"] for row in rows]
    return Counter(UUID(subject["request"]) for subject in subjects if "release" not in subject)
