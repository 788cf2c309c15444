"""Structured logs without personal data: events with ids, codes and figures, one JSON object a line."""

import logging
import sys
from typing import Any

import structlog


def configure_logs(level: str, *, for_people: bool) -> None:
    """Send every log line to standard error: as JSON, or as text when a person reads it."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer()
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryLine(shared, renderer))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class LibraryLine(logging.Formatter):
    """A line of a library's log, in our form: its text before any values came into it, and an error only by its type.

    Texts of errors quote rows, and what a library formats itself, such as asyncio's account of a failed task, quotes
    errors from its second line on.
    """

    def __init__(self, processors: list[Any], renderer: Any) -> None:  # noqa: ANN401 - structlog's own type
        super().__init__()
        self._processors, self._renderer = processors, renderer

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event: Any = {"event": str(record.msg).partition("\n")[0][:200], "logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            event["error"] = record.exc_info[0].__qualname__
        for process in (*self._processors, self._renderer):
            event = process(None, record.levelname.lower(), event)
        return str(event)
