from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """Every figure of the edge. Sizes are bytes, times are seconds."""

    introspection: bool = False
    explorer: bool = False
    allow_get: bool = False
    allowed_origins: tuple[str, ...] = ()
    suggestions: bool | None = None
    """None: as `introspection`, for a suggestion is introspection one guess at a time."""
    log_exception_text: bool = False
    """Texts of database errors quote rows; a log that must not know people keeps only their types and places."""

    max_body_bytes: int = 64 * 1024
    body_seconds: float = 10
    max_depth: int = 15
    max_introspection_depth: int = 20
    max_introspection_lists: int = 3
    max_aliases: int = 30
    max_directives: int = 20
    max_tokens: int = 1000
    max_overlaps: int = 1000
    max_cost: int = 5000
    default_page: int = 20
    max_execution_seconds: float = 10
    max_abandoned: int = 100
    cached_documents: int = 500
    cached_document_chars: int = 16 * 1024

    sse_keep_alive_seconds: float = 12
    stall_seconds: float = 5
    revalidate_seconds: float = 5
    ws_init_seconds: float = 3
    ws_operations_per_socket: int = 20
    ws_frame_bytes: int = 64 * 1024
    ws_sockets_per_viewer: int = 10
    ws_sockets_per_address: int = 50
    ws_sockets_total: int = 5000
    ws_queue: int = 100

    @property
    def hides_suggestions(self) -> bool:
        return not (self.introspection if self.suggestions is None else self.suggestions)
