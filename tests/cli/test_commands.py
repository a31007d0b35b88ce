"""Commands, their exit codes, and what they say."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from autograder.evidence import Isolation
from autograder.jail.layers import Layer
from autograder.session import Played, Session
from tests.cli.conftest import FakePool, Invoke

RIGHT = "# tasks: notify\n# does: mail escape count tidy\n"
NO_BONUS = "# tasks: notify\n# does: mail escape tidy\n"
NO_TIDY = "# tasks: notify\n# does: mail escape\n"


@pytest.fixture
def answer(course: Path) -> Path:
    """The learner's file, with everything right but the bonus."""
    path = course / "work" / "01-tell-someone" / "dag.py"
    path.parent.mkdir(parents=True)
    path.write_text(NO_BONUS)
    return path


class TestUsage:
    def test_no_command(self, invoke: Invoke) -> None:
        said = invoke()
        assert said.code == 2
        assert "Commands:" in said.out
        assert "Which command? (exit code 2)" in said.err

    @pytest.mark.parametrize("option", ["--seed", "--jobs", "--hints"])
    def test_what_is_no_number(self, invoke: Invoke, option: str) -> None:
        said = invoke("check", "1", option, "many")
        assert said.code == 2
        assert "'many' is not a valid whole number." in said.err

    def test_a_typo_in_a_command(self, invoke: Invoke) -> None:
        said = invoke("chekc", "1")
        assert said.code == 2
        assert "Did you mean `check`?" in said.err
        assert "exit code 2" in said.err

    def test_a_typo_in_an_option(self, invoke: Invoke) -> None:
        said = invoke("check", "1", "--hint", "1")
        assert said.code == 2
        assert "--hints" in said.err

    @pytest.mark.parametrize("command", ["start", "check", "prove"])
    def test_a_typo_in_an_exercise(self, invoke: Invoke, command: str) -> None:
        said = invoke(command, "tel-somone")
        assert said.code == 2
        assert "Did you mean 01-tell-someone?" in said.err

    @pytest.mark.parametrize("name", ["1", "01", "01-tell-someone", "tell", "someone"])
    def test_ways_to_name_an_exercise(self, invoke: Invoke, answer: Path, name: str) -> None:
        assert invoke("check", name).code == 0

    def test_help_of_every_command(self, invoke: Invoke) -> None:
        for command in ("list", "start", "check", "run", "regrade", "prove", "doctor"):
            said = invoke(command, "--help")
            assert said.code == 0
            assert "Usage: autograder " + command in said.out
            assert command in invoke("--help").out

    def test_no_course(self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path / "nowhere"))
        said = invoke("list")
        assert said.code == 2
        assert "has no folder `exercises`" in said.err

    def test_a_shell_in_a_folder_that_is_gone(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = tmp_path / "gone"
        here.mkdir()
        monkeypatch.chdir(here)
        here.rmdir()
        for command in (("list",), ("check", "1"), ("run", "dag.py"), ("start", "1")):
            said = invoke(*command)
            assert said.code == 2
            assert "The folder that this shell is in is no longer there" in said.err

    @pytest.mark.parametrize(
        "command", [("start", "1"), ("check", "1", "mine.py"), ("run", "mine.py"), ("prove", "1")]
    )
    def test_a_work_folder_that_cannot_be(
        self, invoke: Invoke, course: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
    ) -> None:
        (course / "mine.py").write_text(RIGHT)
        monkeypatch.setenv("AUTOGRADER_WORK", str(course / "mine.py"))
        said = invoke(*command)
        assert said.code == 2
        assert "mine.py cannot be written to: File exists." in said.err
        assert "AUTOGRADER_WORK may name another folder" in said.err
        assert invoke("list").code == 0
        assert invoke("doctor").code == 1

    def test_a_disk_that_is_full_is_nobodys_fault(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("autograder.cli.listing.show_list", fail)
        said = invoke("list")
        assert said.code == 2
        assert said.err == "The output cannot be used: No space left on device. (exit code 2)\n"

    def test_output_to_a_disk_that_is_full_ends_as_promised(self, course: Path) -> None:
        command = [sys.executable, "-m", "autograder", "list"]
        buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
        with open("/dev/full", "w") as full:
            ended = subprocess.run(
                command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=course, env=buffered
            )
        assert ended.returncode == 2
        assert ended.stderr == "The output cannot be used: No space left on device. (exit code 2)\n"

    def test_of_a_copy_that_fails_the_copy_is_named(
        self, invoke: Invoke, course: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(source: Path, target: Path) -> None:
            target.touch()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(target))

        monkeypatch.setattr("autograder.cli.starting.shutil.copyfile", fail)
        said = invoke("start", "1")
        assert said.code == 2
        folder = course / "work" / "01-tell-someone"
        assert (
            said.err == f"{folder / '.dag.py.part'} cannot be used: No space left on device. (exit code 2)\n"
        )
        assert not any(folder.iterdir())

    def test_a_fault_of_ours_is_said_so(self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr("autograder.cli.listing.show_list", fail)
        said = invoke("list")
        assert said.code == 2
        assert "our fault, not yours" in said.err
        assert "ZeroDivisionError" in said.err


class Impatient:
    """Finds no module, but an interrupt."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "autograder.cli":
            raise KeyboardInterrupt
        return None


def test_an_interrupt_while_everything_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import autograder
    from autograder.__main__ import main

    monkeypatch.delattr(autograder, "cli")
    monkeypatch.delitem(sys.modules, "autograder.cli")
    monkeypatch.setattr(sys, "meta_path", [Impatient, *sys.meta_path])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 130
    assert capsys.readouterr().err == "Interrupted: nothing was done. (exit code 130)\n"


class TestListAndStart:
    def test_list_before_and_after(self, invoke: Invoke, answer: Path) -> None:
        before = invoke("list")
        assert before.code == 0
        assert "Tell someone" in before.out
        assert "6 + 1" in before.out
        assert "started" in before.out
        invoke("check", "1")
        after = invoke("list").out
        assert "6 + 0 ✓" in after
        assert "started" not in after

    def test_a_notebook_alone_is_no_start(self, invoke: Invoke, course: Path) -> None:
        folder = course / "work" / "01-tell-someone"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_text("{}")
        assert "started" not in invoke("list").out

    def test_start_puts_the_starter(self, invoke: Invoke, course: Path) -> None:
        said = invoke("start", "1")
        assert said.code == 0
        starter = course / "exercises" / "01-tell-someone" / "starter" / "dag.py"
        assert (course / "work" / "01-tell-someone" / "dag.py").read_bytes() == starter.read_bytes()
        assert "README.md" in said.out
        assert "autograder check 01" in said.out

    def test_start_never_overwrites(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text("mine")
        said = invoke("start", "1")
        assert said.code == 2
        assert "nothing was changed" in said.err
        assert "autograder reset 01 dag.py" in said.err
        assert answer.read_text() == "mine"

    def test_start_adds_what_is_missing(self, invoke: Invoke, course: Path, answer: Path) -> None:
        (course / "exercises" / "01-tell-someone" / "starter" / "helper.py").write_text("new")
        said = invoke("start", "1")
        assert said.code == 0
        assert "left as it was: dag.py" in said.out
        assert answer.read_text() == NO_BONUS
        assert answer.with_name("helper.py").read_text() == "new"

    def test_start_does_not_write_through_a_link(self, invoke: Invoke, course: Path) -> None:
        target = course / "elsewhere.py"
        folder = course / "work" / "01-tell-someone"
        folder.mkdir(parents=True)
        (folder / "dag.py").symlink_to(target)
        assert invoke("start", "1").code == 2
        assert not target.exists()

    def test_work_is_where_it_is_said(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AUTOGRADER_WORK", str(tmp_path / "mine"))
        invoke("start", "1")
        assert (tmp_path / "mine" / "01-tell-someone" / "dag.py").exists()


class TestCheck:
    def test_all_points(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("check", "1")
        assert said.code == 0
        assert "All 6 points, and 0 of 1 bonus points. (exit code 0)" in said.err
        assert "6 of 6 points" in said.out

    def test_not_all_points(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text(NO_TIDY)
        said = invoke("check", "1")
        assert said.code == 1
        assert "4 of 6 points" in said.err
        assert "not all points yet. (exit code 1)" in said.err

    def test_the_bonus_does_not_make_up_for_points(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text("# tasks: notify\n# does: mail escape count\n")
        assert invoke("check", "1").code == 1

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("def broken(:\n", "could not be run"),
            ("# tasks: notify\n# does: import_error\n", "could not be run"),
            ("# tasks: notify\n# does: import_timeout\n", "time limit"),
        ],
    )
    def test_what_cannot_be_run_is_no_points(
        self, invoke: Invoke, answer: Path, source: str, words: str
    ) -> None:
        answer.write_text(source)
        said = invoke("check", "1")
        assert said.code == 1
        assert words in said.err
        assert "0 of 6 points" in said.err

    def test_ungradable_is_no_grade(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text(RIGHT + "# does: lose_tidy\n")
        said = invoke("check", "1")
        assert said.code == 2
        assert "our fault" in said.err
        assert "One mail arrives" in said.out, "the rest is shown"

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"", "is empty"), (b"# caf\xe9\n", "is not UTF-8"), (None, "There is no file or folder")],
    )
    def test_what_cannot_be_read_is_no_grade(
        self, invoke: Invoke, course: Path, content: bytes | None, words: str
    ) -> None:
        path = course / "mine.py"
        if content is not None:
            path.write_bytes(content)
        said = invoke("check", "1", "mine.py")
        assert said.code == 2
        assert words in said.err
        assert "(exit code 2)" in said.err

    def test_not_started_yet(self, invoke: Invoke) -> None:
        said = invoke("check", "1")
        assert said.code == 2
        assert "autograder start 01" in said.err

    def test_the_exercise_is_named_before_anything_is_run(self, invoke: Invoke, answer: Path) -> None:
        assert invoke("check", "1").err.startswith("Exercise 01, Tell someone: work/01-tell-someone\n")

    def test_progress_comes_in_plain_lines(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("check", "1").out
        assert "Scenario 1 of 3" in said
        assert said.index("Scenario 1 of 3") < said.index("01-tell-someone ·")
        assert "\x1b" not in said

    def test_one_part(self, invoke: Invoke, pool: FakePool, answer: Path) -> None:
        said = invoke("check", "1", "--part", "1.2")
        assert said.code == 0
        assert "All 2 points" in said.err
        assert [job.name for job in pool.jobs] == ["tidy"]

    def test_an_unknown_part(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("check", "1", "--part", "9.9")
        assert said.code == 2
        assert "It has 1.1, 1.2, bonus." in said.err

    def test_seed(self, invoke: Invoke, pool: FakePool, answer: Path) -> None:
        invoke("check", "1", "--seed", "42")
        assert {job.seed for job in pool.jobs} == {42}

    def test_hints(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text(NO_TIDY)
        assert "What did the task make?" not in invoke("check", "1").out
        assert "What did the task make?" in invoke("check", "1", "--hints", "1").out

    def test_json_has_standard_output_to_itself(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("check", "1", "--json", "-")
        assert said.json["score"] == said.json["max_score"] == 6
        assert "6 of 6 points" in said.err

    def test_files(self, invoke: Invoke, course: Path, answer: Path) -> None:
        said = invoke("check", "1", "--json", "out/result.json", "--html", "out/report.html")
        assert said.code == 0
        assert json.loads((course / "out" / "result.json").read_text())["score"] == 6
        assert "<html" in (course / "out" / "report.html").read_text()
        assert "Written: out/report.html" in said.err
        assert sorted(path.name for path in (course / "out").iterdir()) == ["report.html", "result.json"]

    def test_a_file_that_cannot_be_written(self, invoke: Invoke, course: Path, answer: Path) -> None:
        (course / "taken").mkdir()
        said = invoke("check", "1", "--json", "taken")
        assert said.code == 2
        assert "taken cannot be written" in said.err

    def test_a_pipe_is_written_to_and_stays_one(self, invoke: Invoke, course: Path, answer: Path) -> None:
        pipe = course / "results"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert invoke("check", "1", "--json", "results").code == 0
            assert json.loads(os.read(reader, 1 << 20))["score"] == 6
        finally:
            os.close(reader)
        assert pipe.is_fifo()

    def test_a_link_is_followed(self, invoke: Invoke, course: Path, answer: Path) -> None:
        (course / "there").mkdir()
        link = course / "result.json"
        link.symlink_to(course / "there" / "mine.json")
        assert invoke("check", "1", "--json", "result.json").code == 0
        assert link.is_symlink()
        assert json.loads((course / "there" / "mine.json").read_text())["score"] == 6

    def test_interrupted_leaves_nothing(
        self, invoke: Invoke, course: Path, pool: FakePool, answer: Path
    ) -> None:
        answer.write_text(RIGHT + "# does: interrupt_tidy\n")
        said = invoke("check", "1", "--json", "result.json")
        assert said.code == 130
        assert "Interrupted" in said.err
        assert "(exit code 130)" in said.err
        assert not pool.open
        assert not (course / "result.json").exists()
        assert list((course / "work" / ".results" / "01-tell-someone").iterdir()) == []

    def test_watch_and_json_on_standard_output(self, invoke: Invoke, answer: Path) -> None:
        assert invoke("check", "1", "--watch", "--json", "-").code == 2


class TestRegrade:
    def test_the_same_without_a_run(self, invoke: Invoke, course: Path, pool: FakePool, answer: Path) -> None:
        invoke("check", "1")
        pool.jobs.clear()
        folder = next((course / "work" / ".results" / "01-tell-someone").glob("2*"))
        said = invoke("regrade", str(folder), "--json", "-")
        assert said.code == 0
        assert said.json["score"] == 6
        assert pool.jobs == []

    def test_a_scenario_that_changed(self, invoke: Invoke, course: Path, answer: Path) -> None:
        invoke("check", "1")
        checks = course / "exercises" / "01-tell-someone" / "checks.py"
        checks.write_text(checks.read_text().replace("after_work=True", "after_work=False"))
        folder = next((course / "work" / ".results" / "01-tell-someone").glob("2*"))
        said = invoke("regrade", str(folder / "result.json"))
        assert said.code == 2
        assert "check` again" in said.out

    def test_no_result(self, invoke: Invoke, course: Path) -> None:
        said = invoke("regrade", str(course))
        assert said.code == 2
        assert "There is no result in" in said.err


class TestProve:
    def test_rows_and_exit_code(self, invoke: Invoke) -> None:
        said = invoke("prove", "1", "--json", "-")
        rows = said.json["rows"]
        assert said.code == (0 if all(row["ok"] for row in rows) else 1)
        assert said.json["ok"] == (said.code == 0)
        assert {row["kind"] for row in rows} >= {"solution", "wrong", "starter", "empty"}
        assert "01-tell-someone" in said.err

    def test_a_row_that_is_off(self, invoke: Invoke, course: Path) -> None:
        (course / "solutions" / "01-tell-someone" / "dag.py").write_text(NO_TIDY)
        said = invoke("prove")
        assert said.code == 1
        assert "✗  solution" in said.out
        assert "are off. (exit code 1)" in said.err


class TestRun:
    def test_bad_faults(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("run", str(answer), "--fail", "notify")
        assert said.code == 2
        assert "TASK=EXCEPTION" in said.err

    def test_two_faults_for_a_try(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("run", str(answer), "--fail", "notify=OSError", "--hang", "notify")
        assert said.code == 2
        assert "two faults" in said.err

    def test_what_happened_is_shown_and_nothing_is_graded(
        self, invoke: Invoke, course: Path, pool: FakePool, answer: Path
    ) -> None:
        said = invoke("run", str(answer), "--fail", "notify=OSError:no disk@2", "--retries", "1")
        assert said.code == 0
        assert "The DAG ran" in said.err
        assert "notify" in said.out
        (job,) = pool.jobs
        assert job.scenario.others == "run"
        assert job.scenario.retries == 1
        assert job.dag_id is None
        assert job.connections["smtp_default"] == "smtp"
        assert not (course / "work" / ".results").exists()

    def test_json(self, invoke: Invoke, answer: Path) -> None:
        said = invoke("run", str(answer), "--fail", "notify=OSError", "--json", "-", "--seed", "7")
        assert said.json["seed"] == 7
        assert said.json["tasks"]

    def test_a_dag_that_cannot_be_run(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text("# tasks: notify\n# does: import_error\n")
        said = invoke("run", str(answer))
        assert said.code == 1
        assert "There is no DAG in dag.py." in said.out

    @pytest.mark.parametrize(("name", "code"), [("missing.py", 2), (".", 2), ("broken.py", 1)])
    def test_what_is_no_dag_file(self, invoke: Invoke, course: Path, name: str, code: int) -> None:
        (course / "broken.py").write_text("def broken(:\n")
        said = invoke("run", name)
        assert said.code == code
        assert said.err.startswith("No run: ")

    def test_a_fault_of_ours(self, invoke: Invoke, answer: Path) -> None:
        answer.write_text("# tasks: notify\n# does: lose_run\n")
        said = invoke("run", str(answer))
        assert said.code == 2
        assert "died twice" in said.err

    def test_connections(self, invoke: Invoke, pool: FakePool, answer: Path) -> None:
        assert invoke("run", str(answer), "--connection", "mine=slack").code == 0
        assert pool.jobs[0].connections["mine"] == "slack"
        said = invoke("run", str(answer), "--connection", "mine=fax")
        assert said.code == 2
        assert "KIND one of" in said.err

    def test_stand_ins(self, invoke: Invoke, pool: FakePool, answer: Path) -> None:
        assert invoke("run", str(answer), "--stand-in", "slack=500").code == 0
        assert pool.jobs[0].scenario.slack.status == 500
        said = invoke("run", str(answer), "--stand-in", "fax=500")
        assert said.code == 2
        assert "SERVICE one of" in said.err


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The DAG that the doctor runs, so that the runner that only reads comments finds a task in it."""
    monkeypatch.setattr("autograder.cli.doctor._DAG", "# tasks: look\n")


def machine(monkeypatch: pytest.MonkeyPatch, layer: Layer) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", lambda forced=None: layer)


def evidence(monkeypatch: pytest.MonkeyPatch, isolation: Isolation) -> None:
    """What the doctor's run is said to have been locked up in."""
    run = Session.run

    def played(*arguments: Any, **options: Any) -> Played:
        found = run(*arguments, **options).evidence
        return Played(found.model_copy(update={"isolation": isolation}))

    monkeypatch.setattr(Session, "run", played)


@pytest.mark.usefixtures("seen")
def test_doctor(invoke: Invoke) -> None:
    said = invoke("doctor")
    assert said.code == 0, said.out
    for name in ("python", "airflow", "slack provider", "stand-ins", "isolation", "file events", "template"):
        assert name in said.out
    assert re.search(r"^[✓·] isolation +layer [A-D][:,] ", said.out, re.M)
    assert "✓ a run " in said.out


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "exercise.toml",
            "mails = 10",
            "mails = -1",
            "`limits.mails`: input should be greater than or equal to 1",
        ),
        ("checks.py", "TASK =", "TASK = =", "is not valid Python"),
    ],
)
def test_doctor_reads_every_exercise(
    invoke: Invoke, course: Path, file: str, old: str, new: str, said: str
) -> None:
    path = course / "exercises" / "01-tell-someone" / file
    path.write_text(path.read_text().replace(old, new, 1))
    told = invoke("doctor")
    assert told.code == 1
    [line] = [line for line in told.out.splitlines() if line.startswith("✗ course")]
    assert said in line
    assert "mend it; until then that exercise is not graded" in told.out


@pytest.mark.usefixtures("seen")
def test_doctor_says_what_the_jail_is_made_of_and_what_it_lacks(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, Layer("B", ("a root", "Landlock"), {"filter": "the calls of vax are not known"}))
    evidence(monkeypatch, Isolation(layer="B", active=[], self_test={"no files": True, "no signals": False}))
    said = invoke("doctor")
    assert said.code == 0, "it can be graded all the same"
    assert "✓ isolation            layer B: a root; Landlock\n" in said.out
    assert "· without              filter: the calls of vax are not known\n" in said.out
    assert re.search(r"^· a run .*; tried inside: no files; does not hold here: no signals$", said.out, re.M)


@pytest.mark.usefixtures("seen")
def test_doctor_calls_layer_d_what_it_is(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, Layer("D", ("limits",), {"Landlock": "this system has none"}))
    evidence(monkeypatch, Isolation(layer="D", active=["limits"], self_test={"no files": False}))
    said = invoke("doctor")
    assert said.code == 0, "it is good enough for code of one's own"
    assert "· isolation            layer D, not a sandbox: limits\n" in said.out
    assert "→ grade and run only code that you trust" in said.out
    tried = r"tried inside: nothing holds; does not hold here: no files"
    assert re.search(rf"^✓ a run +of a DAG of ours took .* included; {tried}$", said.out, re.M)


@pytest.mark.usefixtures("seen")
def test_doctor_says_that_a_layer_cannot_be_had(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_LAYER", "Z")
    said = invoke("doctor")
    assert said.code == 1
    assert "✗ isolation            There is no layer 'Z' of the jail" in said.out
    assert "→ unset AUTOGRADER_LAYER" in said.out
    monkeypatch.setenv("AUTOGRADER_LAYER", "")
    assert invoke("doctor").code == 0, "a variable that is empty asks for nothing"


def test_doctor_says_that_nothing_can_be_run(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cli.doctor._DAG", "# tasks: look\n# does: lose_run\n")
    said = invoke("doctor")
    assert said.code == 1
    assert "✗ a run                none can be made: The control process died twice." in said.out
    monkeypatch.setattr("autograder.cli.doctor._DAG", "# tasks: look\n# does: import_error\n")
    assert "✗ a run                of a DAG of ours failed: There is no DAG" in invoke("doctor").out
    assert "Missing: a run." in said.out


def test_doctor_runs_a_dag_and_says_what_the_jail_was_tried_for(command: Invoke) -> None:
    out = command("doctor").out
    assert re.search(r"^[✓·] isolation +layer [A-D]", out, re.M), out
    took = r"a run +of a DAG of ours took [\d.]+ s, starting Airflow included"
    assert re.search(rf"^[✓·] {took}; tried inside: .*files outside cannot be read", out, re.M), out


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("distribution", ["jupyterlab", "jupyter-server-proxy", "mkdocs-material"])
def test_doctor_says_how_to_get_what_studying_needs(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, distribution: str
) -> None:
    assert f"✓ {distribution} " in invoke("doctor").out
    known = metadata.version

    def version(name: str) -> str:
        if name == distribution:
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    said = invoke("doctor")
    assert said.code == 0, "grading needs none of it"
    (line,) = (line for line in said.out.splitlines() if line.startswith(f"· {distribution} "))
    assert "not installed" in line
    assert "→ make study" in said.out


@pytest.mark.parametrize(("display", "expected"), [(":0", "✓ browser "), ("", "· browser ")])
def test_doctor_says_whether_a_tab_can_be_opened(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, display: str, expected: str
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.setenv(name, display if name == "DISPLAY" else "")
    monkeypatch.setattr(sys, "platform", "linux")
    assert expected in invoke("doctor").out


def test_doctor_says_what_is_missing(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.airflow33.version", lambda: "3.1.0")
    said = invoke("doctor")
    assert said.code == 1
    assert "Missing: airflow" in said.out
    assert "make setup" in said.out
