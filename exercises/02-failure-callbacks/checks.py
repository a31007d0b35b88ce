"""What callbacks did: who was told, what was cleaned up, what was measured, and how they get along."""

import re

from autograder.checks import (
    Scenario,
    answers,
    between,
    check,
    containing,
    expect,
    loses_worker,
    never_answers,
    raises,
    refuses,
    remark,
    succeeds,
)

MAIL, SLACK = "email_notification", "slack_notification"
FILES, LEASES = "file_cleanup", "connection_cleanup"
METRICS, CLASSES = "failure_metrics", "error_classification"
PROD = "production_ready"
TOLD, CLEANED = [MAIL, SLACK], [FILES, LEASES]

# Part 2.1: tell people

fails = Scenario(TOLD, raises(OSError, "<b>disk</b> & {secret}"), retries=1)
denied = Scenario(SLACK, raises(PermissionError, "<b>disk</b> & {secret}"), retries=0)
recovers = Scenario(TOLD, [raises(TimeoutError, "{secret}"), succeeds()], retries=1)
no_date = Scenario(TOLD, raises(OSError, "{secret}"), retries=0, logical_date=None)
worker_lost = Scenario(TOLD, loses_worker(), retries=0)
slack_silent = Scenario(SLACK, raises(OSError, "{secret}"), retries=0, slack=never_answers())


@check(
    part="2.1",
    section="which-callback-when",
    points=2,
    hints=[
        "Which of the task's callbacks runs only after the last try?",
        "Logging is not sending. `SmtpHook` in a `with` block opens the connection `smtp_default`.",
    ],
)
def mail_once(fails):
    """One mail arrives when `email_notification` has finally failed."""
    expect(fails.task(MAIL).mails.after_try(2)).one()


@check(
    part="2.1",
    section="which-callback-when",
    points=1,
    needs=mail_once,
    hints=["`on_retry_callback` is another list. What is in yours?"],
)
def no_mail_for_retry(recovers):
    """No mail is sent for a try that will be retried."""
    expect(recovers.task(MAIL).mails.after_try(1)).none()


@check(
    part="2.1",
    section="which-callback-when",
    points=1,
    needs=mail_once,
    hints=["Which of your callbacks runs on success?"],
)
def no_mail_for_success(recovers):
    """No mail is sent when the task succeeds."""
    expect(recovers.task(MAIL).mails.after_try(2)).none()


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=mail_once,
    hints=["Who reads it on a phone sees only the subject."],
)
def subject_names_task(fails):
    """The mail's subject names the DAG and the task."""
    expect(fails.task(MAIL).mails.after_try(2).only().subject).names(fails.dag_id, MAIL)


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=mail_once,
    hints=["The error itself is in the context, with `.get`."],
)
def body_says_error(fails):
    """The mail's body has the text of the error."""
    task = fails.task(MAIL)
    expect(task.mails.after_try(2).only().text).names(task.fault_at(2).secret)


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=body_says_error,
    hints=["The body is HTML, and the error's text is not. Python's `html` module knows what to do."],
)
def body_escaped(fails):
    """The error is escaped: the reader sees its text as it was."""
    task = fails.task(MAIL)
    expect(task.mails.after_try(2).only().text).names(task.fault_at(2).message)


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=mail_once,
    hints=["Both are attributes of `ti`.", "Write `try 2`, not `2`."],
)
def body_says_which_try(fails):
    """The mail's body names the run and the try."""
    expect(fails.task(MAIL).mails.after_try(2).only().text).names(fails.run_id, try_number=2)


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=mail_once,
    hints=["`ti` knows the address of its own log."],
)
def body_links_log(fails):
    """The mail's body has the address of the log."""
    task = fails.task(MAIL)
    expect(task.mails.after_try(2).only().text).names(task.log_url)


@check(
    part="2.1",
    section="saying-it-well",
    points=2,
    hints=[
        "`SlackWebhookHook` takes the id of the connection as a keyword.",
        "What did Slack receive? See the report.",
    ],
)
def slack_once(fails):
    """One Slack message arrives when `slack_notification` has finally failed."""
    expect(fails.task(SLACK).slack.after_try(2)).one()


@check(
    part="2.1",
    section="which-callback-when",
    points=1,
    needs=slack_once,
    hints=["Only `on_failure_callback` belongs to a final failure."],
)
def slack_only_for_failures(recovers):
    """No Slack message is sent for a retry or a success."""
    expect(recovers.task(SLACK).slack).none()


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=slack_once,
    hints=["The word is `failed`.", "A link in Slack's mrkdwn is an address and a label in angle brackets."],
)
def slack_says_what(fails):
    """The Slack message has status, error and a link to the log."""
    task = fails.task(SLACK)
    message = task.slack.after_try(2).only()
    expect(message.text).matches(r"(?i)\bfailed\b", "the word `failed`")
    expect(message.text).names(task.fault_at(2).secret, task.log_url)


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=slack_once,
    hints=["`send` takes `blocks` beside `text`: a list of dictionaries."],
)
def slack_blocks(fails):
    """The Slack message is built of blocks."""
    message = fails.task(SLACK).slack.after_try(2).only()
    if message.attachments and not message.blocks:
        remark("Slack calls `attachments` legacy; `blocks` is what it goes on developing.")
    else:
        expect(message.blocks).that(bool, "a list of blocks")


@check(
    part="2.1",
    section="saying-it-well",
    points=1,
    needs=slack_once,
    hints=["Ask with `isinstance`, not by the error's text.", "Another heading or another advice is enough."],
)
def slack_differs_by_kind(fails, denied):
    """A permission error looks different from a disk error, beyond the error's own words."""
    disk = fails.task(SLACK).slack.after_try(2).only().shape
    permission = denied.task(SLACK).slack.after_try(1).only().shape
    expect(disk).differs_from(permission)


@check(
    part="2.1",
    section="where-it-runs",
    points=1,
    needs=[mail_once, slack_once],
    hints=["`.get(…)`, not `[…]`."],
)
def told_without_date(no_date):
    """A run without a logical date is told all the same."""
    expect(no_date.task(MAIL).mails).one(after_try=1)
    expect(no_date.task(SLACK).slack).one(after_try=1)


@check(
    part="2.1",
    section="where-it-runs",
    points=1,
    needs=[mail_once, slack_once],
    hints=["`.get(…)` again, and then None is no exception.", "There, `ti` has no `start_date` either."],
)
def told_without_exception(worker_lost):
    """A context without `exception` is told all the same."""
    expect(worker_lost.task(MAIL).mails).at_least(1)
    expect(worker_lost.task(SLACK).slack).at_least(1)


@check(
    part="2.1",
    section="twenty-seconds",
    points=1,
    needs=slack_once,
    hints=["Hook and notifier both take a `timeout`. Its default is thirty seconds."],
)
def slack_silence_bounded(slack_silent):
    """A Slack that never answers holds the callback for about two seconds, not for long."""
    expect(slack_silent.task(SLACK).slack).at_least(1)
    expect(slack_silent.task(SLACK).callbacks).each_within(5)


# Part 2.2: clean up

dirty = Scenario(CLEANED, raises(OSError, "{secret}", after_work=True), retries=0)
tidied = Scenario(CLEANED, [raises(OSError, "{secret}", after_work=True), None], retries=1)
refused = Scenario(LEASES, raises(OSError, "{secret}", after_work=True), retries=0, leases=refuses())


def by_callback(leases):
    """These leases were given back, and not by the task's own work."""
    expect(leases).given_back()
    expect(leases).each(lambda lease: lease.record.closed_phase == "after", "is given back by a callback")


@check(
    part="2.2",
    section="cleaning-up",
    points=3,
    hints=[
        "The callback sees no variables of the task. Where could the task leave the path for it?",
        "`ti.xcom_push` and `ti.xcom_pull`; or a path made of the run, the task and the try.",
    ],
)
def files_gone(dirty):
    """After the failure, none of the two or more temporary files is left."""
    files = dirty.task(FILES).files
    expect(files.that(lambda file: file.phase == "before", "at the end of the work")).at_least(2)
    expect(files).gone()


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=files_gone,
    hints=["A try that will be retried runs another list of callbacks."],
)
def files_gone_after_retry(tidied):
    """Files of a try that will be retried are removed as well."""
    expect(tidied.task(FILES).files.of_try(1)).gone()


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=files_gone,
    hints=["A success is not a failure: which callback removes them?"],
)
def files_kept_on_success(tidied):
    """Files of a try that succeeds are kept."""
    expect(tidied.task(FILES).files.of_try(2)).each(lambda file: file.left, "is kept")


@check(
    part="2.2",
    section="cleaning-up",
    points=2,
    needs=files_gone,
    hints=[
        "Other programs use the same directory.",
        "Remove what this try wrote, by its path, and nothing by a pattern.",
    ],
)
def foreign_files_stay(dirty):
    """Foreign files in the temporary directory stay."""
    expect(dirty.files.foreign()).untouched()


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=files_gone,
    hints=["One line for each file, with its path or its name."],
)
def cleanup_logged(dirty):
    """The log names each file that was removed."""
    task = dirty.task(FILES)
    for file in task.files:
        expect(task.logs.in_callbacks().matching(re.escape(file.name))).at_least(1)


@check(
    part="2.2",
    section="cleaning-up",
    points=2,
    hints=[
        "Leave them open in the task; the callback gives them back.",
        "`coursekit.open_leases()`, or a list in your module: mostly, task and callback share a process.",
    ],
)
def leases_back(dirty):
    """After the failure, every lease, of two or more kinds, is given back by a callback."""
    leases = dirty.task(LEASES).leases
    kind = leases.first().kind
    expect(leases.that(lambda lease: lease.kind != kind, "of a second kind")).at_least(1)
    by_callback(leases)


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=leases_back,
    hints=["A try can end in three ways. For each there is a callback."],
)
def leases_back_after_retry(tidied):
    """Leases of a try that will be retried are given back as well."""
    by_callback(tidied.task(LEASES).leases.of_try(1))


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=leases_back,
    hints=["`on_success_callback` takes the same function."],
)
def leases_back_on_success(tidied):
    """Leases are given back after a success, too."""
    by_callback(tidied.task(LEASES).leases.of_try(2))


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=leases_back,
    hints=["Where is the `try`: around the loop, or inside it?"],
)
def refusal_stops_nothing(refused):
    """A refused closing does not keep the other leases open."""
    leases = refused.task(LEASES).leases
    by_callback(leases.that(lambda lease: not lease.record.refused, "whose closing was not refused"))


@check(
    part="2.2",
    section="cleaning-up",
    points=1,
    needs=leases_back,
    hints=["Who is refused once may ask again."],
)
def refused_tried_again(refused):
    """A refused closing is tried again."""
    leases = refused.task(LEASES).leases
    by_callback(leases.that(lambda lease: lease.record.refused > 0, "whose closing was refused"))


# Part 2.3: measure and classify

slow = Scenario(
    METRICS,
    raises(FileNotFoundError, "{secret}", after_work=True),
    retries=1,
    variables={"work_seconds": "90"},
)
odd_text = Scenario(METRICS, raises(ValueError, 'line one\nsays "{secret}", \\ and {}'), retries=0)
process_lost = Scenario([METRICS, CLASSES], loses_worker(), retries=0)
# One error each try, because every failed try is classified. None of the first classes is in the brief.
unseen = Scenario(
    CLASSES,
    [
        raises(ConnectionResetError, "{secret}"),
        raises("requests.exceptions.ConnectTimeout", "{secret}"),
        raises(ModuleNotFoundError, "{secret}"),
        raises("airflow.sdk.exceptions.AirflowSecretsBackendAccessDenied", "{secret}"),
        raises(FileNotFoundError, "{secret}"),
        raises(ZeroDivisionError, "{secret}"),
    ],
    retries=5,
)
known = Scenario(
    CLASSES,
    [
        raises(TimeoutError, "{secret}"),
        raises("airflow.sdk.exceptions.AirflowNotFoundException", "{secret}"),
        raises(KeyError, "{secret}"),
        # Each text speaks of another category than the class.
        raises(BrokenPipeError, "permission denied, invalid value: {secret}"),
        raises(ImportError, "the server did not answer: {secret}"),
        raises(ValueError, "connection timed out, try again: {secret}"),
    ],
    retries=5,
)


def records(task, event):
    """The task's lines that a program can read and that have this event."""
    return task.logs.that(
        lambda line: line.fields is not None and line.fields.get("event") == event,
        f"that is a `{event}` record",
    )


def counters(task, name):
    """The task's counters of this name, with Airflow's prefix or without."""
    return task.metrics.of("counter").that(
        lambda metric: metric.name.removeprefix("airflow.") == name, f"named `{name}`"
    )


def classified(run, tries):
    """Each of these tries has one record, with its category."""
    for number, category in tries.items():
        found = records(run.task(CLASSES), "error_classified").after_try(number)
        expect(found).one().contains_record(category=category)


@check(
    part="2.3",
    section="measuring",
    points=2,
    hints=[
        "A structlog call with keyword arguments, or `json.dumps` of a dictionary.",
        "`ti` has no `duration`. What raised? See the callback log in the report.",
    ],
)
def record_once(slow):
    """One `task_failed` record is written when `failure_metrics` has finally failed."""
    expect(records(slow.task(METRICS), "task_failed").after_try(2)).one()


@check(
    part="2.3",
    section="which-callback-when",
    points=1,
    needs=record_once,
    hints=["`on_retry_callback` is another list."],
)
def no_record_for_retry(slow):
    """No `task_failed` record is written for a try that will be retried."""
    expect(records(slow.task(METRICS), "task_failed").of_try(1)).none()


@check(part="2.3", section="measuring", points=1, needs=record_once, hints=["Four keys, all from `ti`."])
def record_says_where(slow):
    """The record names the DAG, the task, the run and the try."""
    found = records(slow.task(METRICS), "task_failed").after_try(2)
    expect(found).one().contains_record(dag_id=slow.dag_id, task_id=METRICS, run_id=slow.run_id, try_number=2)


@check(
    part="2.3",
    section="measuring",
    points=1,
    needs=record_once,
    hints=["`type(…)` of the exception has a `__name__`."],
)
def record_says_class(slow):
    """The record has the error's class."""
    found = records(slow.task(METRICS), "task_failed").after_try(2)
    expect(found).one().contains_record(error_type=containing("FileNotFoundError"))


@check(
    part="2.3",
    section="measuring",
    points=2,
    needs=record_once,
    hints=["The try began at `ti.start_date`.", "A number, without a unit behind it."],
)
def record_says_seconds(slow):
    """The record has the seconds since the start of the try."""
    found = records(slow.task(METRICS), "task_failed").after_try(2)
    expect(found).one().contains_record(seconds=between(90, 100))


@check(
    part="2.3",
    section="measuring",
    points=1,
    needs=record_once,
    hints=["JSON made by hand breaks at the first quote."],
)
def record_holds_any_text(odd_text):
    """The record holds the error's text, line breaks and quotes included."""
    task = odd_text.task(METRICS)
    expect(records(task, "task_failed").after_try(1)).one().contains_record(
        error=containing(task.fault.message)
    )


@check(
    part="2.3",
    section="measuring",
    points=1,
    hints=["`airflow.sdk.observability.stats` has a function that adds one to a counter."],
)
def failure_counted(slow):
    """`callback_exercise.failures` counts the failure."""
    expect(counters(slow.task(METRICS), "callback_exercise.failures").after_try(2)).one()


@check(
    part="2.3",
    section="where-it-runs",
    points=1,
    needs=record_once,
    hints=["There, the context has no `exception`, and `ti` has no `start_date`."],
)
def recorded_without_exception(process_lost):
    """A context without `exception` is recorded all the same."""
    expect(records(process_lost.task(METRICS), "task_failed")).at_least(1)


@check(
    part="2.3",
    section="measuring",
    points=2,
    hints=[
        "Every failed try is classified: which two callbacks is that?",
        "`isinstance` knows about derived classes.",
    ],
)
def transient_errors(known, unseen):
    """Transient errors are classified as transient."""
    classified(known, {1: "transient"})
    classified(unseen, {1: "transient", 2: "transient"})


@check(
    part="2.3",
    section="measuring",
    points=2,
    hints=["`PermissionError` and `ConnectionError` both derive from `OSError`. What do you ask for first?"],
)
def configuration_errors(known, unseen):
    """Configuration errors are classified as configuration."""
    classified(known, {2: "configuration"})
    classified(unseen, {3: "configuration", 4: "configuration"})


@check(part="2.3", section="measuring", points=2, hints=["What is in no list is permanent."])
def permanent_errors(known, unseen):
    """Permanent errors are classified as permanent."""
    classified(known, {3: "permanent"})
    classified(unseen, {5: "permanent", 6: "permanent"})


@check(
    part="2.3",
    section="measuring",
    points=2,
    needs=[transient_errors, configuration_errors, permanent_errors],
    hints=["An error's text is written for people, and changes. Its class is made for programs."],
)
def class_not_text(known):
    """Errors are classified by their class, not by their text."""
    classified(known, {4: "transient", 5: "configuration", 6: "permanent"})


@check(
    part="2.3",
    section="measuring",
    points=1,
    needs=[transient_errors, configuration_errors, permanent_errors],
    hints=["A dictionary from category to sentence."],
)
def remedies(known):
    """Each category has a remedy of its own."""
    said = set()
    for number in (1, 2, 3):
        found = records(known.task(CLASSES), "error_classified").after_try(number)
        expect(found).one().contains_record(remedy=str)
        said.add(found.only().fields["remedy"].strip())
    expect(len(said - {""})).that(lambda different: different == 3, "three different sentences")


@check(
    part="2.3",
    section="measuring",
    points=2,
    hints=["`incr` takes `tags`. So does `incr` of one name for each category, without them."],
)
def categories_counted(known):
    """`callback_exercise.errors` counts each category."""
    name = "callback_exercise.errors"
    for number, category in {1: "transient", 2: "configuration", 3: "permanent"}.items():
        wanted = {(name, category), (f"{name}.{category}", None)}
        found = known.task(CLASSES).metrics.of("counter").after_try(number)
        expect(
            found.that(
                lambda metric, wanted=wanted: (
                    (metric.name.removeprefix("airflow."), metric.tags.get("category")) in wanted
                ),
                f"named `{name}` for `{category}`",
            )
        ).one()


@check(
    part="2.3",
    section="where-it-runs",
    points=1,
    needs=permanent_errors,
    hints=["What does your function say of None?"],
)
def unknown_without_exception(process_lost):
    """Without an exception, the category is `unknown`."""
    found = records(process_lost.task(CLASSES), "error_classified")
    expect(found).at_least(1).contains_record(category="unknown")


# Part 2.4: all together

prod_fails = Scenario(PROD, raises(OSError, "{secret}", after_work=True), retries=1)
prod_works = Scenario(PROD, None)
prod_lost = Scenario(PROD, loses_worker(), retries=0)
slack_500 = Scenario(PROD, raises(OSError, "{secret}", after_work=True), retries=0, slack=answers(500))
slack_mute = Scenario(PROD, raises(OSError, "{secret}", after_work=True), retries=0, slack=never_answers())
mail_down = Scenario(PROD, raises(OSError, "{secret}", after_work=True), retries=0, mail=refuses())


def cleaned(task):
    expect(task.files).gone()
    by_callback(task.leases)


def measured(task, after_try=1):
    expect(records(task, "task_failed")).one(after_try=after_try)
    expect(counters(task, "callback_exercise.failures")).one(after_try=after_try)


@check(part="2.4", section="saying-it-well", points=2, hints=["A list of callbacks, or one that does both."])
def prod_told(prod_fails):
    """One mail and one Slack message tell of the failure of `production_ready`."""
    expect(prod_fails.task(PROD).mails).one(after_try=2)
    expect(prod_fails.task(PROD).slack).one(after_try=2)


@check(
    part="2.4",
    section="cleaning-up",
    points=2,
    hints=["The callbacks of part 2.2 serve here, too, for both tries."],
)
def prod_cleaned(prod_fails):
    """Its files are removed and its leases given back."""
    cleaned(prod_fails.task(PROD))


@check(
    part="2.4",
    section="replace-not-merge",
    points=2,
    hints=["A task's own `on_failure_callback` replaces the one of `default_args`; it does not add to it."],
)
def prod_measured(prod_fails):
    """The failure is recorded and counted."""
    measured(prod_fails.task(PROD), after_try=2)


@check(
    part="2.4",
    section="sharing",
    points=2,
    hints=["`on_failure_callback` takes a list. Airflow runs it in its order."],
)
def prod_in_order(prod_fails):
    """Three callbacks or more run, each once, in order."""
    calls = prod_fails.task(PROD).callbacks.of("on_failure_callback")
    expect(calls).at_least(3)
    expect(calls).in_order()


@check(
    part="2.4",
    section="when-one-raises",
    points=2,
    needs=[prod_told, prod_cleaned, prod_measured],
    hints=["Airflow goes on with the next callback. What about the rest of yours?"],
)
def others_run_slack_500(slack_500):
    """A Slack that answers 500 stops none of the other callbacks."""
    task = slack_500.task(PROD)
    expect(task.mails).one(after_try=1)
    cleaned(task)
    measured(task)


@check(
    part="2.4",
    section="twenty-seconds",
    points=2,
    needs=[prod_told, prod_cleaned, prod_measured],
    hints=["All callbacks of a try share twenty seconds. How long do you wait for Slack?"],
)
def others_run_slack_mute(slack_mute):
    """A Slack that never answers stops none of the other callbacks."""
    task = slack_mute.task(PROD)
    expect(task.callbacks).each_within(5)
    expect(task.mails).one(after_try=1)
    cleaned(task)
    measured(task)


@check(
    part="2.4",
    section="when-one-raises",
    points=1,
    needs=[prod_told, prod_cleaned, prod_measured],
    hints=["If one callback does several things, each needs a `try` of its own."],
)
def others_run_mail_down(mail_down):
    """A mail server that refuses stops none of the other callbacks."""
    task = mail_down.task(PROD)
    expect(task.slack).one(after_try=1)
    cleaned(task)
    measured(task)


@check(
    part="2.4",
    section="when-one-raises",
    points=1,
    needs=prod_told,
    hints=[
        "Catch the error in the callback and log it with its traceback. A decorator does it for all of them."
    ],
)
def errors_contained(slack_500):
    """No callback raises when Slack answers 500."""
    expect(slack_500.task(PROD).callbacks).each_returned()


@check(
    part="2.4",
    section="which-callback-when",
    points=1,
    needs=prod_told,
    hints=["Which callbacks run on success?"],
)
def prod_success_quiet(prod_works):
    """A success is not told."""
    expect(prod_works.task(PROD).mails).none()
    expect(prod_works.task(PROD).slack).none()


@check(
    part="2.4",
    section="where-it-runs",
    points=1,
    needs=prod_told,
    hints=["There is nothing to clean up there, and nothing may stop you."],
)
def prod_told_without_exception(prod_lost):
    """Without an exception, the failure is told all the same."""
    expect(prod_lost.task(PROD).mails).at_least(1)
    expect(prod_lost.task(PROD).slack).at_least(1)


# Bonus

no_answer = Scenario(PROD, raises(ConnectionResetError, "{secret}"), retries=0)
both_fail = Scenario([MAIL, PROD], raises(OSError, "{secret}"), retries=0)
stubborn = Scenario(PROD, raises(OSError, "{secret}"), retries=2)
changing = Scenario(
    PROD,
    [raises(ValueError, "{secret}"), raises(KeyError, "{secret}"), raises(OSError, "{secret}")],
    retries=2,
)


@check(
    part="bonus",
    section="saying-it-well",
    points=1,
    needs=prod_told,
    hints=["A function that takes a callback and returns another."],
)
def transient_only_slack(no_answer):
    """A transient error is told in Slack only."""
    expect(no_answer.task(PROD).slack).one(after_try=1)
    expect(no_answer.task(PROD).mails).none()


@check(
    part="bonus",
    section="when-one-raises",
    points=1,
    needs=prod_in_order,
    hints=["One decorator around all of them."],
)
def callbacks_counted(prod_fails):
    """Callbacks count how they ended."""
    task = prod_fails.task(PROD)
    ended = counters(task, "callback_exercise.callbacks").after_try(2)
    expect(ended.tagged(callback=..., outcome="success")).at_least(3)


@check(
    part="bonus",
    section="when-one-raises",
    points=1,
    needs=callbacks_counted,
    hints=["An error that you caught is a failure of the callback."],
)
def callback_failure_counted(slack_500):
    """A callback whose call failed counts a failure."""
    ended = counters(slack_500.task(PROD), "callback_exercise.callbacks").after_try(1)
    expect(ended.tagged(callback=..., outcome="failure")).at_least(1)


@check(
    part="bonus",
    section="measuring",
    points=2,
    hints=["`BaseHook.get_connection` gives host, port and password.", "403 is the answer to a missing key."],
)
def event_posted(prod_fails):
    """One event is posted to the monitoring endpoint, with its key."""
    post = prod_fails.task(PROD).posts.after_try(2).only()
    expect(prod_fails.task(PROD).posts).each(lambda post: post.authorized, "carries the key")
    expect(post.body).has(
        dag_id=prod_fails.dag_id,
        task_id=PROD,
        run_id=prod_fails.run_id,
        try_number=2,
        error_type=containing("OSError"),
    )


@check(
    part="bonus",
    section="saying-it-well",
    points=1,
    needs=[mail_once, prod_told],
    hints=["One function makes the mail of both."],
)
def one_template(both_fail):
    """The mails of two tasks come from one template."""
    one, other = (both_fail.task(name).mails.after_try(1).only().shape for name in (PROD, MAIL))
    expect(one).equals(other)


@check(
    part="bonus",
    section="measuring",
    points=1,
    needs=prod_told,
    hints=[
        "`on_retry_callback` can remember the class of the error.",
        "The store's `get` and `set` take JSON values.",
    ],
)
def same_error_escalated(stubborn):
    """The same error three times is escalated."""
    expect(stubborn.task(PROD).slack.after_try(3).only().text).names("<!channel>")


@check(
    part="bonus",
    section="measuring",
    points=1,
    needs=same_error_escalated,
    hints=["Three failures alone are no pattern."],
)
def different_errors_not_escalated(changing):
    """Three different errors are not escalated."""
    expect(changing.task(PROD).slack.after_try(3).only().text).lacks("<!channel>")
