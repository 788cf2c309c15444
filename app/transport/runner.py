"""Work that is never cancelled halfway.

A cancelled database transaction can wedge its connection, so a client that leaves, a frame that says `complete` and a
limit of time only stop the waiting. The work goes on in a task of its own until its end, and is counted.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.transport.errors import Mask, PublicError, Refusal, Rejected

T = TypeVar("T")


class Runner:
    def __init__(self, seconds: float, max_abandoned: int, mask: Mask) -> None:
        self.seconds = seconds
        self.max_abandoned = max_abandoned
        self.mask = mask
        self.draining = False
        self._running: set[asyncio.Task[Any]] = set()
        self._abandoned: set[asyncio.Task[Any]] = set()

    @property
    def abandoned(self) -> int:
        return len(self._abandoned)

    async def run(self, work: Coroutine[Any, Any, T], slot: "Slot | None" = None) -> T:
        """Wait for the work within the limit of time; it runs to its end in any case."""
        task = self.start(work)
        if slot is not None:
            slot.hold(task)
        try:
            await asyncio.wait((task,), timeout=self.seconds)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if not task.done():
            self._abandon(task)
            raise PublicError(f"The operation took longer than {self.seconds:g} s.", "TIMEOUT")
        return task.result()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        if self.draining or len(self._abandoned) >= self.max_abandoned:
            work.close()
            raise PublicError("The server has no capacity for another operation.", "OVERLOADED")
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        if task.done():
            return
        self._abandoned.add(task)
        task.add_done_callback(self._bury)

    def _bury(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, PublicError | Rejected | Refusal):
            self.mask.internal(error, "abandoned")

    async def drain(self, seconds: float) -> int:
        """Let the running work end; return how much of it did not."""
        self.draining = True
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        return len(self._running)


class Slot:
    """A place among the operations of one socket, given back when the last work in it has ended."""

    def __init__(self, taken: set["Slot"]) -> None:
        self._taken = taken
        self._holders = 0
        taken.add(self)

    def hold(self, task: asyncio.Task[Any]) -> None:
        self._holders += 1
        task.add_done_callback(self._release)

    def _release(self, _task: asyncio.Task[Any]) -> None:
        self._holders -= 1
        if self._holders == 0:
            self._taken.discard(self)
