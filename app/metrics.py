"""Figures for Prometheus. Labels are names of ours, never of people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

OPERATIONS = Counter("exchange_operations_total", "GraphQL operations by outcome.", ["outcome"], registry=REGISTRY)
SECONDS = Histogram(
    "exchange_operation_seconds",
    "Time of a GraphQL operation, in seconds.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
    registry=REGISTRY,
)
OUTBOX_WAITING = Gauge("exchange_outbox_waiting", "Messages that wait to be carried.", registry=REGISTRY)
OUTBOX_AGE = Gauge("exchange_outbox_age_seconds", "Age of the oldest waiting message.", registry=REGISTRY)


def count_operation(_name: str, outcome: str, seconds: float) -> None:
    """Count an operation. Its name is the client's to choose, and a label must not be."""
    OPERATIONS.labels(outcome).inc()
    SECONDS.observe(seconds)
