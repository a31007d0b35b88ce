"""A small course with a site: lessons with and without an exercise, exercises with and without a lesson."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.course import copy_course

__all__ = ["HOME", "LESSON", "ROOT", "small_course"]

ROOT = Path(__file__).parents[2]
HOME = "docs/index.md"
LESSON = "lessons/01-tell-someone/index.md"

_PAGES = {
    HOME: """\
# A small course

[One](../exercises/01-tell-someone/README.md), [alone](../lessons/02-alone/index.md#about), [its code][code].

[code]: ../lessons/01-tell-someone/code/tell.py

<!-- generated: first lessons -->
""",
    "docs/lessons/index.md": "# Lessons\n\n<!-- generated: lessons -->\n",
    "docs/exercises/index.md": "# Exercises\n\n<!-- generated: exercises -->\n",
    "docs/notebooks.md": "# Notebooks\n\n## Open a notebook {#open-a-notebook}\n\nmake study\n",
    LESSON: """\
---
minutes: 20
---

# Telling

See [the exercise](../../exercises/01-tell-someone/README.md) and [why](../../solutions/01-tell-someone/).

```python
--8<-- "lessons/01-tell-someone/code/tell.py:tell"
```

## Who is told {#who-is-told}

Words.
""",
    "lessons/01-tell-someone/code/tell.py": """\
# --8<-- [start:tell]
def tell(context):
    print(context["ti"])
# --8<-- [end:tell]
""",
    "lessons/01-tell-someone/lab.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "lessons/02-alone/index.md": "---\nminutes: 5\n---\n\n# Alone\n\nNo lab, no exercise.\n\n## About\n\nWords.\n",
    "exercises/03-no-lesson/README.md": """\
# Exercise 03: no lesson

Do it.

## What is graded

| check | points |
|---|---|
| One mail arrives when the task has finally failed. | 2 |
| No mail is sent for a retry. | 1 |

That is all.
""",
    "exercises/03-no-lesson/exercise.toml": """\
title = "No lesson"
lesson = "03-not-written"
minutes = 7
files = ["dag.py"]

[[parts]]
id = "3.1"
title = "Tell"
points = 3
""",
    "exercises/03-no-lesson/checks.py": '''\
from autograder.checks import Scenario, check, expect, raises

fails = Scenario("notify", raises(OSError, "{secret}"), retries=1)


@check(part="3.1", points=2, hints=["Which `callback`?", "What if 1 < 2 & more?"])
def mail_once(fails):
    """One mail arrives when the task has finally failed."""
    expect(fails.task("notify").mails).one()


@check(part="3.1", points=1, needs=mail_once, hints=["Another list."])
def no_mail_for_retry(fails):
    """No mail is sent for a retry."""
    expect(fails.task("notify").mails.after_try(1)).none()
''',
}


def small_course(folder: Path) -> Path:
    """The course, in a folder where it may be changed."""
    root = copy_course(folder)
    (root / "solutions" / "01-tell-someone" / "README.md").write_text("# Why\n\nSo.\n", encoding="utf-8")
    for name, text in _PAGES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "assets", root / "docs" / "assets")
    shutil.copyfile(ROOT / "mkdocs.yml", root / "mkdocs.yml")
    return root
