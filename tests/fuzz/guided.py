"""``python -m tests.fuzz.guided NAME SECONDS FOLDER``: one target, guided by the coverage of what it runs.

Without atheris: the same property over inputs that hypothesis makes at random, for the same time.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:
    atheris = None

__all__ = ["MEGABYTES", "main"]

MEGABYTES = 3000
"""Of memory, at which a target has grown without bound."""
_HANGS = 30
"""Seconds after which one input hangs."""
_INSTRUMENTED = ["autograder", "aiosmtpd", "h11"]


def main(arguments: list[str]) -> None:
    name, seconds, folder = arguments[0], float(arguments[1]), Path(arguments[2])
    if atheris is None:
        _at_random(name, seconds)
        return
    with atheris.instrument_imports(include=_INSTRUMENTED, enable_loader_override=False):
        from tests.fuzz.targets import CORPUS, TARGETS

        target = TARGETS[name]
        judge, inputs = target.load()
    grown = folder / "grown" / name
    grown.mkdir(parents=True, exist_ok=True)
    known = [str(CORPUS / name)] if (CORPUS / name).is_dir() else []
    for number, word in enumerate(target.words() or _noise()):
        (grown / f"word-{number}").write_bytes(word)
    options = [
        f"-max_total_time={seconds:.0f}",
        f"-timeout={_HANGS}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-artifact_prefix={folder}/{name}-",
        "-max_len=65536",
        f"-len_control={20 if target.raw else 0}",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    one = _shown(judge)
    atheris.Setup([sys.argv[0], *options, str(grown), *known], one if target.raw else _made(one, inputs))
    atheris.Fuzz()


def _noise() -> list[bytes]:
    """What hypothesis makes inputs of, where those are no bytes: with too little of it there is no input."""
    chance = random.Random(time.time())
    return [chance.randbytes(1 << chance.randrange(9, 14)) for _ in range(12)]


def _shown(judge: Any) -> Any:
    """The property, which says what it was given when it fails."""

    def one(given: Any) -> None:
        try:
            judge(given)
        except Exception:
            print(f"The input: {repr(given)[:4000]}", file=sys.stderr, flush=True)
            raise

    return one


def _made(one: Any, inputs: Any) -> Any:
    """A function of bytes that makes an input of them."""
    from hypothesis import given

    from tests.fuzz.settings import profile

    @profile(1, shrink=False)
    @given(inputs)
    def test(value: Any) -> None:
        one(value)

    return test.hypothesis.fuzz_one_input  # type: ignore[attr-defined]


def _at_random(name: str, seconds: float) -> None:
    from hypothesis import HealthCheck, Phase, given, settings

    from tests.fuzz.targets import TARGETS

    judge, inputs = TARGETS[name].load()
    one, until, done = _shown(judge), time.monotonic() + seconds, 0

    @settings(
        max_examples=10**9,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def test(value: Any) -> None:
        nonlocal done
        if time.monotonic() > until:
            print(f"stat::number_of_executed_units: {done}", file=sys.stderr, flush=True)
            os._exit(0)
        done += 1
        one(value)

    test()


if __name__ == "__main__":
    main(sys.argv[1:])
