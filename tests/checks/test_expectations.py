"""Each demand: what passes, what fails, with which sentence, and what the check is noted to have read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.checks import between, expect, hangs, raises, succeeds
from autograder.checks.failure import CheckFailed, CheckMistake
from autograder.checks.reading import Reading, using
from autograder.checks.views import RunView
from autograder.evidence import Isolation
from autograder.scenario import Scenario
from tests.checks.made import Recorder

FAILS = Scenario("notify", raises(OSError, "<b>disk</b> & {secret}"), retries=1)


def recorder() -> Recorder:
    """Both tries of `notify` have failed; what is added next belongs to the second."""
    return Recorder("fails", FAILS).attempt("notify", 1, "up_for_retry").attempt("notify", 2)


def run(record: Recorder) -> RunView:
    return RunView(record.evidence())


def failure(demand: Callable[[], object]) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        demand()
    return caught.value


def read(demand: Callable[[], object]) -> Reading:
    with using(Reading()) as reading:
        demand()
    return reading


def test_one_mail_after_the_last_try() -> None:
    reading = read(lambda: expect(run(recorder().mail()).task("notify").mails).one(after_try=2))
    assert reading.strength == "fact"
    assert reading.seen == {"mails"}


def test_one_but_none_came_because_the_callback_raised() -> None:
    task = run(recorder().callback(error="KeyError")).task("notify")
    failed = failure(lambda: expect(task.mails).one(after_try=2))
    assert failed.message == (
        "No mail after try 2 arrived for `notify`. Your `tell` raised KeyError: it is gone (dag.py:41)."
    )
    assert failed.expected == "exactly one mail after try 2"
    assert failed.observed == "no mail"
    assert failed.where == "dag.py:41"
    assert [line.kind for line in failed.lines] == ["call"]


def test_one_but_none_came_because_the_jail_refused_what_the_callback_wanted() -> None:
    said = "[Errno 30] Read-only file system: 'sent.txt'"
    jailed = (
        recorder().callback(error="OSError", said=said).evidence(isolation=Isolation(layer="A", active=[]))
    )
    failed = failure(lambda: expect(RunView(jailed).task("notify").mails).one(after_try=2))
    assert failed.message == (
        f"No mail after try 2 arrived for `notify`. Your `tell` raised OSError: {said} (dag.py:41). "
        "In the jail only the current folder and the one that `tempfile` names can be written to."
    )


def test_one_but_none_came_and_the_callback_said_why() -> None:
    detail = [{"exc_type": "KeyError", "exc_value": "'execution_date'"}]
    made = recorder().callback().log("all is well").log("not sent", level="error", error_detail=detail)
    lines = failure(lambda: expect(run(made).task("notify").mails).one()).lines
    assert [line.kind for line in lines] == ["call", "log"]
    assert lines[1].text.startswith("ERROR not sent (KeyError: 'execution_date')")


def test_no_record_but_the_callback_wrote_something_else() -> None:
    made = recorder().callback().log("task failed, try 2")
    failed = failure(lambda: expect(run(made).task("notify").logs.records("event")).one())
    assert [line.kind for line in failed.lines] == ["call", "log"]
    assert "task failed, try 2" in failed.lines[1].text


def test_one_but_no_callback_was_called() -> None:
    failed = failure(lambda: expect(run(recorder()).task("notify").slack).one())
    assert failed.message == "No Slack message arrived for `notify`. No callback of `notify` was called."


def test_one_but_it_never_came_back() -> None:
    record = recorder().callback()
    record.parts["calls"][-1] = record.parts["calls"][-1].model_copy(update={"returned": None, "end": None})
    failed = failure(lambda: expect(run(record).task("notify").mails).one())
    assert failed.message.endswith("Your `tell` never came back.")


def test_one_but_it_was_the_dags() -> None:
    failed = failure(lambda: expect(run(recorder().dag_mail()).task("notify").mails).one())
    assert failed.message.endswith(
        "One mail came from the DAG itself (DAG processor), which is not `notify`'s."
    )


def test_one_but_there_were_two() -> None:
    task = run(recorder().callback().mail().mail()).task("notify")
    failed = failure(lambda: expect(task.mails).one(after_try=2))
    assert failed.message == "Two mails arrived for `notify`; exactly one mail would be right."
    assert failed.observed == "two mails: after try 2 (`failed`), after try 2 (`failed`)"
    assert failed.where == "dag.py:12"


def test_one_but_after_another_try_or_too_early() -> None:
    record = (
        Recorder("fails", FAILS).attempt("notify", 1, "up_for_retry").callback().mail().attempt("notify", 2)
    )
    failed = failure(lambda: expect(run(record).task("notify").mails).one(after_try=2))
    assert failed.message == "The mail of `notify` came after try 1 (`up_for_retry`), not after try 2."
    failed = failure(
        lambda: expect(run(recorder().mail(phase="before")).task("notify").mails).one(after_try=2)
    )
    assert failed.message == "The mail of `notify` came during try 2, not after try 2."


def test_none() -> None:
    task = run(recorder().callback().mail()).task("notify")
    failed = failure(lambda: expect(task.mails).none())
    assert failed.message == "One mail arrived for `notify`, after try 2 (`failed`)."
    assert failed.expected == "no mail"
    reading = read(lambda: expect(run(recorder()).task("notify").mails).none())
    assert (reading.absent, reading.seen) == ({"mails"}, set())


def test_numbers() -> None:
    task = run(recorder().callback().mail().mail()).task("notify")
    expect(task.mails).exactly(2).at_least(2)
    expect(task.slack).exactly(0)
    failed = failure(lambda: expect(task.mails).at_least(3))
    assert failed.message == "Two mails arrived for `notify`."
    assert failed.expected == "at least three mails"
    assert failure(lambda: expect(task.mails).exactly(1)).expected == "exactly one mail"


def test_only_is_the_one_there_is() -> None:
    task = run(recorder().callback().mail(subject="Hello")).task("notify")
    assert read(lambda: task.mails.only()).seen == {"mails"}
    assert task.mails.only().subject == "Hello"
    assert failure(lambda: task.slack.only()).expected == "exactly one Slack message"
    assert failure(lambda: task.slack[0]).message.startswith("No Slack message arrived")


def test_narrowing_is_said() -> None:
    record = recorder().metric("failures", category="transient").metric("failures", category="permanent")
    metrics = run(record).task("notify").metrics
    expect(metrics.named("failures").tagged(category="transient")).one(after_try=2)
    failed = failure(lambda: expect(metrics.named("failures").tagged(category="configuration")).one())
    assert failed.message.startswith("No metric named failures tagged category='configuration' arrived")
    assert expect(metrics.of("counter")).exactly(2)
    assert metrics.total() == 2


def test_airflows_own_metrics_are_not_the_learners() -> None:
    expect(run(recorder().metric("ti.failures", own=True)).task("notify").metrics).none()


def test_each() -> None:
    task = run(recorder().mail(subject="dag.notify").mail(subject="Oh")).task("notify")
    failed = failure(lambda: expect(task.mails).each(lambda mail: "notify" in mail.subject, "names the task"))
    assert failed.message.startswith("Not every mail of `notify` names the task: “Oh”")
    assert "One" not in failed.message
    empty = run(recorder()).task("notify").mails
    failure(lambda: expect(empty).each(lambda mail: True, "exists"))


def test_each_returned_fails_on_an_empty_list() -> None:
    assert failure(lambda: expect(run(recorder()).task("notify").callbacks).each_returned()).message == (
        "No callback call took place for `notify`."
    )
    reading = read(lambda: expect(run(recorder().callback()).task("notify").callbacks).each_returned())
    assert (reading.strength, reading.seen) == ("claim", {"calls"})
    failed = failure(
        lambda: expect(run(recorder().callback(error="KeyError")).task("notify").callbacks).each_returned()
    )
    assert failed.message == "Your `tell` raised KeyError."
    assert failed.where == "dag.py:41"


def test_each_within() -> None:
    calls = run(recorder().callback(real_ms=2100)).task("notify").callbacks
    expect(calls).each_within(3)
    assert failure(lambda: expect(calls).each_within(2)).message == "Your `tell` took 2.1 seconds."


def test_callbacks_in_order() -> None:
    record = recorder().callback(name="clean").callback(index=1, name="tell").callback(index=2, name="count")
    calls = run(record).task("notify").callbacks
    expect(calls).in_order().in_order("clean", "tell", "count")
    assert failure(lambda: expect(calls).in_order("tell", "clean", "count")).message == (
        "The order is `clean`, `tell` and `count`."
    )
    twice = run(recorder().callback().callback()).task("notify").callbacks
    assert "each once" in failure(lambda: expect(twice).in_order()).message


def test_order_of_different_things() -> None:
    record = recorder().mail().metric("told")
    task = run(record).task("notify")
    mail, metric = task.mails.only(), task.metrics.only()
    expect([mail, metric]).in_order()
    later = record.parts["mails"][0].model_copy(update={"at": 99.0})
    record.parts["mails"][0] = later
    task = run(record).task("notify")
    assert failure(lambda: expect([task.mails.only(), task.metrics.only()]).in_order()).message.startswith(
        "This came too early: counter told 1"
    )


def test_leases_given_back() -> None:
    record = recorder().lease("database").lease("session", leaked=True)
    leases = run(record).task("notify").leases
    assert read(lambda: expect(run(record).task("notify").leases.of("database")).given_back()).seen == {
        "leases"
    }
    failed = failure(lambda: expect(leases).given_back())
    assert failed.message == "1 of two leases of `notify` was not given back: `session`."
    assert failure(lambda: expect(leases.of("lock")).given_back()).message.startswith(
        "No lease of lock was taken"
    )


def test_files_gone() -> None:
    files = run(recorder().file("a.csv").file("b.csv")).task("notify").files
    assert read(lambda: expect(files).gone()).seen == {"files"}
    files = run(recorder().file("a.csv").file("b.csv", left=True)).task("notify").files
    assert failure(lambda: expect(files).gone()).message == "`b.csv` was left behind."
    failed = failure(lambda: expect(run(recorder()).task("notify").files).gone())
    assert failed.message.startswith("No file at the end of a try was there for `notify`.")
    files = run(recorder().file("a.csv", remover=77)).task("notify").files
    assert failure(lambda: expect(files).gone()).message == (
        "`a.csv` was removed by the work of a later try or of another task, or by a helper that was left alive."
    )
    # What the callback made and left is left, too.
    files = run(recorder().file("a.csv").file("log.txt", left=True, phase="after")).task("notify").files
    assert failure(lambda: expect(files).gone()).message == "`log.txt` was left behind."


def test_files_are_not_gone_where_there_were_more_than_are_recorded() -> None:
    files = RunView(recorder().file("a.csv").evidence(dropped={"files": 1})).task("notify").files
    assert failure(lambda: expect(files).gone()).message == (
        "The run made more files than are recorded, so nobody can tell whether these were removed."
    )


def test_foreign_files_untouched() -> None:
    kept = run(recorder().file("theirs", foreign=True, left=True))
    assert read(lambda: expect(kept.files.foreign()).untouched()).absent == {"files"}
    lost = run(recorder().file("theirs", foreign=True, left=False))
    assert failure(lambda: expect(lost.files).untouched()).message == "`theirs` was deleted or changed."
    with pytest.raises(CheckMistake):
        expect(run(recorder()).files).untouched()


def test_records_in_log_lines() -> None:
    record = recorder().log("starting", in_callback=False).callback()
    record.log('failed {"error_type": "OSError", "try_number": 2, "context": {"run_id": "manual__1"}}')
    logs = run(record).task("notify").logs
    expect(logs).contains_record(error_type="OSError", try_number=2, run_id=...)
    expect(logs.records("error_type")).one(after_try=2)
    failed = failure(lambda: expect(logs).contains_record(error_type="KeyError", seconds=between(0, 9)))
    assert failed.message == (
        "The record is not as asked: `error_type` is 'OSError', not 'KeyError' and `seconds` is missing."
    )
    prose = run(recorder().callback().log("it failed")).task("notify").logs
    assert failure(lambda: expect(prose).contains_record(error_type="OSError")).message.startswith(
        "No log line of `notify` is one that a log system can parse."
    )
    line = logs.records("error_type").only()
    assert line["run_id"] == "manual__1"
    expect(line).has(try_number=int)
    assert failure(lambda: line["nope"]).message == "The record has no `nope`."


def test_only_lines_of_callbacks_count_as_seen() -> None:
    said_before = run(recorder().log("x", in_callback=False)).task("notify")
    assert read(lambda: expect(said_before.logs).one()).seen == set()
    said_in = run(recorder().callback().log("x")).task("notify")
    assert read(lambda: expect(said_in.callbacks.logs).one()).seen == {"logs"}
    assert read(lambda: expect(said_in.logs.in_callbacks()).one()).seen == {"logs"}


def test_names_in_the_text_that_its_reader_sees() -> None:
    record = recorder()
    message = record.message("notify", 2)
    url = "http://localhost:8080/dags/dag/runs/manual__1/tasks/notify?try_number=2"
    escaped = message.replace("&", "&amp;").replace("<", "&lt;")
    html = f"<h1>Try\n 2</h1><p>{escaped} in manual__1 <a href='{url}'>log</a>"
    task = run(record.callback().mail(html=html)).task("notify")
    text = task.mails.only().text
    expect(text).names(task.fault.message, "manual__1", task.log_url, try_number=2)
    failed = failure(lambda: expect(text).names("elsewhere"))
    assert failed.message == "The mail's body does not show `elsewhere`."
    assert failed.where == "dag.py:12"
    assert [line.kind for line in failed.lines] == ["mail"]


def test_unescaped_html_is_not_text() -> None:
    record = recorder()
    html = f"<p>{record.message('notify', 2)}</p>"
    task = run(record.mail(html=html)).task("notify")
    failed = failure(lambda: expect(task.mails.only().text).names(task.fault.message))
    assert failed.message.endswith("It was written, but as markup, so a reader does not see it: escape it.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Try 2 failed", True),
        ("try: 2/2", True),
        ("attempt #2.", True),
        ("on 2026-11-02 at 02:22", False),
        ("see http://localhost:8080/x?try_number=2", False),
        ("12 or 2.5 or v2", False),
        ("manual__2", False),
    ],
)
def test_a_try_is_a_number_by_itself(text: str, shown: bool) -> None:
    mail = run(recorder().mail(text=text)).task("notify").mails.only()
    if shown:
        expect(mail.text).names(try_number=2)
    else:
        assert "the try (2)" in failure(lambda: expect(mail.text).names(try_number=2)).message


def test_values() -> None:
    task = run(recorder().mail(subject="Oh")).task("notify")
    expect(task.state).equals("failed")
    expect(task.tries).between(1, 2).at_least(2).at_most(2)
    expect(None).equals(None)
    expect("a  b").names("a b").lacks("c").matches("a", "an a")
    expect({"a": {"b": 1}}).has(b=1)
    subject = task.mails.only().subject
    assert failure(lambda: expect(subject).equals("Ah")).message == "The mail's subject is 'Oh', not 'Ah'."
    assert failure(lambda: expect(subject).one_of("a", "b")).expected == "'a' or 'b'"
    assert failure(lambda: expect(subject).lacks("Oh")).message == "The mail's subject shows `Oh`."
    assert failure(lambda: expect(None).names("x")).message == "It does not show `x`."
    assert failure(lambda: expect(None).has(x=1)).message == "It is nothing, not a record."
    assert failure(lambda: expect(3).at_most(2)).expected == "2 or less"
    assert failure(lambda: expect("x").differs_from("x")).message == "It is the same in both cases."


def test_a_task_that_is_not_there() -> None:
    view = RunView(recorder().evidence(task_ids=["notify", "team.tell"]))
    assert failure(lambda: view.task("notfy")).message == (
        "The DAG has no task `notfy`. Did you mean it by `notify`?"
    )
    assert failure(lambda: view.task("tell")).message == (
        "The DAG has no task `tell`. There is `team.tell`: in a task group, a task's name begins with the group's."
    )


def test_a_task_that_only_counted_cannot_be_asked() -> None:
    view = RunView(recorder().evidence(task_ids=["notify", "other"]))
    with pytest.raises(CheckMistake, match="scenario `fails` does not run `other`"):
        view.task("other")


def test_faults_know_their_secrets() -> None:
    scenario = Scenario(
        "notify", [raises("airflow.sdk.exceptions.AirflowFailException", "{secret}"), succeeds()]
    )
    record = Recorder("again", scenario).attempt("notify", 1).attempt("notify", 2, "success")
    task = run(record).task("notify")
    assert task.at_try(1).fault.message == task.at_try(1).secret == record.secrets["notify#1"]
    assert task.fault_at(1).exception == "AirflowFailException"
    assert task.fault.kind == "succeeds"
    assert task.secret != task.at_try(1).secret
    own_work = Recorder("own", Scenario({"notify": None})).attempt("notify")
    with pytest.raises(CheckMistake, match="no fault for `notify` at try 1"):
        _ = run(own_work).task("notify").fault
    hanging = Recorder("hang", Scenario("notify", hangs())).attempt("notify")
    assert run(hanging).task("notify").fault.message == ""


def test_at_try_holds_only_what_is_of_that_try() -> None:
    record = Recorder("fails", FAILS).attempt("notify", 1, "up_for_retry").callback().mail()
    record.attempt("notify", 2).callback().mail(phase="before").mail()
    task = run(record).task("notify")
    expect(task.at_try(1).mails).one()
    expect(task.at_try(2).mails).exactly(2)
    expect(task.mails.after_try(2)).one()
    assert task.state_after(1) == "up_for_retry"
    assert failure(lambda: expect(task.at_try(2).slack).one()).message.startswith(
        "No Slack message arrived for `notify` at try 2."
    )
