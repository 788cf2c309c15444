"""Nodes and connections: how every object with an id, and every list, is answered."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

T = TypeVar("T")

First = Annotated[int, strawberry.argument(description="How many items, from 1 to 100.")]
After = Annotated[
    str | None, strawberry.argument(description="The cursor of the item to go on after; from the beginning without it.")
]

DEFAULT_FIRST = 20


@strawberry.interface(description="An object with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id, opaque.")


@strawberry.type(description="Where a page of a list begins and ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page was asked for with a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item: give it as `after`.")


@strawberry.type(description="One item of a list, with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque, signed, good for the same viewer and the same question only.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


class _Page(Generic[T]):
    """A connection and its page info in one, which make edges and cursors only if they are read."""

    def __init__(self, nodes: list[T], cursors: Sequence[str], *, has_next: bool, after: str | None) -> None:
        self.nodes, self._cursors = nodes, cursors
        self.has_next_page, self.has_previous_page = has_next, after is not None

    @property
    def page_info(self) -> "_Page[T]":
        return self

    @property
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(self._cursors, self.nodes, strict=True)]

    @property
    def start_cursor(self) -> str | None:
        return self._cursors[0] if self._cursors else None

    @property
    def end_cursor(self) -> str | None:
        return self._cursors[-1] if self._cursors else None


def connection(nodes: list[T], cursors: Sequence[str], *, has_next: bool, after: str | None) -> Connection[T]:
    """Return a page from its items, their cursors, and whether there are more."""
    return _Page(nodes, cursors, has_next=has_next, after=after)  # type: ignore[return-value]  # has the same fields
