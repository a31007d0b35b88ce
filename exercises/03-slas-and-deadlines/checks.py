"""Who hears of a late run, when, and what they read; what is stopped; and when nobody is disturbed."""

import re
from datetime import datetime, timedelta

from autograder.checks import (
    Scenario,
    answers,
    check,
    expect,
    marked,
    raises,
    succeeds,
    takes,
)

COLLECT, COMPUTE, PUBLISH = "collect", "compute", "publish"
MINUTE, HOUR = 60, 3600

# Deliveries are told apart by when they came and from where, a component or a deadline: names of alerts and
# callbacks are free.


def at(deliveries, seconds, words):
    """Those that came in the five minutes after this moment of the run."""
    return deliveries.that(lambda one: seconds <= one.at < seconds + 5 * MINUTE, f"at {words}")


def of_deadline(deliveries):
    """Those of a deadline's callback: a task that watches itself is late when it hangs, and silent when it is lost."""
    return deliveries.that(lambda one: one.deadline is not None, "from a deadline")


def promise(run):
    return at(of_deadline(run.mails), 2 * HOUR, "two hours")


def alarm(run):
    return at(of_deadline(run.slack), 3 * HOUR, "three hours")


def warning(run, minutes):
    return at(of_deadline(run.slack), minutes * MINUTE, f"{minutes} minutes")


def told(run):
    """What the DAG's own callback said of the run's failure."""
    return run.slack.by("DAG processor").that(lambda one: not one.at_import, "from a callback")


def night(duration, **settings):
    """`compute` takes this long. What follows it is named, too: if it counted as succeeded, so might the run."""
    return Scenario({COMPUTE: takes(duration), PUBLISH: succeeds()}, **settings)


# Part 3.1: the promise

late = night("4h")
in_time = night("90min")
no_date = night("4h", logical_date=None)


@check(
    part="3.1",
    section="moving-from-sla",
    points=3,
    hints=[
        "Airflow 3 takes `sla_miss_callback` and never calls it. What has taken its place belongs to the DAG.",
        "A deadline is a reference, an interval and a callback. From which moment do the two hours count?",
        "The callback gets one argument, the context. Is yours called with five?",
    ],
)
def promise_mailed(late):
    """One mail arrives when the run is two hours old and has not ended."""
    expect(promise(late)).one()


@check(
    part="3.1",
    section="what-it-knows",
    points=1,
    needs=promise_mailed,
    hints=["There is no `ti`. The run is in the context, as a dictionary."],
)
def promise_names_run(late):
    """The mail names the DAG and the run."""
    expect(promise(late).only().whole).names(late.dag_id, late.run_id)


@check(
    part="3.1",
    section="late-or-stopped",
    points=2,
    needs=promise_mailed,
    hints=["A limit stops. A deadline only tells. Which of them have you set to two hours?"],
)
def late_run_goes_on(late):
    """The late run is not stopped: after four hours it ends as a success."""
    expect(late.state).equals("success")


@check(
    part="3.1",
    section="a-deadline",
    points=2,
    needs=promise_mailed,
    hints=["Airflow drops a deadline when the run succeeds in time. Who else sends mails in yours?"],
)
def in_time_no_mail(in_time):
    """No mail is sent when the run succeeds in time."""
    expect(in_time.mails).none()


@check(
    part="3.1",
    section="which-reference",
    points=2,
    needs=promise_mailed,
    hints=["Which of the references does a run always have?"],
)
def promise_without_date(no_date):
    """The mail also arrives when the run has no logical date."""
    expect(promise(no_date)).one()


# Part 3.2: the alarm

not_so_late = night("150min")


@check(
    part="3.2",
    section="where-it-runs",
    points=3,
    hints=[
        "`deadline` takes a list.",
        "An asynchronous callback awaits. `SlackWebhookHook` has a method for it.",
        "The triggerer cannot import your DAG file. Where is the function defined?",
    ],
)
def alarm_sounds(late):
    """One Slack message arrives when the run is three hours old and has not ended."""
    expect(alarm(late)).one()


@check(
    part="3.2",
    section="where-it-runs",
    points=2,
    needs=alarm_sounds,
    hints=["There are two kinds of callback for deadlines: one waits for a place at the executor."],
)
def alarm_from_triggerer(late):
    """The alarm comes from the triggerer."""
    expect(alarm(late)).each(lambda one: one.component == "triggerer", "comes from the triggerer")


@check(
    part="3.2",
    section="what-it-knows",
    points=1,
    needs=alarm_sounds,
    hints=[
        "The keys of `dag_run` are those of Airflow's REST API. What is the run's id called there?",
        "Jinja is rendered by notifiers, and by nobody else.",
    ],
)
def alarm_names_run(late):
    """The alarm names the DAG and the run."""
    expect(alarm(late).only().text).names(late.dag_id, late.run_id)


@check(
    part="3.2",
    section="what-it-knows",
    points=1,
    needs=alarm_sounds,
    hints=["The word is `late`."],
)
def alarm_says_late(late):
    """The alarm says `late`."""
    expect(alarm(late).only().text).matches(r"(?i)\blate\b", "the word `late`")


@check(
    part="3.2",
    section="what-it-knows",
    points=1,
    needs=alarm_sounds,
    hints=[
        "Beside `dag_run`, the context has one more key.",
        "Hours and minutes, with a colon between them.",
    ],
)
def alarm_says_due(late):
    """The alarm says when the report was due."""
    due = datetime.fromisoformat(late.evidence.epoch) + timedelta(hours=3)
    expect(alarm(late).only().text).matches(rf"\b{due:%H:%M}\b", f"the time when it was due, {due:%H:%M}")


@check(
    part="3.2",
    section="what-it-knows",
    points=1,
    needs=alarm_sounds,
    hints=["It is one of the values of `dag_run`."],
)
def alarm_says_state(late):
    """The alarm says what state the run is in."""
    expect(alarm(late).only().text).matches(r"(?i)\brunning\b", "the run's state, `running`")


@check(
    part="3.2",
    section="a-deadline",
    points=2,
    needs=alarm_sounds,
    hints=["At two and a half hours it is late for the readers. Is it for those who have to get up?"],
)
def no_alarm_in_time(not_so_late):
    """There is no alarm when the run succeeds after two and a half hours."""
    expect(not_so_late.slack.since("2h")).none()


@check(
    part="3.2",
    section="which-reference",
    points=1,
    needs=alarm_sounds,
    hints=["The same question as for the promise: from which moment do the three hours count?"],
)
def alarm_without_date(no_date):
    """The alarm also sounds when the run has no logical date."""
    expect(alarm(no_date)).one()


# Part 3.3: the warning. The mean of the first history is 40 minutes, that of the second 20.

slow = night("100min", history=[30 * MINUTE, 40 * MINUTE, 50 * MINUTE])
as_usual = night("60min", history=[30 * MINUTE, 40 * MINUTE, 50 * MINUTE])
quick_once = night("100min", history=[10 * MINUTE, 20 * MINUTE, 30 * MINUTE])


@check(
    part="3.3",
    section="early-warning",
    points=3,
    hints=[
        "One of the references looks at runs that have been.",
        "How many successful runs does it want to see before it says anything? That can be set.",
    ],
)
def warning_comes(slow):
    """After runs of 40 minutes on average, one Slack message arrives at 70 minutes."""
    expect(warning(slow, 70)).one()


@check(
    part="3.3",
    section="which-reference",
    points=2,
    needs=warning_comes,
    hints=["An average, and half an hour on top of it: nothing in this is written down as 70 minutes."],
)
def warning_follows_average(quick_once):
    """After runs of 20 minutes on average, the warning arrives at 50 minutes."""
    expect(warning(quick_once, 50)).one()


@check(
    part="3.3",
    section="early-warning",
    points=1,
    needs=warning_comes,
    hints=["What if nobody is slow? A deadline that was kept is dropped by itself."],
)
def no_warning_as_usual(as_usual):
    """There is no warning when the run takes 60 minutes."""
    expect(as_usual.slack).none()


@check(
    part="3.3",
    section="what-it-knows",
    points=1,
    needs=warning_comes,
    hints=["As in the alarm."],
)
def warning_names_run(slow):
    """The warning names the DAG and the run."""
    expect(warning(slow, 70).only().text).names(slow.dag_id, slow.run_id)


@check(
    part="3.3",
    section="early-warning",
    points=1,
    needs=warning_comes,
    hints=["The word is `slow`, and the other word belongs to the alarm."],
)
def warning_is_no_alarm(slow):
    """The warning says `slow`, and does not say `late`."""
    text = warning(slow, 70).only().text
    expect(text).matches(r"(?i)\bslow\b", "the word `slow`")
    expect(text).that(lambda said: not re.search(r"(?i)\blate\b", said), "a text without the word `late`")


# Part 3.4: two limits

unanswered = Scenario({COLLECT: takes("10h"), COMPUTE: succeeds(), PUBLISH: succeeds()}, retries=1)
refused = Scenario(
    {COLLECT: raises(ConnectionError, "{secret}"), COMPUTE: succeeds(), PUBLISH: succeeds()}, retries=0
)
endless = night("10h")


@check(
    part="3.4",
    section="late-or-stopped",
    points=3,
    hints=[
        "A task's own limit ends a try, and the try fails like any other.",
        "Which of the task's callbacks runs after the last try?",
    ],
)
def collect_told(unanswered):
    """One mail arrives when `collect` has finally failed at its limit."""
    expect(unanswered.task(COLLECT).mails.after_try(2)).one()


@check(
    part="3.4",
    section="late-or-stopped",
    points=2,
    needs=collect_told,
    hints=["45 minutes for each try. The setting takes a `timedelta`."],
)
def collect_stopped(unanswered):
    """Each try of `collect` is stopped after 45 minutes."""
    tries = unanswered.task(COLLECT).attempts
    limit = 45 * MINUTE
    expect(tries).each(
        lambda one: one.began and limit <= (one.seconds or 0) < limit + MINUTE, "ends after 45 minutes"
    )


@check(
    part="3.4",
    section="late-or-stopped",
    points=1,
    needs=collect_told,
    hints=["A try that is followed by another one has a callback of its own. What is in it?"],
)
def collect_retry_quiet(unanswered):
    """No mail is sent for a try of `collect` that will be retried."""
    expect(unanswered.task(COLLECT).mails.of_try(1)).none()


@check(
    part="3.4",
    section="late-or-stopped",
    points=1,
    needs=collect_told,
    hints=["Say `timed out`. On the worker, the context has the exception; its class tells."],
)
def collect_says_limit(unanswered):
    """The mail says that `collect` `timed out`."""
    mail = unanswered.task(COLLECT).mails.after_try(2).only()
    expect(mail.whole).matches(r"(?i)\btimed out\b", "the words `timed out`")


@check(
    part="3.4",
    section="late-or-stopped",
    points=1,
    needs=collect_says_limit,
    hints=["An error that is no limit: what does yours say of it?"],
)
def collect_says_error(refused):
    """When `collect` fails with an error, the mail has the error's text, and does not say `timed out`."""
    task = refused.task(COLLECT)
    mail = task.mails.after_try(1).only()
    expect(mail.whole).names(task.fault_at(1).message)
    expect(mail.whole).lacks("timed out")


@check(
    part="3.4",
    section="late-or-stopped",
    points=4,
    hints=[
        "A run that is stopped at its limit leaves tasks that are skipped. Which callbacks does that call?",
        "The DAG has callbacks of its own.",
    ],
)
def run_stopped_told(endless):
    """After six hours the run is stopped, and one Slack message from the DAG's own callback arrives."""
    expect(at(told(endless), 6 * HOUR, "six hours")).one()


@check(
    part="3.4",
    section="late-or-stopped",
    points=1,
    needs=run_stopped_told,
    hints=["The DAG's callbacks get a `reason`."],
)
def run_stopped_says(endless):
    """The message about the stopped run names the DAG and the run, and says `timed out`."""
    text = told(endless).only().text
    expect(text).names(endless.dag_id, endless.run_id)
    expect(text).matches(r"(?i)\btimed out\b", "the words `timed out`")


@check(
    part="3.4",
    section="late-or-stopped",
    points=1,
    needs=run_stopped_told,
    hints=["The limit is the run's. `compute` has none of its own."],
)
def compute_skipped(endless):
    """What was unfinished when the run was stopped is skipped, and has not failed."""
    expect(endless.task(COMPUTE).state).equals("skipped")


# Part 3.5: silence

fails = Scenario(
    {COMPUTE: raises(ValueError, "{secret}"), PUBLISH: succeeds()},
    retries=0,
    history=[30 * MINUTE, 40 * MINUTE, 50 * MINUTE],
)


@check(
    part="3.5",
    section="late-or-stopped",
    points=2,
    hints=["The run has failed by a task this time, not by its limit. Is it the same callback?"],
)
def failure_told(fails):
    """One Slack message from the DAG's own callback arrives when the run has failed."""
    expect(told(fails)).one()


@check(
    part="3.5",
    section="late-or-stopped",
    points=1,
    needs=failure_told,
    hints=["The context of a DAG's callback has a `ti`: that of the task that failed last."],
)
def failure_says_task(fails):
    """The message about the failed run names the run and the task, and does not say `timed out`."""
    text = told(fails).only().text
    expect(text).names(fails.run_id, COMPUTE)
    expect(text).lacks("timed out")


@check(
    part="3.5",
    section="what-it-does-not-do",
    points=3,
    needs=[promise_mailed, failure_told],
    hints=[
        "A deadline is dropped only when the run succeeds. A run that has failed misses it.",
        "What does the context say of the run's state?",
    ],
)
def promise_silent(fails):
    """The promise's mail is not sent when the run has failed and that was told."""
    expect(fails.mails).none()


@check(
    part="3.5",
    section="what-it-does-not-do",
    points=3,
    needs=[alarm_sounds, failure_told],
    hints=["The same question as for the mail. Could the two share the answer?"],
)
def alarm_silent(fails):
    """There is no alarm when the run has failed and that was told."""
    expect(at(fails.slack, 3 * HOUR, "three hours")).none()


@check(
    part="3.5",
    section="what-it-does-not-do",
    points=1,
    needs=[warning_comes, failure_told],
    hints=["A run that has failed is not slow."],
)
def warning_silent(fails):
    """There is no warning when the run has failed and that was told."""
    expect(at(fails.slack, 70 * MINUTE, "70 minutes")).none()


# Bonus

by_hand = night("4h", marks=[marked("failed", at="40min")])
no_slack = night("4h", slack=answers(500))


@check(
    part="bonus",
    section="what-it-does-not-do",
    points=3,
    needs=[promise_silent, alarm_silent],
    hints=[
        "A run that a person marks as failed calls no callback at all.",
        "Failed is not told. Who told it could leave a note where the deadlines' callbacks find it.",
        "A Variable can be written by the DAG's callback and read by those of its deadlines.",
    ],
)
def untold_failure_told(by_hand):
    """A run that somebody marks as failed is told: the mail at two hours, the alarm at three."""
    expect(promise(by_hand)).one()
    expect(alarm(by_hand)).one()


@check(
    part="bonus",
    section="watch-the-watcher",
    points=3,
    needs=alarm_sounds,
    hints=[
        "What does the hook do when Slack answers 500? Who catches that?",
        "Every hook for mails has a method that can be awaited.",
    ],
)
def alarm_by_mail(no_slack):
    """When Slack answers 500, one mail brings the alarm at three hours."""
    expect(at(of_deadline(no_slack.mails), 3 * HOUR, "three hours")).one()
