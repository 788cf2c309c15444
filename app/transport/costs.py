"""The price of lists: `first` and `last`, multiplied along the nesting and added up beside each other."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    IntValueNode,
    NullValueNode,
    ValueNode,
    VariableNode,
)
from graphql.language import FieldNode


class Page(NamedTuple):
    """A field that returns several rows; each bound is a figure, or the name of the variable that holds it."""

    bounds: tuple[int | str, ...]
    default: int
    below: tuple["Page", ...]

    def price(self, variables: Mapping[str, Any]) -> int:
        rows = self.rows(variables)
        return rows * (1 + price_of(self.below, variables))

    def rows(self, variables: Mapping[str, Any]) -> int:
        figures = [variables.get(bound) if isinstance(bound, str) else bound for bound in self.bounds]
        given = [figure for figure in figures if isinstance(figure, int)]
        return max(0, *given) if given else self.default


def price_of(pages: tuple[Page, ...], variables: Mapping[str, Any]) -> int:
    return sum(page.price(variables) for page in pages)


def page_of(
    node: FieldNode,
    definition: GraphQLField | None,
    result: GraphQLNamedType | None,
    below: tuple[Page, ...],
    default: int,
) -> tuple[Page, ...]:
    """Wrap what is below a field into a page when the field returns one; else pass it on."""
    bounds = tuple(bound for bound in map(_bound, _arguments(node)) if bound is not None)
    if not bounds and not is_connection(result):
        return below
    return (Page(bounds, _default(definition, default), below),)


def is_connection(result: GraphQLNamedType | None) -> bool:
    if not isinstance(result, GraphQLObjectType | GraphQLInterfaceType):
        return False
    return not {"edges", "nodes"}.isdisjoint(result.fields)


def _arguments(node: FieldNode) -> list[ValueNode]:
    return [argument.value for argument in node.arguments or () if argument.name.value in {"first", "last"}]


def _bound(value: ValueNode) -> int | str | None:
    match value:
        case VariableNode():
            return value.name.value
        case IntValueNode():
            return int(value.value[:10])
        case NullValueNode():
            return None
    return None


def _default(definition: GraphQLField | None, default: int) -> int:
    argument = definition.args.get("first") if definition else None
    value = argument.default_value if argument else None
    return value if isinstance(value, int) else default
