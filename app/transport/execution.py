"""One path from request parameters to a result, for HTTP, SSE and WebSocket alike."""

import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, OperationType, create_source_event_stream
from graphql.execution import Executor
from graphql.execution.execute import execute_subscription_event
from starlette.requests import HTTPConnection
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from app.transport.config import TransportConfig
from app.transport.documents import Document, Documents, Operation
from app.transport.errors import Formatted, Mask, PublicError, Rejected, request_error
from app.transport.params import OperationRequest
from app.transport.plain import PlainExecutor
from app.transport.ports import Ports
from app.transport.runner import Runner, Slot

STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "RATE_LIMITED": 429,
    "TIMEOUT": 503,
    "OVERLOADED": 503,
    "UNAVAILABLE": 503,
}

UNPREPARED = "unprepared"
"""Stands for the operation where none was found: a name that a client made up must not become a metric."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of GraphQL. `executed` tells "data is null" from "there is no data"."""

    data: Any
    errors: list[Formatted] | None
    executed: bool
    status: int = 200

    @property
    def payload(self) -> Formatted:
        payload: Formatted = {"errors": self.errors} if self.errors else {}
        if self.executed:
            payload["data"] = self.data
        return payload


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that passed every check which needs no variables."""

    request: OperationRequest
    document: Document
    operation: Operation
    viewer: Any
    connection: HTTPConnection
    language: str

    @property
    def is_subscription(self) -> bool:
        return self.operation.kind is OperationType.SUBSCRIPTION


class Engine:
    def __init__(self, schema: Schema, config: TransportConfig, ports: Ports[Any]) -> None:
        refuse_unsupported(schema)
        self.schema = schema
        self.config = config
        self.ports = ports
        self.documents = Documents(schema._schema, config)  # noqa: SLF001 - Strawberry offers no public way to it
        self.mask = Mask(log_text=config.log_exception_text, translate=ports.translate)
        self.known_texts: set[int] = set()
        self.runner = Runner(config.max_execution_seconds, config.max_abandoned, self.mask)

    def prepare(self, request: OperationRequest, viewer: Any, connection: HTTPConnection, language: str) -> Prepared:  # noqa: ANN401 - the viewer is the application's
        """Find, parse, measure and validate the document. Raise `Rejected` or `PublicError`."""
        find = self.ports.find_document
        text = find(request, viewer) if find else request.query
        if not text:
            raise PublicError("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
        document = self.documents.get(text)
        return Prepared(request, document, document.pick(request.operation_name), viewer, connection, language)

    async def execute(self, prepared: Prepared) -> Reply:
        """Run a query or mutation. Never raises: what goes wrong is in the reply."""
        started = time.perf_counter()
        try:
            executor = await self._executor(prepared)
            result = executor.execute_operation()
            if isawaitable(result):
                result = await cast("Awaitable[ExecutionResult]", result)
            reply = self._reply(cast("ExecutionResult", result), prepared.operation.label)
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            reply = self.failure(error, prepared.operation.label)
        self._count(prepared, reply, time.perf_counter() - started)
        return reply

    async def stream(self, prepared: Prepared, slot: Slot | None = None) -> AsyncGenerator[Reply, None]:
        """Run a subscription: a reply for each event. Only waiting for an event can be cancelled."""
        started = time.perf_counter()
        label = prepared.operation.label
        reply = Reply(None, None, executed=False)
        try:
            executor, source = await self.runner.run(self._subscribe(prepared), slot)
            async with aclosing(cast("AsyncGenerator[Any, None]", source)):
                async for event in source:
                    work = self._event(executor.build_per_event_executor(event), label)
                    reply = await self.runner.run(work, slot)
                    yield reply
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            reply = self.failure(error, label)
            yield reply
        finally:
            self._count(prepared, reply, time.perf_counter() - started)

    def refuse(self, error: BaseException) -> Reply:
        """Answer an operation that did not come as far as `execute`, or that nobody waits for any more."""
        reply = self.failure(error, UNPREPARED)
        self.ports.on_operation(UNPREPARED, outcome_of(reply), 0.0)
        return reply

    def failure(self, error: BaseException, label: str) -> Reply:
        """Turn what was raised outside of any field into a reply without data."""
        if isinstance(error, Rejected):
            return Reply(None, error.errors, executed=False, status=error.status)
        formatted = self.mask.any_error(error, label)
        status = STATUS.get(formatted["extensions"]["code"], 400 if isinstance(error, PublicError) else 500)
        return Reply(None, [formatted], executed=False, status=status)

    async def _executor(self, prepared: Prepared) -> Executor[Any]:
        request = prepared.request
        context = await self.ports.make_context(prepared.viewer, prepared.connection, prepared.language)
        executor = PlainExecutor.build(
            self.schema._schema,  # noqa: SLF001 - as above
            prepared.document.ast,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=prepared.operation.name,
            is_awaitable=cast("Any", optimized_is_awaitable),
            hide_suggestions=self.config.hides_suggestions,
            operation_extensions=request.extensions,
            plans=prepared.operation.plans,
            known=self.known_texts,
        )
        if isinstance(executor, list):
            raise Rejected([request_error(error, "BAD_USER_INPUT") for error in executor])
        prepared.operation.check_cost(executor.variable_values.coerced, self.config.max_cost)
        return executor

    async def _subscribe(self, prepared: Prepared) -> tuple[Executor[Any], AsyncIterable[Any]]:
        executor = await self._executor(prepared)
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise Rejected(self._errors(source.errors or [], prepared.operation.label))
        return executor, source

    async def _event(self, executor: Executor[Any], label: str) -> Reply:
        result = execute_subscription_event(executor)
        if isawaitable(result):
            result = await result
        return self._reply(result, label)

    def _reply(self, result: ExecutionResult, label: str) -> Reply:
        errors = self._errors(result.errors, label) if result.errors else None
        return Reply(result.data, errors, executed=True)

    def _errors(self, errors: list[GraphQLError], label: str) -> list[Formatted]:
        return [self.mask.field_error(error, label) for error in errors]

    def _count(self, prepared: Prepared, reply: Reply, seconds: float) -> None:
        self.ports.on_operation(prepared.operation.label, outcome_of(reply), seconds)


def outcome_of(reply: Reply) -> str:
    if not reply.errors:
        return "ok"
    codes = {error["extensions"].get("code") for error in reply.errors}
    for code in ("INTERNAL", "TIMEOUT", "OVERLOADED"):
        if code in codes:
            return code.lower()
    return "error" if reply.executed else "refused"


def refuse_unsupported(schema: Schema) -> None:
    """Say at start what would otherwise be skipped in silence."""
    if schema.extensions or schema.directives:
        message = "The transport runs no schema extensions and no custom operation directives."
        raise ValueError(message)
    if schema.config.enable_experimental_incremental_execution:
        message = "The transport does not deliver incrementally."
        raise ValueError(message)
