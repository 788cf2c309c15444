import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from app.explorer.assets import ASSETS_PATH, assets
from app.explorer.story import ExampleOperation

_TEMPLATE: Final = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
_STYLES: Final = ("graphiql.min.css", "explorer.css")
_SCRIPTS: Final = (
    "react.production.min.js",
    "react-dom.production.min.js",
    "graphiql.min.js",
    "graphql-ws.min.js",
    "explorer.js",
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A made-up account whose button signs the current tab in. The password is in the page: never a real account."""

    label: str
    email: str
    password: str


def explorer_page(
    operations: Sequence[ExampleOperation],
    sign_ins: Sequence[DemoSignIn] = (),
    *,
    endpoint: str = "/graphql",
    assets_path: str = ASSETS_PATH,
    host: str | None = None,
) -> Response:
    """Render the page. With ``host`` (name and port as the browser sees them) sockets may go to that host only."""
    nonce = secrets.token_urlsafe(16)
    settings = {
        "endpoint": endpoint,
        "operations": [asdict(operation) for operation in operations],
        "signIns": [asdict(sign_in) for sign_in in sign_ins],
    }
    page = _TEMPLATE.substitute(
        styles="\n".join(_style(assets()[name].url(assets_path)) for name in _STYLES),
        scripts="\n".join(_script(assets()[name].url(assets_path), nonce) for name in _SCRIPTS),
        settings=_json_for_html(settings),
    )
    return HTMLResponse(page, headers=_headers(nonce, host))


def _style(url: str) -> str:
    return f'<link rel="stylesheet" href="{escape(url)}">'


def _script(url: str, nonce: str) -> str:
    return f'<script defer src="{escape(url)}" nonce="{nonce}"></script>'


def _json_for_html(value: Any) -> str:  # noqa: ANN401  # whatever json takes
    # A "<" could close the script element that the data stands in.
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _headers(nonce: str, host: str | None) -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _policy(nonce, host),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _policy(nonce: str, host: str | None) -> str:
    # The nonce is for styles: GraphiQL's dialogs insert a <style> element to hold the page still behind them.
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "connect-src": f"'self' {_sockets(host)}",
        "font-src": "data:",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _sockets(host: str | None) -> str:
    # Not every browser reads 'self' as covering the sockets of the same host. A Host header is the client's word.
    if host is None or not _HOST.fullmatch(host):
        return "ws: wss:"
    return f"ws://{host} wss://{host}"
