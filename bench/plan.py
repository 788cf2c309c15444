"""What one run measures, and how it tells about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.progress import Progress

from bench.databases import Database
from bench.generators import Load
from bench.report import Figure, Sample


@dataclass
class Run:
    """The size of a run, its progress, and what it has found so far."""

    databases: Sequence[Database]
    rounds: int
    seconds: float
    progress: Progress
    samples: list[Sample] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def interleave(
        self, experiment: str, database: Database, case: str, contestants: dict[str, Callable[[float], Load]]
    ) -> None:
        """Measure the contestants in turn, round after round; the first is the baseline. One short turn warms up."""
        name = f"{experiment}, {database.engine}, {database.cards:,} cards: {case}"
        task = self.progress.add_task(name, total=self.rounds * len(contestants))
        for measure in contestants.values():
            measure(min(1.0, self.seconds))
        for number in range(self.rounds):
            for contestant, measure in contestants.items():
                load = measure(self.seconds)
                self.samples.append(Sample(experiment, database.engine, database.cards, case, contestant, number, load))
                self.progress.advance(task)
        self.progress.remove_task(task)

    def found(self, experiment: str, database: Database, case: str, **values: float) -> None:
        """Keep single values."""
        named = {name.replace("_", " "): value for name, value in values.items()}
        self.figures.append(Figure(experiment, database.engine, database.cards, case, named))
