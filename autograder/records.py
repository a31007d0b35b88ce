"""What every record of the project has in common: frozen, closed, and JSON in and out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value. Unknown fields are refused, so an old or foreign document is noticed at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
