"""When Tasks Fail: an autograder that runs DAGs under real Airflow and looks at what their callbacks did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext autograder`` in a notebook."""
    from autograder import jupyter

    jupyter.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext autograder``."""
    from autograder import jupyter

    jupyter.unload(shell)
