"""``python -m bench``: measure, tell, end. Only loopback; only processes and databases of its own."""

import signal
import sys
from collections.abc import Callable
from typing import Literal

import cyclopts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import fanout, inbox, query, search, verbs, write
from bench.databases import Database, drop_all
from bench.generators import generator_name
from bench.load import ensure
from bench.plan import Run
from bench.report import RESULTS, figure_table, growth_table, load_table, save, statement_table

What = Literal["search", "inbox", "write", "query", "fanout", "all"]
Engine = Literal["sqlite", "postgres", "both"]

EXPERIMENTS: dict[str, tuple[Callable[[Run], None], ...]] = {
    "query": (query.measure,),
    "search": (search.measure,),
    "inbox": (inbox.measure,),
    "write": (write.measure, verbs.measure),
    "fanout": (fanout.measure,),
}
TITLES = {
    "search": "A page of 20 cards over HTTP, 8 connections",
    "inbox": "The inbox over HTTP, 8 connections",
    "write": "Writing over HTTP",
}
FIGURES = {
    "write": "Each step of writing, median milliseconds",
    "approve": "The approve verb against the same statements",
    "publish": "Publishing a card",
    "fanout": "Fan-out",
}

console = Console(stderr=True, highlight=False)
app = cyclopts.App(name="python -m bench", help="Measure the exchange against plain baselines, interleaved in one run.")


@app.default
def bench(
    what: What = "all",
    *,
    engine: Engine = "both",
    cards: str = "10000,100000",
    rounds: int = 4,
    seconds: float = 4.0,
    quick: bool = False,
    drop: bool = False,
) -> None:
    """Measure one thing, or all.

    Parameters
    ----------
    what
        search, inbox, write, query, fanout or all.
    engine
        sqlite, postgres or both.
    cards
        The sizes of the tables, separated by commas.
    rounds
        How often the contestants take turns; the printed figures are medians over the rounds.
    seconds
        How long a turn takes.
    quick
        A smaller run to see that everything works: 10,000 cards, 2 rounds of 1 second.
    drop
        Remove everything that runs have made, and measure nothing.

    """
    if drop:
        console.print(f"Removed {', '.join(drop_all())}.")
        return
    if quick:
        cards, rounds, seconds = "10000", 2, 1.0
    engines = ("sqlite", "postgres") if engine == "both" else (engine,)
    databases = [Database(each, int(size)) for size in cards.split(",") for each in engines]
    wanted = EXPERIMENTS if what == "all" else {what: EXPERIMENTS[what]}
    console.print(f"Load by {generator_name()}; {rounds} rounds of {seconds:g} s a turn.")
    with _progress() as progress:
        ensure(databases, progress)
        run = Run(databases, rounds, seconds, progress)
        try:
            for name, measures in wanted.items():
                try:
                    for measure in measures:
                        measure(run)
                finally:
                    _tell(run, name)
        finally:
            save(run.samples, run.figures, " ".join(["python -m bench", *sys.argv[1:]]))
    console.print(f"Everything that was measured is in {RESULTS.relative_to(RESULTS.parents[2])}/latest.json.")


def _tell(run: Run, name: str) -> None:
    """Print what an experiment has found, ready to paste."""
    samples = [sample for sample in run.samples if sample.experiment == name]
    if samples:
        _print(TITLES[name], load_table(samples))
    if name == "query":
        _print("The search query alone", growth_table(_figures(run, "query")))
        _print("Statements for a page", statement_table(_figures(run, "statements")))
    for kind in ("write", "approve", "publish") if name == "write" else (name,):
        figures = _figures(run, kind)
        if kind in FIGURES and figures:
            _print(FIGURES[kind], figure_table(figures))


def _figures(run: Run, experiment: str) -> list:
    return [figure for figure in run.figures if figure.experiment == experiment]


def _print(title: str, table: str) -> None:
    print(f"\n### {title}\n\n{table}", flush=True)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


if __name__ == "__main__":
    # Told to stop, it takes down what it started like after Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    app()
