"""A lean HTTP/1.1 client over one kept connection: what a load generator needs and no more."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson


class Connection:
    """Posts one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; return status and body. The server must say how long its answers are."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start : head.index(b"\r\n", start)])
        return int(head[9:12]), await self._reader.readexactly(length)

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Any:  # noqa: ANN401 - JSON
        """Post and return the JSON of the answer. Raises ``RuntimeError`` for any status but 200."""
        status, answer = await self.send(whole_request(path, headers, body))
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {answer[:300]!r}")
        return orjson.loads(answer)

    def close(self) -> None:
        self._writer.close()


def whole_request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
