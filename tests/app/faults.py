"""A TCP proxy that can fall silent, or be gone, between a server and its database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class FaultyLink:
    """Passes bytes on until it is told otherwise. Connections that are open when it falls silent fall silent too."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def fall_silent(self) -> None:
        """Accept connections and bytes, and pass nothing on."""
        self._passing.clear()

    def break_down(self) -> None:
        """Cut every connection, and each new one at once."""
        self._refusing = True
        for writer in tuple(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        self._refusing = False
        self._passing.set()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.break_down()
        for pipe in tuple(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._refusing:
            writer.transport.abort()
            return
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._writers.add(far_writer)
            self._pipe(reader, far_writer)
            self._pipe(far_reader, writer)

    def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass_on(reader, writer))
        self._pipes.add(task)
        task.add_done_callback(self._pipes.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        await self._passing.wait()
        self._writers.discard(writer)
        writer.transport.abort()


@asynccontextmanager
async def faulty_link(host: str, port: int) -> AsyncIterator[FaultyLink]:
    """Open a link for the time of a block."""
    link = FaultyLink(host, port)
    await link.open()
    try:
        yield link
    finally:
        await link.close()
