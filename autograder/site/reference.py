"""Reference that cannot be stale: the commands from their own help, the language of checks from its docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from types import FunctionType
from typing import Any

import click

from autograder.checks import (
    collected,
    deadlines,
    deliveries,
    expectations,
    items,
    lateness,
    scoped,
    values,
    views,
)
from autograder.predictions import QUANTITIES
from autograder.records import Record
from autograder.scenario import Behaviour, Scenario
from autograder.site.markdown import code

__all__ = ["cell_options", "checks", "commands", "predictions"]

_CLASSES = {
    "The run": (views.RunView, views.TaskView, scoped.Scoped, views.FaultView),
    "Collections": (
        collected.Items,
        collected.Metrics,
        collected.Files,
        collected.Logs,
        collected.Calls,
        deadlines.Deadlines,
    ),
    "Single items": (
        items.Item,
        deliveries.MailView,
        deliveries.SlackView,
        deliveries.MetricView,
        deliveries.PostView,
        items.LeaseView,
        items.FileView,
        items.LogView,
        items.CallView,
        items.AttemptView,
        deadlines.DeadlineView,
    ),
    "`expect(…)`": (
        expectations.ItemsExpectation,
        expectations.CallsExpectation,
        expectations.LogsExpectation,
        expectations.LeasesExpectation,
        expectations.FilesExpectation,
        lateness.DeadlineExpectation,
        values.ValueExpectation,
        values.OrderExpectation,
    ),
}


def commands() -> str:
    """Every command of ``autograder``, from click's own records of it."""
    from autograder.cli import program

    group = click.Context(program, info_name="autograder")
    done = []
    for name in program.list_commands(group):
        command = program.get_command(group, name)
        if command is not None and not command.hidden:
            done.append(_command(command, click.Context(command, parent=group, info_name=name)))
    return "\n\n".join(done)


def cell_options() -> str:
    """What may follow ``%%dag``, from the magic's own records of it."""
    from autograder.jupyter import line

    return _options(line.command, click.Context(line.command, info_name="%%dag"))


def predictions() -> str:
    """What ``predict`` compares with a run, each with the question that it answers."""
    rows = [(f"<code>{name}</code>", code(one.question)) for name, one in QUANTITIES.items()]
    return _table(rows, "name", "what it answers")


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    title = f"## `{context.command_path}` {{#{context.info_name}}}"
    pieces = [title, f"```text\n{usage}\n```", _prose(command.help or ""), _options(command, context)]
    return "\n\n".join(piece for piece in pieces if piece)


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            option, said = (re.sub(r"\s+", " ", one).strip() for one in record)
            rows.append((f"<code>{code(option)}</code>", code(said)))
    return _table(rows, "option", "what it does")


def _prose(text: str) -> str:
    """The help of a command as HTML: each paragraph, lines kept where click is told to."""
    done = []
    for paragraph in inspect.cleandoc(text).replace("\f", "").split("\n\n"):
        said = paragraph.removeprefix("\b\n")
        joined = code(said).replace("\n", "<br>" if paragraph.startswith("\b") else " ")
        done.append(f"<p>{joined}</p>")
    return "\n".join(done)


def checks() -> str:
    """All that ``autograder.checks`` offers, and what hangs on it."""
    import autograder.checks as language

    functions = [getattr(language, name) for name in language.__all__ if name.islower()]
    pieces = ["## Functions {#functions}", _table([_function(one) for one in functions])]
    pieces += ["## `Scenario` {#scenario}", _docs(Scenario), _table(_settings(Scenario))]
    for title, classes in _CLASSES.items():
        pieces.append(f"## {title}")
        pieces += [_class(one) for one in classes]
    return "\n\n".join(pieces)


def _settings(record: type[Record]) -> list[tuple[str, str]]:
    """The fields that have a default: it, and what the line below the field says of it."""
    said = {}
    (body,) = (
        node.body for node in ast.parse(inspect.getsource(record)).body if isinstance(node, ast.ClassDef)
    )
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            said[ast.unparse(field.target)] = ast.literal_eval(below.value)
    rows = []
    for name, field_info in record.model_fields.items():
        if field_info.is_required():
            continue
        default, meaning = field_info.default, said.get(name, "")
        if isinstance(default, Behaviour):
            default, meaning = (
                ...,
                meaning or f"How the stand-in `{name}` treats those who call it: `refuses()`, …",
            )
        shown = "…" if default is ... else repr(default)
        rows.append((f"<code>{name}={code(shown)}</code>", code(meaning.replace("``", "`"))))
    return rows


def _class(one: type) -> str:
    """What it has of its own, beside what it shares with its kin."""
    shared = {name for base in one.__mro__[1:-1] if not base.__name__.startswith("_") for name in vars(base)}
    bases = [base for base in one.__mro__[1:-1] if base.__name__.startswith("_")]
    own = {name: value for part in (one, *bases) for name, value in vars(part).items()}
    members = [_member(name, value) for name, value in own.items() if name[0] != "_" and name not in shared]
    told = [member for member in members if member is not None]
    explained = [member for member in told if member[1]]
    bare = ", ".join(name for name, said in told if not said)
    pieces = [f"### `{one.__name__}` {{#{one.__name__.lower()}}}", _docs(one)]
    pieces += [_table(explained)] if explained else []
    pieces += [f"<p>{'Also' if explained else 'It has'} {bare}.</p>"] if bare else []
    return "\n\n".join(piece for piece in pieces if piece)


def _function(function: Any) -> tuple[str, str]:
    return f"<code>{code(function.__name__ + _signature(function))}</code>", _first(function)


def _member(name: str, value: Any) -> tuple[str, str] | None:
    if isinstance(value, property) or type(value).__name__ == "cached_property":
        return f"<code>{name}</code>", _first(value)
    if isinstance(value, FunctionType):
        return f"<code>{code(name + _signature(value))}</code>", _first(value)
    return None


def _signature(function: Any) -> str:
    known = inspect.signature(function)
    kept = [
        one.replace(annotation=inspect.Parameter.empty)
        for name, one in known.parameters.items()
        if name != "self"
    ]
    return str(known.replace(parameters=kept, return_annotation=inspect.Signature.empty))


def _first(thing: Any) -> str:
    said = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
    return code(said.replace("``", "`"))


def _docs(thing: Any) -> str:
    said = inspect.cleandoc(vars(thing)["__doc__"] or "").replace("``", "`").split("\n\n:raises")[0]
    return "\n\n".join(f"<p>{code(paragraph)}</p>" for paragraph in said.split("\n\n") if paragraph)


def _table(rows: list[tuple[str, str]], name: str = "name", meaning: str = "what it is") -> str:
    head = f"<thead><tr><th>{name}</th><th>{meaning}</th></tr></thead>"
    body = "\n".join(f"<tr><td>{one}</td><td>{said}</td></tr>" for one, said in rows)
    return f'<table class="options">{head}<tbody>\n{body}\n</tbody></table>'
