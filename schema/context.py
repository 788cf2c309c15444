"""What a nested field may ask for while it is answered: related nodes, loaded in batches."""

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from schema.cards import CardSource
    from schema.consents import AuthorizationRequest, Grant, Release
    from schema.employers import Job


class Loaders(Protocol):
    """Each loader answers with the node as this viewer sees it, or ``None``."""

    @property
    def jobs(self) -> "DataLoader[UUID, Job | None]": ...
    @property
    def requests(self) -> "DataLoader[UUID, AuthorizationRequest | None]": ...
    @property
    def grants_by_request(self) -> "DataLoader[UUID, Grant | None]": ...
    @property
    def grants(self) -> "DataLoader[UUID, Grant | None]": ...
    @property
    def releases_by_grant(self) -> "DataLoader[UUID, list[Release]]": ...
    @property
    def cards(self) -> "DataLoader[UUID, CardSource | None]": ...
    @property
    def member_names(self) -> DataLoader[UUID, str | None]: ...


class Context(Protocol):
    """The context of one operation."""

    @property
    def loaders(self) -> Loaders: ...


Info = strawberry.Info[Context, None]
