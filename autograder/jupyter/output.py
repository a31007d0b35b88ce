"""An output of a cell that can be changed: IPython's own, with types."""

from __future__ import annotations

from typing import Any

__all__ = ["Output"]


class Output:
    """Shown at once; ``show`` changes what is there.

    :param bundle: the same thing by MIME type.
    """

    def __init__(self, bundle: dict[str, str]) -> None:
        from IPython.display import DisplayHandle

        handle: Any = DisplayHandle
        self._handle = handle()
        self._handle.display(bundle, raw=True)

    def show(self, bundle: dict[str, str]) -> None:
        """Let this take its place, wherever the output is seen."""
        self._handle.update(bundle, raw=True)
