"""``%%dag``: save the cell, grade it or run it, and show what came of it below."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from autograder import course as courses
from autograder.cli.scenarios import Asked, asked
from autograder.course import Course, CourseError
from autograder.jupyter.asking import predict, use
from autograder.jupyter.keeper import Keeper
from autograder.jupyter.line import Wrong, help_text, read
from autograder.jupyter.place import LAB_FILE, folder_of_notebook, folder_of_runs, site
from autograder.jupyter.quiet import quiet
from autograder.jupyter.saving import Saved, save
from autograder.report.beside import Beside
from autograder.session import Refused, Session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from autograder.catalog import Exercise
    from autograder.jupyter.cards import Card, Live
    from autograder.predictions import Compared

__all__ = ["register", "unregister"]

_NAME = "dag"
_keeper = Keeper()


class Interrupted(KeyboardInterrupt):
    """An interrupt, of which the card has said what there is to say: cells that wait are not run."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted."]


def register(shell: InteractiveShell) -> None:
    """Make the magic and ``predict`` known, say so in a line, and begin to warm up."""
    from IPython.core.magic import no_var_expand

    from autograder.jupyter import welcome

    known: Any = shell
    known.register_magic_function(no_var_expand(_dag), "line_cell", _NAME)
    known.push({"predict": predict}, interactive=False)
    if _with_a_body not in known.input_transformers_cleanup:
        known.input_transformers_cleanup.append(_with_a_body)
    try:
        course = courses.find()
    except CourseError as error:
        welcome.say(str(error))
        return
    welcome.greet(course, folder_of_notebook(course), site())
    _keeper.warm_up(course)


def unregister(shell: InteractiveShell) -> None:
    """Forget both, and end what is warm."""
    known: Any = shell
    for kind in ("line", "cell"):
        known.magics_manager.magics[kind].pop(_NAME, None)
    if _with_a_body in known.input_transformers_cleanup:
        known.input_transformers_cleanup.remove(_with_a_body)
    known.drop_by_id({"predict": predict})
    _keeper.close()


def _with_a_body(lines: list[str]) -> list[str]:
    """An empty cell, which IPython would complain of on standard error before we are asked."""
    return [*lines, "\n"] if len(lines) == 1 and re.match(rf"%%{_NAME}\b", lines[0]) else lines


def _dag(line: str, cell: str | None = None) -> Card:
    """Save the cell, grade it or run it, and show what came of it. ``%%dag --help`` says more."""
    from autograder.jupyter.cards import Live, message_card

    with quiet():
        live = Live("Looking …")
    try:
        with quiet():
            return live.end(_answer(line, cell, live))
    except KeyboardInterrupt:
        with quiet():
            live.end(
                message_card(
                    "Interrupted", "The run was stopped, and nothing of it was stored. Run the cell again."
                )
            )
        raise Interrupted from None
    finally:
        _warm_up()


def _answer(line: str, cell: str | None, live: Live) -> Card:
    from autograder.catalog import CatalogError
    from autograder.jupyter.cards import message_card

    try:
        return _done(line, cell, live)
    except click.ClickException as error:
        return message_card("Not understood", error.format_message())
    except (Wrong, CatalogError, CourseError) as error:
        return message_card("Nothing was done", str(error))
    except Refused as error:
        return message_card("Not run", str(error), error.problem)
    except OSError as error:
        return message_card(
            "Nothing was done", f"{error.filename or 'A file'} cannot be used: {error.strerror}."
        )
    except Exception as error:
        if os.environ.get("AUTOGRADER_TRACEBACK"):
            raise
        said = f"The grader itself failed ({type(error).__name__}: {error}), which costs you nothing."
        return message_card("Our fault", f"{said} AUTOGRADER_TRACEBACK=1 in the environment shows where.")


def _done(line: str, cell: str | None, live: Live) -> Card:
    options = read(line)
    if options is None:
        from autograder.jupyter.cards import message_card

        return message_card("%%dag", "What can follow it:", listing=help_text())
    course = courses.find()
    if cell is not None and not cell.strip():
        raise Wrong("There is no DAG in this cell: write it below the line with %%dag.")
    if options["run"]:
        return _run(course, options, cell, live)
    return _grade(course, options, cell, live)


def _grade(course: Course, options: dict[str, Any], cell: str | None, live: Live) -> Card:
    from autograder import catalog
    from autograder.jupyter.cards import result_card

    known = catalog.load(course.root)
    if not options["exercise"]:
        numbers = ", ".join(f"%%dag {one.number:02} ({one.title})" for one in known)
        raise Wrong(
            f"Which exercise? Write {numbers}; or %%dag --run, which runs the cell without grading it."
        )
    exercise = known.find(options["exercise"])
    saved, path = None, course.work / exercise.slug
    if cell is not None:
        name = _handed_in(exercise, options["file"])
        course.require_work()
        magic = f"%%{_NAME} {exercise.number:02}"
        if len(exercise.files) > 1:
            magic += f" --file {name}"
            _others(course, exercise, name)
        saved = save(course, exercise.slug, name, cell, magic, exercise.starter / name)
    session = _session(course, live)
    submission = session.take(exercise, path, part=options["part"])
    named = replace(submission, name=_in_work(course, path / exercise.files[0]))
    graded = session.grade(exercise, named, part=options["part"], seed=options["seed"], on_event=live.tell)
    predicted, at = use(next(iter(graded.evidence.values())) if len(graded.evidence) == 1 else None)
    return result_card(
        graded, _beside(course, saved, (), predicted, at), options["hints"], full_traceback=_full(options)
    )


def _others(course: Course, exercise: Exercise, name: str) -> None:
    """What this cell does not hold is there as well, if only as the starter has it."""
    from autograder import workbooks

    for other in set(exercise.files) - {name}:
        if (exercise.starter / other).is_file():
            workbooks.ensure(course, exercise.slug, other)


def _handed_in(exercise: Exercise, name: str | None) -> str:
    if name in exercise.files:
        return str(name)
    files = ", ".join(exercise.files)
    if name is not None:
        raise Wrong(f"Exercise {exercise.slug} hands in {files}, and not {name}.")
    if len(exercise.files) > 1:
        raise Wrong(
            f"Exercise {exercise.slug} hands in several files: say with --file which one this is, {files}."
        )
    return exercise.files[0]


def _run(course: Course, options: dict[str, Any], cell: str | None, live: Live) -> Card:
    from autograder.jupyter.cards import run_card

    chosen: Asked = asked(options)
    name = _own_file(course, options["file"] or LAB_FILE)
    here = folder_of_notebook(course)
    folder = here if options["file"] else folder_of_runs(course)
    saved, path = None, course.work / folder / name
    if cell is not None:
        course.require_work()
        saved = save(course, folder, name, cell, f"%%{_NAME} --run")
    session = _session(course, live)
    submission = session.lone(path, beside=course.work / here)
    played = session.run(
        submission,
        chosen.scenario,
        connections=chosen.connections,
        seed=chosen.seed,
        wall=chosen.wall,
        dag_id=chosen.dag_id,
    )
    predicted, at = use(played.evidence)
    beside = _beside(course, saved, played.remarks, predicted, at)
    return run_card(played.evidence, beside, full_traceback=_full(options))


def _full(options: dict[str, Any]) -> bool:
    return bool(options["traceback"] == "full")


def _own_file(course: Course, name: str) -> str:
    """A name that is not that of a file which somebody hands in."""
    from autograder import catalog

    if PurePosixPath(name).name != name or not name.endswith(".py") or name.startswith("."):
        raise Wrong(
            f"--file wants the name of a Python file beside this notebook, such as {LAB_FILE}; not {name!r}."
        )
    if any(name in exercise.files for exercise in catalog.load(course.root)):
        raise Wrong(
            f"{name} is the name of a file that you hand in, and --run keeps away from it: choose another."
        )
    return name


def _doing(session: Session) -> str:
    return "Running your DAG …" if session.warm else "Starting Airflow …"


def _session(course: Course, live: Live) -> Session:
    session = _keeper.session(course)
    live.say(_doing(session))
    return session


def _warm_up() -> None:
    """Whatever has ended the processes, the next check finds them at work again."""
    with suppress(CourseError):
        _keeper.warm_up(courses.find())


def _beside(
    course: Course,
    saved: Saved | None,
    remarks: tuple[str, ...],
    predicted: tuple[Compared, ...],
    at: str,
) -> Beside:
    address = site()
    return Beside(
        site=address,
        in_lab=bool(address),
        saved_as=_in_work(course, saved.path) if saved and not _is_hidden(course, saved.path) else "",
        notes=(*_kept(course, saved), *remarks),
        predicted=predicted,
        predicted_at=at,
    )


def _kept(course: Course, saved: Saved | None) -> tuple[str, ...]:
    """What is to be said of a file that was not as a cell had left it."""
    if saved is None or saved.backup is None:
        return ()
    there, kept = _in_work(course, saved.path), _in_work(course, saved.backup)
    return (
        f"`{there}` was not as a cell had left it. What it held is kept in `{kept}`; now it holds this cell.",
    )


def _is_hidden(course: Course, path: Path) -> bool:
    return path.is_relative_to(course.work / ".cache")


def _in_work(course: Course, path: Path) -> str:
    return path.relative_to(course.work).as_posix() if path.is_relative_to(course.work) else str(path)
