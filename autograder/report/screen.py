"""What the views in the terminal are made of: safe text, marks, and columns that wrap and never cut."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleRenderable, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.report.text import visible
from autograder.report.words import MARKS

__all__ = ["STYLES", "Screen"]

STYLES = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "timeout": "red",
    "skipped": "dim",
    "ungradable": "magenta",
}
_ASCII = {"✓": "+", "✗": "x", "–": "-", "…": "...", "·": "-", "“": '"', "”": '"'}


class Screen:
    """Makes pieces for one console, which may know no colours and no characters but ASCII."""

    def __init__(self, *, ascii_only: bool, width: int) -> None:
        self._ascii, self._width = ascii_only, width

    @classmethod
    def of(cls, console: Console) -> Screen:
        return cls(ascii_only=console.options.ascii_only, width=console.width)

    @staticmethod
    def put(console: Console, *pieces: ConsoleRenderable) -> None:
        """Print without the blanks that columns are filled up with: they are in the way when copied."""
        for cells in console.render_lines(Group(*pieces), pad=False):
            line = Text.assemble(*((cell.text, cell.style or "") for cell in cells if not cell.control))
            line.rstrip()
            console.print(line, soft_wrap=True)

    def text(self, content: str, style: str = "") -> Text:
        """Any text, a learner's too: never parsed as markup, with hidden characters shown."""
        return Text(visible(content.expandtabs(4), ascii_only=self._ascii), style=style, overflow="fold")

    def ours(self, content: str, style: str = "") -> Text:
        """Our own words, in the characters that this console has."""
        if self._ascii:
            content = "".join(_ASCII.get(sign, sign) for sign in content)
        return self.text(content, style)

    def mark(self, outcome: str) -> Text:
        return self.ours(MARKS[outcome], f"bold {STYLES[outcome]}")

    def rule(self, title: str) -> ConsoleRenderable:
        """A heading; the line beside it is the first thing to give way when there is little room."""
        heading = self.ours(title, "bold")
        rest = self._width - heading.cell_len - 1
        if rest > 2:
            heading.append(f" {('-' if self._ascii else '─') * rest}", "not bold dim")
        return heading

    def bar(self, part: int, whole: int) -> Text:
        width = min(24, max(0, self._width - 36))
        filled = round(width * part / whole) if whole else 0
        full, rest = ("#", "-") if self._ascii else ("━", "╌")
        return Text.assemble((full * filled, "green"), (rest * (width - filled), "dim"))

    @staticmethod
    def columns(*cells: ConsoleRenderable, wide: int, right: bool = False) -> Table:
        """Cells side by side; the one numbered ``wide`` takes the room that is left and wraps."""
        grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
        for number in range(len(cells)):
            last = right and number == len(cells) - 1
            grid.add_column(
                ratio=1 if number == wide else None,
                overflow="fold",
                no_wrap=number != wide,
                justify="right" if last else "left",
            )
        grid.add_row(*cells)
        return grid

    def named(self, rows: Iterable[tuple[str, ConsoleRenderable]], indent: int) -> ConsoleRenderable:
        """Names in a column, and what they name beside them, however long."""
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(ratio=1, overflow="fold")
        for name, content in rows:
            grid.add_row(self.ours(name), content)
        return Padding(grid, (0, 0, 0, indent))

    @staticmethod
    def inside(*parts: ConsoleRenderable, indent: int) -> ConsoleRenderable:
        return Padding(Group(*parts), (0, 0, 0, indent))
