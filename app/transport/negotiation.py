"""Which of our media types a client wants."""

from functools import lru_cache
from typing import NamedTuple

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"

OFFERS = {
    GRAPHQL: GRAPHQL,
    JSON: JSON,
    EVENTS: EVENTS,
    "application/*": JSON,
    "text/*": EVENTS,
    "*/*": JSON,
}


class Wanted(NamedTuple):
    media: str
    streams: bool
    """Whether events are acceptable, be they the first choice or not."""


@lru_cache(maxsize=256)
def negotiate(accept: str) -> Wanted | None:
    """Take the weightiest offer, and among equals the more specific, then the one that is named first."""
    if not accept.strip():
        return Wanted(JSON, streams=False)
    ranges = [_range(part) for part in accept.split(",")[:30]]
    ranked = [(weight, "*" not in name, -place, name) for place, (name, weight) in enumerate(ranges)]
    known = [entry for entry in ranked if entry[0] > 0 and entry[3] in OFFERS]
    if not known:
        return None
    return Wanted(OFFERS[max(known)[3]], streams=any(entry[3] == EVENTS for entry in known))


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Tell whether a body is JSON in UTF-8. Anything a plain HTML form can send is not."""
    name, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")]
    return name == JSON and all(charset in {"utf-8", "utf8"} for charset in charsets)
