"""Whether a viewer may still listen: the token's end and the application's word."""

import asyncio
from typing import Any

from app.transport.errors import Mask
from app.transport.hub import TRY_AGAIN_LATER, UNAUTHORIZED
from app.transport.ports import Ports
from app.transport.runner import Runner

Verdict = tuple[int, str]


class Vigil:
    def __init__(self, ports: Ports[Any], runner: Runner, mask: Mask, viewer: Any, seconds: float) -> None:  # noqa: ANN401 - the viewer is the application's
        self.ports = ports
        self.runner = runner
        self.mask = mask
        self.viewer = viewer
        self.seconds = seconds

    async def verdict(self) -> Verdict | None:
        """Return why the stream must end now, or None. When nobody can say, it ends too, but may come again."""
        if self.remaining() <= 0:
            return UNAUTHORIZED, "Token expired"
        try:
            valid = await self.runner.run(_ask(self.ports, self.viewer))
        except Exception as error:  # noqa: BLE001 - the edge: an unreachable database must not keep a stream open
            self.mask.any_error(error, "revalidation")
            return TRY_AGAIN_LATER, "Try again later"
        return None if valid else (UNAUTHORIZED, "Session ended")

    def remaining(self) -> float:
        expires_at = self.viewer.expires_at
        return self.seconds if expires_at is None else (expires_at - self.ports.clock()).total_seconds()

    async def watch(self) -> Verdict:
        while True:
            await asyncio.sleep(max(0.0, min(self.seconds, self.remaining())))
            verdict = await self.verdict()
            if verdict is not None:
                return verdict


async def _ask(ports: Ports[Any], viewer: Any) -> bool:  # noqa: ANN401 - as above
    return await ports.revalidate(viewer)
