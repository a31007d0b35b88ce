"""A kernel that was restarted: ``%%dag`` and ``predict`` work there before ``%load_ext autograder`` was run again.

The study server lets its kernels load this. It costs nothing until one of the two is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    from IPython.core.magic import no_var_expand

    known: Any = shell

    def dag(line: str, cell: str | None = None) -> Any:
        known.extension_manager.load_extension("autograder")
        if cell is None:
            return known.run_line_magic("dag", line)
        return known.run_cell_magic("dag", line, cell)

    def predict(*answers: Any, **quantities: Any) -> Any:
        known.extension_manager.load_extension("autograder")
        return known.user_ns["predict"](*answers, **quantities)

    known.register_magic_function(no_var_expand(dag), "line_cell", "dag")
    known.push({"predict": predict}, interactive=False)
