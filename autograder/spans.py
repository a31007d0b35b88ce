"""Durations and moments of virtual time, in words."""

from __future__ import annotations

__all__ = ["after_start", "duration", "moment"]


def duration(seconds: float) -> str:
    """``12 ms``, ``2.5 s``, ``5 min``, ``1 h 5 min``, ``2 days 3 h``: at most two units."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)} ms" if seconds else "0 s"
    if seconds < 59.995:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    whole = round(seconds)
    for size, unit, rest, small in ((86400, "day", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            first, second = divmod(whole, size)
            head = f"{first} {unit}s" if unit == "day" and first > 1 else f"{first} {unit}"
            return f"{head} {second // rest} {small}" if second // rest else head
    raise AssertionError(seconds)


def moment(seconds: float) -> str:
    """A point in virtual time, to the millisecond: ``20 ms``, ``5 min 0.047 s``, ``2 h 0 min 4 s``."""
    if seconds < 60:
        return duration(seconds) if seconds < 1 else f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    small = f"{rest:.3f}".rstrip("0").rstrip(".")
    return f"{hours} h {minutes} min {small} s" if hours else f"{minutes} min {small} s"


def after_start(seconds: float, start: str = "the run began") -> str:
    """A point in virtual time, told from the start of the run: ``2 h after the run began``."""
    return f"{duration(abs(seconds))} {'before' if seconds < 0 else 'after'} {start}"
