"""Pages of a small course: what they hold, where their links lead, and what is said when one is wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from autograder.site import SiteError, pages
from tests.site.course import HOME, LESSON


def write(root: Path) -> Path:
    folder = root.parent / "pages"
    pages.write(root, folder)
    return folder


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_lesson_exercise_and_solution_has_a_page(root: Path) -> None:
    folder = write(root)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")} == {
        "index.md",
        "notebooks.md",
        "lessons/index.md",
        "lessons/01-tell-someone/index.md",
        "lessons/02-alone/index.md",
        "exercises/index.md",
        "exercises/01-tell-someone/index.md",
        "exercises/01-tell-someone/solution.md",
        "exercises/03-no-lesson/index.md",
    }


def test_links_of_the_repository_lead_to_pages(root: Path) -> None:
    home = (write(root) / "index.md").read_text()
    assert "[One](exercises/01-tell-someone/index.md)" in home
    assert "[alone](lessons/02-alone/index.md#about)" in home
    assert "[code]: lessons/01-tell-someone/code/tell.py" in home


def test_a_file_that_a_page_links_to_is_published_with_it_and_no_other(root: Path) -> None:
    folder = write(root)
    assert (folder / "lessons/01-tell-someone/code/tell.py").is_file()
    assert not (folder / "lessons/01-tell-someone/lab.ipynb").exists()
    assert (folder / "assets/study.js").read_text() == "window.study = null;\n"


def test_the_page_of_an_exercise_has_its_checks_where_the_brief_has_them(root: Path) -> None:
    page = (write(root) / "exercises/03-no-lesson/index.md").read_text()
    assert "| check | points |" not in page
    titles = re.findall(r'<span class="check-title">(.*?)</span>', page)
    assert titles == [
        "One mail arrives when the task has finally failed.",
        "No mail is sent for a retry.",
    ]
    assert page.index("What is graded") < page.index('<ul class="checks">') < page.index("That is all.")
    assert '<span class="check-points">2 points</span>' in page
    assert '<span class="check-points">1 point</span>' in page


def test_hints_are_closed_and_each_next_one_is_inside_the_last(root: Path) -> None:
    page = (write(root) / "exercises/03-no-lesson/index.md").read_text()
    assert (
        '<details class="hint" data-search-exclude><summary>Hint 1 of 2</summary><p>Which <code>callback</code>?</p>'
        '<details class="hint" data-search-exclude><summary>Hint 2 of 2</summary><p>What if 1 &lt; 2 &amp; more?</p>'
        "</details></details>"
    ) in page
    assert "<summary>Hint</summary><p>Another list.</p>" in page


def test_checks_that_the_brief_does_not_list_come_last(root: Path) -> None:
    page = (write(root) / "exercises/01-tell-someone/index.md").read_text()
    assert page.count('<li id="check-') == 5
    assert page.index("## Checks") > page.index("One mail when")


def test_a_page_says_minutes_points_parts_and_files(root: Path) -> None:
    page = (write(root) / "exercises/01-tell-someone/index.md").read_text()
    assert "5 minutes · 6 points, and 1 for the bonus · hands in <code>dag.py</code>" in page
    assert (
        '| 1.2 | Tidy | 2 | <span class="score" data-score="01-tell-someone" data-part="1.2" data-max="2" hidden>'
        in page
    )
    assert 'data-open="01-tell-someone/exercise.ipynb"' in page
    assert "(../../lessons/01-tell-someone/index.md){ .md-button }" in page
    assert '--8<-- "exercises/01-tell-someone/starter/dag.py"' in page


def test_an_exercise_without_a_lesson_has_no_way_to_it(root: Path) -> None:
    page = (write(root) / "exercises/03-no-lesson/index.md").read_text()
    assert "Read the lesson" not in page
    assert "not-written" not in page


def test_the_way_to_the_lessons_section_stands_behind_the_last_hint(root: Path) -> None:
    change(
        root,
        "exercises/01-tell-someone/checks.py",
        'points=2, hints=["Which',
        'points=2, section="who-is-told", hints=["Which',
    )
    page = (write(root) / "exercises/01-tell-someone/index.md").read_text()
    assert 'last try?</p><p><a href="../../lessons/01-tell-someone/#who-is-told">' in page


def test_the_solution_is_a_page_of_its_own_that_no_search_finds(root: Path) -> None:
    folder = write(root)
    page = (folder / "exercises/01-tell-someone/index.md").read_text()
    door = page[page.index('<details class="door"') :]
    assert "](solution.md)" in door
    assert page.count("solution.md") == 1
    solution = (folder / "exercises/01-tell-someone/solution.md").read_text()
    assert solution.startswith("---\nsearch:\n  exclude: true\n---\n\n# Why\n")
    assert '--8<-- "solutions/01-tell-someone/dag.py"' in solution


def test_a_course_without_solutions_shows_none(root: Path) -> None:
    shutil.rmtree(root / "solutions")
    folder = write(root)
    assert not (folder / "exercises/01-tell-someone/solution.md").exists()
    assert "solution" not in (folder / "exercises/01-tell-someone/index.md").read_text().lower()
    assert "and why." in (folder / "lessons/01-tell-someone/index.md").read_text()


def test_a_lesson_has_a_button_for_its_lab_and_its_exercise_unless_it_says_so_itself(root: Path) -> None:
    folder = write(root)
    page = (folder / "lessons/01-tell-someone/index.md").read_text()
    assert page.count('data-open="01-tell-someone/lab.ipynb"') == 1
    assert "## Now you" not in page  # its text links to the exercise
    assert page.startswith("---\nsearch:\n  boost: 2\nminutes: 20\n---\n")
    assert "20 minutes · exercise 01: 6 points" in page
    alone = (folder / "lessons/02-alone/index.md").read_text()
    assert "data-open" not in alone
    assert "Now you" not in alone

    change(root, LESSON, "See [the exercise](../../exercises/01-tell-someone/README.md) and", "See")
    page = (write(root) / "lessons/01-tell-someone/index.md").read_text()
    assert "## Now you" in page
    assert "[Exercise 01: Tell someone](../../exercises/01-tell-someone/index.md)" in page


def test_indexes_list_what_there_is(root: Path) -> None:
    folder = write(root)
    lessons = (folder / "lessons/index.md").read_text()
    assert "| 01 | [Telling](01-tell-someone/index.md) | 20 | [6 points, and 1 for the bonus]" in lessons
    assert "| 02 | [Alone](02-alone/index.md) | 5 |  |" in lessons
    exercises = (folder / "exercises/index.md").read_text()
    assert "| 03 | [No lesson](03-no-lesson/index.md) | 7 | 3 | <span" in exercises
    assert "[Exercise](exercises/01-tell-someone/index.md), 5 minutes" in (folder / "index.md").read_text()


def test_a_course_without_lessons_says_so(root: Path) -> None:
    shutil.rmtree(root / "lessons")
    change(root, HOME, ", [alone](../lessons/02-alone/index.md#about), [its code][code].", "")
    change(root, HOME, "[code]: ../lessons/01-tell-someone/code/tell.py", "")
    assert "No lesson is written yet" in (write(root) / "lessons/index.md").read_text()


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (
            HOME,
            "02-alone/index.md#about",
            "02-alon/index.md",
            "docs/index.md:3: the link to lessons/02-alon/index.md leads nowhere: "
            "there is no lesson 02-alon; did you mean 02-alone?",
        ),
        (
            HOME,
            "#about",
            "#above",
            "docs/index.md:3: the link to #above leads nowhere: lessons/02-alone/index.md has no such heading or id.",
        ),
        (
            HOME,
            "../exercises/01-tell-someone/README.md",
            "../exercises/09-x/README.md",
            "there is no exercise 09-x; there are 01-tell-someone, 03-no-lesson.",
        ),
        (
            HOME,
            "../exercises/01-tell-someone/README.md",
            "../../elsewhere.md",
            "docs/index.md:3: the link to ../../elsewhere.md leads out of the course.",
        ),
        (
            HOME,
            "../exercises/01-tell-someone/README.md",
            "../lessons/01-tell-someone/code",
            "leads nowhere: it is a folder without a page.",
        ),
        (
            HOME,
            "tell.py",
            "told.py",
            "docs/index.md:5: the link to lessons/01-tell-someone/code/told.py leads nowhere.",
        ),
        (HOME, "[One]", '<img src="no.png">[One]', "docs/index.md:3: the link to docs/no.png leads nowhere."),
        (
            HOME,
            "[One]",
            "![x](https://example.com/x.png)[One]",
            "docs/index.md:3: https://example.com/x.png would be loaded from another host; put it into the course.",
        ),
        (
            HOME,
            "[One]",
            '<script src="//example.com/x.js"></script>[One]',
            "docs/index.md:3: //example.com/x.js would be loaded from another host",
        ),
        (
            HOME,
            "generated: first lessons",
            "generated: last lessons",
            "docs/index.md:7: nothing generates `last lessons`; there are lessons, exercises",
        ),
        (
            LESSON,
            "tell.py:tell",
            "told.py:tell",
            f"{LESSON}:10: the snippet lessons/01-tell-someone/code/told.py is not there",
        ),
        (
            LESSON,
            "tell.py:tell",
            "tell.py:say",
            f"{LESSON}:10: lessons/01-tell-someone/code/tell.py has no marker `--8<-- [start:say]`.",
        ),
        (LESSON, "--8<-- ", "--8 < --", f"{LESSON}:10: this is no snippet"),
        (
            LESSON,
            "Words.",
            '[x](#who-is-told){ data-open="09-x/lab.ipynb" }',
            "`data-open` names 09-x, which is no exercise or lesson; there are 01-tell-someone",
        ),
        (
            LESSON,
            "Words.",
            '[x](#who-is-told){ data-open="02-alone/lab.ipynb" }',
            "`data-open` names 02-alone/lab.ipynb; of 02-alone can be opened: nothing.",
        ),
        (
            "exercises/03-no-lesson/README.md",
            "for a retry",
            "after a retry",
            "exercises/03-no-lesson/README.md:10: "
            "checks.py has no check “No mail is sent after a retry.”, or it is listed twice.",
        ),
        (
            "exercises/03-no-lesson/README.md",
            "| 1 |",
            "| 2 |",
            "exercises/03-no-lesson/README.md:10: the check “No mail is sent for a retry.” has 1 point, not 2.",
        ),
        (
            "exercises/03-no-lesson/exercise.toml",
            "minutes = 7",
            "",
            "exercise.toml: key `minutes` is missing.",
        ),
        (
            LESSON,
            "minutes: 20",
            "minuts: 20",
            "it does not begin with a front matter that says `minutes: 50`.",
        ),
    ],
)
def test_what_must_be_mended_is_said_with_file_and_line(
    root: Path, name: str, old: str, new: str, sentence: str
) -> None:
    change(root, name, old, new)
    with pytest.raises(SiteError) as raised:
        write(root)
    assert sentence in str(raised.value)


def test_checks_of_one_title_each_have_a_place(root: Path) -> None:
    one, other = "One mail arrives when the task has finally failed.", "No mail is sent for a retry."
    change(root, "exercises/03-no-lesson/checks.py", other, one)
    change(root, "exercises/03-no-lesson/README.md", other, one)
    page = (write(root) / "exercises/03-no-lesson/index.md").read_text()
    assert page.count('id="check-mail_once"') == 1
    assert page.count('id="check-no_mail_for_retry"') == 1


def test_a_section_that_the_lesson_lacks_is_said_with_the_line_of_its_check(root: Path) -> None:
    change(
        root,
        "exercises/01-tell-someone/checks.py",
        'points=2, hints=["Which',
        'points=2, section="who-was-told", hints=["Which',
    )
    with pytest.raises(
        SiteError, match=r"exercises/01-tell-someone/checks\.py:\d+: the link to #who-was-told leads nowhere"
    ):
        write(root)
