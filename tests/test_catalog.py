"""Exercises are found by what people type, and what a teacher got wrong is said with file and key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder import catalog
from autograder.catalog import CatalogError
from tests.course import COURSE, copy_course

SLUG = "01-tell-someone"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return copy_course(tmp_path)


@pytest.fixture
def folder(course: Path) -> Path:
    return course / "exercises" / SLUG


def add(course: Path, slug: str) -> None:
    folder = course / "exercises" / slug
    folder.mkdir()
    for name in ("exercise.toml", "checks.py"):
        (folder / name).write_text((course / "exercises" / SLUG / name).read_text())


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("name", ["1", "01", SLUG, "tell", "SOMEONE", f"{SLUG}/"])
def test_found_by_number_slug_or_piece(name: str) -> None:
    exercise = catalog.load(COURSE).find(name)
    assert exercise.slug == SLUG
    assert exercise.number == 1
    assert [part.id for part in exercise.parts] == ["1.1", "1.2", "bonus"]
    assert exercise.limits.wall == 30
    assert exercise.limits.memory == 256 << 20
    assert exercise.limits.computing == 30, "as long as it may last"


def test_an_exercise_may_supply_a_folder_of_plugins(course: Path, folder: Path) -> None:
    change(folder / "exercise.toml", "limits = ", 'plugins = "plugins"\nlimits = ')
    with pytest.raises(CatalogError, match="`plugins`: there is no folder plugins"):
        catalog.load(course).find("1")
    (folder / "plugins").mkdir()
    assert catalog.load(course).find("1").plugins == folder.resolve() / "plugins"


def test_checks_know_what_they_read_and_need() -> None:
    exercise = catalog.load(COURSE).find("1")
    checks = {spec.id: spec for spec in exercise.checks}
    assert list(exercise.scenarios) == ["fails", "recovers", "tidy"]
    assert checks["no_mail_for_retry"].scenarios == ("recovers",)
    assert checks["no_mail_for_retry"].needs == ("mail_once",)
    assert checks["counted"].bonus
    assert not checks["mail_once"].bonus
    assert checks["mail_once"].title == "One mail arrives when the task has finally failed."


def test_a_typo_gets_a_suggestion(course: Path) -> None:
    add(course, "02-count-things")
    with pytest.raises(CatalogError, match=r"no exercise 'somone'\. Did you mean 01-tell-someone"):
        catalog.load(course).find("somone")
    with pytest.raises(CatalogError, match="There are 01-tell-someone, 02-count-things"):
        catalog.load(course).find("7")


def test_a_piece_of_several_lists_them(course: Path) -> None:
    add(course, "02-tell-all")
    with pytest.raises(CatalogError, match="'tell' could be 01-tell-someone or 02-tell-all"):
        catalog.load(course).find("tell")


def test_two_of_one_number(course: Path) -> None:
    add(course, "01-other")
    with pytest.raises(CatalogError, match="Two exercises have number 1"):
        catalog.load(course)


def test_a_folder_that_is_not_named_as_an_exercise(course: Path) -> None:
    add(course, "Extra")
    with pytest.raises(CatalogError, match="two digits, a hyphen, words"):
        catalog.load(course)


def test_no_exercises_at_all(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="There are no exercises in"):
        catalog.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Tell someone"', "", "key `title` is missing"),
        ("minutes = 5", "minuts = 5", "there is no key `minuts` \\(did you mean `minutes`\\?\\)"),
        ("points = 4", "points = 4.5", r"`parts\[0\].points`: input should be a valid integer"),
        (
            "points = 4",
            "points = 0",
            r"`parts\[0\].points`: input should be greater than or equal to 1, not 0",
        ),
        ("minutes = 5", 'minutes = "five"', '`minutes`: input should be a valid integer, not "five"'),
        ("limits = {", "limits = 5 # {", "`limits`: input should be a table, not 5"),
        ('wall = "30s"', 'wall = "soon"', "`limits.wall`: 'soon' is not a duration"),
        ('"256MB"', '"much"', "`limits.memory`: 'much' is not a size"),
        ('"256MB"', '"1MB"', "`limits.memory`: 1 MB is less than an honest run takes; the least is 128 MB"),
        ("mails = 10", "mails = 0", "`limits.mails`: input should be greater than or equal to 1"),
        ("mails = 10", "proceses = 64", "no key `limits.proceses` \\(did you mean `processes`\\?\\)"),
        ("mails = 10", "files = 1e3", "`limits.files`: input should be a valid integer"),
        ('"smtp"', '"pigeon"', "`connections.smtp_default`: input should be 'smtp'"),
        ('["dag.py"]', '["../dag.py"]', r"`files\[0\]`: '../dag.py' is not a plain relative file name"),
        ('id = "1.2"', 'id = "1.1"', "`parts` has '1.1' twice"),
        ("minutes = 5", "minutes = = 5", "cannot be read: Invalid value"),
    ],
)
def test_a_wrong_key_is_named_with_its_file(folder: Path, old: str, new: str, said: str) -> None:
    change(folder / "exercise.toml", old, new)
    with pytest.raises(CatalogError, match=said) as caught:
        catalog.load_exercise(folder)
    assert str(folder / "exercise.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def mail_once(fails)", "def mail_once(falis)", "reads `falis`: there is no such scenario.* `fails`"),
        ("def mail_once(fails)", "def mail_once()", "has no parameter and so reads nothing"),
        ('part="1.1", points=2', 'part="9.9", points=2', "in part 9.9; the parts are 1.1, 1.2, bonus"),
        ('TASK = "notify"', "TASK = 1 / 0", r"checks.py:5 cannot be loaded: ZeroDivisionError"),
        ('TASK = "notify"', "TASK = = 1", r"checks.py:5 is not valid Python"),
        ("def files_gone(tidy)", "def counted(tidy)", "has a second `counted`"),
        ("points=2, hints", "points=2, section='#mail', hints", r"section='#mail', which is no anchor"),
        ("points=2, hints", "points=0.5, hints", r"checks.py:\d+ cannot be loaded: .*points are whole numbers"),
        ('    """The task\'s files are gone."""\n', "", "check `files_gone` has no docstring"),
        ('raises(OSError, "<b>', 'raises("Oops", "<b>', "'Oops' is neither a builtin exception nor a dotted path"),
        ("needs=mail_once, hints=[\"`on_retry", "needs='mail_once', hints=[\"`on_retry", "which is not a check"),
    ],
)  # fmt: skip
def test_a_mistake_in_checks_is_named_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    change(folder / "checks.py", old, new)
    with pytest.raises(CatalogError, match=said) as caught:
        catalog.load(folder.parent.parent).find("1")
    assert caught.value.problem.file == str(folder / "checks.py")
    assert caught.value.problem.line


def test_a_check_says_where_its_subject_is_taught_once_the_page_is_there(folder: Path) -> None:
    course = folder.parent.parent
    change(folder / "checks.py", "points=2, hints", 'points=2, section="who-is-called", hints')
    before = {spec.id: spec.docs for spec in catalog.load(course).find("1").checks}
    assert set(before.values()) == {None}
    page = course / "lessons" / catalog.load_exercise(folder).lesson / "index.md"
    page.parent.mkdir(parents=True)
    page.write_text("# A lesson\n")
    after = [spec.docs for spec in catalog.load(course).find("1").checks]
    assert f"lessons/{page.parent.name}/#who-is-called" in after
    assert f"lessons/{page.parent.name}/" in after


def test_listing_reads_no_checks(folder: Path) -> None:
    (folder / "checks.py").write_text("raise SystemError('not now')\n")
    assert [exercise.title for exercise in catalog.load(folder.parent.parent)] == ["Tell someone"]


def test_checks_are_read_afresh_each_time_and_leave_nothing_behind(folder: Path) -> None:
    course = folder.parent.parent
    before = catalog.load(course).find("1")
    change(folder / "checks.py", "def counted(", "def counted_too(")
    assert [spec.id for spec in catalog.load(course).find("1").checks][-1] == "counted_too"
    assert [spec.id for spec in before.checks][-1] == "counted"
    assert not list(folder.rglob("*.pyc"))


def test_the_digest_is_of_the_exercises_files_alone(folder: Path) -> None:
    before = catalog.load_exercise(folder).digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "checks.pyc").write_bytes(b"x")
    assert catalog.load_exercise(folder).digest == before
    (folder / "starter" / "dag.py").write_text("# more\n")
    assert catalog.load_exercise(folder).digest != before


def test_no_stage_of_grading_imports_airflow() -> None:
    modules = "catalog, submission, grading, results, prove, checks"
    code = f"import sys; from autograder import {modules}; import autograder.checks.plugin; "
    code += "from autograder.control.job import Job; print(sorted(n for n in sys.modules if n.startswith('airflow')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
