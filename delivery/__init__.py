"""Delivery carries the outbox to the world: for now, to live subscribers in every process of the service."""
