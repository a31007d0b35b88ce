"""How many examples, and the same ones every time."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

__all__ = ["profile"]


def profile(examples: int, *, shrink: bool = True) -> settings:
    """The settings of one property: no deadline, for this is no measure of speed; no files, for tests leave none."""
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
