"""One process of the service: what it is made of, and how it starts and stops."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from tortoise.contrib.starlette import RegisterTortoise

from app.authentication import Authentication
from app.graphql import build_schema
from app.settings import Mode, Settings
from app.throttle import NoThrottle, RateThrottle
from app.transport.hub import address_of
from consent.notices import LANGUAGES
from delivery.live import Bus, MemoryBus, PostgresBus, Switchboard, Update
from delivery.outbox import OutboxWorker, utc_now
from exchange.call import Call, Desk, Policy, Viewer
from exchange.outbox import Topic
from models.database import tortoise_config
from models.unit_of_work import drain
from resolvers.context import OperationContext, Throttle

SCHEMA = build_schema()


@dataclass
class Service:
    """The parts of one process, wired."""

    settings: Settings
    desk: Desk
    switchboard: Switchboard = field(default_factory=Switchboard)
    throttle: Throttle = field(init=False)
    authentication: Authentication = field(init=False)
    bus: Bus = field(init=False)
    outbox: OutboxWorker = field(init=False)

    def __post_init__(self) -> None:
        self.throttle = NoThrottle() if self.settings.mode is Mode.AUDIT else RateThrottle(self.settings.redis_url)
        self.authentication = Authentication(self.desk, self.clock)
        self.bus = self._bus()
        self.outbox = OutboxWorker(self.bus, self.clock)

    @staticmethod
    def clock() -> datetime:
        """Return the time, aware, in UTC."""
        return utc_now()

    async def context(self, viewer: Viewer, connection: HTTPConnection, language: str) -> OperationContext:
        """Return the context of one operation."""
        call = Call(viewer, self.clock(), language_of(language), self.desk)
        return OperationContext(call, self.switchboard, self.throttle, address_of(connection), self.clock)

    @asynccontextmanager
    async def running(self, app: Starlette) -> AsyncIterator[None]:
        """Open the database, carry the outbox, and take both down in order."""
        settings = self.settings
        config = tortoise_config(settings.database, pool_size=settings.database_pool)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(RegisterTortoise(app, config=config))
            stack.push_async_callback(drain)
            await self.bus.start()
            stack.push_async_callback(self.bus.stop)
            if settings.worker:
                self.outbox.start()
                stack.push_async_callback(self.outbox.stop)
            yield

    def _bus(self) -> Bus:
        if self.settings.is_embedded:
            return MemoryBus(self.switchboard)
        return PostgresBus(self.switchboard, self.settings.database)


def language_of(accepted: str) -> str:
    """Return ``en`` if an ``Accept-Language`` header prefers English to Chinese, else ``zh`` (RFC 9110, 12.5.4)."""
    wishes = [wish.strip().partition(";q=") for wish in accepted.lower().split(",")]
    ranked = sorted(((_weight(quality), tag[:2]) for tag, _, quality in wishes), key=lambda wish: -wish[0])
    return next((tag for weight, tag in ranked if weight > 0 and tag in LANGUAGES), "zh")


def _weight(quality: str) -> float:
    try:
        return float(quality or 1)
    except ValueError:
        return 0.0


def make_service(settings: Settings) -> Service:
    """Return the parts of a process with these settings. Raises ``UnfitSettings`` for keys that cannot be used."""
    policy = Policy(issuer=settings.issuer, audience=settings.issuer)
    return Service(settings, Desk(settings.load_keys(), policy))


def ended_session(update: Update) -> str | None:
    """Return the session that an update says has ended."""
    return update.subject.get("session") if update.topic == Topic.SESSION_ENDED else None
