import asyncio

from starlette.requests import Request
from starlette.types import Receive

from app.transport.config import TransportConfig
from app.transport.errors import Refusal
from app.transport.negotiation import is_json
from app.transport.params import OperationRequest, bad_request, decode_json, read_params, read_query_string


async def read_request(request: Request, config: TransportConfig) -> OperationRequest:
    if request.method == "GET":
        query_string: bytes = request.scope["query_string"]
        _check_length(len(query_string), config)
        return read_query_string(query_string)
    _check_headers(request, config)
    return read_params(decode_json(await _read_body(request, config)))


def bearer_token(authorization: str | None) -> str | None:
    """Return the token; None where no header is. Any other scheme is refused, not ignored."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii():
        raise Refusal(401, "UNAUTHENTICATED", "The Authorization header must be 'Bearer' and a token.")
    return token


def _check_headers(request: Request, config: TransportConfig) -> None:
    headers = request.headers
    if not is_json(headers.get("content-type", "")):
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not accepted.")
    length = headers.get("content-length", "")
    if length.isdecimal():
        _check_length(int(length[:20]), config)


def _check_length(length: int, config: TransportConfig) -> None:
    if length > config.max_body_bytes:
        raise Refusal(413, "BODY_TOO_LARGE", f"A request may have {config.max_body_bytes} bytes.")


async def _read_body(request: Request, config: TransportConfig) -> bytes:
    try:
        async with asyncio.timeout(config.body_seconds):
            return await _receive_body(request.receive, config)
    except TimeoutError:
        raise Refusal(408, "BODY_TOO_SLOW", "The body did not arrive in time.") from None


async def _receive_body(receive: Receive, config: TransportConfig) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad_request("The body ended early.")
        body += message.get("body", b"")
        _check_length(len(body), config)
        if not message.get("more_body", False):
            return bytes(body)
