"""What lesson 02 says is so."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.checks import RunView, dies_by, hangs, loses_worker, marked, never_answers, raises
from tests.lessons.snippets import changed, lab, plain, without_magic

ALL_THREE = "ALL_THREE = [tell_slack, remove_staging, mail_treasury]"
AS_IT_COMES = """class SmtpHook(SmtpHook):
    @property
    def smtp_retry_limit(self):
        self.conn.extra = '{"disable_ssl": true, "disable_tls": true, "timeout": 2}'
        return super().smtp_retry_limit


"""
"""Airflow's hook where the connection, unlike that of the exercises, does not say how often it is to try."""
LATE = {
    "logical_date",
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
    "data_interval_start",
    "data_interval_end",
    "prev_data_interval_start_success",
    "prev_data_interval_end_success",
}


def calls(run: RunView, task: str) -> list[tuple[str, int | None, str]]:
    """Kind, try and component of each callback call but the first of each try."""
    return [
        (call.kind, call.record.try_number, call.component)
        for call in run.task(task).callbacks
        if call.kind != "on_execute_callback"
    ]


def said(run: RunView, task: str, kind: str = "on_failure_callback") -> list[str]:
    """What a task's callbacks printed and logged."""
    return [line.record.event for line in run.task(task).callbacks.of(kind).logs]


def names(run: RunView, task: str) -> list[str]:
    return [call.name for call in run.task(task).callbacks]


class TestTheIncident:
    def test_the_payment_is_sent_twice_though_its_error_forbids_a_retry(self, recorded):
        run = recorded("paid-twice")
        task = run.task("pay_suppliers")
        assert task.tries == 2
        assert [task.state_after(number) for number in (1, 2)] == ["up_for_retry", "failed"]
        assert len(task.logs.matching("payment file sent to the bank")) == 2
        for number in (1, 2):
            [line] = task.at_try(number).logs.matching("^Task failed with exception")
            assert line.record.fields["error_detail"][0]["exc_type"] == "AirflowFailException"

    def test_the_first_callback_never_comes_back_and_the_others_never_begin(self, recorded):
        run = recorded("paid-twice")
        assert names(run, "pay_suppliers") == ["tell_slack", "tell_slack"]
        assert all(call.returned is None for call in run.task("pay_suppliers").callbacks)

    def test_it_is_killed_after_twenty_seconds_and_five_more(self, recorded):
        run = recorded("paid-twice")
        first, second = run.task("pay_suppliers").attempts
        assert first.seconds == pytest.approx(25, abs=0.1)
        assert second.at - first.at == pytest.approx(25 + 300, abs=0.1)

    def test_the_task_s_log_says_nothing_of_it(self, recorded):
        task = recorded("paid-twice").task("pay_suppliers")
        on_worker = [line for line in task.at_try(1).logs if line.record.component == "worker"]
        assert "posting to Slack" in str(on_worker[-1].text)
        assert not list(task.logs.matching("(?i)overtime|terminat"))

    def test_a_timeout_and_another_order_pay_once(self, recorded):
        run = recorded("paid-once")
        assert run.task("pay_suppliers").tries == 1
        assert names(run, "pay_suppliers") == ["remove_staging", "mail_treasury", "tell_slack"]
        *others, slack = run.task("pay_suppliers").callbacks
        assert all(call.returned for call in others)
        assert slack.error is not None
        assert slack.error.type.endswith("TimeoutError")
        assert slack.seconds < 4

    @pytest.mark.slow
    @pytest.mark.parametrize(("hook", "seconds"), [("", 2), (AS_IT_COMES, 12)])
    def test_a_silent_mail_server_is_asked_six_times_unless_once(self, play, lesson, tmp_path, hook, seconds):
        text = (
            (lesson.code / "saying_it.py").read_text().replace("def mail_naively", f"{hook}def mail_naively")
        )
        file = changed(text, tmp_path, "[mail_naively, mail, post]", "mail")
        call = play(file, mail=never_answers()).task("ask_partner").callbacks.only()
        assert call.returned is False
        assert seconds - 1 < call.seconds < seconds + 3

    def test_the_hook_waits_thirty_seconds_unless_told_otherwise(self):
        from slack_sdk.webhook import WebhookClient

        assert inspect.signature(WebhookClient).parameters["timeout"].default == 30


class TestWhichCallbackWhen:
    def test_each_try_ends_with_at_most_one(self, recorded):
        run = recorded("which-one")
        assert calls(run, "recovers") == [
            ("on_retry_callback", 1, "worker"),
            ("on_success_callback", 2, "worker"),
        ]
        assert calls(run, "skips_itself") == [("on_skipped_callback", 1, "worker")]

    def test_fail_fast_leaves_its_retry_unused(self, recorded):
        run = recorded("which-one")
        assert run.task("fails_fast").tries == 1
        assert calls(run, "fails_fast") == [("on_failure_callback", 1, "worker")]

    def test_killed_at_the_last_try_nobody_is_called(self, recorded):
        run = recorded("which-one")
        assert run.task("is_killed").tries == 2
        assert calls(run, "is_killed") == [("on_retry_callback", 1, "DAG processor")]

    def test_upstream_failed_is_told_nothing(self, recorded):
        run = recorded("which-one")
        assert run.task("comes_after").state == "upstream_failed"
        assert not list(run.task("comes_after").callbacks)

    def test_a_lost_worker_has_both(self, play):
        run = play("which_one.py", "is_killed", loses_worker())
        assert calls(run, "is_killed") == [
            ("on_retry_callback", 1, "DAG processor"),
            ("on_failure_callback", 2, "DAG processor"),
        ]

    def test_an_airflow_exception_is_retried_like_any_other(self, play):
        run = play("which_one.py", "fails_fast", raises("airflow.sdk.exceptions.AirflowException", "no"))
        assert run.task("fails_fast").tries == 2

    def test_it_runs_once_before_the_work_of_each_try(self, recorded):
        started = recorded("which-one").task("is_killed").callbacks.of("on_execute_callback")
        assert [(call.record.try_number, call.component) for call in started] == [
            (1, "worker"),
            (2, "worker"),
        ]


class TestWhereItRuns:
    def test_on_the_worker_it_shares_the_process_and_has_the_exception(self, recorded):
        told = said(recorded("on-the-worker"), "read_orders")
        assert "READ holds ['order 1', 'order 2']" in told
        assert "exception: ConnectionError('the shop closed the connection')" in told
        assert "ti.start_date: there" in told

    def test_in_the_dag_processor_the_file_is_new(self, recorded):
        run = recorded("worker-lost")
        told = said(run, "read_orders")
        assert {call.component for call in run.task("read_orders").callbacks} == {"DAG processor"}
        assert "READ holds []" in told
        assert "exception: 'no such key'" in told
        assert "ti.start_date: no such attribute" in told
        assert {"ti.try_number: there", "ti.log_url: there", "context['run_id']: there"} <= set(told)

    def test_what_is_gone_is_gone_everywhere(self, recorded):
        for name in ("on-the-worker", "worker-lost"):
            told = said(recorded(name), "read_orders")
            gone = {"context['execution_date']: no such key", "context['reason']: no such key"}
            assert {*gone, "ti.duration: no such attribute"} <= set(told)

    def test_what_a_run_without_a_logical_date_lacks(self, play, recorded):
        without = set(said(recorded("on-the-worker"), "read_orders")[-1].split())
        dated = set(said(play("what_it_knows.py"), "read_orders")[-1].split())
        assert dated - without == LATE
        assert {"dag", "dag_run", "params", "run_id", "task", "ti", "var"} <= without


class TestWhenOneRaises:
    def test_the_next_one_runs_and_the_rest_of_this_one_is_lost(self, recorded):
        run = recorded("one-raises")
        assert [call.returned for call in run.task("load").callbacks] == [True, False, True]
        assert said(run, "load") == ["staging removed", "counted"]

    def test_airflow_logs_it_with_kind_and_index(self, recorded):
        [line] = recorded("one-raises").task("load").logs.matching("^Failed to run task callback")
        assert line.fields["kind"] == "on_failure_callback"
        assert line.fields["index"] == 1
        assert line.record.fields["error_detail"][0]["exc_type"] == "KeyError"

    def test_nobody_counts_it_but_the_wrapper(self, recorded):
        run = recorded("one-raises")
        [counted] = run.metrics
        assert counted.name == "airflow.callbacks.failed"
        assert counted.tags["callback"] == "alert"
        assert counted.record.task_id == "export"
        own = {metric.name for metric in run.evidence.metrics}
        assert not [name for name in own if "callback_exceptions" in name]

    def test_the_wrapper_keeps_the_traceback(self, recorded):
        run = recorded("one-raises")
        assert all(call.returned for call in run.task("export").callbacks)
        [line] = run.task("export").logs.matching("^callback_failed")
        assert line.record.fields["error_detail"][0]["exc_type"] == "KeyError"


ENDS_IN_TIME = """
import time

from airflow.sdk import DAG, BaseOperator


class Waits(BaseOperator):
    stopped = False

    def execute(self, context):
        while not self.stopped:
            time.sleep(1)

    def on_kill(self):
        self.stopped = True


def tell(context): ...


with DAG("ends_in_time", schedule=None):
    Waits(task_id="waits", on_success_callback=tell, on_failure_callback=tell)
"""


class TestWhenNobodyCallsYou:
    @pytest.mark.parametrize(
        ("task", "caller", "nets"),
        [
            ("fails", "worker", {"finally"}),
            ("times_out", "worker", {"finally", "on_kill"}),
            ("is_killed", None, set()),
            ("is_stopped", None, {"on_kill"}),
            ("loses_worker", "DAG processor", set()),
        ],
    )
    def test_which_nets_hold(self, recorded, task: str, caller: str | None, nets: set[str]):
        run = recorded("nobody-calls")
        assert [call.component for call in run.task(task).callbacks] == ([caller] if caller else [])
        assert {line.record.event for line in run.task(task).logs} & {"finally", "on_kill"} == nets

    def test_who_is_stopped_is_skipped(self, recorded):
        assert recorded("nobody-calls").task("is_stopped").state == "skipped"

    def test_an_on_kill_that_raises_lets_finally_run(self, play, lesson, tmp_path):
        text = (lesson.code / "nobody_calls.py").read_text()
        file = changed(text, tmp_path, 'self.log.info("on_kill")', "raise InterruptedError")
        run = play(file, "loses_worker", loses_worker())
        assert len(run.task("is_stopped").logs.matching("^finally")) == 1

    def test_an_on_kill_that_ends_the_work_in_time_has_the_success_callback_called(self, play, tmp_path):
        file = tmp_path / "ends_in_time.py"
        file.write_text(ENDS_IN_TIME)
        run = play(file, marks=[marked("failed", at="1h", task="waits")])
        assert run.task("waits").state == "failed"
        assert [call.kind for call in run.task("waits").callbacks] == ["on_success_callback"]

    def test_a_teardown_and_a_trigger_rule_do_what_the_callback_cannot(self, recorded):
        run = recorded("always-told")
        assert not list(run.task("export_ledger").callbacks)
        assert len(run.task("remove_staging").logs.matching("staging removed")) == 1
        assert len(run.task("tell_on_call").logs.matching("task: failed: export_ledger")) == 1
        assert run.state == "failed"

    def test_they_are_quiet_when_it_works(self, play):
        run = play("always_told.py")
        assert run.state == "success"
        assert run.task("tell_on_call").state == "skipped"

    def test_when_the_run_times_out_they_are_skipped_and_the_dag_s_callback_speaks(
        self, play, lesson, tmp_path
    ):
        text = (lesson.code / "always_told.py").read_text()
        ends = "schedule=None, dagrun_timeout=timedelta(hours=1), on_failure_callback=why"
        why = (
            "from datetime import timedelta\n\ndef why(context):\n    print(context['reason'])\n\n\ndef tell("
        )
        file = changed(text.replace("def tell(", why), tmp_path, "schedule=None", ends)
        run = play(file, "export_ledger", hangs())
        for task in ("export_ledger", "remove_staging", "tell_on_call"):
            assert run.task(task).state == "skipped"
            assert not list(run.task(task).callbacks)
        assert [str(line.text) for line in run.dag_callbacks.logs] == ["timed_out"]

    def test_without_its_last_task_the_run_is_green(self, play, lesson, tmp_path):
        text = (lesson.code / "always_told.py").read_text()
        last = '    export >> EmptyOperator(task_id="done")\n'
        run = play(changed(text, tmp_path, last, ""), "export_ledger", dies_by("SIGKILL"))
        assert run.task("export_ledger").state == "failed"
        assert run.state == "success"


class TestSayingItWell:
    def test_an_error_that_looks_like_a_tag_is_lost(self, recorded):
        naive, escaped = recorded("saying-it").mails
        assert "urlopen" not in naive.text
        assert "URLError: <urlopen error [Errno -2] Name or service not known>" in escaped.text

    def test_slack_shows_the_error_and_its_words_follow_its_class(self, play, recorded):
        first = recorded("saying-it").slack.only()
        assert first.blocks
        assert "<urlopen error" in first.text or "&lt;urlopen error" in first.text
        denied = play("saying_it.py", "ask_partner", raises(PermissionError, "no"))
        assert "We are not let in" in denied.slack.only().text
        lost = play("saying_it.py", "ask_partner", loses_worker())
        assert "A worker was lost" in lost.slack.only().text

    def test_the_message_that_is_tested_is_the_one_that_is_sent(self, lesson):
        tested = (
            (lesson.code / "alert.py").read_text().partition("def message")[2].partition("    # --8<--")[0]
        )
        assert tested in (lesson.code / "saying_it.py").read_text()

    def test_notifiers_escape_what_they_are_told_to_escape(self, play):
        run = play("with_notifiers.py")
        assert "no <orders> in the answer" in run.mails.only().text
        assert said(run, "ask_partner")[-1] == "ask_partner, try 1"

    def test_and_nothing_else(self, play, lesson, tmp_path):
        text = (lesson.code / "with_notifiers.py").read_text()
        run = play(changed(text, tmp_path, "{{ exception | e }}", "{{ exception }}"))
        assert "no <orders> in the answer" not in run.mails.only().text

    def test_the_default_makes_the_silent_one_speak(self, play, lesson, tmp_path):
        text = (lesson.code / "with_notifiers.py").read_text()
        mended = "{{ exception | default('the worker was lost') | e }}"
        run = play(changed(text, tmp_path, "{{ exception | e }}", mended), "ask_partner", loses_worker())
        assert "the worker was lost" in run.mails.only().text

    def test_a_template_does_not_forgive_a_lost_worker(self, recorded):
        run = recorded("notifier-lost")
        mail, slack, own = run.task("ask_partner").callbacks
        assert mail.error is not None
        assert mail.error.type.endswith("UndefinedError")
        assert slack.returned
        assert own.returned
        assert not list(run.mails)
        assert "the worker was lost" in run.slack.only().text

    def test_email_on_failure_still_mails_and_at_every_retry(self, play, tmp_path):
        file = tmp_path / "old_mail.py"
        file.write_text(
            "from airflow.sdk import DAG, task\n"
            "with DAG('old_mail', schedule=None):\n"
            "    @task(email='oncall@example.com', retries=1, retry_delay=30)\n"
            "    def fails():\n"
            "        raise ValueError('bad row')\n"
            "    fails()\n"
        )
        run = play(file)
        assert [mail.record.try_number for mail in run.mails] == [1, 2]
        assert run.mails.first().subject.startswith("Airflow alert: id=UUID(")
        assert list(
            run.logs.matching("Setting email on a task is deprecated; please migrate to SmtpNotifier")
        )


class TestCleaningUp:
    def test_the_path_is_derived_and_the_file_is_gone(self, recorded):
        run = recorded("clean-up")
        assert not [file for file in run.files if file.left and not file.record.foreign]
        assert len(run.logs.matching("^removed clean_up_with_a_")) == 2

    def test_a_loop_stops_at_the_first_refusal(self, recorded):
        leases = recorded("clean-up").task("with_a_loop").leases
        assert [lease.kind for lease in leases if lease.leaked] == ["database", "queue", "ftp"]

    def test_a_stack_goes_on(self, recorded):
        leases = recorded("clean-up").task("with_a_stack").leases
        assert [lease.kind for lease in leases if lease.leaked] == ["database"]

    def test_neither_asks_again(self, recorded):
        assert {lease.record.refused for lease in recorded("clean-up").leases} == {0, 1}


class TestMeasuring:
    def test_the_connection_error_of_requests_is_none_of_pythons(self, recorded):
        run = recorded("measure")
        categories = {metric.record.task_id: metric.tags["category"] for metric in run.metrics}
        assert categories == {
            "read_orders": "transient",
            "read_prices": "configuration",
            "read_stock": "permanent",
        }

    def test_the_record_has_what_a_program_needs(self, recorded):
        run = recorded("measure")
        [line] = run.task("read_prices").records(event="import_failed")
        assert line.fields["error_type"] == "PermissionError"
        assert line.fields["error"] == "permission denied: connection to prices"
        assert isinstance(line.fields["seconds"], float)

    def test_without_an_exception_it_is_unknown(self, play):
        run = play("measure.py", "read_prices", loses_worker())
        [line] = run.task("read_prices").records(event="import_failed")
        assert (line.fields["category"], line.fields["seconds"]) == ("unknown", None)

    def test_quotes_and_line_breaks_are_the_log_s_problem(self, play):
        run = play("measure.py", "read_prices", raises(ValueError, 'a "b"\nc'))
        [line] = run.task("read_prices").records(event="import_failed")
        assert line.fields["error"] == 'a "b"\nc'

    def test_events_arrive_with_their_key(self, recorded):
        posts = list(recorded("measure").posts)
        assert len(posts) == 3
        assert all(post.authorized for post in posts)

    def test_a_silent_monitoring_costs_two_seconds(self, play):
        run = play("measure.py", monitoring=never_answers())
        last = run.task("read_orders").callbacks.last()
        assert last.returned is False
        assert last.seconds < 4

    def test_what_a_retry_callback_can_leave_behind(self, recorded):
        run = recorded("remember")
        assert said(run, "read_orders") == [
            "XCom: None",
            "Variable: TimeoutError",
            "task state store: None",
        ]
        first = run.task("read_orders").callbacks.first()
        assert first.kind == "on_retry_callback"
        assert "not found" in str(first.error)

    def test_the_work_can_write_the_state_store(self, play, lesson, tmp_path):
        text = (lesson.code / "remember.py").read_text()
        work = "def read_orders(task_state_store=None) -> None:\n        task_state_store.set('error', 'E')"
        file = changed(text, tmp_path, "def read_orders() -> None:", work)
        assert "task state store: E" in said(play(file), "read_orders")


class TestReplaceAndShare:
    def test_a_task_s_own_replaces_the_default(self, recorded):
        run = recorded("replace")
        assert {task: names(run, task) for task in run.task_ids} == {
            "says_nothing": ["audit"],
            "has_its_own": ["page"],
            "has_both": ["audit", "page"],
            "wants_none": [],
            "group.in_a_group": ["page"],
        }

    def test_a_callback_of_the_dag_runs_once_for_the_run(self, play, lesson, tmp_path):
        text = (lesson.code / "replace.py").read_text()
        file = changed(text, tmp_path, "schedule=None,", "schedule=None, on_failure_callback=page,")
        [call] = play(file).dag_callbacks
        assert call.component == "DAG processor"

    def test_the_context_is_one(self, recorded):
        run = recorded("shared")
        assert said(run, "decides_first") == ["wait, it will heal"]
        assert said(run, "shortens_first") == ["page somebody"]


class TestTestingACallback:
    BREAKS = [
        ('context.get("exception")', 'context["exception"]', "test_tells_without_an_exception"),
        ('"<": "&lt;", ', "", "test_text_is_no_markup"),
        ('"We are not let in"', '"An import failed"', "test_a_permission_error_looks_different"),
        ("{ti.task_id}", "a task", "test_says_what_failed_and_where_to_look"),
    ]

    def test_whole_all_pass(self, lesson, tmp_path):
        assert failing(lesson.code, tmp_path, "test_alert.py") == []

    @pytest.mark.parametrize(("old", "new", "test"), BREAKS, ids=[test for _, _, test in BREAKS])
    def test_broken_one_fails(self, lesson, tmp_path, old: str, new: str, test: str):
        assert failing(lesson.code, tmp_path, "test_alert.py", (old, new)) == [test]

    @pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _ in BREAKS])
    def test_with_a_mock_none_does(self, lesson, tmp_path, old: str, new: str):
        assert failing(lesson.code, tmp_path, "test_with_mock.py", (old, new)) == []


OLD = """
from datetime import timedelta

from airflow.sdk import DAG, task


def stats(context):
    from airflow.stats import Stats

    Stats.incr("old")


def send(context):
    from airflow.utils.email import send_email

    send_email("oncall@example.com", "subject", "text")


def instances(context):
    context["dag_run"].get_task_instances()


def more_tries(context):
    context["ti"].max_tries = 5


def longer_delay(context):
    context["ti"].retry_delay = timedelta(minutes=5)


with DAG("old", schedule=None):

    @task(on_failure_callback=[stats, send, instances, more_tries, longer_delay])
    def fails():
        raise ValueError("bad row")

    fails()
"""


class TestOlderCode:
    @pytest.fixture
    def ended(self, play, tmp_path) -> dict[str, str | None]:
        """The error of each callback, None if it returned."""
        file = tmp_path / "old.py"
        file.write_text(OLD)
        run = play(file)
        assert run.task("fails").tries == 1, "five tries too many"
        return {call.name: str(call.error) if call.error else None for call in run.task("fails").callbacks}

    def test_what_still_works(self, ended):
        assert ended["stats"] is None
        assert ended["more_tries"] is None

    def test_what_does_not(self, ended):
        assert "ConnectionRefusedError" in ended["send"], "it asks localhost, not the connection's host"
        assert "AttributeError" in ended["instances"]
        assert "retry_delay" in ended["longer_delay"]


class TestTheLab:
    """Its cells are the files of ``code/``, but for what the learner is asked to fill in."""

    BLANKS = [
        ("timeout=2", "timeout=..."),
        ("QUICK_THINGS_FIRST = [remove_staging, mail_treasury, tell_slack]", ALL_THREE),
        ("on_failure_callback=QUICK_THINGS_FIRST", "on_failure_callback=ALL_THREE"),
        ('\n    export >> EmptyOperator(task_id="done")', ""),
    ]

    def test_every_cell_is_played_and_every_file_is_in_it(self, lesson):
        cells = {without_magic(cell) for cell in lab(lesson) if cell.startswith(("%%dag", "%%writefile"))}
        files = {}
        for path in lesson.code.glob("*.py"):
            text = plain(path.read_text())
            for whole, blank in self.BLANKS:
                if path.stem in ("paid_once", "always_told"):
                    text = text.replace(whole, blank)
            files[path.name] = text
        assert cells <= set(files.values())
        unused = {name for name, text in files.items() if text not in cells}
        assert unused == {"one_raises.py", "remember.py"}

    def test_a_prediction_comes_before_each_lesson_s_run(self, lesson):
        asked = 0
        for cell in lab(lesson):
            asked += cell.startswith("predict(")
            if cell.startswith("%%dag --run") and "ALL_THREE" not in cell:
                assert asked, cell
                asked = 0

    @pytest.mark.parametrize("order", ["before", "after"])
    def test_mended_the_payment_is_sent_once(self, play, recorded, lesson, tmp_path, order: str):
        """Whether Slack comes first or last: its two seconds leave time for all."""
        text = (lesson.code / "paid_once.py").read_text()
        if order == "before":
            text = text.replace(*self.BLANKS[1]).replace(*self.BLANKS[2])
        run = play(changed(text, tmp_path, "timeout=2", "timeout=2.0"), slack=never_answers())
        assert run.task("pay_suppliers").tries == 1
        assert len(run.task("pay_suppliers").callbacks) == 3


def failing(code: Path, folder: Path, tests: str, change: tuple[str, str] | None = None) -> list[str]:
    """The names of the tests that fail, with ``alert.py`` as it is or changed."""
    alert = (code / "alert.py").read_text()
    if change is not None:
        assert change[0] in alert
        alert = alert.replace(*change)
    (folder / "alert.py").write_text(alert)
    shutil.copy(code / tests, folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", "--tb=no", tests],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    return [line.split("::")[1].split()[0] for line in lines]
