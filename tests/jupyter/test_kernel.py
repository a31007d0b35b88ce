"""Real kernels and real Airflow: how quick it is, what survives, and that nothing remains."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from autograder.stack.processes import outlasting
from tests.jupyter.conftest import ROOT, STUDIED, Kernel, Shown

SOLUTION = (ROOT / "solutions" / "01-anatomy-of-a-failure" / "dag.py").read_text(encoding="utf-8")
CODE = "from airflow.sdk import dag\n"
"""Without these two words Airflow does not even look into a file."""
LONGEST = 5.0
"""Seconds until everything must be gone, on a machine that has much else to do."""

Start = Callable[[], Kernel]


def check(kernel: Kernel, code: str = SOLUTION, **options: Any) -> Shown:
    shown = kernel(f"%%dag 01\n{code}", **options)
    assert shown.stderr == ""
    assert {"text/html", "text/plain"} == {*shown.bundle}
    return shown


def gone(processes: list[psutil.Process]) -> bool:
    """Whether they are all gone before long."""
    return not outlasting(processes, LONGEST)


@pytest.mark.slow
def test_a_session_in_one_kernel(start_kernel: Start) -> None:
    """One kernel for all of it, since each costs the start of Airflow."""
    kernel = start_kernel()
    loaded = kernel("%load_ext autograder")
    assert loaded.stderr == ""
    assert f'href="{STUDIED}course/"' in loaded.html
    first, second, third = (check(kernel) for _ in range(3))
    for shown in (first, second, third):
        assert "All points." in shown.text
        assert "10</strong>" in shown.html
    memory = kernel.process.memory_full_info().pss >> 20
    print(
        f"\nfirst check {first.seconds:.2f} s, second {second.seconds:.2f} s, "
        f"third {third.seconds:.2f} s; the kernel has {memory} MB"
    )
    assert kernel("import sys; any(name.split('.')[0] == 'airflow' for name in sys.modules)").text == "False"

    kernel('predict(mails=1, tries=2, failure_calls=1, state="failed")')
    shown = kernel(f"%%dag --run --fail load_orders=ConnectionError@2\n{SOLUTION}")
    assert shown.stderr == ""
    assert "How many mails arrive? You said 1; 0 arrived." in shown.text
    assert "How many tries are started? You said 2; 2 started." in shown.text
    assert "<svg" in shown.html
    assert (kernel.work / "01-anatomy-of-a-failure" / "lab_dag.py").is_file()

    for name, code, said in HOSTILE:
        shown = check(kernel, CODE + code)
        assert said in shown.text.replace("\n", " "), name
    assert "All points." in check(kernel).text

    shown = check(kernel, f"{CODE}while True:\n    pass\n", meanwhile=kernel.manager.interrupt_kernel)
    assert shown.text.startswith("Interrupted.")
    assert isinstance(shown.error, RuntimeError)
    assert shown.seconds < 8
    assert "All points." in check(kernel).text
    assert (
        kernel("await __import__('asyncio').sleep(0, 'the loop is as it was')")
        .text.strip("'")
        .startswith("the")
    )

    below = kernel.process.children(recursive=True)
    assert below
    kernel.manager.restart_kernel(now=False)
    assert gone(below)


@pytest.mark.slow
def test_an_exercise_of_two_files_in_two_cells(start_kernel: Start) -> None:
    slug = "03-slas-and-deadlines"
    kernel = start_kernel()
    kernel("%load_ext autograder")
    answer = {
        name: (ROOT / "solutions" / slug / name).read_text() for name in ("dag.py", "deadline_alerts.py")
    }
    cells = [f"%%dag 03 --part 3.1 --file {name}\n{content}" for name, content in answer.items()]
    # The second file is still the starter's, which has nothing of what the first imports.
    assert "cannot import name 'nothing_new'" in kernel(cells[0]).text.replace("\n", " ")
    shown = kernel(cells[1])
    assert shown.stderr == ""
    assert "10</strong>" in shown.html
    assert {path.name for path in (kernel.work / slug).iterdir()} == set(answer)


HOSTILE = [
    ("exits", "import os\nos._exit(3)\n", "the process ended with exit code 3"),
    ("leaves", "raise SystemExit\n", "Importing dag.py failed: SystemExit"),
    ("shouts", "import sys\nprint('x' * 10_000_000)\nsys.stderr.write('y' * 1_000_000)\n", "defines no DAG"),
    ("forks", "import os, time\nfor _ in range(20):\n    os.fork() or time.sleep(60)\n", "dag.py"),
    (
        "kills its parent",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
        "mporting dag.py",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_a_kernel_that_is_killed_leaves_nothing(start_kernel: Start, busy: bool) -> None:
    kernel = start_kernel()
    kernel("%load_ext autograder")
    if busy:
        source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\nwhile True:\n    pass\n"
        kernel.client.execute(f"%%dag 01\n{CODE}{source}")
        until = time.monotonic() + 30
        while time.monotonic() < until and not _works(kernel):
            time.sleep(0.1)
    else:
        check(kernel)
    below = kernel.process.children(recursive=True)
    assert len(below) > 2
    os.kill(kernel.process.pid, 9)
    assert gone(below)


def _works(kernel: Kernel) -> bool:
    """Whether the learner's endless loop is on its way: what the kernel itself has started only imports."""
    for one in kernel.process.children(recursive=True):
        with suppress(psutil.Error):
            started = one.ppid() == kernel.process.pid
            if not started and one.cpu_times().user > 0.5 and "autograder.jail" in one.cmdline():
                return True
    return False


@pytest.mark.slow
def test_a_notebook_is_run_from_top_to_bottom_without_anybody_there(
    start_kernel: Start, tmp_path: Path
) -> None:
    cells = ["%load_ext autograder", "predict(mails=...)", "predict(tries=2)",
             f"%%dag --run --fail load_orders=OSError:full\n{SOLUTION}", f"%%dag 01\n{SOLUTION}"]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        kernel_manager_class=AsyncKernelManager,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert [len(one) for one in outputs] == [1] * 5
    assert not [one for each in outputs for one in each if one.output_type in ("stream", "error")]
    assert "write it in place of the dots" in outputs[1][0].data["text/plain"]
    assert "How many tries are started? You said 2; 2 started." in outputs[3][0].data["text/plain"]
    assert "All points." in outputs[4][0].data["text/plain"]
    nbformat.validate(notebook)
