"""Submissions that forge evidence: what each aims at in the course's own exercises, and what the record says of it.

The submission NAME is ``forging/NAME.py``, a DAG file whose docstring says what it tries; here, the function of the
same name holds what must be seen of it from outside. No forgery earns a check that it aims at. The few that earn
something all the same say so: they do in their own process what Airflow does there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autograder import catalog
from autograder.disagreements import disagreements, refuted
from autograder.evidence import Evidence, Execution, Phase

__all__ = ["FOLDER", "FORGERIES", "Asked", "Forgery"]

FOLDER = Path(__file__).with_name("forging")
_ROOT = Path(__file__).resolve().parents[2]
_SEED = 20261120000005
_CANARY = Path("/tmp/autograder-canary")
"""What poison would make where it is read outside of the jail; in the jail, /tmp is another."""

_BROKE = "broke the rules of the conversation with Airflow"

Runs = Mapping[str, Evidence]
"""Evidence by the name of its scenario."""
Record = Callable[[Runs], None]


class Asked(Protocol):
    """A grader that is asked for some checks of an exercise: their outcomes, and the evidence that they read."""

    def __call__(
        self, exercise: str, files: dict[str, bytes], checks: Iterable[str], seed: int
    ) -> tuple[dict[str, str], dict[str, Evidence]]: ...


@dataclass(frozen=True)
class Forgery:
    """One submission and what must come of it.

    :param exercise: its number, such as ``02``.
    :param aims: the checks that it wants to earn, and must not.
    :param record: holds what the record must say; raises ``AssertionError``.
    :param says: a piece of the sentence in which the report says that facts and claims disagree; empty: it
        says none; None: that depends on the layer.
    :param earns: the checks that it does earn, which is what cannot be told from outside.
    :param quick: whether it belongs to the selection that ``make test`` runs.
    """

    name: str
    exercise: str
    aims: tuple[str, ...]
    record: Record
    says: str | None
    earns: tuple[str, ...]
    quick: bool

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.py"

    def hand_in(self, ask: Asked) -> None:
        """Have it graded, and hold what becomes of it.

        :raises AssertionError: when it has earned what it must not, or the record does not say what it must.
        """
        exercise = catalog.load(_ROOT).find(self.exercise)
        entry, *others = exercise.files
        files = {entry: self.path.read_bytes()} | dict.fromkeys(others, b'"""Nothing."""\n')
        outcomes, runs = ask(exercise.slug, files, (*self.aims, *self.earns), _SEED)
        lost = {outcomes[name] for name in self.aims}
        assert lost <= {"failed", "skipped", "error", "timeout"}, outcomes
        assert {outcomes[name] for name in self.earns} <= {"passed"}, outcomes
        said = [sentence for evidence in runs.values() for sentence in disagreements(evidence)]
        if self.says is not None:
            assert any(self.says in sentence for sentence in said) if self.says else not said, said
        self.record(runs)


FORGERIES: dict[str, Forgery] = {}


def _forgery(
    exercise: str, aims: str, *, says: str | None = "", earns: str = "", quick: bool = False
) -> Callable[[Record], Record]:
    def known(record: Record) -> Record:
        name = record.__name__
        FORGERIES[name] = Forgery(
            name, exercise, tuple(aims.split()), record, says, tuple(earns.split()), quick
        )
        return record

    return known


def _tries(evidence: Evidence) -> list[Execution]:
    """The executions on the worker, in order."""
    return [life for life in evidence.executions if life.component == "worker" and life.task_id is not None]


def _breaches(evidence: Evidence) -> list[str]:
    return [text for life in evidence.executions for text in life.violations]


def _tried(evidence: Evidence) -> bool:
    """Whether it says that it came as far as its forgery."""
    return any("TRIED" in event.event for event in evidence.logs)


def _phases(evidence: Evidence, event: str) -> set[Phase]:
    """The phases in which lines with this event were written."""
    return {line.phase for line in evidence.logs if line.event == event}


# -- at the wrong time --------------------------------------------------------------------------------------------


@_forgery(
    "02",
    "mail_once slack_once",
    says="before there was a run, 1 mail arrived",
    quick=True,
)
def mail_at_import(run: Runs) -> None:
    fails = run["fails"]
    assert [(mail.try_number, mail.phase) for mail in fails.mails if mail.task_id] == [
        (1, "before"),
        (2, "before"),
    ]
    assert [message.phase for message in fails.slack] == ["before", "before"]
    assert [mail.phase for mail in fails.mails if not mail.task_id] == ["import or callback"]


@_forgery("02", "mail_once slack_once")
def message_before_the_work(run: Runs) -> None:
    fails = run["fails"]
    assert [(mail.try_number, mail.phase) for mail in fails.mails] == [(1, "before"), (2, "before")]
    assert [message.phase for message in fails.slack] == ["before", "before"]
    assert {call.kind for call in fails.calls} == {"on_execute_callback"}
    early = [line.event for line in fails.logs if line.phase == "before"]
    assert any("TRIED" in line for line in early)
    assert not any(secret in line for secret in fails.secrets.values() for line in early)


@_forgery("02", "prod_measured prod_cleaned", quick=True)
def measured_by_the_work(run: Runs) -> None:
    fails = run["prod_fails"]
    assert _phases(fails, "task_failed") == {"before"}
    assert [(one.try_number, one.phase) for one in fails.metrics if not one.own] == [(2, "before")]
    assert [lease.closed_phase for lease in fails.leases] == ["before", "before"]
    assert not fails.calls


@_forgery("01", "failure_line retry_line success_line")
def log_at_import(run: Runs) -> None:
    for evidence in run.values():
        assert [_phases(evidence, event) for event in ("failure", "retry", "success")] == [{"before"}] * 3
        assert all(line.call is None for line in evidence.logs)


@_forgery("02", "failure_counted categories_counted", says="but Airflow's own metrics counted")
def metrics_at_import(run: Runs) -> None:
    slow = run["slow"]
    forged = [one for one in slow.metrics if one.name.endswith("callback_exercise.failures")]
    assert [(one.try_number, one.phase) for one in forged] == [(1, "before"), (2, "before")]
    failures = [one.try_number for one in slow.metrics if one.name == "airflow.ti_failures"]
    assert failures == [1, 1, 2, 2], "Airflow says so once for each try"


@_forgery("03", "failure_told failure_says_task", says="before there was a run, 1 Slack message arrived")
def message_at_first_import(run: Runs) -> None:
    fails = run["fails"]
    (message,) = fails.slack
    assert (message.component, message.task_id, message.execution) == ("DAG processor", None, 1)


@_forgery("03", "collect_stopped")
def rest_before_the_work(run: Runs) -> None:
    tries = [life for life in _tries(run["unanswered"]) if life.task_id == "collect"]
    assert [(life.terminal, life.began) for life in tries] == [("up_for_retry", None), ("failed", None)]
    assert all(round(((life.ended or 0) - life.started) / 60) == 45 for life in tries)


@_forgery("01", "success_line failure_line", says="")
def line_without_an_end(run: Runs) -> None:
    for name, event in (("works", "success"), ("fails", "failure")):
        assert _tried(run[name])
        assert _phases(run[name], event) == {"before"}


@_forgery("01", "success_line failure_line", says="", quick=True)
def lines_behind_descriptors(run: Runs) -> None:
    for name, event in (("works", "success"), ("fails", "failure")):
        assert _tried(run[name])
        assert _phases(run[name], event) == {"before"}


@_forgery("02", "leases_back", quick=True)
def kernel_that_sends_later(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert {lease.closed_phase for lease in dirty.leases} <= {"before", "callback or helper"}


@_forgery("02", "leases_back", says=None)
def flood_of_a_mail(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert all(lease.closed_phase != "after" for lease in dirty.leases)


# -- by the wrong hand --------------------------------------------------------------------------------------------


@_forgery("03", "promise_mailed alarm_sounds warning_comes")
def task_that_watches_itself(run: Runs) -> None:
    late = run["late"]
    assert [round(mail.at / 3600, 1) for mail in late.mails] == [1.2, 2.0, 3.0]
    assert {one.component for one in (*late.mails, *late.slack)} == {"worker"}
    assert not late.deadlines


@_forgery("02", "mail_once", says="1 thread of its work was still alive", quick=True)
def helper_thread(run: Runs) -> None:
    fails = run["fails"]
    last = next(
        life for life in _tries(fails) if (life.task_id, life.try_number) == ("email_notification", 2)
    )
    assert last.alive is not None
    assert last.alive.threads == 1
    assert [mail.phase for mail in fails.mails] == ["callback or helper"]


@_forgery("02", "mail_once", says=None, quick=True)
def helper_with_the_keepers_name(run: Runs) -> None:
    helper_thread(run)


@_forgery("02", "mail_once", says=None)
def helper_process(run: Runs) -> None:
    _helped(run["fails"])


@_forgery("02", "mail_once", says=None)
def helper_without_a_first_thread(run: Runs) -> None:
    _helped(run["fails"])


@_forgery("02", "mail_once", says=None)
def helper_that_is_a_sister(run: Runs) -> None:
    fails = run["fails"]
    assert {line.event for line in fails.logs if "TRIED" in line.event} == {"TRIED: in vain"}
    assert not fails.mails


@_forgery("02", "mail_once", says=None)
def helper_that_outlives(run: Runs) -> None:
    fails = run["fails"]
    assert _tried(fails)
    # Mostly it is ended before it can send anything.
    assert all(mail.phase == "callback or helper" for mail in fails.mails)
    last = next(
        life for life in _tries(fails) if (life.task_id, life.try_number) == ("email_notification", 2)
    )
    assert last.alive is not None
    assert last.alive.processes == 1


def _helped(fails: Evidence) -> None:
    """Hold that the process that was left behind has been seen."""
    last = next(
        life for life in _tries(fails) if (life.task_id, life.try_number) == ("email_notification", 2)
    )
    assert last.alive is not None
    assert last.alive.processes == 1
    assert all(mail.phase == "callback or helper" for mail in fails.mails)


@_forgery("03", "failure_told", says=None, quick=True)
def address_of_another(run: Runs) -> None:
    fails = run["fails"]
    assert _tried(fails)
    assert not [message for message in fails.slack if message.execution is not None]
    assert [(call.kind, call.returned) for call in fails.calls] == [("on_failure_callback", False)]


@_forgery(
    "02",
    "no_mail_for_retry no_mail_for_success slack_only_for_failures",
    says="but reported `success`",
)
def failure_callbacks_on_success(run: Runs) -> None:
    recovers = run["recovers"]
    ended = {life.id: life.terminal for life in _tries(recovers)}
    assert [ended[mail.execution or 0] for mail in recovers.mails] == ["up_for_retry", "success"]
    assert {mail.phase for mail in recovers.mails} == {"after"}


@_forgery("02", "mail_once slack_once")
def names_of_others(run: Runs) -> None:
    fails = run["fails"]
    assert _tried(fails)
    assert not fails.mails
    assert {message.execution for message in fails.slack} <= {None}, "a token that was nobody's"


@_forgery("02", "prod_in_order errors_contained", says="before its outcome was reported", quick=True)
def calls_that_never_were(run: Runs) -> None:
    fails = run["prod_fails"]
    assert _tried(fails)
    assert len(fails.calls) == 6, "the words are recorded"
    assert len(refuted(fails)) == 6
    assert {call.phase for call in fails.calls} == {"before"}


@_forgery("02", "prod_in_order", says="says the parsed DAG")
def calls_that_nobody_has(run: Runs) -> None:
    fails = run["prod_fails"]
    assert {call.phase for call in fails.calls} == {"after"}
    said = set(refuted(fails).values())
    assert len(refuted(fails)) == len(fails.calls) == 3
    assert all("but `production_ready` has none, says the parsed DAG" in sentence for sentence in said)


@_forgery("02", "slack_silence_bounded", says="after its outcome was reported while no callback ran")
def quick_in_its_own_words(run: Runs) -> None:
    silent = run["slack_silent"]
    (call,) = silent.calls
    (life,) = _tries(silent)
    assert (call.returned, call.start, life.stopped) == (True, call.end, True)
    assert life.barrier is not None
    assert life.ended is not None
    assert life.ended - life.barrier > 20


@_forgery(
    "02",
    "cleanup_logged",
    earns="mail_once files_gone leases_back failure_counted",
    says="while no callback ran",
)
def hook_after_the_outcome(run: Runs) -> None:
    for evidence in run.values():
        assert not evidence.calls
    assert [mail.phase for mail in run["fails"].mails] == ["after"]
    cleaned = " ".join(disagreements(run["dirty"]))
    assert "2 files were removed after its outcome was reported, and no callback ran" in cleaned
    assert "2 leases were given back after its outcome was reported, and no callback ran" in cleaned
    (counted,) = disagreements(run["slow"])
    assert "1 metric arrived after its outcome was reported while no callback ran" in counted


@_forgery("02", "mail_once")
def patches_everything(run: Runs) -> None:
    fails = run["fails"]
    assert not fails.mails, "what did not arrive has not been sent"
    assert {call.kind for call in fails.calls} >= {"on_failure_callback"}, "and all the same it was called"


@_forgery(
    "01", "success_line", earns="failure_line retry_line", says="Airflow's own metrics have no end of it"
)
def runner_of_its_own(run: Runs) -> None:
    fails = run["fails"]
    assert [life.terminal for life in _tries(fails)] == ["up_for_retry", "failed"]
    assert not fails.calls


# -- on Airflow's wire --------------------------------------------------------------------------------------------


@_forgery("01", "failure_line success_line", says=_BROKE)
def every_descriptor(run: Runs) -> None:
    for evidence in run.values():
        assert evidence.state == "failed"
        assert {life.terminal for life in _tries(evidence)} == {None}
        # Which of the channels is heard first is no matter.
        assert all(life.violations for life in _tries(evidence))


def _garbled(says: str) -> Record:
    def record(run: Runs) -> None:
        works = run["works"]
        assert _tried(works)
        assert works.state == "failed"
        assert {life.terminal for life in _tries(works)} == {None}
        assert "success" not in {line.event for line in works.logs}, "nobody listens after the breach"
        assert all(says in text for text in _breaches(works))
        assert len(_breaches(works)) == 2

    return record


@_forgery("01", "success_line", says=_BROKE, quick=True)
def frame_of_nothing(run: Runs) -> None:
    _garbled("a frame of 0 bytes")(run)


@_forgery("01", "success_line failure_line", says=_BROKE)
def second_terminal_message(run: Runs) -> None:
    for evidence in run.values():
        assert evidence.state == "failed"
        first, last = _tries(evidence)
        assert {first.terminal, last.terminal} == {None}
        # It is read when the callback is still open, or has just returned.
        assert {*first.violations, *last.violations} <= {
            "SucceedTask in the middle of a callback",
            "SucceedTask before its work has begun",
        }
        assert len(_breaches(evidence)) == 2


@_forgery("01", "success_line", says=_BROKE, quick=True)
def success_without_work(run: Runs) -> None:
    works = run["works"]
    assert works.state == "failed"
    assert [(life.terminal, life.began) for life in _tries(works)] == [(None, None)] * 2
    assert set(_breaches(works)) == {"SucceedTask before its work has begun"}


@_forgery("01", "success_line failure_line", says=_BROKE)
def success_amid_a_callback(run: Runs) -> None:
    works = run["works"]
    assert works.state == "failed"
    assert set(_breaches(works)) == {"SucceedTask in the middle of a callback"}
    assert not _tried(works), "it does not hear that its success is taken"


@_forgery("01", "success_line", says=_BROKE)
def frame_without_end(run: Runs) -> None:
    _garbled("a frame of 4294967295 bytes")(run)


@_forgery("01", "success_line", says=_BROKE)
def frame_of_garbage(run: Runs) -> None:
    _garbled("a frame that is not msgpack")(run)


@_forgery("01", "success_line", says=_BROKE)
def frame_of_another_shape(run: Runs) -> None:
    _garbled("a frame that is not a request")(run)


@_forgery("01", "success_line", says=_BROKE)
def xcom_of_fifty_megabytes(run: Runs) -> None:
    works = run["works"]
    assert _tried(works)
    assert [life.violations for life in _tries(works)] == [["a frame of 52428977 bytes"]]
    assert len(works.model_dump_json()) < 1 << 20, "and none of it is kept"


@_forgery("01", "success_line")
def five_thousand_frames(run: Runs) -> None:
    works = run["works"]
    assert _tried(works)
    assert works.outcome == "error"
    assert works.problem is not None
    assert "more than 4000 requests" in works.problem.title
    assert [len(life.frames) for life in _tries(works)] == [4000]


@_forgery("03", "late_run_goes_on promise_mailed", says=_BROKE)
def xcom_for_another_task(run: Runs) -> None:
    late = run["late"]
    assert _tried(late)
    assert _breaches(late) == ["SetXCom for another task"]
    assert {row.task_id: row.state for row in late.tasks}["publish"] == "upstream_failed"


@_forgery("01", "success_line", says=_BROKE)
def xcom_of_another_run(run: Runs) -> None:
    _garbled("SetXCom for another task")(run)


@_forgery("01", "success_line", says=_BROKE)
def xcom_of_another_instance(run: Runs) -> None:
    _garbled("SetXCom for another task")(run)


@_forgery("02", "mail_once slack_once", says=_BROKE, quick=True)
def one_more_try(run: Runs) -> None:
    fails = run["fails"]
    last = [life for life in _tries(fails) if life.try_number == 2]
    assert [life.violations for life in last] == [["RetryTask although no retry is left"]] * 2
    assert {row.tries for row in fails.tasks} == {2}
    assert fails.state == "failed"


@_forgery("01", "success_line failure_line retry_line")
def exits_with_zero(run: Runs) -> None:
    for evidence in run.values():
        assert _tried(evidence)
        assert evidence.state == "failed"
        assert [(life.terminal, life.exit_code) for life in _tries(evidence)] == [(None, 0)] * 2


@_forgery("01", "success_line failure_line retry_line")
def results_printed(run: Runs) -> None:
    for evidence in run.values():
        assert _tried(evidence)
        names = {file.path.rpartition("/")[2] for file in evidence.files if not file.foreign}
        assert {"result.json", "results.json", "scenario.json"} <= names, "they are files like others"


@_forgery("01", "failure_line", quick=True)
def dag_rewritten(run: Runs) -> None:
    fails = run["fails"]
    said = [event.event for event in fails.logs]
    assert said.count("refused: Read-only file system") + said.count("refused: Permission denied") == 2 * 4
    assert not any(line.startswith("BROKEN") for line in said)
    assert [life.changed for life in fails.executions] == [[]] * 3
    assert not fails.calls


# -- in what the DAG and its values say -----------------------------------------------------------------------------


@_forgery("02", "mail_once slack_once")
def dag_that_lies(run: Runs) -> None:
    fails = run["fails"]
    assert not fails.calls
    assert not [*fails.mails, *fails.slack]


@_forgery("01", "success_line", says="Airflow's own metrics have no end of it")
def poisoned_values(run: Runs) -> None:
    works = run["works"]
    assert _tried(works)
    assert not _CANARY.exists(), "something of ours has run what it has read"


@_forgery("01", "success_line")
def poisoned_dag(run: Runs) -> None:
    works = run["works"]
    assert _tried(works)
    assert works.outcome == "error"
    assert works.problem is not None
    assert works.problem.title.startswith("Airflow cannot store the DAG of dag.py")
    assert not _CANARY.exists(), "something of ours has run what it has read"


# -- in what is left behind ---------------------------------------------------------------------------------------


@_forgery("02", "foreign_files_stay")
def foreign_files_by_name(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert [file.left for file in dirty.files if file.foreign] == [False] * 3


@_forgery("02", "files_gone leases_back")
def files_moved_aside(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert {file.path for file in dirty.files if file.phase == "after" and file.left} == {
        "tmp/nothing",
        "tmp/__pycache__/nothing.pyc",
    }
    assert [lease.closed_phase for lease in dirty.leases] == ["before", "before"]


@_forgery("02", "leases_back")
def leases_closed_by_another(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    theirs = [lease for lease in dirty.leases if lease.task_id == "connection_cleanup"]
    assert [(lease.closed_phase, lease.leaked) for lease in theirs] == [("before", False)] * 2


@_forgery("02", "files_gone")
def files_removed_by_anothers_callback(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    sleeper, other = _tries(dirty)
    theirs = [file for file in dirty.files if file.task_id == sleeper.task_id and not file.foreign]
    assert {(file.left, file.removed, file.remover) for file in theirs} == {(False, "before", other.id)}


@_forgery("02", "files_gone")
def files_removed_by_another(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert [file.left for file in dirty.files if not file.foreign] == [False, False]


@_forgery("02", "files_gone")
def files_moved_behind_others(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert dirty.dropped["files"] == 2


@_forgery("02", "files_gone", quick=True)
def files_removed_by_who_seems_to_sleep(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    sleeper, other = _tries(dirty)
    assert sleeper.ended is not None
    assert other.ended is not None
    assert round(sleeper.ended - other.ended) == 600
    mine = [file for file in dirty.files if file.path.endswith(".csv") and not file.foreign]
    # What is left behind cannot be stopped where there are no namespaces, and is seen.
    removed = {("before", sleeper.id), ("callback or helper", other.id)}
    assert {(file.removed, file.remover) for file in mine} <= removed
    assert all(file.phase == "before" for file in mine)


@_forgery("02", "files_gone", says=None)
def files_removed_by_a_helper(run: Runs) -> None:
    dirty = run["dirty"]
    assert _tried(dirty)
    assert [file.left for file in dirty.files if not file.foreign] == [False, False]
    assert {file.removed for file in dirty.files if not file.foreign} == {"callback or helper"}
