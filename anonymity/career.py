"""Dates of a career: what was worked when, counted once, and rounded so that no date remains."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

_MONTHS_A_YEAR = 12
_HALF_YEAR = 6


@dataclass(frozen=True, slots=True)
class Span:
    """Months counted from year 0: the first worked one, and the first that is no longer worked."""

    start: int
    end: int
    current: bool

    @property
    def months(self) -> int:
        return max(0, self.end - self.start)

    @property
    def recency(self) -> tuple[bool, int, int]:
        """Sort newest work first, under ``reverse=True``."""
        return self.current, self.end, self.start


def month_number(text: object) -> int | None:
    """Read YYYY, YYYY-MM or YYYY-MM-DD; a bare year stands for its January, so that two bare years differ by years."""
    parts = text.split("-") if isinstance(text, str) else []
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    month = int(parts[1]) if len(parts) > 1 else 1
    return int(parts[0]) * _MONTHS_A_YEAR + month - 1 if 1 <= month <= _MONTHS_A_YEAR else None


def span_of(step: Mapping[str, object], today: date) -> Span:
    """Give the step's months until today. Without a start it has no length; without an end it still goes on."""
    now = today.year * _MONTHS_A_YEAR + today.month - 1
    start, end = month_number(step.get("startDate")), month_number(step.get("endDate"))
    until = min(now, now if end is None else end)
    return Span(until if start is None else start, until, start is not None and end is None)


def months_worked(spans: Iterable[Span]) -> int:
    """Count the months of all spans, those that overlap once."""
    total, covered = 0, 0
    for span in sorted(spans, key=lambda span: span.start):
        total += max(0, span.end - max(span.start, covered))
        covered = max(covered, span.end)
    return total


def in_half_years(months: int) -> int:
    """Round to half-years, in months; short work does not vanish."""
    return max(_HALF_YEAR, (months + _HALF_YEAR // 2) // _HALF_YEAR * _HALF_YEAR) if months else 0
