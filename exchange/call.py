"""One call on the exchange: who, when, in which language, with which keys."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from models import AccountKind
from vault.keys import Keys
from vault.opaque import OpaqueIds


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who a token says is calling. These are claims, not rights: every verb reads the rights from the database."""

    account_id: UUID | None = None
    session_id: UUID | None = None
    kind: AccountKind | None = None
    expires_at: datetime | None = None

    @property
    def key(self) -> str | None:
        """A name for this viewer in limits and caps; ``None`` for nobody."""
        return None if self.account_id is None else str(self.account_id)


NOBODY = Viewer()


@dataclass(frozen=True, slots=True)
class Policy:
    """Figures that the one who runs the service may set."""

    issuer: str = "resume-exchange"
    audience: str = "resume-exchange"
    access_lifetime: timedelta = timedelta(minutes=10)
    refresh_lifetime: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every call shares: the keys, the ids made with them, the settings."""

    keys: Keys
    policy: Policy = field(default_factory=Policy)
    opaque: OpaqueIds = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "opaque", OpaqueIds(self.keys.opaque))


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``language`` is ``zh`` or ``en``; ``now`` is aware, in UTC."""

    viewer: Viewer
    now: datetime
    language: str
    desk: Desk
