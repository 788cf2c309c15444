"""The outbox: what the world is to hear of a verb, written in its own transaction and carried by ``delivery``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from consent.terms import canonical_json
from models import OutboxMessage
from models.unit_of_work import Transaction


class Topic(StrEnum):
    """What happened; a message names ids only."""

    REQUEST_CHANGED = "request.changed"
    GRANT_CHANGED = "grant.changed"
    SESSION_ENDED = "session.ended"


_wakers: list[Callable[[], None]] = []


def on_queued(waker: Callable[[], None]) -> Callable[[], None]:
    """Call ``waker`` after each commit that queued something. Returns a function that stops it."""
    _wakers.append(waker)
    return lambda: _wakers.remove(waker)


async def enqueue(
    transaction: Transaction, topic: Topic, at: datetime, *, channels: Sequence[str], subject: Mapping[str, str]
) -> None:
    """Queue a message for the live channels named; ``subject`` holds the ids it is about."""
    payload = canonical_json({"channels": list(channels), "subject": dict(subject)})
    await transaction.insert(OutboxMessage(topic=topic, payload=payload, due_at=at, created_at=at))
    if not transaction.callbacks:
        transaction.after_commit(_wake)


def _wake() -> None:
    for waker in tuple(_wakers):
        waker()
