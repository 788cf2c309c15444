"""How much a document asks for, counted before anything expensive looks at it.

Every fragment is walked once and its figures are remembered, so that the work grows with the text and not with what
the text unfolds to. Only after these figures are within bounds does validation see the document, because one of the
standard rules compares fields pair by pair.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from app.transport.config import TransportConfig
from app.transport.costs import Page, page_of
from app.transport.errors import PublicError

MAX_NESTING = 64
"""No honest document nests selections this deep, with or without fields between; stops the walk itself."""

UNFOLDED = "The document has too many selections with its fragments unfolded"
META_LISTS = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})


class Figures(NamedTuple):
    """What a selection set amounts to with its fragments unfolded."""

    selections: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    meta_depth: int = 0
    meta_lists: int = 0
    pages: tuple[Page, ...] = ()

    def beside(self, other: "Figures") -> "Figures":
        return Figures(
            self.selections + other.selections,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            max(self.meta_depth, other.meta_depth),
            max(self.meta_lists, other.meta_lists),
            self.pages + other.pages if other.pages else self.pages,
        )


PLAIN = Figures(selections=1, depth=1)
"""A field without anything: most of them, so the walk makes no figures of its own for it."""


class FragmentCycle(Exception):
    """A fragment spreads itself."""


@dataclass(slots=True)
class Survey:
    """One walk over one document."""

    schema: GraphQLSchema
    config: TransportConfig
    fragments: dict[str, FragmentDefinitionNode]
    known: dict[str, Figures] = field(default_factory=dict)
    unfolding: set[str] = field(default_factory=set)
    level: int = 0

    def definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> Figures:
        if isinstance(node, FragmentDefinitionNode):
            return self.fragment(node.name.value)
        root = self.schema.get_root_type(node.operation)
        return self.selection_set(node.selection_set, root).beside(
            Figures(directives=len(node.directives or ()) + _variable_directives(node)),
        )

    def fragment(self, name: str) -> Figures:
        if name in self.known:
            return self.known[name]
        if name in self.unfolding:
            raise FragmentCycle
        node = self.fragments.get(name)
        if node is None:
            return Figures()
        self.unfolding.add(name)
        parent = self.schema.get_type(node.type_condition.name.value)
        figures = self.selection_set(node.selection_set, parent).beside(Figures(directives=len(node.directives or ())))
        self.unfolding.discard(name)
        self.known[name] = figures
        return figures

    def selection_set(self, node: SelectionSetNode, parent: GraphQLNamedType | None) -> Figures:
        self.level += 1
        if self.level > MAX_NESTING:
            raise exceeded("DEPTH", self.config.max_depth, self.level, "Selections are nested too deeply")
        total = Figures()
        for selection in node.selections:
            total = total.beside(self.selection(selection, parent))
            if total.selections > self.config.max_tokens:
                raise exceeded("TOKENS", self.config.max_tokens, total.selections, UNFOLDED)
        self.level -= 1
        return total

    def selection(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Figures:
        if isinstance(node, FieldNode):
            return self.field(node, parent)
        own = Figures(selections=1, directives=len(node.directives or ()))
        if isinstance(node, FragmentSpreadNode):
            return own.beside(self.fragment(node.name.value))
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self.schema.get_type(condition.name.value) if condition else parent
            return own.beside(self.selection_set(node.selection_set, inner))
        return own

    def field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Figures:
        if not (node.selection_set or node.arguments or node.alias or node.directives):
            return PLAIN
        name = node.name.value
        definition = self.schema.get_field(parent, name) if parent and is_composite_type(parent) else None
        result = get_named_type(definition.type) if definition else None
        below = self.selection_set(node.selection_set, result) if node.selection_set else Figures()
        hidden = name in {"__schema", "__type"}
        is_list = name in META_LISTS and parent is not None and parent.name.startswith("__")
        return Figures(
            below.selections + 1,
            1 if hidden else below.depth + 1,
            below.aliases + (node.alias is not None),
            below.directives + len(node.directives or ()),
            below.depth if hidden else below.meta_depth,
            below.meta_lists + is_list,
            page_of(node, definition, result, below.pages, self.config.default_page),
        )


def measure(
    schema: GraphQLSchema, document: DocumentNode, config: TransportConfig
) -> dict[str | None, tuple[Page, ...]]:
    """Check every bound that needs no variables; return the price list of each operation."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    survey = Survey(schema, config, fragments)
    roots = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    prices: dict[str | None, tuple[Page, ...]] = {}
    total = Figures()
    for root in roots:
        figures = survey.definition(root)
        prices[root.name.value if root.name else None] = figures.pages
        total = total.beside(figures)
    unused = [node for name, node in fragments.items() if name not in survey.known]
    for node in unused:
        total = total.beside(survey.definition(node))
    check(total, config)
    check_overlaps(fragments, [root.selection_set for root in roots], config)
    for node in unused:
        check_overlaps(fragments, [node.selection_set], config)
    return prices


def check(total: Figures, config: TransportConfig) -> None:
    bounds = (
        ("TOKENS", config.max_tokens, total.selections, UNFOLDED),
        ("DEPTH", config.max_depth, total.depth, "Fields are nested too deeply"),
        ("DEPTH", config.max_introspection_depth, total.meta_depth, "Introspection is nested too deeply"),
        ("DEPTH", config.max_introspection_lists, total.meta_lists, "Introspection nests too many lists"),
        ("ALIASES", config.max_aliases, total.aliases, "Too many aliases"),
        ("DIRECTIVES", config.max_directives, total.directives, "Too many directives"),
    )
    for name, limit, actual, message in bounds:
        if actual > limit:
            raise exceeded(name, limit, actual, message)


def exceeded(name: str, limit: int, actual: int, message: str) -> PublicError:
    return PublicError(f"{message}: {actual}, at most {limit}.", f"{name}_EXCEEDED", limit=limit, actual=actual)


def check_overlaps(
    fragments: dict[str, FragmentDefinitionNode],
    roots: list[SelectionSetNode],
    config: TransportConfig,
) -> None:
    for root in roots:
        pairs = overlaps(fragments, [root])
        if pairs > config.max_overlaps:
            message = "The same response names are selected too often"
            raise exceeded("OVERLAPS", config.max_overlaps, pairs, message)


def overlaps(fragments: dict[str, FragmentDefinitionNode], sets: list[SelectionSetNode]) -> int:
    """Count the pairs of fields that share a response name: what merging them will cost.

    Walks the unfolded document, which `check` has bounded before.
    """
    groups: dict[str, list[FieldNode]] = {}
    for selection_set in sets:
        gather(fragments, selection_set, groups)
    pairs = 0
    for nodes in groups.values():
        pairs += len(nodes) * (len(nodes) - 1) // 2
        below = [node.selection_set for node in nodes if node.selection_set]
        if below:
            pairs += overlaps(fragments, below)
    return pairs


def gather(
    fragments: dict[str, FragmentDefinitionNode],
    selection_set: SelectionSetNode,
    groups: dict[str, list[FieldNode]],
) -> None:
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            groups.setdefault((node.alias or node.name).value, []).append(node)
        elif isinstance(node, InlineFragmentNode):
            gather(fragments, node.selection_set, groups)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            gather(fragments, fragments[node.name.value].selection_set, groups)


def _variable_directives(node: OperationDefinitionNode) -> int:
    return sum(len(variable.directives or ()) for variable in node.variable_definitions or ())
