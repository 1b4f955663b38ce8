"""The schema: what can be asked and done. Its text is docs/schema.graphql; a test keeps them equal."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLSchema
from strawberry.extensions import SchemaExtension

from webapp.graph.mutation import Mutation
from webapp.graph.query import Query


class Prepared(SchemaExtension):
    """Have the document run that was parsed, measured and validated already (`running`)."""

    def on_operation(self) -> Iterator[None]:
        """Hand it over, and have nothing validated again."""
        self.execution_context.graphql_document = self.execution_context.context.document
        self.execution_context.validation_rules = ()
        yield


class Schema(strawberry.Schema):
    """Errors are written down where they become answers (`running`), once."""

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core has it."""
        return self._schema

    def process_errors(self, *_errors: object) -> None:
        """Not here."""


schema = Schema(Query, Mutation, extensions=[Prepared])
