"""The example operations that open as tabs, in the order in which the story is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

OPERATIONS: Final = Path(__file__).parent / "operations"


@dataclass(frozen=True, slots=True)
class ExampleOperation:
    """One tab.

    A string in ``variables`` such as ``"{{requestAuthorization.request.id}}"`` is replaced, when the tab is run, by
    what an earlier tab's answer holds at that path.
    """

    title: str
    query: str
    variables: str = ""
    note: str = ""


def load_operations(folder: Path = OPERATIONS) -> tuple[ExampleOperation, ...]:
    """Read ``NN_name.graphql`` in order, each with the variables of ``NN_name.json`` where there is one."""
    return tuple(_read(file) for file in sorted(folder.glob("*.graphql")))


def _read(file: Path) -> ExampleOperation:
    lines = file.read_text(encoding="utf-8").splitlines()
    comments = list(_leading_comments(lines))
    if not comments:
        raise ValueError(f"{file.name}: the first line must be '# title'")
    query = "\n".join(lines[len(comments) :]).strip() + "\n"
    variables = file.with_suffix(".json")
    return ExampleOperation(
        title=comments[0],
        query=query,
        variables=variables.read_text(encoding="utf-8").strip() if variables.exists() else "",
        note=" ".join(comments[1:]),
    )


def _leading_comments(lines: list[str]) -> Iterator[str]:
    return (line.removeprefix("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines))
