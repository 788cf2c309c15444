"""The request parameters of GraphQL over HTTP, of SSE and of a `subscribe` frame: one shape, one check."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.transport.errors import Refusal

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    query: str | None
    variables: JsonObject | None = None
    operation_name: str | None = None
    extensions: JsonObject | None = None
    document_id: str | None = None

    @property
    def document_hash(self) -> str | None:
        """The id of a registered document, by either of the two habits of clients."""
        if self.document_id:
            return self.document_id
        persisted = (self.extensions or {}).get("persistedQuery")
        digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        return digest if isinstance(digest, str) else None


def bad_request(message: str, code: str = "BAD_REQUEST") -> Refusal:
    return Refusal(400, code, message)


def decode_json(body: bytes | str) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("The body is not valid JSON in UTF-8.") from None


def read_params(payload: object) -> OperationRequest:
    if isinstance(payload, list):
        raise bad_request("Batches are not accepted.", "BATCHING_DISABLED")
    if not isinstance(payload, dict):
        raise bad_request("The body must be a JSON object.")
    request = OperationRequest(
        query=_text(payload, "query"),
        variables=_object(payload, "variables"),
        operation_name=_text(payload, "operationName"),
        extensions=_object(payload, "extensions"),
        document_id=_text(payload, "documentId"),
    )
    if not request.query and not request.document_hash:
        raise bad_request("The parameter 'query' is missing.")
    return request


def read_query_string(query_string: bytes) -> OperationRequest:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise bad_request("The query string is malformed.") from None
    payload: JsonObject = dict(pairs)
    for name in ("variables", "extensions"):
        if payload.get(name):
            payload[name] = decode_json(payload[name])
        else:
            payload.pop(name, None)
    return read_params(payload)


def _text(payload: JsonObject, name: str) -> str | None:
    value = payload.get(name)
    if value is None or isinstance(value, str):
        return value
    raise bad_request(f"The parameter '{name}' must be a string.")


def _object(payload: JsonObject, name: str) -> JsonObject | None:
    value = payload.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise bad_request(f"The parameter '{name}' must be an object.")
