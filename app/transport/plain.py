"""Plain sub-trees: fields that are only read, completed by a function made once per document.

graphql-core completes a page of cards field by field, some 1,600 times. A plan does the same in one go. It is made of
what graphql-core collects for the selection, so fragments, directives and merged fields are its work; and whatever a
plan does not expect, a field with a resolver as well as a null where none may be, is left to graphql-core, errors and
all. So a plan gives the same bytes or none.

Sources are objects, or dicts with the names of the schema. A dict may have an attribute ``stored``: its fields but the
first, as JSON text. If a selection takes them whole, the text is answered as it is, without being parsed.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
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

Complete = Callable[[Any], Any]
Plans = dict[tuple[object, ...], Complete | None]
"""The plans of one operation, by type, selection and flags; None where there can be no plan."""

MOST_PLANS = 32
MOST_KNOWN = 100_000
TYPENAME = "__typename"
AS_IT_IS: dict[GraphQLNamedType, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}

camel_case = lru_cache(maxsize=1024)(to_camel_case)


class NotPlain(Exception):
    """A selection or a value that is left to graphql-core."""


class Shape(NamedTuple):
    """How a value is completed: as it is if its type is `exact`, else by `complete`."""

    exact: type | None
    complete: Complete
    whole: bool
    """Whether all fields are selected as the schema has them: by their names, in their order."""


class Step(NamedTuple):
    key: str
    name: str
    attribute: str
    exact: type | None
    complete: Complete


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
    """Makes plans from what an executor collects for its operation and variables."""

    def __init__(self, executor: PlainExecutor, known: set[int]) -> None:
        self.executor = executor
        self.known = known

    def of_object(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Shape:
        fields, deferred, _ = self.executor.collect_subfields(type_, details)
        if deferred:
            raise NotPlain
        named = {key: group[0].node.name.value for key, group in fields.items()}
        shapes = {key: self._of_field(type_, group) for key, group in fields.items() if named[key] != TYPENAME}
        if not shapes:
            raise NotPlain
        steps = [Step(key, named[key], _attribute(type_, named[key]), *shapes[key][:2]) for key in shapes]
        complete = reader(steps, type_)
        if len(shapes) < len(fields):
            complete = labelled(complete, {key: type_.name if key not in shapes else None for key in fields})
        whole = list(fields) == list(type_.fields) == list(named.values()) and all(s.whole for s in shapes.values())
        if whole and steps[0].exact is str and type_.interfaces:
            complete = splicer(complete, steps[0].name, type_.name, self.known)
        return Shape(None, complete, whole)

    def _of_field(self, type_: GraphQLObjectType, group: FieldDetailsList) -> Shape:
        node = group[0].node
        field = type_.fields[node.name.value]
        if field.args or node.arguments:
            raise NotPlain
        return self._of_value(field.type, group)

    def _of_value(self, type_: GraphQLOutputType, group: FieldDetailsList) -> Shape:
        if is_non_null_type(type_):
            return self._of_present(type_.of_type, group)
        exact, complete, whole = self._of_present(type_, group)
        return Shape(exact, lambda value: None if value is None else complete(value), whole)

    def _of_present(self, type_: GraphQLOutputType, group: FieldDetailsList) -> Shape:
        if is_list_type(type_):
            exact, complete, whole = self._of_value(type_.of_type, group)
            return Shape(None, each(exact, complete), whole)
        if is_leaf_type(type_):
            return Shape(AS_IT_IS.get(type_), self._leaf(type_), whole=True)
        if is_object_type(type_):
            return self.of_object(type_, group)
        raise NotPlain

    def _leaf(self, type_: GraphQLLeafType) -> Complete:
        coerce, is_awaitable = type_.coerce_output_value, self.executor.is_awaitable

        def complete(value: Any) -> Any:  # noqa: ANN401 - a scalar
            if value is None or isinstance(value, Exception) or is_awaitable(value):
                raise NotPlain
            coerced = coerce(value)
            if coerced is None or coerced is Undefined:
                raise NotPlain
            return coerced

        return complete


def _attribute(type_: GraphQLObjectType, name: str) -> str:
    """Return where objects have a field, if reading it is all there is to it."""
    field = type_.fields[name].extensions.get("strawberry-definition")
    is_plain = isinstance(field, StrawberryField) and field.is_basic_field and field.default_resolver is read_field
    if not is_plain or camel_case(field.python_name) != name:
        raise NotPlain
    return str(field.python_name)


def reader(steps: list[Step], type_: GraphQLObjectType) -> Complete:
    """Return what completes an object. These loops are where the time of a page goes."""
    stored = [(step.key, step.name, step.exact, step.complete) for step in steps]
    belongs = type_.is_type_of

    def complete(source: Any) -> dict[str, Any]:  # noqa: ANN401 - any object
        answer: dict[str, Any] = {}
        if belongs is not None and not belongs(source, None):  # type: ignore[arg-type]  # who asks for it is no plan's
            raise NotPlain
        if isinstance(source, dict):
            for key, name, exact, finish in stored:
                value = source[name]
                answer[key] = value if type(value) is exact else finish(value)
            return answer
        if source is None or isinstance(source, Exception):
            raise NotPlain
        for step in steps:
            value = getattr(source, step.attribute)
            answer[step.key] = value if type(value) is step.exact else step.complete(value)
        return answer

    return complete


def each(exact: type | None, finish: Complete) -> Complete:
    """Return what completes a list."""

    def complete(items: Any) -> list[Any]:  # noqa: ANN401 - any list
        if type(items) is not list and type(items) is not tuple:
            raise NotPlain
        return [item if type(item) is exact else finish(item) for item in items]

    return complete


def labelled(read: Complete, labels: dict[str, str | None]) -> Complete:
    """Return what completes an object with its type's name at its place."""
    return lambda source: labels | read(source)


def splicer(read: Complete, first: str, type_name: str, known: set[int]) -> Complete:
    """Return what answers stored text as it is, once it has been seen to be what reading its fields would give."""

    def complete(source: Any) -> Any:  # noqa: ANN401 - a dict, or JSON
        text = getattr(source, "stored", None)
        if text is None or type(source[first]) is not str:
            return read(source)
        spliced = f'{{"{first}":{orjson.dumps(source[first]).decode()},{text[1:]}'
        name = hash((type_name, text))
        if name in known:
            return orjson.Fragment(spliced)
        answer = read(source)
        if orjson.dumps(answer) == spliced.encode():
            if len(known) >= MOST_KNOWN:
                known.clear()
            known.add(name)
        return answer

    return complete
