"""The GraphQL transport: HTTP, server-sent events and WebSockets over one schema, independent of the domain."""

from app.transport.config import TransportConfig
from app.transport.errors import PublicError
from app.transport.hub import TransportHub
from app.transport.params import OperationRequest
from app.transport.ports import Viewer
from app.transport.server import GraphQLTransport

__all__ = ["GraphQLTransport", "OperationRequest", "PublicError", "TransportConfig", "TransportHub", "Viewer"]
