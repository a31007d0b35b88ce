"""``%%dag`` in a shell of this process: what is saved, what is graded, what is said."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from autograder import results
from autograder.jupyter import magics
from autograder.session import Session
from tests.jupyter.conftest import SLUG, Notebook

RIGHT = "# tasks: notify\n# does: mail escape count tidy\n"
SILENT = "# tasks: notify\n# does: count tidy\n"
FIRST = "# From a notebook's cell, %%dag 01: line numbers here are those of the cell."


def test_loading_says_one_line_and_gives_the_magic_and_predict(notebook: Notebook) -> None:
    assert len(notebook.welcome.outputs) == 1
    assert notebook.welcome.text.startswith("When Tasks Fail. Your files are in ")
    assert str(notebook.course / "work") in notebook.welcome.html
    assert "The grader warms up" in notebook.welcome.text
    assert notebook("predict").value is notebook.shell.user_ns["predict"]


def test_a_cell_is_saved_graded_and_its_result_shown_in_one_output(notebook: Notebook) -> None:
    shown = notebook(f"%%dag 01\n{RIGHT}")
    assert shown.error is None
    assert shown.stderr == shown.stdout == ""
    assert notebook.file.read_text() == f"{FIRST}\n{RIGHT}"
    assert "All points." in shown.text
    assert "All points." in shown.html
    assert float(shown.value) == 6.0
    assert repr(shown.value) == shown.text
    stored = results.best(notebook.course / "work" / ".results", SLUG)
    assert stored is not None
    assert stored.score == 6


def test_what_the_cell_says_is_not_executed_here(notebook: Notebook) -> None:
    before = set(notebook.shell.user_ns)
    notebook(f"%%dag 01\n{RIGHT}made_here = 1\nraise SystemExit\n")
    new = {name for name in set(notebook.shell.user_ns) - before if not name.startswith("_")}
    assert new == set()


def test_the_card_is_shown_again_when_it_is_asked_for(notebook: Notebook) -> None:
    notebook(f"%%dag 01\n{RIGHT}")
    data, _ = notebook.shell.display_formatter.format(notebook.shell.user_ns["_"])
    assert "All points." in data["text/html"]


def test_a_card_that_was_kept_is_shown_in_another_cell(notebook: Notebook) -> None:
    notebook(f"%%dag 01\n{RIGHT}")
    notebook("kept = %dag 01")
    notebook.shell.execution_count += 1  # as in a kernel; this shell keeps no history
    assert "All points." in notebook("kept").stdout


def test_a_wrong_answer_shows_expected_observed_and_hints(notebook: Notebook) -> None:
    shown = notebook(f"%%dag 1\n{SILENT}")
    assert "Expected" in shown.text
    assert "--hints 1" in shown.text
    assert '<details class="ag-hint">' in shown.html
    shown = notebook(f"%%dag 01 --hints 1\n{SILENT}")
    assert "Hint 1" in shown.text
    assert '<details class="ag-hint" open>' in shown.html


def test_one_part_and_a_seed(notebook: Notebook) -> None:
    shown = notebook(f"%%dag 01 --part 1.2 --seed 7\n{RIGHT}")
    assert "Only part 1.2 was graded." in shown.text
    assert {job.seed for job in notebook.pool.jobs} == {7}


def test_the_lines_of_the_file_are_those_of_the_cell(notebook: Notebook) -> None:
    shown = notebook("%%dag 01\nimport os\n\ndef broken(:\n")
    assert "dag.py:4" in shown.text
    assert notebook.file.read_text().splitlines()[3] == "def broken(:"
    assert "def broken(:" in shown.html
    assert "saved from this cell with the same line numbers" in shown.html


def test_the_syntax_error_shown_is_that_of_the_cell_and_not_of_a_file_beside_it(notebook: Notebook) -> None:
    Path("dag.py").write_text("one\ntwo\nthree\nfour\n")
    shown = notebook("%%dag 01\nimport os\n\ndef broken(:\n")
    assert "four" not in shown.text
    assert "    def broken(:" in shown.text


def test_what_no_cell_had_written_is_kept(notebook: Notebook) -> None:
    notebook(f"%%dag 01\n{SILENT}")
    notebook.file.write_text("mine = 'not to be lost'\n")
    shown = notebook(f"%%dag 01\n{RIGHT}")
    (kept,) = (notebook.course / "work" / ".backups" / SLUG).glob("*/dag.py")
    assert kept.read_text() == "mine = 'not to be lost'\n"
    named = kept.relative_to(notebook.course / "work").as_posix()
    assert named in shown.text
    assert named in shown.html
    assert RIGHT in notebook.file.read_text()


def test_a_file_that_cannot_be_written_anew_stays_where_it_is(notebook: Notebook) -> None:
    notebook(f"%%dag 01\n{SILENT}")
    notebook.file.write_text("mine = 'not to be lost'\n")
    in_the_way = notebook.file.with_name(f".dag.py.{os.getpid()}.part")
    in_the_way.mkdir()
    assert "Nothing was done" in notebook(f"%%dag 01\n{RIGHT}").text
    assert notebook.file.read_text() == "mine = 'not to be lost'\n"
    assert not (notebook.course / "work" / ".backups").exists()


def test_what_a_cell_or_the_starter_had_written_needs_no_backup(notebook: Notebook) -> None:
    starter = notebook.course / "exercises" / SLUG / "starter" / "dag.py"
    notebook.file.write_bytes(starter.read_bytes())
    for text in (SILENT, RIGHT, SILENT):
        shown = notebook(f"%%dag 01\n{text}")
        assert "kept in" not in shown.text
    assert not (notebook.course / "work" / ".backups").exists()


def test_a_line_magic_grades_the_file_as_it_is(notebook: Notebook) -> None:
    notebook.file.write_text(RIGHT)
    shown = notebook("%dag 01")
    assert "saved from this cell" not in shown.html
    assert "All points." in shown.text
    assert notebook.file.read_text() == RIGHT


class TestSeveralFiles:
    @pytest.fixture(autouse=True)
    def alerts(self, notebook: Notebook) -> Path:
        folder = notebook.course / "exercises" / SLUG
        settings = folder / "exercise.toml"
        settings.write_text(settings.read_text().replace('["dag.py"]', '["dag.py", "alerts.py"]'))
        (folder / "starter" / "alerts.py").write_text("none = 0\n")
        return notebook.file.with_name("alerts.py")

    def test_a_cell_is_one_of_them_and_the_others_come_from_the_starter(
        self, notebook: Notebook, alerts: Path
    ) -> None:
        shown = notebook(f"%%dag 01 --file dag.py\n{RIGHT}")
        assert "All points." in shown.text
        assert alerts.read_text() == "none = 0\n"

    def test_what_was_saved_before_stays(self, notebook: Notebook, alerts: Path) -> None:
        notebook.file.write_text(RIGHT)
        shown = notebook("%%dag 01 --file alerts.py\nmine = 1")
        assert "All points." in shown.text
        assert notebook.file.read_text() == RIGHT
        assert alerts.read_text().splitlines() == [
            f"{FIRST.partition(':')[0]} --file alerts.py: line numbers here are those of the cell.",
            "mine = 1",
        ]

    def test_which_one_must_be_said(self, notebook: Notebook) -> None:
        assert "say with --file which one this is, dag.py, alerts.py" in notebook(f"%%dag 01\n{RIGHT}").text

    def test_a_run_in_the_exercises_notebook_finds_them(
        self, notebook: Notebook, alerts: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JPY_SESSION_NAME", f"{SLUG}/exercise.ipynb")
        alerts.write_text("mine = 1\n")
        taken: list[dict[str, bytes]] = []
        run = Session.run
        monkeypatch.setattr(
            Session,
            "run",
            lambda self, found, *a, **k: taken.append(found.files) or run(self, found, *a, **k),
        )
        assert "A run, not graded" in notebook(f"%%dag --run\nimport alerts\n{RIGHT}").html
        assert taken[0]["alerts.py"] == b"mine = 1\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%%dag 99\nx", "There is no exercise '99'. There are 01-tell-someone."),
        ("%%dag tel-someone\nx", "Did you mean 01-tell-someone?"),
        ("%%dag\nx", "Which exercise? Write %%dag 01 (Tell someone); or %%dag --run"),
        ("%%dag 01\n", "There is no DAG in this cell"),
        ("%%dag 01", "There is no DAG in this cell"),
        ("%%dag 01\n   \n\n", "There is no DAG in this cell"),
        ("%%dag 01 --part 9.9\nx", "has no part '9.9'. It has 1.1, 1.2, bonus."),
        ("%%dag 01 --hints many\nx", "'many' is not a valid whole number"),
        ("%%dag 01 02\nx", "Got unexpected extra argument (02)"),
        ("%%dag 01 --fail notify=OSError\nx", "--fail is for --run"),
        ("%%dag 01 --retries 2\nx", "--retries is for --run"),
        ("%%dag 01 --stand-in slack=500\nx", "--stand-in is for --run"),
        ("%%dag 01 --file other.py\nx", "hands in dag.py, and not other.py"),
        ("%%dag 01 --nothing\nx", "No such option '--nothing'"),
        ("%%dag --run --fial notify=OSError\nx", "Did you mean"),
        ("%%dag --run --fail notify\nx", "--fail wants TASK=EXCEPTION[:MESSAGE][@TRIES], not 'notify'."),
        ("%%dag --run --fail notify=Oops\nx", "'Oops' is neither a builtin exception nor a dotted path"),
        ('%%dag --run --fail notify="OSError\nx', "is never closed"),
        ("%%dag --run 01\nx", "leave out the exercise"),
        ("%%dag --run --file dag.py\nx", "a file that you hand in"),
        ("%%dag --run --file ../x.py\nx", "--file wants the name of a Python file"),
        ("%%dag --run\ndef f(:\n", "A syntax error"),
        ("%%dag --run --fail nobody=OSError\n# tasks: notify\n", "has no task `nobody`"),
        ("%%dag --help", "Usage: %%dag"),
        ("%dag --help", "--lose-worker TASK[@TRIES]"),
    ],
)
def test_what_cannot_be_done_is_said_in_the_card(notebook: Notebook, line: str, said: str) -> None:
    shown = notebook(line)
    assert shown.error is None
    assert shown.stderr == shown.stdout == ""
    assert said in shown.text.replace("\n", " ")
    assert shown.html.startswith("<style>")
    assert len({*shown.bundle}) == 2


def test_without_a_course_a_sentence_says_so(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path))
    shown = notebook(f"%%dag 01\n{RIGHT}")
    assert "which has no folder `exercises`" in shown.text


def test_a_fault_of_ours_costs_nothing_and_is_no_traceback(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("autograder.grading.check", fail)
    shown = notebook(f"%%dag 01\n{RIGHT}")
    assert shown.error is None
    assert "The grader itself failed (ZeroDivisionError: oops), which costs you nothing." in shown.text


def test_an_interrupt_is_said_and_stops_what_waits(notebook: Notebook) -> None:
    shown = notebook("%%dag 01\n# tasks: notify\n# does: mail interrupt_fails\n")
    assert isinstance(shown.error, KeyboardInterrupt)
    assert shown.text.startswith("Interrupted. The run was stopped")
    assert shown.stderr == ""
    assert "All points." in notebook(f"%%dag 01\n{RIGHT}").text


class TestRun:
    def test_a_run_is_shown_and_not_graded(self, notebook: Notebook) -> None:
        shown = notebook('%%dag --run --fail notify=OSError:"disk full"@2 --retries 1\n' + RIGHT)
        assert shown.error is None
        (job,) = notebook.pool.jobs
        assert [fault.message for fault in job.scenario.faults["notify"]] == ["disk full", "disk full"]
        assert job.scenario.retries == 1
        assert "A run, not graded" in shown.html
        assert "Inbox" in shown.text
        assert not (notebook.course / "work" / ".results").exists()

    def test_it_keeps_away_from_what_is_handed_in(self, notebook: Notebook) -> None:
        notebook.file.write_text("mine\n")
        notebook(f"%%dag --run\n{RIGHT}")
        assert notebook.file.read_text() == "mine\n"
        assert RIGHT in (notebook.file.parent / "lab_dag.py").read_text()
        notebook(f"%%dag --run --file second.py\n{RIGHT}")
        assert RIGHT in (notebook.file.parent / "second.py").read_text()

    def test_in_an_exercises_notebook_it_is_saved_where_airflow_does_not_find_it_twice(
        self, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JPY_SESSION_NAME", f"{SLUG}/exercise.ipynb")
        shown = notebook(f"%%dag --run\n{RIGHT}")
        assert "A run, not graded" in shown.html
        assert ".cache" not in shown.html
        assert not (notebook.file.parent / "lab_dag.py").exists()
        assert RIGHT in (notebook.course / "work" / ".cache" / "runs" / SLUG / "lab_dag.py").read_text()

    def test_its_file_is_not_missed_when_graded(self, notebook: Notebook) -> None:
        notebook(f"%%dag --run\n{RIGHT}")
        assert "Not handed in" not in notebook(f"%%dag 01\n{RIGHT}").text

    def test_braces_and_dollars_are_not_expanded(self, notebook: Notebook) -> None:
        notebook.shell.user_ns["x"] = "gone"
        notebook('%%dag --run --succeed \'notify={"x": "$x"}\'\n' + RIGHT)
        (job,) = notebook.pool.jobs
        assert job.scenario.faults["notify"].returning == {"x": "$x"}

    def test_a_fault_that_no_try_came_to_is_remarked(self, notebook: Notebook) -> None:
        shown = notebook(f"%%dag --run --succeed notify@3-3\n{RIGHT}")
        assert (
            "A try follows only on one that failed" in shown.text.replace("\n", " ") or "try 3" in shown.html
        )


class TestPredict:
    def test_a_prediction_stands_beside_the_next_run_once(self, notebook: Notebook) -> None:
        noted = notebook('predict(mails=2, state="failed", tries=1)')
        assert noted.value is None
        assert "How many mails arrive? 2" in noted.text
        run = f"%%dag --run --fail notify=OSError\n{RIGHT}"
        shown = notebook(run)
        assert "How many mails arrive? You said 2; 1 arrived." in shown.text
        assert "What you predicted at " in shown.html
        assert "What you predicted" not in notebook(run).html

    def test_it_is_stored(self, notebook: Notebook) -> None:
        notebook("predict(mails=2)")
        (path,) = (notebook.course / "work" / ".results" / "predictions" / SLUG).glob("*.json")
        assert json.loads(path.read_text())["answers"][0]["value"] == 2

    def test_the_last_word_counts(self, notebook: Notebook) -> None:
        notebook("predict(mails=2)")
        notebook("predict(mails=1)")
        shown = notebook(f"%%dag --run --fail notify=OSError\n{RIGHT}")
        assert "You said 1; 1 arrived" in shown.text
        assert "You said 2" not in shown.text

    def test_a_free_question_is_shown_beside_what_happened(self, notebook: Notebook) -> None:
        notebook('predict("Which callback runs last?", "on_retry_callback")')
        shown = notebook(f"%%dag 01\n{RIGHT}")
        assert "Which callback runs last? You said on_retry_callback." in shown.text

    def test_what_is_said_of_a_run_waits_for_a_run(self, notebook: Notebook) -> None:
        notebook("predict(mails=1)")
        assert "You said" not in notebook(f"%%dag 01\n{RIGHT}").text
        assert "You said 1" in notebook(f"%%dag --run --fail notify=OSError\n{RIGHT}").text

    def test_a_run_that_came_to_nothing_uses_up_no_prediction(self, notebook: Notebook) -> None:
        notebook("predict(mails=1)")
        notebook("%%dag --run\ndef f(:\n")
        assert "You said 1" in notebook(f"%%dag --run --fail notify=OSError\n{RIGHT}").text

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("predict()", 'predict wants what you expect: predict(mails=1, state="failed")'),
            ("predict(mail=1)", "predict knows no 'mail'. Did you mean mails?"),
            ("predict(mails='many')", "mails is a number, such as mails=1; not 'many'."),
            ("predict(state=1)", 'state is a word, such as state="failed"; not 1.'),
            ("predict(component={'a': 1})", "component has no value by task"),
        ],
    )
    def test_what_cannot_be_predicted_is_said(self, notebook: Notebook, code: str, said: str) -> None:
        shown = notebook(code)
        assert shown.error is None
        assert shown.text.startswith(said)
        assert "You said" not in notebook(f"%%dag --run\n{RIGHT}").text

    def test_dots_are_asked_for(self, notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def answer(prompt: str = "") -> str:
            asked.append(prompt)
            return " 3 "

        monkeypatch.setattr("builtins.input", answer)
        notebook("predict(mails=..., tries={'notify': ...})")
        assert asked == ["How many mails arrive? ", "notify: How many tries are started? "]
        shown = notebook(f"%%dag --run --fail notify=OSError\n{RIGHT}")
        assert "You said 3; 1 arrived" in shown.text
        assert "You said notify: 3; notify: 1" in shown.text

    def test_where_nobody_can_answer_a_sentence_says_what_to_write(self, notebook: Notebook) -> None:
        shown = notebook("predict(mails=...)")
        assert shown.error is None
        assert "write it in place of the dots" in shown.text
        assert "write it in place of the dots" in notebook('predict("Why?", ...)').text

    def test_what_is_no_answer_is_asked_again_and_what_is_not_known_left_out(
        self, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = iter(["two", "2", "", "failed"])
        monkeypatch.setattr("builtins.input", lambda prompt="": next(answers))
        shown = notebook("predict(mails=..., tries=..., state=...)")
        assert "mails is a number" in shown.stdout
        assert "How many mails arrive? 2" in shown.text
        assert "How many tries are started? No answer yet." in shown.text
        text = notebook(f"%%dag --run --fail notify=OSError\n{RIGHT}").text
        assert "You said 2; 1 arrived" in text
        assert "tries are started" not in text

    def test_two_in_one_cell_are_both_noted(self, notebook: Notebook) -> None:
        shown = notebook('predict("Why?", "because")\npredict(mails=1)')
        assert ["Why? because" in shown.outputs[0]["text/plain"], "mails" in shown.text] == [True, True]


def test_loading_twice_and_unloading(notebook: Notebook) -> None:
    assert notebook("%reload_ext autograder").error is None
    transforms = notebook.shell.input_transformers_cleanup
    assert transforms.count(magics._with_a_body) == 1
    assert notebook("%unload_ext autograder").error is None
    assert "predict" not in notebook.shell.user_ns
    assert notebook.shell.find_cell_magic("dag") is None
    # What warms up in the background may be about to open: then it closes again.
    for thread in threading.enumerate():
        if thread.name == "autograder-warm-up":
            thread.join(10)
    assert not notebook.pool.open


def test_a_kernel_that_was_restarted_knows_both_before_the_extension_is_loaded(notebook: Notebook) -> None:
    notebook("%unload_ext autograder")
    notebook("%load_ext autograder.jupyter.standby")
    assert "Noted" in notebook("predict(mails=1)").text
    notebook("%unload_ext autograder")
    notebook("%reload_ext autograder.jupyter.standby")
    shown = notebook("%%dag --help\n# a DAG")
    assert shown.stderr == ""
    assert "--fail" in shown.text
