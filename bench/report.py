"""Samples, their medians and ratios, and the tables that are printed."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median

from bench import made
from bench.generators import Load, generator_name

RESULTS = made.FOLDER / "results"


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant in one round. ``round`` is what ratios are taken within."""

    experiment: str
    engine: str
    cards: int
    case: str
    contestant: str
    round: int
    load: Load


@dataclass(frozen=True, slots=True)
class Figure:
    """A single measured value that is not a load."""

    experiment: str
    engine: str
    cards: int
    case: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Line:
    """The medians of a contestant, and the medians of its ratios to the first contestant of the same case."""

    contestant: str
    load: Load
    cpu_ratio: float
    speed_ratio: float


Key = tuple[str, str, int, str]


def lines(samples: Iterable[Sample]) -> dict[Key, list[Line]]:
    """Return, for every case, its contestants with medians; the first of them is the baseline."""
    cases: dict[Key, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        cases[sample.experiment, sample.engine, sample.cards, sample.case][sample.contestant].append(sample)
    return {
        key: [_line(name, own, next(iter(found.values()))) for name, own in found.items()]
        for key, found in cases.items()
    }


def _line(name: str, own: Sequence[Sample], base: Sequence[Sample]) -> Line:
    pairs = [(sample.load, other.load) for sample in own for other in base if sample.round == other.round]

    def middle(value: Callable[[Load], float]) -> float:
        return median(value(sample.load) for sample in own)

    return Line(
        contestant=name,
        load=Load(
            per_second=middle(lambda load: load.per_second),
            cpu=middle(lambda load: load.cpu),
            median=middle(lambda load: load.median),
            p99=middle(lambda load: load.p99),
            failed=middle(lambda load: load.failed),
        ),
        cpu_ratio=median(mine.cpu / other.cpu for mine, other in pairs) if all(b.cpu for _, b in pairs) else 0.0,
        speed_ratio=median(mine.per_second / other.per_second for mine, other in pairs),
    )


def load_table(samples: Sequence[Sample]) -> str:
    """Return a table of loads, ratios first."""
    head = [
        "what",
        "engine",
        "cards",
        "contestant",
        "CPU ratio",
        "requests/s ratio",
        "requests/s",
        "CPU ms",
        "median ms",
        "p99 ms",
    ]
    rows = []
    for (_, engine, cards, case), found in lines(samples).items():
        for line in found:
            load = line.load
            figures = [f"{line.cpu_ratio:.2f}", f"{line.speed_ratio:.2f}", f"{load.per_second:,.0f}"]
            failed = f" ({load.failed:.0%} failed)" if load.failed else ""
            times = [f"{load.cpu:.2f}", f"{load.median:.1f}", f"{load.p99:.1f}"]
            rows.append([case, engine, f"{cards:,}", line.contestant + failed, *figures, *times])
    return markdown(head, rows)


def figure_table(figures: Sequence[Figure]) -> str:
    """Return a table of values, a column for each name."""
    names = list(dict.fromkeys(name for figure in figures for name in figure.values))
    rows = [
        [figure.case, figure.engine, f"{figure.cards:,}", *(_number(figure.values.get(name)) for name in names)]
        for figure in figures
    ]
    return markdown(["what", "engine", "cards", *names], rows)


def statement_table(figures: Sequence[Figure]) -> str:
    """Return how many statements each page costs; on every engine and at every size, if they are the same."""
    found: dict[str, set[int]] = defaultdict(set)
    for figure in figures:
        found[figure.case].add(int(figure.values["statements"]))
    rows = [[case, " or ".join(map(str, sorted(counts)))] for case, counts in found.items()]
    return markdown(["page", "statements"], rows)


def growth_table(figures: Sequence[Figure]) -> str:
    """Return how the medians of the same query grow from the smallest to the largest table."""
    cases: dict[tuple[str, str], dict[int, dict[str, float]]] = defaultdict(dict)
    for figure in figures:
        cases[figure.case, figure.engine][figure.cards] = figure.values
    sizes = sorted({figure.cards for figure in figures})
    rows = []
    for (case, engine), found in cases.items():
        cells = [
            f"{found[size]['median ms']:.2f} / {found[size]['p99 ms']:.2f}" if size in found else "–" for size in sizes
        ]
        first, last = found[min(found)]["median ms"], found[max(found)]["median ms"]
        rows.append([case, engine, *cells, f"{last / first:.1f}" if len(found) > 1 else "–"])
    return markdown(["query alone, median / p99 ms", "engine", *(f"{size:,}" for size in sizes), "growth"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def save(samples: Sequence[Sample], figures: Sequence[Figure], command: str) -> None:
    """Keep what was measured."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "generator": generator_name(),
        "samples": [asdict(sample) for sample in samples],
        "figures": [asdict(figure) for figure in figures],
    }
    (RESULTS / "latest.json").write_text(json.dumps(found, indent=1))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.2f}"
