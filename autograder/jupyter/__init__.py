"""The course in a notebook: ``%load_ext autograder``, then ``%%dag`` above a DAG, and ``predict`` before a run.

Everything that is decided is decided where the command line has it from, too. A cell is saved and run in processes of
its own: nothing of it is executed in the kernel, and Airflow is never imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.jupyter.asking import predict

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "predict", "unload"]


def load(shell: InteractiveShell) -> None:
    """What ``%load_ext autograder`` does: the magic, ``predict``, and processes that become warm meanwhile."""
    from autograder.jupyter.magics import register

    register(shell)


def unload(shell: InteractiveShell) -> None:
    """What ``%unload_ext autograder`` does: the magic and the processes are gone."""
    from autograder.jupyter.magics import unregister

    unregister(shell)
