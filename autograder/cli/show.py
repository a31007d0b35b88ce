"""What commands that grade make of a result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.ending import code_of, sentence_of
from autograder.cli.output import write_json, write_text

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.session import Graded

__all__ = ["Show"]


@dataclass(frozen=True)
class Show:
    """What to make of a result: on the console, and as files."""

    hints: int
    full_traceback: bool
    json_to: str | None = None
    html_to: str | None = None

    def __call__(self, graded: Graded, out: Console, remarks: Console) -> int:
        """Show it everywhere it was asked for; return the exit code, which is said last."""
        from autograder.report import terminal  # not before the first child has started: it takes a while

        result = graded.result
        terminal.show(
            result,
            evidence=graded.evidence,
            sources=graded.sources,
            hints=self.hints,
            full_traceback=self.full_traceback,
            console=out,
        )
        write_json(self.json_to, result.model_dump_json(indent=1), remarks)
        if self.html_to:
            from autograder.report import html

            write_text(Path(self.html_to), html.render(result, graded.evidence, graded.sources), remarks)
        remarks.print(sentence_of(result), markup=False, soft_wrap=True)
        return code_of(result)
