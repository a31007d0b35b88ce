"""From a fresh clone to full points, in the browser, as a person would; and below a prefix, as a hub has it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from autograder.stack.processes import outlasting
from tests.browser import NewPage, Screenshot, axe
from tests.walk.clone import Opened, clone, free_port, opened, ours
from tests.walk.person import CELL_ENDS, Notebook, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLUG = "01-anatomy-of-a-failure"
_SLUGS = sorted(path.parent.name for path in (Path(__file__).parents[2] / "lessons").glob("*/lab.ipynb"))
# Without a browser, tests/lessons runs all of them from top to bottom.
LABS = [pytest.param(slug, marks=() if slug == SLUG else pytest.mark.walk) for slug in _SLUGS]
WIDE = (1400, 1000)
CARD = ".jp-NotebookPanel .ag"


@pytest.fixture(scope="module")
def cloned() -> Iterator[Path]:
    """Where anybody may read it."""
    folder = Path(tempfile.mkdtemp(prefix="walk-", dir="/tmp"))
    folder.chmod(0o755)
    yield clone(folder / "course")
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def course(cloned: Path) -> Iterator[Opened]:
    """``make study``, the first command of the README."""
    command = ["make", "study", f"ARGS=--no-browser --port {free_port()}"]
    with opened(command, cloned, cloned / "work") as running:
        yield running


def solution(course: Path) -> str:
    return (course / "solutions" / SLUG / "dag.py").read_text(encoding="utf-8")


def earns_full_points(person: Person, screenshot: Screenshot, answer: str) -> Notebook:
    """Exercise 01: the starter is checked, and fails; it is mended, and earns everything."""
    notebook = person.opens_the_notebook("Open the notebook")
    notebook.runs(notebook.cell("%load_ext autograder"))
    cell = notebook.cell("%%dag 01")
    result = notebook.runs(cell)
    expect(result.get_by_text("0/10").first).to_be_visible(timeout=1000 * CELL_ENDS)
    expect(result.get_by_text("line is logged when the task has finally failed.").first).to_be_visible()
    assert axe(person.page, CARD) == []
    screenshot(person.page, "broken", whole=False)

    notebook.writes(cell, f"%%dag 01\n{answer}")
    result = notebook.runs(cell)
    expect(result.get_by_text("All points.").first).to_be_visible(timeout=1000 * CELL_ENDS)
    expect(result.get_by_text("10/10").first).to_be_visible()
    result.scroll_into_view_if_needed()
    assert axe(person.page, CARD) == []
    screenshot(person.page, "mended", whole=False)
    notebook.saves()
    return notebook


def test_the_first_green_check(
    course: Opened, cloned: Path, new_page: NewPage, screenshot: Screenshot
) -> None:
    person = Person(new_page(size=WIDE), course.address)
    person.opens_the_course()
    screenshot(person.page, "home")
    assert any("Failure callbacks" in title for title in person.searches("callback"))
    person.reads(f"exercises/{SLUG}/")
    earns_full_points(person, screenshot, solution(cloned))

    person.page.reload()
    notebook = person.finds_the_notebook()
    result = notebook.cell("%%dag 01").locator(".jp-Cell-outputArea")
    result.scroll_into_view_if_needed()
    expect(result.get_by_text("All points.").first).to_be_visible()

    notebook.restarts()
    result = notebook.runs(notebook.cell("%%dag 01"))
    expect(result.get_by_text("All points.").first).to_be_visible(timeout=1000 * CELL_ENDS)

    person.reads(f"exercises/{SLUG}/")
    expect(person.page.get_by_text(re.compile(r"10 of 10")).first).to_be_visible()
    screenshot(person.page, "progress", whole=False)


def test_an_exercise_of_two_files(
    course: Opened, cloned: Path, new_page: NewPage, screenshot: Screenshot
) -> None:
    """A cell for each of its files, and hours in seconds."""
    slug = "03-slas-and-deadlines"
    person = Person(new_page(size=WIDE), course.address)
    person.opens_the_course()
    person.reads(f"exercises/{slug}/")
    notebook = person.opens_the_notebook("Open the notebook")
    load, dag, alerts = range(notebook.code_cells())
    notebook.runs(notebook.goes_to(load))
    for number, name in ((alerts, "deadline_alerts.py"), (dag, "dag.py")):
        cell = notebook.goes_to(number)
        content = (cloned / "solutions" / slug / name).read_text(encoding="utf-8")
        notebook.writes(cell, f"%%dag 03 --file {name}\n{content}")
        result = notebook.runs(cell)
    expect(result.get_by_text("All points.").first).to_be_visible(timeout=1000 * CELL_ENDS)
    result.scroll_into_view_if_needed()
    assert axe(person.page, CARD) == []
    screenshot(person.page, "late and told", whole=False)


@pytest.mark.parametrize("slug", LABS)
def test_a_lab_top_to_bottom(course: Opened, slug: str, new_page: NewPage, screenshot: Screenshot) -> None:
    """Every prediction is a number that may be wrong; every run shows what happened beside it."""
    page = new_page(size=WIDE)
    person = Person(page, course.address)
    person.opens_the_course()
    person.reads(f"lessons/{slug}/")
    notebook = person.opens_the_notebook("Open the lab")
    cards = 0
    for number in range(notebook.code_cells()):
        cell = notebook.goes_to(number)
        source = cell.locator(".cm-content").inner_text()
        result = notebook.runs(cell)
        assert not result.locator(
            "[data-mime-type='application/vnd.jupyter.stderr'], .jp-RenderedText[data-mime-type*=error]"
        ).count(), source
        if "%%dag" in source:
            cards += 1
            expect(result.locator(".ag-card, .ag").first).to_be_visible()
            screenshot(page, f"{slug} {number}", whole=False)
    assert axe(page, CARD) == []
    assert cards >= 3


@pytest.mark.walk
def test_airflow_shows_the_failed_run(course: Opened, new_page: NewPage, screenshot: Screenshot) -> None:
    """The learner's own DAG, in Airflow's own pages, on the same origin."""
    dag = course.work / "my-dags" / "dag.py"
    dag.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("orders_of_the_day.py"), dag)
    page = new_page(size=WIDE)
    person = Person(page, course.address)
    person.opens_the_course()
    page.get_by_role("link", name="Airflow", exact=True).first.click()
    page.get_by_role("link", name="Dags").first.click(timeout=90_000)
    page.get_by_role("link", name="orders_of_the_day").first.click(timeout=60_000)
    triggers(page)
    page.goto(person.site.replace("/course/", "/airflow/dags/orders_of_the_day/runs"))
    run = page.get_by_role("row").filter(has_text=re.compile("manual", re.IGNORECASE)).first
    expect(run.get_by_text("failed")).to_be_visible(timeout=90_000)
    screenshot(page, "failed", whole=False)
    page.goto(person.site.replace("/course/", "/inbox/"))
    expect(page.get_by_text("orders failed").first).to_be_visible(timeout=20_000)
    screenshot(page, "inbox")


def triggers(page: Page) -> None:
    """Airflow draws a page anew when it learns more of the DAG, and an open dialog is gone: a person tries again."""
    dialog = page.get_by_role("dialog")
    for _ in range(5):
        if not dialog.is_visible():
            page.get_by_role("button", name="Trigger").first.click()
        try:
            dialog.get_by_role("button", name="Trigger").click(timeout=5000)
        except PlaywrightTimeout:
            continue
        dialog.wait_for(state="hidden")
        return
    raise AssertionError("the dialog to trigger a run does not stay")


def test_nothing_is_left(course: Opened) -> None:
    # Ctrl-C interrupts make, too.
    assert course.stop() in (0, -signal.SIGINT), course.said
    assert "Your work and your results are kept." in course.said
    assert outlasting(course.seen.values(), 0.0) + ours(course.work) == []


def test_as_a_hub_has_it(cloned: Path, new_page: NewPage, screenshot: Screenshot) -> None:
    """Below a prefix, with a course that nobody may write to, and the work in the learner's home."""
    home = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))
    work = home / "work"
    before = fingerprint(cloned)
    command = [*read_only(cloned), str(cloned / ".venv" / "bin" / "autograder"), "study", "--no-browser"]
    command += ["--port", str(free_port()), "--base-url", "/user/learner/"]
    variables = {"AUTOGRADER_COURSE": str(cloned), "AUTOGRADER_WORK": str(work)}
    try:
        with opened(command, home, work, **variables) as running:
            assert "/user/learner/course/" in running.address
            person = Person(new_page(size=WIDE), running.address)
            person.opens_the_course()
            person.reads(f"exercises/{SLUG}/")
            earns_full_points(person, screenshot, solution(cloned))
            person.page.close()
            assert running.stop() == 0, running.said
        assert fingerprint(cloned) == before
        assert ours(work) == []
    finally:
        shutil.rmtree(home, ignore_errors=True)


def read_only(folder: Path) -> list[str]:
    """What to put before a command so that it cannot write below a folder."""
    if os.geteuid() == 0:
        # Rights do not hold for root; a mount does, in a namespace of the command's own.
        mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
        return ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return []


def fingerprint(folder: Path) -> str:
    """Changes with every file that comes, goes or changes."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        found.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return found.hexdigest()
