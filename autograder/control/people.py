"""The people of a scenario: they mark tasks and runs, and answer tasks that ask."""

from __future__ import annotations

from collections import deque

from autograder.airflow33.outside import NotTaken, Question, answer, mark_run, mark_task, questions
from autograder.airflow33.scheduling import Scheduling
from autograder.control.clock import NS, Clock
from autograder.control.problems import not_taken
from autograder.scenario import Response, Scenario

__all__ = ["People"]


class People:
    """What they will do to one run, and when.

    :param horizon: the moment, in nanoseconds since 1970, after which nobody looks at the run any more.
    """

    def __init__(
        self, scenario: Scenario, clock: Clock, scheduling: Scheduling, entry: str, horizon: int
    ) -> None:
        self._clock, self._run, self._entry = clock, scheduling, entry
        seen = [mark for mark in scenario.marks if clock.epoch + mark.at * NS <= horizon]
        self._marks = deque(sorted(seen, key=lambda mark: mark.at))
        self._responses = scenario.responses

    @property
    def done(self) -> bool:
        """Whether nobody is going to mark anything any more. An answer needs somebody who asks."""
        return not self._marks

    def due(self, waiting: bool) -> int | None:
        """The next moment at which one of them does something, in nanoseconds since 1970.

        :param waiting: whether a task waits for a person.
        """
        moments = [moment for moment, _, _ in self._answers(waiting)]
        if self._marks:
            moments.append(self._clock.epoch + round(self._marks[0].at * NS))
        return min(moments, default=None)

    def act(self, waiting: bool) -> None:
        """Do what is due now.

        :raises Unrunnable: when a task does not take the answer that the scenario has for it.
        """
        while self._marks and self._clock.epoch + round(self._marks[0].at * NS) <= self._clock.now:
            mark = self._marks.popleft()
            if mark.task is None:
                mark_run(self._run.dag_id, self._run.run_id, mark.state)
            else:
                mark_task(self._run.dag_id, self._run.run_id, mark.task, mark.state)
        for moment, question, response in self._answers(waiting):
            if moment <= self._clock.now:
                self._answer(question, response)

    def _answers(self, waiting: bool) -> list[tuple[int, Question, Response]]:
        if not waiting or not self._responses:
            return []
        return [
            (self._clock.nanoseconds(question.asked) + round(response.after * NS), question, response)
            for question in questions(self._run.dag_id, self._run.run_id)
            if (response := self._responses.get(question.task_id)) is not None
        ]

    def _answer(self, question: Question, response: Response) -> None:
        try:
            answer(self._run.dag_id, self._run.run_id, question, response.options, response.params)
        except NotTaken as error:
            raise not_taken(question.task_id, response.options, str(error), self._entry) from None
