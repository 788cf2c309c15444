"""The GraphQL schema object."""

from functools import lru_cache
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.utils.str_converters import to_camel_case

from app.translation import DomainErrors
from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.subscriptions import Subscription
from schema.candidates import CandidateProfile
from schema.employers import Member
from schema.errors import UserError

camel_case = lru_cache(maxsize=1024)(to_camel_case)


def read_field(source: Any, name: str) -> Any:  # noqa: ANN401 - whatever a field holds
    """Read a field: cards are answered as the stored JSON they are, everything else as objects."""
    return source[camel_case(name)] if isinstance(source, dict) else getattr(source, name)


def build_schema() -> strawberry.Schema:
    """Return the schema of the exchange."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[CandidateProfile, Member, UserError],
        exception_handlers=[DomainErrors()],
        config=StrawberryConfig(default_resolver=read_field),
    )
