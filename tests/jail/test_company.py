"""Those who wait side by side in one process."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest

from autograder.jail.company import Company


def test_threads_that_begin_to_wait_at_once_have_one_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    pipe = os.pipe

    class Counted(Company):
        def _keep(self) -> None:
            kept.append(threading.get_native_id())

    def slow() -> Any:
        time.sleep(0.05)
        return pipe()

    monkeypatch.setattr(os, "pipe", slow)
    company = Counted(None)  # type: ignore[arg-type]
    threads = [threading.Thread(target=company._start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 5
    while not kept and time.monotonic() < until:
        time.sleep(0.001)
    assert len(kept) == 1
    company.forget()
