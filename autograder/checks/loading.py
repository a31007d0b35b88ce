"""An exercise's ``checks.py``: executed afresh, its scenarios and checks held against each other."""

from __future__ import annotations

import ast
import difflib
import traceback
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from autograder.checks.spec import CheckSpec
from autograder.evidence import Problem
from autograder.scenario import Scenario

__all__ = ["ChecksError", "load_checks"]


class ChecksError(Exception):
    """A teacher's ``checks.py`` cannot be used as it is."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def load_checks(
    path: Path, bonus_of: dict[str, bool], lesson: str | None = None
) -> tuple[dict[str, Scenario], list[CheckSpec]]:
    """Scenarios by name, and checks in their order.

    :param bonus_of: each part's id, and whether it is a bonus.
    :param lesson: the slug of the lesson that teaches what is asked, if it has a page.
    :raises ChecksError: with the file, the line and what to do.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ChecksError(
            Problem(title=f"{path} cannot be read: {error.strerror}", file=str(path))
        ) from error
    except UnicodeDecodeError as error:
        raise ChecksError(Problem(title=f"{path} is not UTF-8 text", file=str(path))) from error
    module = _execute(path, source)
    scenarios = {name: value for name, value in vars(module).items() if isinstance(value, Scenario)}
    checks = [value for value in vars(module).values() if isinstance(value, CheckSpec)]
    for check in checks:
        _hold(check, path, scenarios, checks, bonus_of)
    return scenarios, [replace(check, bonus=bonus_of[check.part], lesson=lesson) for check in checks]


def _execute(path: Path, source: str) -> ModuleType:
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        tree = ast.parse(source, str(path))
        _no_twins(tree, path)
        # Executed without the import system: always fresh, no byte-code left behind, no name in sys.modules.
        exec(compile(tree, str(path), "exec", dont_inherit=True), vars(module))
    except ChecksError:
        raise
    except SyntaxError as error:
        raise _error(path, error.lineno, f"is not valid Python: {error.msg}") from error
    except Exception as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        said = f"cannot be loaded: {type(error).__name__}: {error}"
        raise _error(path, own[-1].lineno if own else None, said, traceback.format_exc()) from error
    return module


def _no_twins(tree: ast.Module, path: Path) -> None:
    """A second function or scenario of the same name would silently replace the first."""
    seen: set[str] = set()
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        for name in names:
            if name in seen:
                raise _error(path, node.lineno, f"has a second `{name}`, which would replace the first")
            seen.add(name)


def _hold(
    check: CheckSpec,
    path: Path,
    scenarios: dict[str, Scenario],
    checks: list[CheckSpec],
    bonus_of: dict[str, bool],
) -> None:
    if check.part not in bonus_of:
        parts = ", ".join(bonus_of)
        raise _error(path, check.line, f"has check `{check.id}` in part {check.part}; the parts are {parts}")
    if not check.scenarios:
        raise _error(path, check.line, f"has check `{check.id}`, which has no parameter and so reads nothing")
    for name in check.scenarios:
        if name not in scenarios:
            said = f"has check `{check.id}`, which reads `{name}`: there is no such scenario in the file"
            raise _error(path, check.line, said + _suggestion(name, scenarios))
    if missing := [name for name in check.needs if name not in {other.id for other in checks}]:
        raise _error(
            path, check.line, f"has check `{check.id}`, which needs `{missing[0]}`: no check of the file"
        )


def _suggestion(name: str, known: dict[str, Scenario]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f". Did you mean `{near[0]}`?" if near else ""


def _error(path: Path, line: int | None, said: str, full: str = "") -> ChecksError:
    place = f"{path}:{line}" if line else str(path)
    title = f"{place} {said}"
    return ChecksError(Problem(title=title, file=str(path), line=line, full_traceback=full))
