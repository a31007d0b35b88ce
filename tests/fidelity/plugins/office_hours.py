"""A plugin with a deadline reference of its own, as an exercise supplies it and as a real Airflow has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseDeadlineReference, deadline_reference

__all__ = ["OfficeHours", "TheBeginning"]


@deadline_reference()
class TheBeginning(BaseDeadlineReference):
    """Long ago."""

    def _evaluate_with(self, *, session: Any, **kwargs: Any) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC)


class OfficeHours(AirflowPlugin):
    name = "office_hours"
    deadline_references = [TheBeginning]
