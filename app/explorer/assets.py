from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

STATIC: Final = Path(__file__).parent / "static"
ASSETS_PATH: Final = "/graphql/assets"

_MEDIA_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    file: Path
    digest: str

    @property
    def version(self) -> str:
        return self.digest[:16]

    def url(self, prefix: str) -> str:
        return f"{prefix}/{self.file.name}?v={self.version}"


@cache
def assets() -> dict[str, Asset]:
    files = (file for file in sorted(STATIC.iterdir()) if file.suffix in _MEDIA_TYPES)
    return {file.name: Asset(file, sha256(file.read_bytes()).hexdigest()) for file in files}


async def serve_asset(request: Request) -> Response:
    # Names are looked up, never joined to a folder: there is no path to climb.
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    is_this_version = request.query_params.get("v") == asset.version
    headers = {
        "Cache-Control": _FOREVER if is_this_version else _ASK_AGAIN,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(asset.file, media_type=_MEDIA_TYPES[asset.file.suffix], headers=headers)


def routes(path: str = ASSETS_PATH) -> list[Route]:
    return [Route(f"{path}/{{name}}", serve_asset, methods=["GET"], name="explorer_asset")]
