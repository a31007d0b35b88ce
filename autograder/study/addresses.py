"""Where everything is, under the server's base URL (``/`` or ``/user/learner/``)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["Addresses"]


@dataclass(frozen=True)
class Addresses:
    """Paths of one server; all but ``lab`` end with a slash."""

    base: str

    @property
    def course(self) -> str:
        return f"{self.base}course/"

    @property
    def open(self) -> str:
        return f"{self.base}study/open/"

    @property
    def lab(self) -> str:
        return f"{self.base}lab"

    @property
    def airflow(self) -> str:
        return f"{self.base}airflow/"

    @property
    def inbox(self) -> str:
        return f"{self.base}inbox/"

    @property
    def slack(self) -> str:
        return f"{self.base}slack/"

    def lab_file(self, path: str) -> str:
        """JupyterLab with a file open; ``path`` is relative to the folder that the server shows."""
        return f"{self.lab}/tree/{quote(path)}"
