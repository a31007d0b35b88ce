"""The jail's side of a trigger: Airflow's own ``TriggerRunner``, for one trigger, which wakes only for news.

The triggerer's loop looks around once a second and ten times a second whether it was blocked
(airflow/jobs/triggerer_job_runner.py:1255, 1553); in virtual time that would be tens of thousands of looks for a
trigger that waits two hours. What it does at each look is Airflow's: create, report events and failures, cancel.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from traceback import TracebackException
from types import SimpleNamespace
from typing import Any

import structlog
from airflow.jobs.triggerer_job_runner import ToTriggerRunner, ToTriggerSupervisor, TriggerRunner, messages
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import CommsDecoder
from airflow.triggers import callback as callback_trigger
from pydantic import TypeAdapter

__all__ = ["CANCEL", "record", "target"]

CANCEL = signal.SIGUSR1
"""The signal by which control says that nobody wants the trigger any more."""

_OURS = f"{Path(__file__).parents[1]}/"
_ANSWERS: TypeAdapter[Any] = TypeAdapter(ToTriggerRunner)


class _Comms(CommsDecoder[ToTriggerRunner, ToTriggerSupervisor]):
    """Asks and waits for the answer, which control gives at once; no event loop has to listen to its socket."""

    async def asend(self, msg: Any) -> Any:
        return self.send(msg)


class _Events(deque[Any]):
    """Events of the trigger, which somebody waits for."""

    def __init__(self, news: asyncio.Event) -> None:
        super().__init__()
        self._news = news

    def append(self, event: Any) -> None:
        super().append(event)
        self._news.set()


class _Log:
    """A logger whose methods for coroutines log at once: structlog's would start a thread for each line."""

    def __init__(self) -> None:
        self._logger = structlog.get_logger("airflow.jobs.triggerer_job_runner")

    def __getattr__(self, name: str) -> Any:
        if name not in ("ainfo", "awarning", "aerror", "aexception"):
            return getattr(self._logger, name)

        async def logs(*args: Any, **kwargs: Any) -> None:
            getattr(self._logger, name[1:])(*args, **kwargs)

        return logs


_Runner: Any = TriggerRunner
"""Airflow's class, whose methods have no types."""


class _OneTrigger(_Runner):  # type: ignore[misc]
    log = _Log()

    async def init_comms(self) -> None:
        comms: Any = _Comms(body_decoder=_ANSWERS)
        self.comms_decoder = task_runner.SUPERVISOR_COMMS = comms
        if not isinstance(comms._get_response(), messages.StartTriggerer):
            raise RuntimeError("control did not begin with StartTriggerer")

    async def arun(self) -> None:
        """As the triggerer's loop, but from one piece of news to the next."""
        await self.init_comms()
        news = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.events = _Events(news)
        await self.sync_state_to_supervisor([])
        await self.create_triggers()
        for details in self.triggers.values():
            details["task"].add_done_callback(lambda _: news.set())

        def unwanted(*_: Any) -> None:
            self.to_cancel.extend(self.triggers)
            loop.call_soon_threadsafe(news.set)

        signal.signal(CANCEL, unwanted)
        while self.triggers:
            await news.wait()
            news.clear()
            await self.cancel_triggers()
            await self.sync_state_to_supervisor(await self.cleanup_finished_triggers())
            if self.failed_triggers:
                news.set()  # an event that could not be sent
        if self.failed_triggers:
            await self.sync_state_to_supervisor([])


def target() -> None:
    """The program of a child of the triggerer."""
    _OneTrigger().run()


def record(recorded: Callable[[Any], Any]) -> None:
    """Have every deadline's callback that is run here replaced by what ``recorded`` makes of it."""
    names = vars(callback_trigger)
    find = names["import_string"]
    names["import_string"] = lambda path: recorded(find(path))
    names["traceback"] = SimpleNamespace(format_exception=_without_ours)


def _without_ours(error: BaseException) -> list[str]:
    """As ``traceback.format_exception``: what Airflow keeps of a callback that failed does not show who listened."""
    told = TracebackException.from_exception(error)
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(_OURS)]
    return list(told.format())
