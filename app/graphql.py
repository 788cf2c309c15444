"""The GraphQL schema object."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.translation import DomainErrors
from app.transport.plain import read_field
from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.subscriptions import Subscription
from schema.candidates import CandidateProfile
from schema.employers import Member
from schema.errors import UserError


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
