"""What the transport asks of the application around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from app.transport.errors import PublicError
from app.transport.params import OperationRequest


class Viewer(Protocol):
    """Who asks. `key` is what caps are counted by; None for the anonymous."""

    @property
    def session_id(self) -> object: ...
    @property
    def key(self) -> str | None: ...
    @property
    def expires_at(self) -> datetime | None: ...


V = TypeVar("V", bound=Viewer)

Authenticate = Callable[[str | None, HTTPConnection], Awaitable[V]]
MakeContext = Callable[[V, HTTPConnection, str], Awaitable[object]]
Revalidate = Callable[[V], Awaitable[bool]]
Clock = Callable[[], datetime]
Explorer = Callable[[Request], Response]
OnOperation = Callable[[str, str, float], None]
Translate = Callable[[BaseException], PublicError | None]
FindDocument = Callable[[OperationRequest, V], str]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def always_valid(_viewer: Any) -> bool:  # noqa: ANN401 - any viewer will do
    return True


def count_nothing(_operation: str, _outcome: str, _seconds: float) -> None:
    """Stand in where nobody measures."""


def translate_nothing(_error: BaseException) -> PublicError | None:
    """Stand in where every error that is not public is internal."""
    return None


@dataclass(frozen=True, slots=True)
class Ports(Generic[V]):
    authenticate: Authenticate[V]
    make_context: MakeContext[V]
    revalidate: Revalidate[V] = always_valid
    clock: Clock = utc_now
    explorer: Explorer | None = None
    on_operation: OnOperation = count_nothing
    find_document: FindDocument[V] | None = None
    translate: Translate = translate_nothing
