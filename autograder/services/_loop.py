"""One asyncio loop in one daemon thread, which can say when nothing is left to read or to do."""

from __future__ import annotations

import asyncio
import collections
import select
import selectors
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread"]

T = TypeVar("T")

CALL_SECONDS = 10.0
"""No call into the loop takes milliseconds; one that takes this long never comes back."""


class _IdleSelector(selectors.DefaultSelector):
    """Tells those who wait when the loop is about to sleep although it just looked for input.

    asyncio asks its selector to block only when no callback is ready to run. If a look without blocking finds
    nothing then, all that had arrived has been read, and all that follows from it has been done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting: collections.deque[threading.Event] = collections.deque()
        self._asleep = False
        self._look = select.poll()
        self._look.register(self.fileno(), select.POLLIN)

    @property
    def quiet(self) -> bool:
        """Whether nothing is left to read or to do, as far as anybody can tell who does not wake the loop.

        First the look, then the question: whatever had arrived at the look was read before it, and who sleeps has
        done what follows from it.
        """
        return not self._look.poll(0) and self._asleep

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.waiting and (timeout is None or timeout > 0):
            # Taken before looking: who asks while we look is answered at the next look.
            waiting = [self.waiting.popleft() for _ in range(len(self.waiting))]
            if ready := super().select(0):
                self.waiting.extendleft(reversed(waiting))
                return ready
            for event in waiting:
                event.set()
        if timeout == 0:
            return super().select(timeout)
        self._asleep = True
        try:
            return super().select(timeout)
        finally:
            self._asleep = False


class LoopThread:
    """An asyncio loop that runs beside the caller until it is stopped."""

    def __init__(self, name: str) -> None:
        self._selector = _IdleSelector()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(CALL_SECONDS)

    def stop(self) -> None:
        if self._loop is None or self._end is None or not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(CALL_SECONDS)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop's thread and wait for what it returns."""
        if self._loop is None or not self._thread.is_alive():
            work.close()
            raise RuntimeError("The stand-ins are not running: call start() first, and not after stop().")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    def settle(self, seconds: float) -> bool:
        """Wait until the loop has nothing to read and nothing to do. False: that took too long."""
        if self._loop is None or not self._thread.is_alive():
            raise RuntimeError("The stand-ins are not running: call start() first, and not after stop().")
        if self._selector.quiet:
            return True
        idle = threading.Event()
        self._selector.waiting.append(idle)
        self._loop.call_soon_threadsafe(_wake)
        return idle.wait(seconds)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(self._selector)) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._ready.set()
        await self._end.wait()


def _wake() -> None:
    """Nothing to do: being called is what ends the loop's sleep."""
