"""What a query may cost: measured on its text, before anything is validated or read.

Each field counts as one, and as often as the lists around it are long. Fragments are measured once each, so
that measuring costs nothing itself, however often they are spread (strawberry's own depth and alias limits
walk each spread anew, which a few hundred characters can make take for ever).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_operation_ast,
)

from webapp.errors import Problem
from webapp.graph.paging import MOST

TOKENS = 1_000
DEPTH = 10
ALIASES = 20
# Fields in the answer at the most: about a second of work.
COST = 50_000
# What is counted for a deed: locks and a durable write take longer than many fields.
DEED = 500


class TooComplex(Problem):
    """The query asks for more than one answer may hold."""

    status = 400
    name = "TooComplex"


class NoIntrospection(Problem):
    """The schema may not be asked about itself here."""

    status = 400
    name = "NoIntrospection"


@dataclass(frozen=True, slots=True)
class Measure:
    """How deep a selection goes, how many aliases it has, how many fields its answer may have."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0

    def __or__(self, other: "Measure") -> "Measure":
        return Measure(max(self.depth, other.depth), self.aliases + other.aliases, self.cost + other.cost)


class Measuring:
    """Measures one operation of a document with the values of its variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any],
        *,
        introspection: bool,
    ) -> None:
        self._schema = schema
        self._fragments = {
            part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
        }
        self._variables = dict(variables)
        self._introspection = introspection
        # None while a fragment is being measured: one that spreads itself is refused by the validation.
        self._known: dict[str, Measure | None] = {}

    def of(self, operation: OperationDefinitionNode) -> Measure:
        """What the operation asks for."""
        for variable in operation.variable_definitions or ():
            if isinstance(variable.default_value, IntValueNode):
                self._variables.setdefault(variable.variable.name.value, variable.default_value.value)
        return self._selections(operation.selection_set, self._schema.get_root_type(operation.operation))

    def _selections(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Measure:
        """What is selected of this type; what it does not have is refused by the validation."""
        found = Measure()
        if selections is None or not isinstance(parent, GraphQLObjectType):
            return found
        for part in selections.selections:
            if isinstance(part, FieldNode):
                found |= self._field(part, parent)
            elif isinstance(part, FragmentSpreadNode):
                found |= self._fragment(part.name.value)
            elif isinstance(part, InlineFragmentNode):
                found |= self._selections(part.selection_set, self._meant(part.type_condition, parent))
        return found

    def _field(self, field: FieldNode, parent: GraphQLObjectType) -> Measure:
        name, aliases = field.name.value, int(field.alias is not None)
        if name in ("__schema", "__type") and not self._introspection:
            raise NoIntrospection("This server does not tell its schema: read docs/schema.graphql.")
        known = parent.fields.get(name)
        if known is None:
            # Also __schema: a rule of the validation bounds its depth, the schema the length of its lists.
            return Measure(1, aliases, 1)
        inside = self._selections(field.selection_set, get_named_type(known.type))
        deed = DEED if parent is self._schema.mutation_type else 0
        times = self._length(field, known)
        return Measure(1 + inside.depth, aliases + inside.aliases, 1 + deed + times * inside.cost)

    def _length(self, field: FieldNode, known: GraphQLField) -> int:
        """How long the field's list may be: as ``first`` says; 1 for what takes no ``first``."""
        if "first" not in known.args:
            return 1
        usual: int = known.args["first"].default_value
        given = next((it.value for it in field.arguments or () if it.name.value == "first"), None)
        if isinstance(given, VariableNode):
            return _bounded(self._variables.get(given.name.value, usual))
        if given is None:
            return usual
        return _bounded(given.value) if isinstance(given, IntValueNode) else MOST

    def _fragment(self, name: str) -> Measure:
        if name not in self._known:
            self._known[name] = None
            fragment = self._fragments.get(name)
            self._known[name] = (
                self._selections(fragment.selection_set, self._meant(fragment.type_condition, None))
                if fragment
                else Measure()
            )
        return self._known[name] or Measure()

    def _meant(self, condition: NamedTypeNode | None, otherwise: GraphQLNamedType | None) -> Any:
        return self._schema.get_type(condition.name.value) if condition else otherwise


def require_affordable(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: str | None,
    variables: Mapping[str, Any],
    *,
    introspection: bool,
) -> None:
    """Refuse a query that is too deep, has too many aliases or costs too much.

    Raises `TooComplex`, `NoIntrospection`. What names no operation is left to the validation.
    """
    meant = get_operation_ast(document, operation)
    if meant is None:
        return
    found = Measuring(schema, document, variables, introspection=introspection).of(meant)
    for name, has, most in (
        ("levels", found.depth, DEPTH),
        ("aliases", found.aliases, ALIASES),
        ("fields", found.cost, COST),
    ):
        if has > most:
            raise TooComplex(f"At most {most} {name} in one query; this may have {min(has, 10**9)}.")


def _bounded(value: object) -> int:
    """The number of items that is asked for, as far as it will be given."""
    try:
        wanted = int(str(value)[:10])
    except ValueError:
        return MOST
    return min(max(wanted, 0), MOST)
