"""Shapes of plain values: how each is completed, and the code that does it for dicts in one function.

Sources are objects, or dicts with the names of the schema. A dict may have an attribute ``stored``: its fields but the
first, as JSON text. If a selection takes them whole, the text is answered as it is, without being parsed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import orjson
from graphql import GraphQLObjectType

Complete = Callable[[Any], Any]
MOST_KNOWN = 100_000


class NotPlain(Exception):
    """A selection or a value that is left to graphql-core."""


class Shape(Protocol):
    @property
    def whole(self) -> bool:
        """Whether all fields are selected as the schema has them: by their names, in their order."""

    def complete(self, value: Any) -> Any: ...  # noqa: ANN401 - any value

    def write(self, code: "Code", depth: int, source: str) -> str:
        """Write statements that complete what the expression `source` gives; return the expression of the result."""


class Code:
    """The function that is being written. What comes from documents are names, and they are quoted."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"NotPlain": NotPlain, "items_of": items_of}

    def name(self, value: object) -> str:
        """Return a new name for a value that the code needs."""
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def assigned(self, depth: int, source: str) -> str:
        name = self.name(None)
        self.line(depth, f"{name} = {source}")
        return name

    def function(self, shape: Shape) -> Complete:
        self.line(0, "def complete(source):")
        self.line(1, f"return {shape.write(self, 1, 'source')}")
        exec("\n".join(self.lines), self.names)  # noqa: S102 - written here, of quoted names only
        return self.names["complete"]  # type: ignore[no-any-return]  # a namespace holds anything


def items_of(value: Any) -> Any:  # noqa: ANN401 - any value
    if type(value) is not list and type(value) is not tuple:
        raise NotPlain
    return value


@dataclass
class Leaf:
    """A scalar or an enum: as it is if its type is `exact`, else by `finish`."""

    exact: type | None
    finish: Complete
    whole: bool = True

    def complete(self, value: Any) -> Any:  # noqa: ANN401 - any value
        return value if type(value) is self.exact else self.finish(value)

    def write(self, code: Code, depth: int, source: str) -> str:
        name = code.assigned(depth, source)
        exact, finish = code.name(self.exact), code.name(self.finish)
        code.line(depth, f"if type({name}) is not {exact}: {name} = {finish}({name})")
        return name


@dataclass
class Optional:
    of: Shape

    @property
    def whole(self) -> bool:
        return self.of.whole

    def complete(self, value: Any) -> Any:  # noqa: ANN401 - any value
        return None if value is None else self.of.complete(value)

    def write(self, code: Code, depth: int, source: str) -> str:
        name = code.assigned(depth, source)
        code.line(depth, f"if {name} is not None:")
        code.line(depth + 1, f"{name} = {self.of.write(code, depth + 1, name)}")
        return name


@dataclass
class Items:
    of: Shape

    @property
    def whole(self) -> bool:
        return self.of.whole

    def complete(self, value: Any) -> list[Any]:  # noqa: ANN401 - any value
        complete = self.of.complete
        return [complete(item) for item in items_of(value)]

    def write(self, code: Code, depth: int, source: str) -> str:
        name, item = code.assigned(depth, "[]"), code.name(None)
        code.line(depth, f"for {item} in items_of({source}):")
        code.line(depth + 1, f"{name}.append({self.of.write(code, depth + 1, item)})")
        return name


class Field(NamedTuple):
    name: str
    attribute: str
    shape: Shape


class Object:
    """An object: its fields, or the name of its type, by their keys in the response."""

    def __init__(self, type_: GraphQLObjectType, fields: Mapping[str, Field | str], known: set[int]) -> None:
        self.type, self.fields, self.known = type_, fields, known
        own = [field for field in fields.values() if isinstance(field, Field)]
        if not own:
            raise NotPlain
        self.first = own[0].name
        self.whole = list(fields) == list(type_.fields) == [f.name for f in own] and all(f.shape.whole for f in own)
        self.complete: Complete = self._spliced if self.whole and type_.interfaces else self._read
        self._of_dict: Complete = self._compiled

    def write(self, code: Code, depth: int, source: str) -> str:
        name = code.assigned(depth, source)
        strange = f" or {code.name(self._is_strange)}({name})" if self.type.is_type_of else ""
        code.line(depth, f"if not isinstance({name}, dict){strange}: raise NotPlain")
        values = {
            key: repr(field) if isinstance(field, str) else field.shape.write(code, depth, f"{name}[{field.name!r}]")
            for key, field in self.fields.items()
        }
        return f"{{{', '.join(f'{key!r}: {value}' for key, value in values.items())}}}"

    def _is_strange(self, source: Any) -> bool:  # noqa: ANN401 - any value
        """Tell whether it is no object of this type. A type that asks for the place of a value gets no plan."""
        belongs = self.type.is_type_of
        return belongs is not None and not belongs(source, None)  # type: ignore[arg-type]  # as said

    def _compiled(self, source: Any) -> Any:  # noqa: ANN401 - the first dict
        self._of_dict = Code().function(self)
        return self._of_dict(source)

    def _read(self, source: Any) -> Any:  # noqa: ANN401 - any value
        if isinstance(source, dict):
            return self._of_dict(source)
        if source is None or isinstance(source, Exception) or self._is_strange(source):
            raise NotPlain
        return {
            key: field if isinstance(field, str) else field.shape.complete(getattr(source, field.attribute))
            for key, field in self.fields.items()
        }

    def _spliced(self, source: Any) -> Any:  # noqa: ANN401 - any value
        """Answer stored text as it is, once it has been seen to be what reading its fields gives."""
        text = getattr(source, "stored", None)
        if text is None or type(source[self.first]) is not str or self._is_strange(source):
            return self._read(source)
        spliced = f'{{"{self.first}":{orjson.dumps(source[self.first]).decode()},{text[1:]}'
        name = hash((self.type.name, text))
        if name in self.known:
            return orjson.Fragment(spliced)
        answer = self._read(source)
        if orjson.dumps(answer) == spliced.encode():
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known.add(name)
        return answer
