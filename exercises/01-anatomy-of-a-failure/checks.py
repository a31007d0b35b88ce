"""Part 1.1: one structured line in the task's log for each way a try can end."""

from autograder.checks import Scenario, check, containing, expect, raises, succeeds

TASK = "load_orders"

fails = Scenario(TASK, raises(OSError, "disk full, {secret}"), retries=1)
recovers = Scenario(TASK, [raises(TimeoutError, "no answer, {secret}"), succeeds()], retries=1)
works = Scenario(TASK, succeeds())


def lines(run, event):
    """The lines of the task that a program can read and that have this event."""
    return run.task(TASK).logs.that(
        lambda line: line.fields is not None and line.fields.get("event") == event,
        f"that is a `{event}` record",
    )


@check(
    part="1.1",
    points=2,
    section="which-callback-when",
    hints=[
        "A callback is an argument of the task, beside `retries`. Which one belongs to the last try?",
        "The line is one JSON object with the key `event`, or a structlog call that begins with the event.",
    ],
)
def failure_line(fails):
    """One `failure` line is logged when the task has finally failed."""
    expect(lines(fails, "failure").after_try(2)).one()


@check(
    part="1.1",
    points=2,
    section="which-callback-when",
    hints=["A failed try with retries left has a callback of its own."],
)
def retry_line(recovers):
    """One `retry` line is logged when a try has failed and another will follow."""
    expect(lines(recovers, "retry")).one(after_try=1)


@check(
    part="1.1",
    points=2,
    section="which-callback-when",
    hints=["There is a callback for tries that end well, too."],
)
def success_line(works):
    """One `success` line is logged when the task has succeeded."""
    expect(lines(works, "success")).one(after_try=1)


@check(
    part="1.1",
    points=2,
    needs=[failure_line, success_line],
    section="what-the-context-holds",
    hints=["All three are attributes of `context['ti']`."],
)
def lines_say_where(fails, works):
    """The lines name the DAG, the task and the try."""
    failure, success = lines(fails, "failure").after_try(2), lines(works, "success")
    expect(failure).one().contains_record(dag_id=fails.dag_id, task_id=TASK, try_number=2)
    expect(success).one().contains_record(dag_id=works.dag_id, task_id=TASK, try_number=1)


@check(
    part="1.1",
    points=1,
    needs=[failure_line, retry_line],
    section="what-the-context-holds",
    hints=["The exception itself is in the context.", "Put its text under the key `error`."],
)
def lines_say_why(fails, recovers):
    """The `failure` and `retry` lines carry the text of the error."""
    failure, retry = lines(fails, "failure").after_try(2), lines(recovers, "retry")
    expect(failure).one().contains_record(error=containing(fails.task(TASK).fault_at(2).message))
    expect(retry).one().contains_record(error=containing(recovers.task(TASK).fault_at(1).message))


@check(
    part="1.1",
    points=1,
    needs=[failure_line, retry_line],
    section="read-a-run",
    hints=["`on_failure_callback` and `on_retry_callback` never both run for one try."],
)
def retry_is_no_failure(recovers):
    """A try that will be retried is not logged as a failure."""
    expect(lines(recovers, "failure")).none()
