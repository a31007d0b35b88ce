from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console

from autograder.evidence import Evidence
from autograder.report import terminal
from autograder.result import Result
from tests.report import samples

EVIDENCE = {one.name: one for one in (samples.fails(), samples.loses(), samples.stopped())}


def shown(result: Result, *, width: int = 80, **settings: object) -> str:
    out = io.StringIO()
    terminal.show(result, console=Console(file=out, width=width), **settings)  # type: ignore[arg-type]
    return out.getvalue()


def run_shown(evidence: Evidence, width: int = 80, **settings: object) -> str:
    out = io.StringIO()
    terminal.show_run(evidence, Console(file=out, width=width), **settings)  # type: ignore[arg-type]
    return out.getvalue()


def squeezed(text: str) -> str:
    """Without what wrapping adds."""
    return re.sub(r"\s+", "", text)


def test_a_result_says_score_parts_and_what_is_wrong() -> None:
    text = shown(samples.partly(), evidence=EVIDENCE)
    assert "4 of 12 points" in text
    assert "Bonus, apart: 0 of 2" in text
    assert re.search(r"2\.1 Notification +4/7\n", text)
    assert re.search(r"✓ One mail arrives when `email_notification` has finally failed\. +2/2\n", text)
    assert re.search(r"✗ No mail is sent for a try that will be retried\. +0/1\n", text)
    assert "Expected  none" in text
    assert "Observed  one arrived after try 1 (`up_for_retry`)" in text
    assert "Yours     dag.py:41" in text
    assert "(mail, email_notification, try 1, worker, after, scenario fails)" in text
    assert "seen from outside" in text
    assert "as your code reported" in text
    assert "https://example.org/lessons/02/#body" in text
    assert "Start with 2.1: No mail is sent" in text
    assert "Isolated in part (layer C)" in text
    assert "Without: signals to nobody outside." in text
    assert "seed 1234" in text


def test_facts_and_claims_that_disagree_are_said_of_their_scenario() -> None:
    said = "Try 1 of `work` told of a call \x1b[2J that cannot have been."
    result = samples.full().model_copy(update={"disagreements": {"fails": [said]}})
    text = squeezed(shown(result))
    head = "Scenario fails: what was seen from outside and what the code reported do not agree."
    assert squeezed(f"{head} {said}".replace("\x1b", "⟨ESC⟩")) in text
    assert "do not agree" not in shown(samples.full())
    several = samples.full().model_copy(
        update={"disagreements": {"fails": ["A."], "late": ["B."], "works": ["A."]}}
    )
    text = squeezed(shown(several))
    assert squeezed("Scenarios fails, works: what was seen") in text, "what is said of both is said once"
    assert squeezed("Scenario late: what was seen") in text
    breach = samples.fails().executions[1].model_copy(update={"violations": ["a frame of 0 bytes"]})
    run = run_shown(samples.fails().model_copy(update={"executions": [breach]}))
    assert "What was seen from outside and what the code reported do not agree." in run
    assert "a frame of 0 bytes" in run


def test_hints_come_when_asked_for() -> None:
    none, one, all_ = (shown(samples.partly(), hints=n) for n in (0, 1, 9))
    assert "3 hints: --hints 1" in none
    assert "is a different list" not in none
    assert "`on_retry_callback` is a different list." in one
    assert "2 more: --hints 2" in one
    assert "Which of your callbacks" not in one
    assert "who wants to be woken" in all_
    assert "--hints" not in all_


def test_our_fault_costs_nothing_and_withholds_the_score() -> None:
    text = shown(samples.withheld())
    assert "No score (of 12)" in text
    assert "Our fault, it costs you nothing: the score is withheld." in text
    assert re.search(r"\? One Slack message arrives\.  our fault +–/2", text)
    assert re.search(r"2\.1 Notification +–/7", text)


@pytest.mark.parametrize(("outcome", "words"), [("error", "could not be run"), ("timeout", "took too long")])
def test_a_submission_that_cannot_be_run_says_why_once(outcome: str, words: str) -> None:
    text = shown(samples.unrunnable(outcome))
    assert text.count("NameError") == 1
    assert "dag.py:41" in text
    assert "is it spelled as where it is defined?" in squeezed(text) or "is it spelled" in text
    assert 'File "dag.py", line 41, in <module>' in text
    assert "importer.py" not in text
    assert words in text
    assert "importer.py" in shown(samples.unrunnable(outcome), full_traceback=True)


def test_all_points_need_no_advice() -> None:
    text = shown(samples.full())
    assert "All points." in text
    assert "Start with" not in text
    assert "Expected" not in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("make", [samples.partly, samples.hostile_result, samples.withheld])
def test_no_line_is_wider_than_the_terminal(make: Callable[[], Result], width: int) -> None:
    text = shown(make(), width=width, hints=2, evidence=EVIDENCE, full_traceback=True)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("width", [30, 80])
def test_expected_and_observed_are_never_cut(width: int) -> None:
    result = samples.hostile_result()
    text = squeezed(shown(result, width=width))
    for end in ("x" * 3000, "word" * 400):
        assert text.count(end) == 2
    assert "…" not in text


@pytest.mark.parametrize("show", [lambda: shown(samples.hostile_result(), hints=2, full_traceback=True,
                                                evidence={"hostile": samples.hostile()}),
                                  lambda: run_shown(samples.hostile())])  # fmt: skip
def test_hostile_text_is_shown_and_does_nothing(show: Callable[[], str]) -> None:
    text = show()
    assert "[bold red]x[/]" in text
    assert "<script>alert(1)</script>" in text
    assert "⟨ESC⟩[2J" in text
    assert "⟨U+202E⟩" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", text)


def test_colour_is_an_addition_and_styles_come_from_us_alone() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system="standard")
    terminal.show(samples.hostile_result(), console=console)
    escapes = set(re.findall("\x1b.{2}", out.getvalue()))
    assert escapes
    assert all(re.fullmatch(r"\x1b\[\d", one) for one in escapes)
    assert "\x1b]8" not in out.getvalue()


def test_without_colour_the_marks_say_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    terminal.show(samples.partly(), console=Console(file=out, width=80, force_terminal=True))
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7])m", out.getvalue())
    for word in ("✓", "✗", "skipped", "could not be run", "took too long"):
        assert word in out.getvalue()


def test_a_terminal_that_knows_only_ascii() -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii"), width=80)
    terminal.show(samples.hostile_result(), console=console, hints=1, evidence={"hostile": samples.hostile()})
    terminal.show(samples.partly(), console=console, evidence=EVIDENCE)
    terminal.show_run(samples.hostile(), console)
    console.print(terminal.line(samples.checks()[1]))
    console.file.flush()
    text = raw.getvalue().decode("ascii")
    assert re.search(r"x No mail is sent for a try that will be retried\. +0/1\n", text)
    assert "+ One mail arrives" in text


def test_a_check_in_a_line() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80)
    for check in samples.checks():
        console.print(terminal.line(check))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert re.fullmatch(r"✓ 2\.1 One mail arrives when .* +2/2", lines[0])
    assert re.fullmatch(r"✗ 2\.1 No mail is sent .* +0/1", lines[1])
    assert lines[2] == "  A mail was sent for a try that is retried."


def test_a_run_shows_all_that_happened_in_order() -> None:
    text = run_shown(samples.fails())
    order = [
        "The run ended after 5 min: failed.",
        "Timeline",
        "try 1 up for retry",
        "+5 min",
        "try 2 failed",
        "callback on_failure_callback[1] count_failure, raised KeyError",
        "Callback log",
        "dag.py:80",
        "KeyError: 'logical_date'",
        "Inbox",
        "Subject  callback_exercise_dag.email_notification failed",
        "Slack ─",
        "webhook, answered 200",
        "Metrics",
        "failures 1 (counter) task=slack_notification category=transient",
        "and 2 of Airflow's own",
        "Monitoring",
        "403, without the API key",
        "Leases",
        "not given back",
        "Left behind",
        "tmp/report.csv",
        "States",
        "up for retry",
        "Logs",
        "print from a callback",
    ]
    at = 0
    for piece in order:
        at = text.index(piece, at)
    assert "airflow.ti" not in text


def test_a_run_that_went_wrong_says_so_first() -> None:
    text = run_shown(samples.stopped())
    assert text.index("It took too long") < text.index("NameError") < text.index("Nothing under: Timeline")
    assert "Beyond the limits and not kept: 12 logs." in text
    assert "importer.py" in run_shown(samples.stopped(), full_traceback=True)


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("make", [samples.fails, samples.loses, samples.late, samples.hostile, samples.empty])
def test_a_run_fits_too(make: Callable[[], Evidence], width: int) -> None:
    text = run_shown(make(), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_the_terminal_does_not_wait_for_templates() -> None:
    code = "import sys, autograder.report.terminal; sys.exit('jinja2' in sys.modules or 'airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_deadlines_and_people_are_told_in_their_order() -> None:
    text = run_shown(samples.late())
    assert "The run ended after 3 h: failed." in text
    assert "Somebody marks compute failed after 3 h." in text
    assert "Somebody answers Approve, 30 min after ask has asked." in text
    assert "2 earlier runs took 50 min each." in text
    assert "Pool reports has 1 slot." in text
    assert "Variable late_after is 7200." in text
    assert 'The run\'s configuration is {"limit": 5}.' in text
    order = [
        "ask (triggerer)  HITLTrigger",
        "answer to ask: Approve",
        "deadline early missed",
        "alerts.warn (triggerer)  early: success",
        "deadline missed",
        "dag.tell (executor)  failed",
        "deadline daily dropped",
        "compute marked failed",
        "run failed",
        "deadline last missed",
        "dag.late (triggerer)  last: failed",
    ]
    places = [text.index(one) for one in order]
    assert places == sorted(places)


def test_a_deadline_says_what_became_of_it_and_of_its_callback() -> None:
    text = " ".join(run_shown(samples.late()).split())
    assert "deadline early, 1 h after the run was queued missed at 1 h 0 min 0.01 s" in text
    assert "dag.late (triggerer): failed" in text
    assert "Failed to import the callable on the triggerer: ModuleNotFoundError: no" in text
    assert "dropped at 2 h 46 min 40 s, because the run succeeded before 24 h 0 min 0 s" in text
    assert "Why It is defined in the DAG file, which the triggerer does not load." in text
    assert "Why It raised KeyError: 'ti'." in text
    assert "a context with dag_run and deadline only" in text
