"""Repeatable draws, quick enough for a million careers."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values of which some come up more often than others."""

    __slots__ = ("_bounds", "_last", "_total", "_values")

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        kept = [(value, weight) for value, weight in pairs if weight > 0]
        self._values = tuple(value for value, _ in kept)
        self._bounds = tuple(accumulate(weight for _, weight in kept))
        self._total = self._bounds[-1]
        self._last = len(self._values) - 1

    def pick(self, rng: Random) -> T:
        return self._values[min(bisect(self._bounds, rng.random() * self._total), self._last)]


def pick(rng: Random, values: Sequence[T]) -> T:
    return values[int(rng.random() * len(values))]


def between(rng: Random, low: int, high: int) -> int:
    """Draw a whole number, both ends included."""
    return low + int(rng.random() * (high - low + 1))


def few(rng: Random, values: Sequence[T], count: int, skew: float = 1.0) -> list[T]:
    """Draw different values in the order drawn; a skew above one favours the front of the sequence."""
    chosen: dict[int, None] = {}
    wanted = min(count, len(values))
    while len(chosen) < wanted:
        chosen[int(rng.random() ** skew * len(values))] = None
    return [values[position] for position in chosen]
