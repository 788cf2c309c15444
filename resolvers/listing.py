"""Pages of the viewer's own lists."""

from collections.abc import Sequence
from typing import Any

from exchange.reading import Page
from schema.nodes import Connection, T, connection


def as_connection(page: Page[Any], nodes: Sequence[T], after: str | None) -> Connection[T]:
    """Wrap a page of rows whose nodes are given in the same order."""
    return connection(list(nodes), page.cursors, has_next=page.has_next, after=after)
