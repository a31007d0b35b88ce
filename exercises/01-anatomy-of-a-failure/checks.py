"""Part 1.1: one structured line in the task's log for each way a try can end."""

from autograder.checks import Scenario, check, expect, raises, succeeds

TASK = "load_orders"

fails = Scenario(TASK, raises(OSError, "disk full, {secret}"), retries=1)
recovers = Scenario(TASK, [raises(TimeoutError, "no answer, {secret}"), succeeds()], retries=1)
works = Scenario(TASK, succeeds())


@check(
    part="1.1",
    points=2,
    hints=[
        "A callback is an argument of the task, beside `retries`. Which one belongs to the last try?",
        "The line is one JSON object with the key `event`, or a structlog call whose first argument is the event.",
    ],
)
def failure_line(fails):
    """One `failure` line is logged when the task has finally failed."""
    expect(fails.task(TASK).at_try(2).records(event="failure")).one()


@check(part="1.1", points=2, hints=["A failed try with retries left has a callback of its own."])
def retry_line(recovers):
    """One `retry` line is logged when a try has failed and another will follow."""
    expect(recovers.task(TASK).records(event="retry")).one(after_try=1)


@check(part="1.1", points=2, hints=["There is a callback for tries that end well, too."])
def success_line(works):
    """One `success` line is logged when the task has succeeded."""
    expect(works.task(TASK).records(event="success")).one(after_try=1)


@check(
    part="1.1",
    points=2,
    needs=[failure_line, success_line],
    hints=["All three are attributes of `context['ti']`."],
)
def lines_say_where(fails, works):
    """The lines name the DAG, the task and the try."""
    failure = fails.task(TASK).at_try(2).records(event="failure").only()
    expect(failure).has(dag_id=fails.dag_id, task_id=TASK, try_number=2)
    success = works.task(TASK).records(event="success").only()
    expect(success).has(dag_id=works.dag_id, task_id=TASK, try_number=1)


@check(
    part="1.1",
    points=1,
    needs=[failure_line, retry_line],
    hints=["The exception itself is in the context.", "Put its text under the key `error`."],
)
def lines_say_why(fails, recovers):
    """The `failure` and `retry` lines carry the text of the error."""
    failed, retried = fails.task(TASK).at_try(2), recovers.task(TASK).at_try(1)
    expect(failed.records(event="failure").only().get("error")).names(failed.fault.message)
    expect(retried.records(event="retry").only().get("error")).names(retried.fault.message)


@check(
    part="1.1",
    points=1,
    needs=[failure_line, retry_line],
    hints=["`on_failure_callback` and `on_retry_callback` never both run for one try."],
)
def retry_is_no_failure(recovers):
    """A try that will be retried is not logged as a failure."""
    expect(recovers.task(TASK).records(event="failure")).none()
