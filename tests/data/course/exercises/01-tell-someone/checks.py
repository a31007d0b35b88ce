"""A small exercise for tests: mails, files and a counter of one task."""

from autograder.checks import Scenario, check, expect, raises, succeeds

TASK = "notify"

fails = Scenario(TASK, raises(OSError, "<b>disk</b> & {secret}"), retries=1)
recovers = Scenario(TASK, [raises(TimeoutError, "{secret}"), succeeds()], retries=1)
tidy = Scenario(TASK, raises(OSError, "{secret}", after_work=True))


@check(part="1.1", points=2, hints=["Which callback runs only after the last try?"])
def mail_once(fails):
    """One mail arrives when the task has finally failed."""
    expect(fails.task(TASK).mails.after_try(2)).one()


@check(part="1.1", points=1, needs=mail_once, hints=["`on_retry_callback` is another list."])
def no_mail_for_retry(recovers):
    """No mail is sent for a try that will be retried."""
    expect(recovers.task(TASK).mails).none()


@check(part="1.1", points=1, needs=mail_once, hints=["Everything is in the context."])
def body_says_what(fails):
    """The mail's body shows the error as it was."""
    task = fails.task(TASK)
    expect(task.mails.after_try(2).only().text).names(task.fault.message, try_number=2)


@check(part="1.2", points=2, hints=["What did the task make?"])
def files_gone(tidy):
    """The task's files are gone."""
    expect(tidy.task(TASK).files).gone()


@check(part="bonus", points=1, needs=mail_once, hints=["`stats` has counters."])
def counted(fails):
    """A counter says that someone was told."""
    expect(fails.task(TASK).metrics.named("told")).one()
