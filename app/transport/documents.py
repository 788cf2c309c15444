"""Documents that were parsed, measured and validated once."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.transport.config import TransportConfig
from app.transport.costs import Page, price_of
from app.transport.errors import Formatted, PublicError, Rejected, request_error
from app.transport.limits import FragmentCycle, exceeded, measure
from app.transport.plain import Plans

MAX_ERRORS = 20
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True)
class Operation:
    kind: OperationType
    name: str | None
    pages: tuple[Page, ...]
    plans: Plans = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.name or f"anonymous {self.kind.value}"

    def check_cost(self, variables: Mapping[str, Any], limit: int) -> None:
        cost = price_of(self.pages, variables) if self.pages else 0
        if cost > limit:
            raise exceeded("COST", limit, cost, "The lists asked for are too long together")


@dataclass(frozen=True, slots=True)
class Document:
    ast: DocumentNode
    operations: dict[str | None, Operation]

    def pick(self, name: str | None) -> Operation:
        if name:
            found = self.operations.get(name)
            if found is None:
                raise _unchosen(f"Unknown operation named '{name[:100]}'.")
            return found
        if len(self.operations) != 1:
            raise _unchosen("Must provide operation name if query contains multiple operations.")
        return next(iter(self.operations.values()))


class Documents:
    """A bounded cache by text; what is in it passed every check but the price of its variables."""

    def __init__(self, schema: GraphQLSchema, config: TransportConfig) -> None:
        self.schema = schema
        self.config = config
        self.rules = RULES if config.introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._cache: OrderedDict[str, Document] = OrderedDict()

    def __len__(self) -> int:
        return len(self._cache)

    def get(self, text: str) -> Document:
        found = self._cache.get(text)
        if found is not None:
            self._cache.move_to_end(text)
            return found
        document = self.prepare(text)
        if len(text) <= self.config.cached_document_chars:
            self._cache[text] = document
            if len(self._cache) > self.config.cached_documents:
                self._cache.popitem(last=False)
        return document

    def prepare(self, text: str) -> Document:
        ast = self._parse(text)
        try:
            prices = measure(self.schema, ast, self.config)
        except PublicError as error:
            raise Rejected([error.formatted]) from None
        except FragmentCycle:
            raise self._cycle(ast) from None
        errors = self._validate(ast, self.rules)
        if errors:
            raise Rejected(errors)
        nodes = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
        names = [node.name.value if node.name else None for node in nodes]
        return Document(ast, {n: Operation(node.operation, n, prices[n]) for n, node in zip(names, nodes, strict=True)})

    def _parse(self, text: str) -> DocumentNode:
        limit = self.config.max_tokens
        try:
            return parse(text, max_tokens=limit)
        except GraphQLSyntaxError as error:
            if "Document contains more than" in error.message:
                too_long = exceeded("TOKENS", limit, limit + 1, "The document has too many tokens")
                raise Rejected([too_long.formatted]) from None
            raise Rejected([request_error(error, "GRAPHQL_PARSE_FAILED")]) from None

    def _validate(self, ast: DocumentNode, rules: tuple[Any, ...]) -> list[Formatted]:
        errors = validate(self.schema, ast, rules, MAX_ERRORS, hide_suggestions=self.config.hides_suggestions)
        return [request_error(error, "GRAPHQL_VALIDATION_FAILED") for error in errors]

    def _cycle(self, ast: DocumentNode) -> Rejected:
        """Let the one linear rule word the error; the others may not see such a document."""
        return Rejected(self._validate(ast, (NoFragmentCyclesRule,)))


def _unchosen(message: str) -> Rejected:
    return Rejected([request_error(GraphQLError(message), "OPERATION_RESOLUTION_FAILURE")])
