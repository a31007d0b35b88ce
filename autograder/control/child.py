"""One live child, seen from control: it runs until it waits for the clock or has ended.

Control serves it in real time while virtual time stands still. Everything that comes out of it goes, in the order
in which it came, to a ``Listener``.
"""

from __future__ import annotations

import selectors
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

from autograder.control.clock import NS
from autograder.control.heard import Heard
from autograder.control.parent import Door
from autograder.control.wall import WallReached
from autograder.control.wire import (
    Allowance,
    Breach,
    Excess,
    Frames,
    Lines,
    Request,
    receive,
    side_answer,
)
from autograder.evidence import Channel
from autograder.jail.orders import Orders
from autograder.limits import Limit

__all__ = ["Child", "Listener"]

_CHANNELS: tuple[Channel, ...] = ("stdout", "stderr", "log")
_MAX_SAID = 40_000
_FAR = 30 * 24 * 3600 * NS
"""Virtual nanoseconds beyond which no child can want to sleep: dates that no calendar has would harm control too."""
_LOOK = 0.05
"""Real seconds after which somebody looks at what it uses, even if it says nothing."""
_PATIENCE = 5.0
"""Real seconds for which a child may leave its answers unread."""
_WRITES = 0.1
"""Real seconds that a thread may take to write the rest of a line."""
_SHUTDOWN = 2.0
"""Real seconds for which channels may stay open after the process is gone (a grandchild may hold them)."""


class Listener(Protocol):
    """Who hears what a child does."""

    def request(self, child: Child, request: Request) -> bytes:
        """A request on Airflow's wire; returns the bytes of the answer.

        :raises Breach: when the child may not ask this.
        """

    def line(self, child: Child, channel: Channel, line: bytes) -> None: ...

    def said(self, child: Child, words: list[Any]) -> None:
        """Something on the side channel that wants to be heard before the child goes on."""

    def begins(self, child: Child) -> dict[str, Any] | None:
        """A task's work begins now; returns the fault that is to be performed, if there is one.

        :raises Breach: when it has no work to do, or has begun already.
        """

    def settled(self, child: Child, port: int) -> bool:
        """Whether a stand-in is behind this port, and has answered all it is going to answer for now."""


class Child:
    """A process of the jail and its five channels.

    :param frames: how many requests it may send.
    :param allowance: what it, with all others of the run, may log.
    """

    def __init__(
        self,
        door: Door,
        orders: Orders,
        listener: Listener,
        execution: int,
        *,
        frames: int,
        allowance: Allowance,
    ) -> None:
        self.execution = execution
        self.exit_code: int | None = None
        self.breaches: list[str] = []
        self.used_up: Limit | None = None
        """The limit of the run that it has used up by what it said."""
        self._door, self._listener = door, listener
        self._selector = selectors.DefaultSelector()
        ours, theirs = zip(*(socket.socketpair() for _ in range(5)), strict=True)
        self._requests, stdout, stderr, log, self._side = ours
        self._logs = dict(zip(_CHANNELS, (stdout, stderr, log), strict=True))
        self._lines = {channel: Lines(allowance) for channel in _CHANNELS}
        self._heard = Heard()
        self._frames, self._side_frames = Frames(frames, "frames"), Frames(_MAX_SAID)
        self._wakes: list[int] = []
        self._interrupted = self._killed = self._finishing = False
        for channel in ours:
            channel.setblocking(False)
            self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(door.socket, selectors.EVENT_READ)
        try:
            self.pid = door.start(orders, [channel.fileno() for channel in theirs])
        finally:
            for channel in theirs:
                channel.close()

    @property
    def wake(self) -> int | None:
        """When it wants to go on, in nanoseconds since 1970; None while it is not waiting."""
        return self._wakes[-1] if self._wakes and not (self._interrupted or self._killed) else None

    @property
    def ended(self) -> bool:
        return self.exit_code is not None

    @property
    def dropped(self) -> int:
        """Bytes of log that were not kept."""
        return sum(lines.dropped for lines in self._lines.values())

    def send(self, data: bytes) -> None:
        """Put bytes on Airflow's wire."""
        self._put(self._requests, data)

    def go_on(self, now: int) -> None:
        """Its moment has come."""
        if self._wakes:
            self._leave_sleep()
            self._answer(now)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, and let it act on it when ``run`` is called."""
        if self.ended:
            return
        self._door.send_signal(self.pid, number)
        self._interrupted = bool(self._wakes)

    def run(self, until: Callable[[], float], now: int, look: Callable[[], None] = lambda: None) -> None:
        """Serve it until it waits for the clock or has ended.

        :param until: the real moment (``time.monotonic``) at which to give up, asked again and again.
        :param now: virtual nanoseconds, the answer to whatever does not wait.
        :param look: called again and again, to see what it uses.
        :raises WallReached: at that moment.
        """
        while not self.ended and self.wake is None:
            left = until() - time.monotonic()
            if left <= 0:
                raise WallReached
            self._serve(min(left, _LOOK), now)
            look()
        if self.ended:
            self._finish(now)

    def drain_logs(self) -> None:
        """Read all log lines that are there. What was logged before a request was sent is there when it arrives."""
        for channel in _CHANNELS:
            self._read_log(channel)
        self._hand_over()

    def end_chapter(self) -> None:
        """Something else begins: what was printed so far belongs to what was before, line end or not."""
        self.drain_logs()
        until = time.monotonic() + _WRITES
        # Only whole lines are written to the log channel; part of one comes from a thread that writes now, or from
        # somebody who wants its end to come later.
        while self._lines["log"].partial and time.monotonic() < until:
            time.sleep(0.001)
            self.drain_logs()
        for channel in _CHANNELS:
            lines = self._lines[channel]
            lines.renew()
            for line in lines.rest():
                self._heard.add(channel, line)
        self._hand_over()

    def kill(self) -> None:
        """End it for good, with all of its process group."""
        if self.ended:
            return
        self._killed = True
        self._door.kill(self.pid)

    def close(self) -> None:
        """Hear nothing of it any more."""
        self._selector.close()
        for channel in (self._requests, self._side, *self._logs.values()):
            channel.close()

    def _serve(self, wait: float, now: int) -> None:
        ready = {key.fileobj for key, _ in self._selector.select(wait)}
        try:
            talks = self._side in ready or self._requests in ready
            if talks:
                # What was logged before something was said has to be read first, ready or not.
                self.drain_logs()
            for channel, door in self._logs.items():
                if door in ready and not talks:
                    self._read_log(channel)
            if self._side in ready:
                self._read_side(now)
            if self._requests in ready:
                self._read_requests()
        except Breach as breach:
            self._end_of(breach)
        if self._door.socket in ready:
            self._door.listen()
        self.exit_code = self._door.exit_code(self.pid)

    def _finish(self, now: int) -> None:
        """Read what is left in the channels of a process that is gone."""
        if self._finishing:
            # The wall was reached amid this: there is no time for the rest.
            self.close()
            return
        self._finishing = True
        deadline = time.monotonic() + _SHUTDOWN
        self._selector.unregister(self._door.socket)
        while len(self._selector.get_map()) and time.monotonic() < deadline:
            try:
                for key, _ in self._selector.select(0.05):
                    if key.fileobj is self._requests:
                        self._read_requests()
                    elif key.fileobj is self._side:
                        self._read_side(now)
                self.drain_logs()
            except Breach as breach:
                self._end_of(breach)
        for channel in _CHANNELS:
            for line in self._lines[channel].rest():
                self._heard.add(channel, line)
        self._hand_over()
        self.close()

    def _read_requests(self) -> None:
        data = receive(self._requests)
        if data is None:
            self._close(self._requests)
            return
        for frame in self._frames.feed(data):
            answer = self._listener.request(self, self._frames.request(frame))
            if not self.ended:
                self.send(answer)
            if self._requests.fileno() < 0:
                return

    def _read_side(self, now: int) -> None:
        data = receive(self._side)
        if data is None:
            self._close(self._side)
            self._wakes.clear()
            return
        for frame in self._side_frames.feed(data):
            words = Frames.side(frame)
            match words:
                case ["sleep", int(wake)]:
                    if len(self._wakes) > 8:
                        raise Breach("sleeps within sleeps")
                    self._wakes.append(min(max(wake, now), now + _FAR))
                    self._interrupted = False
                case ["interrupted"]:
                    self._answer(now)
                case ["handled"]:
                    self._interrupted = False
                case ["gave up"]:
                    self._leave_sleep()
                case ["work"]:
                    self._answer(self._listener.begins(self))
                case ["settle", int(port)]:
                    self._answer(now if self._listener.settled(self, port) else 0)
                case _:
                    self._listener.said(self, words)
                    self._answer(now)
            if self._side.fileno() < 0:
                return

    def _leave_sleep(self) -> None:
        """It runs now. If it slept within a signal's handler, the sleep that the signal interrupted is not on yet."""
        if self._wakes:
            self._wakes.pop()
        self._interrupted = bool(self._wakes)

    def _read_log(self, channel: Channel) -> None:
        door = self._logs[channel]
        while door.fileno() >= 0:
            data = receive(door)
            if data is None:
                self._close(door)
                return
            if not data:
                return
            for line in self._lines[channel].feed(data):
                self._heard.add(channel, line)
            # Until nothing is there: where descriptors came along, a socket gives less than it has.

    def _hand_over(self) -> None:
        """Lines are told when the child says something: until then nobody knows what else was written before."""
        for channel, line in self._heard.in_order():
            self._listener.line(self, channel, line)

    def _close(self, door: socket.socket) -> None:
        if door.fileno() >= 0:
            self._selector.unregister(door)
            door.close()

    def _answer(self, answer: Any) -> None:
        self._put(self._side, side_answer(answer))

    def _put(self, channel: socket.socket, data: bytes) -> None:
        if channel.fileno() < 0:
            return
        channel.settimeout(_PATIENCE)
        try:
            channel.sendall(data)
        except TimeoutError:
            self._breach("does not read its answers")
        except OSError:
            pass  # it is gone: its end will say so
        if channel.fileno() >= 0:
            channel.setblocking(False)

    def _end_of(self, breach: Breach) -> None:
        if isinstance(breach, Excess):
            self.used_up = breach.limit
        self._breach(str(breach))

    def _breach(self, text: str) -> None:
        """The conversation is over, and with it the process."""
        if text not in self.breaches:
            self.breaches.append(text)
        self.kill()  # first: it is not to see that nobody listens any more
        # In a cell its end takes a moment, in which it may say what it likes.
        for channel in (self._requests, self._side, *self._logs.values()):
            self._close(channel)
        self._wakes.clear()
