"""Documents made from the schema: everything that can be selected of a type, so that no field is left untried."""

from functools import cache

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

from app.service import SCHEMA

GRAPHQL = SCHEMA._schema


@cache
def everything(type_name: str, above: tuple[str, ...] = ()) -> str:
    """Return a selection of every field of a type, and of the types below that are not above."""
    kind = GRAPHQL.get_type(type_name)
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        members = GRAPHQL.get_possible_types(kind)
        return "{ __typename " + " ".join(f"... on {m.name} {everything(m.name, above)}" for m in members) + " }"
    assert isinstance(kind, GraphQLObjectType)
    return "{ __typename " + " ".join(filter(None, (_field(kind, name, above) for name in kind.fields))) + " }"


def _field(kind: GraphQLObjectType, name: str, above: tuple[str, ...]) -> str:
    below = get_named_type(kind.fields[name].type)
    if not is_composite_type(below):
        return name
    if below.name in above or below.name == kind.name:
        return ""
    return f"{name} {everything(below.name, (*above, kind.name))}"


@cache
def mutation_document(mutation: str) -> str:
    """Return the document that performs a mutation: of the success everything, of every error what is its own."""
    field = GRAPHQL.mutation_type.fields[mutation]
    union = get_named_type(field.type)
    success, *errors = union.types
    parts = [f"... on {success.name} {everything(success.name)}", "... on UserError { code message }"]
    parts += [f"... on {error.name} {{ {own} }}" for error in errors if (own := _own_fields(error))]
    given = field.args.get("input")
    head, argument = (f"($input: {given.type})", "(input: $input)") if given else ("", "")
    return f"mutation{head} {{ {mutation}{argument} {{ __typename {' '.join(parts)} }} }}"


def _own_fields(error: GraphQLObjectType) -> str:
    own = [name for name in error.fields if name not in {"code", "message"}]
    below = {"problems": "problems { path message }", "authorizationRequest": "authorizationRequest { id state }"}
    return " ".join(below.get(name, name) for name in own)
