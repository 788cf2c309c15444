"""Who is in the story, and what its chapters share."""

from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from app.demo.story_parties import Answer, Ear, Party
from app.demo.story_telling import Teller

CANDIDATE_PASSWORD = "paper-lanterns-follow-the-slow-river"  # noqa: S105 - published on purpose, for a made-up account

REQUESTS = """
    id state decidedAt expiresAt
    terms { hash canonical }
    notice { version language text hash }
"""
GRANTS = """
    id state signature notBefore expiresAt uses maxUses
    terms { hash canonical accessDays categories { category form } }
"""


@dataclass
class Cast:
    """The parties, how their story is told, and what this run is called."""

    teller: Teller
    candidate: Party
    phone: Party
    recruiter: Party
    other: Party
    suspended: Party
    unverified: Party
    run: str = field(default_factory=lambda: token_hex(4))
    preview: Answer = field(default_factory=dict)
    question: dict[str, Any] = field(default_factory=dict)
    jwks: dict[str, Any] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """An address that no run before has signed up with."""
        return f"story-{self.run}@demo.example"

    def key(self, name: str) -> str:
        """Return an idempotency key of this run."""
        return f"story-{self.run}-{name}"

    async def wait(self, seconds: int) -> None:
        """Wait as long as the service says, and say so."""
        await self.teller.waits(seconds)


@dataclass(frozen=True)
class Ears:
    """The sockets: the candidate's phone, and the two recruiters at their desks."""

    phone: Ear
    desk: Ear
    other: Ear
