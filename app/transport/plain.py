"""Plain sub-trees: fields that are only read, completed by a function made once per document.

graphql-core completes a page of cards field by field, some 1,600 times. A plan does the same in one go. It is made of
what graphql-core collects for the selection, so fragments, directives and merged fields are its work; and whatever a
plan does not expect, a field with a resolver as well as a null where none may be, is left to graphql-core, errors and
all. So a plan gives the same bytes or none.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from app.transport.shapes import Complete, Field, Items, Leaf, NotPlain, Object, Optional, Shape

Plans = dict[tuple[object, ...], Complete | None]
"""The plans of one operation, by type, selection and flags; None where there can be no plan."""

MOST_PLANS = 32
TYPENAME = "__typename"
AS_IT_IS: dict[GraphQLNamedType, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}

camel_case = lru_cache(maxsize=1024)(to_camel_case)


def read_field(source: Any, name: str) -> Any:  # noqa: ANN401 - whatever a field holds
    """Read a field as plans do. Only schemas with this as their `default_resolver` have plain fields."""
    return source[camel_case(name)] if isinstance(source, dict) else getattr(source, name)


class PlainExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, but for objects that a plan completes."""

    def __init__(self, *args: Any, plans: Plans, known: set[int], **kwargs: Any) -> None:  # noqa: ANN401 - as its base
        super().__init__(*args, **kwargs)
        self.plans = plans
        self.known = known
        self.flags = tuple(value if isinstance(value, bool) else None for value in self._variables())

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,  # noqa: ANN401 - whatever a resolver returned
        position_context: Any,  # noqa: ANN401 - graphql-core's own
    ) -> Any:  # noqa: ANN401 - data, or an awaitable of it
        """Complete by a plan, or as graphql-core does."""
        complete = self._plan(return_type, field_details_list)
        if complete is not None:
            try:
                return complete(result)
            except Exception:  # noqa: BLE001, S110 - the same happens again below, where it is told
                pass
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _variables(self) -> Iterator[object]:
        for definition in self.operation.variable_definitions or ():
            yield self.variable_values.coerced.get(definition.variable.name.value)

    def _plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Complete | None:
        key = (type_.name, self.flags, *[id(detail.node) for detail in details])
        try:
            return self.plans[key]
        except KeyError:
            if len(self.plans) >= MOST_PLANS:
                self.plans.clear()
            self.plans[key] = plan = self._made_plan(type_, details)
            return plan

    def _made_plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Complete | None:
        try:
            return Planner(self, self.known).of_object(type_, details).complete
        except Exception:  # noqa: BLE001 - what cannot be planned can still be told by graphql-core
            return None


class Planner:
    """Makes shapes from what an executor collects for its operation and variables."""

    def __init__(self, executor: PlainExecutor, known: set[int]) -> None:
        self.executor = executor
        self.known = known

    def of_object(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Object:
        groups, deferred, _ = self.executor.collect_subfields(type_, details)
        if deferred:
            raise NotPlain
        return Object(type_, {key: self._of_field(type_, group) for key, group in groups.items()}, self.known)

    def _of_field(self, type_: GraphQLObjectType, group: FieldDetailsList) -> Field | str:
        name = group[0].node.name.value
        if name == TYPENAME:
            return type_.name
        return Field(name, attribute_of(type_, name), self._of_value(type_.fields[name].type, group))

    def _of_value(self, type_: GraphQLOutputType, group: FieldDetailsList) -> Shape:
        if is_non_null_type(type_):
            return self._of_present(type_.of_type, group)
        return Optional(self._of_present(type_, group))

    def _of_present(self, type_: GraphQLOutputType, group: FieldDetailsList) -> Shape:
        if is_list_type(type_):
            return Items(self._of_value(type_.of_type, group))
        if is_leaf_type(type_):
            return Leaf(AS_IT_IS.get(type_), finisher(type_, self.executor.is_awaitable))
        if is_object_type(type_):
            return self.of_object(type_, group)
        raise NotPlain


def finisher(type_: GraphQLLeafType, is_awaitable: Callable[[Any], bool]) -> Complete:
    """Return what completes a scalar or an enum that is not simply answered as it is."""
    coerce = type_.coerce_output_value

    def finish(value: Any) -> Any:  # noqa: ANN401 - a scalar
        if value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value):
            raise NotPlain
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotPlain
        return coerced

    return finish


def attribute_of(type_: GraphQLObjectType, name: str) -> str:
    """Return where objects have a field, if reading it is all there is to it."""
    field = type_.fields[name].extensions.get("strawberry-definition")
    is_plain = isinstance(field, StrawberryField) and field.is_basic_field and field.default_resolver is read_field
    if not is_plain or camel_case(field.python_name) != name:
        raise NotPlain
    return str(field.python_name)
