"""Which metrics are Airflow's own: the names in its registry."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

__all__ = ["PREFIX", "is_airflows"]

PREFIX = "airflow."


@cache
def _pattern() -> re.Pattern[str]:
    """Every name of ``airflow/_shared/observability/metrics/metrics_template.yaml``, placeholders as anything."""
    text = (
        resources.files("airflow._shared.observability.metrics").joinpath("metrics_template.yaml").read_text()
    )
    found = re.findall(r"^\s*(?:- )?(?:name|legacy_name):\s*[\"']?([^\"'\s#]+)", text, re.MULTILINE)
    # A name that begins with a placeholder would claim whatever the learner may think of.
    names = {name for name in found if name[0] not in "-{"}
    parts = [re.sub(r"\\\{[^}]*\\\}", r"[^,]+", re.escape(name)) for name in sorted(names)]
    return re.compile("|".join(f"(?:{part})" for part in parts))


def is_airflows(name: str) -> bool:
    """Whether a metric, as it arrived, is one that Airflow itself emits."""
    return name.startswith(PREFIX) and _pattern().fullmatch(name.removeprefix(PREFIX)) is not None
