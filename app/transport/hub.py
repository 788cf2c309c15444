"""The live sockets and streams: how many there may be, and how to end those of one session."""

import asyncio
import ipaddress
from collections import Counter
from typing import Protocol

from starlette.requests import HTTPConnection

from app.transport.config import TransportConfig
from app.transport.ports import Viewer

GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013
UNAUTHORIZED = 4401
TOO_MANY_CONNECTIONS = 4508
"""Ours: a cap per viewer, per address or in total is reached."""


class LiveStream(Protocol):
    """A socket or an SSE response."""

    address: str
    viewer: Viewer | None

    def close(self, code: int, reason: str) -> None:
        """Begin to close; what is queued is not sent any more."""

    async def wait_silent(self) -> None:
        """Wait until nothing more can be sent."""

    async def wait_closed(self) -> None:
        """Wait until its operations have ended and the client was told."""


class TransportHub:
    def __init__(self, config: TransportConfig) -> None:
        self.config = config
        self._live: set[LiveStream] = set()
        self._addresses: Counter[str] = Counter()
        self._viewers: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._live)

    def admit(self, stream: LiveStream) -> bool:
        """Count a new stream, unless its address or all together have enough."""
        full = len(self._live) >= self.config.ws_sockets_total
        if full or self._addresses[stream.address] >= self.config.ws_sockets_per_address:
            return False
        self._live.add(stream)
        self._addresses[stream.address] += 1
        return True

    def identify(self, stream: LiveStream, viewer: Viewer) -> bool:
        """Say whose stream it is, unless that viewer has enough."""
        if viewer.key is not None:
            if self._viewers[viewer.key] >= self.config.ws_sockets_per_viewer:
                return False
            self._viewers[viewer.key] += 1
        stream.viewer = viewer
        return True

    def leave(self, stream: LiveStream) -> None:
        if stream not in self._live:
            return
        self._live.discard(stream)
        _less(self._addresses, stream.address)
        if stream.viewer is not None and stream.viewer.key is not None:
            _less(self._viewers, stream.viewer.key)

    async def close_session(self, session_id: object, reason: str = "Session ended") -> int:
        """End every stream of a session; when this returns, none of them sends any more."""
        ending = [s for s in self._live if s.viewer is not None and s.viewer.session_id == session_id]
        for stream in ending:
            stream.close(UNAUTHORIZED, reason)
        await asyncio.gather(*(stream.wait_silent() for stream in ending))
        return len(ending)

    async def close_all(self, reason: str = "Server is going away") -> int:
        ending = list(self._live)
        for stream in ending:
            stream.close(GOING_AWAY, reason)
        await asyncio.gather(*(stream.wait_closed() for stream in ending))
        return len(ending)


def address_of(connection: HTTPConnection) -> str:
    """Return what caps are counted by: a network of 64 bits is one customer in IPv6."""
    host = connection.client.host if connection.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))  # noqa: PLR2004 - IPv4


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
