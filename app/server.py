"""Running the application under uvicorn."""

import gc
import socket

import uvicorn
from starlette.applications import Starlette

from app.settings import Settings

SILENT_READER_MS = 20_000
DRAIN_SECONDS = 10


class Server(uvicorn.Server):
    """Uvicorn, which closes live sockets with 1001 before anything else when it is told to stop."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell every live client, then stop as uvicorn does."""
        await self._app.state.transport.drain()
        await super().shutdown(sockets)


def serve(app: Starlette, settings: Settings) -> None:
    """Serve until a signal to stop."""
    listening = _listening_socket(settings)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.transport().ws_frame_bytes,
        ws_max_queue=32,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    # What is loaded by now stays for good: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    Server(config, app).run(sockets=[listening])


def _listening_socket(settings: Settings) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A peer that acknowledges nothing for so long is gone, whatever its connection says.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_READER_MS)
    listening.bind((settings.host, settings.port))
    return listening
