"""Frames of graphql-transport-ws, read with suspicion."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from app.transport.errors import Formatted, Mask, Refusal
from app.transport.execution import Reply
from app.transport.params import JsonObject, OperationRequest, read_params

MAX_ID = 256
PONG = '{"type":"pong"}'
ACK = '{"type":"connection_ack"}'


class BadFrame(Exception):
    """The client does not speak the protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: str
    id: str = ""
    payload: JsonObject = field(default_factory=dict)


def read_frame(text: str) -> Frame:
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadFrame("Frames must be JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BadFrame("Frames must be objects with a type")
    kind = message["type"]
    if kind not in {"connection_init", "ping", "pong", "subscribe", "complete"}:
        raise BadFrame("Unknown message type")
    named = kind in {"subscribe", "complete"}
    return Frame(kind, _id(message) if named else "", _payload(message))


def read_subscribe(frame: Frame) -> OperationRequest:
    try:
        return read_params(frame.payload)
    except Refusal as refusal:
        raise BadFrame(refusal.errors[0]["message"]) from None


def next_frame(identity: str, reply: Reply, mask: Mask) -> str:
    try:
        return _dump({"id": identity, "type": "next", "payload": reply.payload})
    except TypeError as error:
        failed: Formatted = {"data": None, "errors": [mask.internal(error, "encoding")]}
        return _dump({"id": identity, "type": "next", "payload": failed})


def error_frame(identity: str, errors: list[Formatted]) -> str:
    return _dump({"id": identity, "type": "error", "payload": errors})


def complete_frame(identity: str) -> str:
    return _dump({"id": identity, "type": "complete"})


def _dump(message: Any) -> str:  # noqa: ANN401 - JSON
    return orjson.dumps(message).decode()


def _id(message: JsonObject) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= MAX_ID:
        raise BadFrame("The id must be a string")
    return identity


def _payload(message: JsonObject) -> JsonObject:
    payload = message.get("payload")
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise BadFrame("The payload must be an object")
    return payload
