"""How the story looks in a terminal: who does what, in short lines and small tables."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from app.demo.story_checks import Difference
from app.demo.story_parties import Party

WIDTH = 110
WHO = 19


class Teller:
    """Tells the story on a console."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.console.width = min(self.console.width, WIDTH)
        self._chapter = 0

    def begins(self, url: str) -> None:
        """Say what is to come."""
        self.console.print(f"The story of one consent, from sign-up to sign-out, played at {url}.", soft_wrap=True)
        self.console.print("[dim]Everybody in it is made up. What is refused is in yellow; every step is checked.[/]")

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter += 1
        self.console.print()
        self.console.print(Rule(f"[bold]{self._chapter}  {title}[/]", align="left", style="dim"))

    def says(self, party: Party, text: str) -> None:
        """Tell what a party does or sees."""
        line = Table.grid(padding=(0, 1))
        line.add_column(width=WHO, no_wrap=True)
        line.add_column()
        line.add_row(f"[{party.color}]{party.name}[/]", text)
        self.console.print(line)

    def refused(self, party: Party, text: str, code: str, why: str = "") -> None:
        """Tell what a party was refused, and with which code."""
        reason = f" {why}" if why else ""
        self.says(party, f"{text} → [yellow]{code}[/]{reason}")

    def shows(self, content: RenderableType, title: str, subtitle: str = "") -> None:
        """Show something that a party has on its screen."""
        panel = Panel(content, title=title, subtitle=subtitle, title_align="left", border_style="dim", padding=(0, 1))
        self.console.print(Padding(panel, (0, 0, 0, 2)))

    async def waits(self, seconds: int) -> None:
        """Wait, and tell why."""
        self.console.print(f"[yellow]Many have signed in lately: the service says to wait {seconds} seconds.[/]")
        with self.console.status("") as status:
            for left in range(seconds, 0, -1):
                status.update(f"{left} seconds to go")
                await asyncio.sleep(1)

    def ends(self, seconds: float) -> None:
        """Tell that all is well."""
        self.console.print()
        self.console.print(Rule(style="dim"))
        self.console.print(
            f"[bold green]Everything was as it must be.[/] {self._chapter} chapters in {seconds:.1f} s. "
            "Run it again as often as you like."
        )

    def differs(self, difference: Difference) -> None:
        """Tell what is not as it must be."""
        lines = (
            f"[bold]{difference.what}[/]",
            Text(f"must be  {difference.wanted}"),
            Text(f"but is   {difference.actual}"),
        )
        self.console.print(Panel(Group(*lines), title="[bold red]The story stops here", border_style="red"))

    def breaks(self, sentence: str) -> None:
        """Tell in a sentence why there is no story."""
        self.console.print(f"[bold red]No story.[/] {sentence}", soft_wrap=True)


def card_table(card: Mapping[str, Any]) -> RenderableType:
    """Return a card as a small table."""
    rows = (
        ("function", f"{card['function']['name']} · {card['level']['name']}"),
        ("experience", card["yearsOfExperience"]["name"]),
        ("region", card["region"]["name"]),
        ("skills", _names(card["skills"])),
        ("degree", (card["degree"] or {"name": "-"})["name"]),
        ("pay", _band(card["expectedPay"])),
        ("career", "\n".join(_step(step) for step in card["careerSteps"])),
    )
    return _pairs(rows)


def contact_table(contact: Mapping[str, Any]) -> RenderableType:
    """Return what a release handed over, and what it did not."""
    return _pairs((name, _disclosed(value)) for name, value in contact.items())


def ledger_table(entries: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return a ledger, oldest entry first, with the beginnings of its hashes."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("#", "event", "by", "employer", "before", "hash"):
        table.add_column(heading, justify="right" if heading == "#" else "left", no_wrap=True)
    for entry in entries:
        by, employer = entry["memberName"] or "candidate", entry["employerName"] or ""
        hashes = (f"[dim]{entry['previousHash'][:8]}[/]", entry["hash"][:8])
        table.add_row(str(entry["sequence"]), entry["event"], by, employer, *hashes)
    return table


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    return table


def _names(terms: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(term["name"] for term in terms)


def _band(pay: Mapping[str, Any] | None) -> str:
    return (
        "-"
        if pay is None
        else f"{pay['min']:,} to {pay['max'] or 'more':,} {pay['currency']} a {pay['period'].lower()}"
    )


def _step(step: Mapping[str, Any]) -> str:
    what = f"{step['level']['name']} {step['function']['name']}, {step['lengthInMonths']} months"
    return f"{what} [dim]({step['industry']['name']}, {step['companySize']['name']})[/]"


def _disclosed(value: Mapping[str, str] | None) -> str:
    return "[dim]not released[/]" if value is None else f"{value['value']} [dim]{value['form'].lower()}[/]"
