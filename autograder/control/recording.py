"""Putting a run's evidence together while it happens: who said or did what, when, and in which phase."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograder.evidence import (
    Alive,
    CallbackCall,
    CallError,
    Channel,
    Component,
    Execution,
    Frame,
    LogEvent,
    Phase,
    Transition,
)
from autograder.services import Address
from autograder.services.bodies import parse_json

__all__ = ["Recording", "Who"]

_MOST_LOGS = 5000
_MOST_LOG_BYTES = 8 << 20
_MOST_CALLS = 1000
_TEXT = 20_000


@dataclass
class Who:
    """An execution that is going on: whose it is, in which phase it is, and which callback calls are open."""

    id: int
    component: Component
    address: Address
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    work: str | None = None
    """What it was started for, where that is no task."""
    deadline: int | None = None
    started: float = 0.0
    changed: list[str] = field(default_factory=list)
    """Files of the submission that were others than those handed in when it began."""
    began: float | None = None
    barrier: float | None = None
    terminal: str | None = None
    alive: Alive | None = None
    """Who was there beside it at the barrier."""
    frames: list[Frame] = field(default_factory=list)
    calls: list[int | None] = field(default_factory=list)
    """Ids of the open callback calls, the innermost last; None: one that is not recorded."""
    _worked: float = 0.0
    _since: float | None = field(default_factory=time.monotonic)

    @property
    def worked(self) -> float:
        """Real seconds in which it ran; while it waits for the clock, others do."""
        return self._worked + (0.0 if self._since is None else time.monotonic() - self._since)

    def rest(self) -> None:
        self._worked, self._since = self.worked, None

    def go_on(self) -> None:
        self._worked, self._since = self.worked, time.monotonic()

    def reported(self, moment: float, state: str, alive: Alive | None) -> None:
        """Its terminal message has arrived: from now on it is after the barrier."""
        self.barrier, self.terminal, self.alive = moment, state, alive
        self._tell()

    def opened(self, call: int | None) -> None:
        self.calls.append(call)
        self._tell()

    def closed(self) -> int | None:
        """The call that ends now is the innermost one.

        :raises IndexError: when there is none.
        """
        ended = self.calls.pop()
        self._tell()
        return ended

    def _tell(self) -> None:
        """Tell the stand-ins to whom belongs what is delivered from now on."""
        self.address.call = self.calls[-1] if self.calls else None
        if self.barrier is not None:
            # Whoever is alive beside it may be who delivers, but for as long as a callback runs that may be it.
            helped = self.alive is not None and self.alive.anybody
            self.address.phase = "callback or helper" if helped and not self.calls else "after"

    @property
    def phase(self) -> Phase:
        return self.address.phase

    def place(self) -> dict[str, Any]:
        """The fields by which every item names its execution."""
        return {
            "execution": self.id,
            "component": self.component,
            "task_id": self.task_id,
            "map_index": self.map_index,
            "try_number": self.try_number,
        }


@dataclass
class _Room:
    """What may still be kept of the logs."""

    lines: int = _MOST_LOGS
    size: int = _MOST_LOG_BYTES

    def take(self, line: bytes) -> bool:
        if self.lines < 1 or self.size < len(line):
            return False
        self.lines -= 1
        self.size -= len(line)
        return True


class Recording:
    """Grows while the run goes on.

    :param clock: gives virtual seconds.
    :param shown: folders of this run, and what stands for them in the record, where nobody wants to read their names.
    """

    def __init__(self, clock: Callable[[], float], shown: dict[str, str]) -> None:
        self._clock = clock
        self._shown = shown
        self.executions: list[Execution] = []
        self.transitions: list[Transition] = []
        self.calls: list[CallbackCall] = []
        self.logs: list[LogEvent] = []
        self.dropped: dict[str, int] = {}
        # A callback's own lines are what is asked for: however much the rest logs, there is room for them.
        self._room, self._room_in_calls = _Room(), _Room()
        self._states: dict[tuple[str, int], tuple[int, str | None]] = {}

    def drop(self, kind: str, count: int = 1) -> None:
        if count:
            self.dropped[kind] = self.dropped.get(kind, 0) + count

    def shown(self, text: str) -> str:
        """The text without the names of this run's folders."""
        for folder, name in self._shown.items():
            text = text.replace(folder, name)
        return text

    def line(self, who: Who, channel: Channel, line: bytes) -> None:
        """A line of log, as it came: JSON on the log channel, anything on the others."""
        room = self._room if who.address.call is None else self._room_in_calls
        if not room.take(line):
            self.drop("logs")
            return
        text = self.shown(line.decode("utf-8", "replace")).rstrip("\r")
        level, logger, event = "info", f"task.{channel}", text[:_TEXT]
        fields: dict[str, Any] = {}
        if channel == "stderr":
            level = "error"
        if channel == "log":
            level, logger, event, fields = _structured(text)
        elif not text:
            return
        self.logs.append(
            LogEvent(
                id=len(self.logs),
                **who.place(),
                phase=who.phase,
                at=self._clock(),
                channel=channel,
                level=level,
                logger=logger,
                event=event,
                fields=fields,
                call=who.address.call,
            )
        )

    def call_opened(self, who: Who, told: dict[str, Any]) -> None:
        """A callback starts, says the jail. What it leads to is attributed to it until it ends."""
        if len(self.calls) >= _MOST_CALLS:
            self.drop("calls")
            who.opened(None)
            return
        number = len(self.calls)
        who.opened(number)
        call = CallbackCall(
            id=number,
            execution=who.id,
            component=who.component,
            task_id=who.task_id,
            map_index=who.map_index,
            try_number=who.try_number,
            kind=str(told.get("kind"))[:100],
            deadline=who.deadline,
            context=_texts(told.get("context")),
            reason=_text(told.get("reason")),
            index=_whole(told.get("index")) or 0,
            name=str(told.get("name"))[:200],
            file=_text(told.get("file")),
            line=_whole(told.get("line")),
            phase=who.phase,
            start=self._clock(),
            real_ms=who.worked * 1000,
        )
        self.calls.append(call)

    def call_returned(self, who: Who, error: dict[str, Any] | None) -> None:
        """The innermost open callback call has ended, says the jail.

        :raises IndexError: when none is open.
        """
        number = who.closed()
        if number is None:
            return
        call = self.calls[number]
        told = None
        if isinstance(error, dict):
            told = CallError(
                type=str(error.get("type"))[:200],
                message=self.shown(str(error.get("message")))[:2000],
                file=_text(error.get("file")),
                line=_whole(error.get("line")),
                detail=self.shown(str(error.get("detail") or ""))[:8000],
            )
        self.calls[number] = call.model_copy(
            update={
                "end": self._clock(),
                "real_ms": round(who.worked * 1000 - (call.real_ms or 0), 3),
                "returned": told is None,
                "error": told,
            }
        )

    def ended(self, who: Who, exit_code: int | None, breaches: list[str], *, stopped: bool) -> None:
        """The execution is over."""
        while who.calls:
            if (open_call := who.closed()) is not None:
                self.calls[open_call] = self.calls[open_call].model_copy(update={"real_ms": None})
        self.executions.append(
            Execution(
                id=who.id,
                component=who.component,
                work=who.work,
                deadline=who.deadline,
                task_id=who.task_id,
                map_index=who.map_index,
                try_number=who.try_number,
                started=who.started,
                began=who.began,
                ended=self._clock(),
                real_ms=round(who.worked * 1000, 1),
                exit_code=exit_code,
                stopped=stopped,
                terminal=who.terminal,
                barrier=who.barrier,
                alive=who.alive,
                changed=who.changed,
                frames=who.frames,
                violations=breaches,
            )
        )

    def states(self, rows: list[Any]) -> None:
        """Task instances as they are now; what differs from before has changed since."""
        for row in rows:
            key, value = (row.task_id, row.map_index), (row.try_number, row.state)
            if self._states.get(key, (0, None)) != value:
                if self._states.get(key, (0, None))[1] != row.state:
                    self.transitions.append(
                        Transition(
                            at=self._clock(),
                            task_id=row.task_id,
                            map_index=row.map_index,
                            try_number=row.try_number,
                            state=row.state,
                        )
                    )
                self._states[key] = value

    def finished_calls(self, deliveries: list[Any]) -> list[CallbackCall]:
        """The callback log, each call with its log lines and its deliveries."""
        logs: dict[int, list[int]] = {}
        for event in self.logs:
            if event.call is not None:
                logs.setdefault(event.call, []).append(event.id)
        sent: dict[int, list[int]] = {}
        for delivery in deliveries:
            if delivery.call is not None:
                sent.setdefault(delivery.call, []).append(delivery.id)
        return [
            call.model_copy(update={"logs": logs.get(call.id, []), "deliveries": sent.get(call.id, [])})
            for call in self.calls
        ]


def _structured(text: str) -> tuple[str, str, str, dict[str, Any]]:
    try:
        record = parse_json(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return "info", "task", text[:_TEXT], {}
    level = str(record.pop("level", "info"))[:50]
    logger = str(record.pop("logger", "task"))[:500]
    event = record.pop("event", "")
    record.pop("timestamp", None)
    if "exception" in record and "error_detail" not in record:
        record["error_detail"] = record.pop(
            "exception"
        )  # as Airflow's supervisor writes it to the task's log
    return (
        level,
        logger,
        (event if isinstance(event, str) else json.dumps(event, default=str))[:_TEXT],
        record,
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: Any) -> str | None:
    return value[:500] if isinstance(value, str) else None


def _texts(value: Any) -> list[str]:
    return [str(one)[:100] for one in value[:200]] if isinstance(value, list) else []
