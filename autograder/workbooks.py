"""The learner's copies: notebooks and starters, put into the work folder on first use and never overwritten."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from autograder import catalog
from autograder.catalog import CatalogError, Exercise
from autograder.course import Course

if TYPE_CHECKING:
    # Imported where a notebook is made: who has set up grading alone resets a file without it.
    from nbformat import NotebookNode

__all__ = ["EXERCISE", "LAB", "WorkbookError", "back_up", "ensure", "ensure_notebooks", "names", "reset"]

LAB = "lab.ipynb"
EXERCISE = "exercise.ipynb"

_KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
_TRY = "Try it"
"""The section of a brief that says what to type on the command line."""
_HANDING_IN = """\
## Your DAG

Write it in the last cell of this notebook, then run the cell with Ctrl+Enter. It is saved as `{file}` beside this
notebook and graded; the result appears below the cell. Run the cell again as often as you like: the best result counts.

- `%%dag {number} --hints 1` shows a hint for each check that failed.
- `%%dag {number} --part {part}` grades one part only.
- `%%dag --run --fail TASK=OSError:"disk full"` runs the cell without grading, and shows what your callbacks did."""
_HANDING_IN_FILES = """\
## Your files

Write them in the last cells of this notebook, a cell for each file: {files}. Run a cell with Ctrl+Enter. It is saved
beside this notebook, and the files are graded together, the others as they were saved last; the result appears below
the cell. Run the cells again as often as you like: the best result counts.

- `%%dag {number} --file {first} --hints 1` shows a hint for each check that failed.
- `%%dag {number} --file {first} --part {part}` grades one part only.
- `%%dag --run --take TASK=4h` runs a cell that holds a DAG without grading, and shows what your callbacks did."""
_ATTRIBUTES = re.compile(r"(?<=^#)(.*?)\s*\{:?\s*[#.][^}]*\}\s*$")
"""What the site's Markdown may have behind a heading, and a notebook's would show."""


class WorkbookError(Exception):
    """There is no such notebook or file, or it cannot be made. The text is a sentence."""


def names(course: Course, slug: str) -> list[str]:
    """What a learner can have in the folder of one lesson or exercise: its notebooks, then its files.

    :raises CatalogError: when the exercise must be mended.
    """
    # A slug may come from an address: only the name of one of our folders will do, not a way out of them.
    if slug not in _slugs(course):
        return []
    found = [LAB] if _lab(course, slug).is_file() else []
    exercise = _exercise(course, slug)
    if exercise is not None:
        found += [EXERCISE, *_starter(exercise)]
    return found


def ensure(course: Course, slug: str, name: str) -> Path:
    """Where the learner's copy is, made first if it is not there. What is there is left as it is.

    :raises WorkbookError: when the course has no such notebook or file, or the lab must be mended.
    :raises CatalogError: when the exercise must be mended.
    :raises OSError: when it cannot be written.
    """
    if name not in names(course, slug):
        raise WorkbookError(f"The course has no {slug}/{name}.")
    return _ensure(course, slug, name)


def _ensure(course: Course, slug: str, name: str) -> Path:
    target = course.work / slug / name
    if not target.exists() and not target.is_symlink():
        _write_new(target, _content(course, slug, name))
    return target


def ensure_notebooks(course: Course) -> list[str]:
    """Put every lab and exercise notebook in place that is not there yet.

    Returns what went wrong, in sentences: what must be mended keeps nobody from the others.
    """
    said = []
    for slug in _slugs(course):
        for name, source in ((LAB, _lab(course, slug)), (EXERCISE, _exercise_file(course, slug))):
            if source.exists():
                try:
                    _ensure(course, slug, name)
                except (CatalogError, OSError, ValueError, WorkbookError) as error:
                    said.append(f"{slug}: {error}")
    return said


def reset(course: Course, slug: str, chosen: Iterable[str]) -> Path:
    """Move what is there into a backup, put fresh copies in its place, and return the backup's folder.

    :raises WorkbookError: when the course has no such notebook or file, or the lab must be mended.
    :raises CatalogError: when the exercise must be mended. After both nothing was moved.
    :raises OSError: when it cannot be written.
    """
    known, wanted = names(course, slug), list(dict.fromkeys(chosen))
    if strange := [name for name in wanted if name not in known]:
        raise WorkbookError(
            f"The course has no {slug}/{strange[0]}. It has {', '.join(known) or 'nothing'} there."
        )
    for name in wanted:
        _content(course, slug, name)  # what cannot be made anew is not taken away
    folder = back_up(course, slug, wanted)
    # Files first: an exercise's notebook holds what its file holds.
    for name in sorted(wanted, key=lambda name: name.endswith(".ipynb")):
        ensure(course, slug, name)
    return folder


def back_up(course: Course, slug: str, chosen: Iterable[str]) -> Path:
    """Move files of ``work/<slug>`` to ``work/.backups/<slug>/<time>/``, and return that folder."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    folder = course.work / ".backups" / slug / moment
    for name in chosen:
        source = course.work / slug / name
        if source.exists() or source.is_symlink():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
    return folder


def _slugs(course: Course) -> list[str]:
    found = {path.parent.name for path in (course.root / "lessons").glob(f"*/{LAB}")}
    found |= {path.parent.name for path in (course.root / "exercises").glob("*/exercise.toml")}
    return sorted(found)


def _lab(course: Course, slug: str) -> Path:
    return course.root / "lessons" / slug / LAB


def _exercise_file(course: Course, slug: str) -> Path:
    return course.root / "exercises" / slug / "exercise.toml"


def _exercise(course: Course, slug: str) -> Exercise | None:
    file = _exercise_file(course, slug)
    return catalog.load_exercise(file.parent) if file.is_file() else None


def _starter(exercise: Exercise) -> list[str]:
    found = (path.relative_to(exercise.starter) for path in exercise.starter.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)


def _content(course: Course, slug: str, name: str) -> bytes:
    if name == LAB:
        return _written(_lab_notebook(course, _lab(course, slug)))
    exercise = _exercise(course, slug)
    assert exercise is not None  # a name that is not the lab's is an exercise's
    if name == EXERCISE:
        return _written(_exercise_notebook(course, exercise))
    return (exercise.starter / name).read_bytes()


def _write_new(target: Path, content: bytes) -> None:
    """Write a file that nobody has written meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as file:
            try:
                file.write(content)
            except BaseException:
                target.unlink()
                raise
    except FileExistsError:
        pass


def _written(notebook: NotebookNode) -> bytes:
    import nbformat

    nbformat.validate(notebook)
    return f"{nbformat.writes(notebook).rstrip()}\n".encode()  # type: ignore[no-untyped-call]


def _lab_notebook(course: Course, source: Path) -> NotebookNode:
    import nbformat

    try:
        notebook: NotebookNode = nbformat.reads(  # type: ignore[no-untyped-call]
            source.read_text(encoding="utf-8"), as_version=4
        )
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as error:  # nbformat says in many ways that this is no notebook
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise WorkbookError(f"{course.shown(source)} is no notebook that can be copied: {said}.") from error
    # Whatever kernel it was written with: here there is one, and nobody should be asked.
    notebook.metadata.update(_KERNEL)
    to_site = _links(course, source)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_site(cell.source)
    return notebook


def _exercise_notebook(course: Course, exercise: Exercise) -> NotebookNode:
    from nbformat.v4 import new_notebook

    to_site = _links(course, exercise.readme)
    cells, taken = [], set[str]()
    for title, text in _sections(to_site(exercise.readme.read_text(encoding="utf-8"))):
        if title != _TRY:
            cells.append(_prose(text, _id("brief", title, taken)))
    cells += _handing_in(course, exercise)
    notebook: NotebookNode = new_notebook(cells=cells, metadata=_KERNEL)  # type: ignore[no-untyped-call]
    return notebook


def _handing_in(course: Course, exercise: Exercise) -> Iterator[NotebookNode]:
    """What ends the notebook: how it is handed in, and a cell for each file."""
    number, (first, *more) = f"{exercise.number:02}", exercise.files
    if more:
        said = _HANDING_IN_FILES.format(
            number=number,
            first=first,
            files=", ".join(f"`{name}`" for name in exercise.files),
            part=exercise.parts[0].id,
        )
    else:
        said = _HANDING_IN.format(number=number, file=first, part=exercise.parts[0].id)
    yield _prose(said, "your-dag")
    yield _code("%load_ext autograder", "load")
    taken: set[str] = set()
    for name in exercise.files:
        magic = f"%%dag {number} --file {name}" if more else f"%%dag {number}"
        cell = "dag" if name == first else _id("file", name, taken)
        yield _code(f"{magic}\n{_current(course, exercise, name).strip()}", cell)


def _current(course: Course, exercise: Exercise, file: str) -> str:
    """The learner's own file, as long as it can be read, else the starter."""
    with suppress(OSError, UnicodeDecodeError):
        return (course.work / exercise.slug / file).read_text(encoding="utf-8")
    return (exercise.starter / file).read_text(encoding="utf-8")


def _prose(text: str, name: str) -> NotebookNode:
    from nbformat.v4 import new_markdown_cell

    return cast("NotebookNode", new_markdown_cell(text, id=name))  # type: ignore[no-untyped-call]


def _code(text: str, name: str) -> NotebookNode:
    from nbformat.v4 import new_code_cell

    return cast("NotebookNode", new_code_cell(text, id=name))  # type: ignore[no-untyped-call]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """A brief by its second-level headings: (heading, text with the heading). The first has the title's."""
    title, lines, fenced = "", list[str](), False
    for line in text.strip().splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("## ") and not fenced:
            yield title, "\n".join(lines).strip()
            title, lines = line.removeprefix("## ").strip(), []
        lines.append(line)
    yield title, "\n".join(lines).strip()


def _id(kind: str, title: str, taken: set[str]) -> str:
    """The same in every copy of a notebook, so that two copies can be compared cell by cell."""
    name = "-".join([kind, *re.findall(r"[a-z0-9]+", title.lower())])[:56].rstrip("-")
    unique = name if name not in taken else f"{name}-{len(taken)}"
    taken.add(unique)
    return unique


def _links(course: Course, source: Path) -> Callable[[str], str]:
    """Makes links between the course's own files into addresses of the course's site."""
    from autograder.site import markdown

    base = os.environ.get("AUTOGRADER_BASE_URL", "/").rstrip("/") + "/course/"
    folder = source.parent.relative_to(course.root).as_posix()

    def changed(target: str, html: bool) -> str | None:
        path, hash_, anchor = target.partition("#")
        if re.match(r"[a-z][a-z0-9+.-]*:|/", path) or not path:
            return target
        page = _page(posixpath.normpath(posixpath.join(folder, path)))
        return page if page is None else f"{base}{page}{hash_}{anchor}"

    def line(one: markdown.Line) -> str:
        return _ATTRIBUTES.sub(r"\1", markdown.rewritten(one.text, changed)) if one.prose else one.text

    return lambda text: "\n".join(line(one) for one in markdown.lines(text))


def _page(path: str) -> str | None:
    """The site's address of a file of the course; None where it has none."""
    kind, _, rest = path.partition("/")
    slug, _, name = rest.partition("/")
    if kind in ("lessons", "exercises") and name in ("index.md", "README.md", ""):
        return f"{kind}/{slug}/"
    if kind == "solutions" and name in ("README.md", ""):
        return f"exercises/{slug}/solution/"
    if kind == "docs" and rest.endswith(".md"):
        return re.sub(r"(^|/)index$", r"\1", rest.removesuffix(".md")).rstrip("/") + "/"
    return None
