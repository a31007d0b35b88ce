"""JSON Schemas of the result document and of stored evidence, and their published copies.

``python -m autograder.report.schema`` writes the copies anew.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder import evidence as evidence_module
from autograder.evidence import Evidence
from autograder.records import Record
from autograder.result import Result

__all__ = ["evidence_schema", "published", "result_schema", "text"]

_MODULES = {f"autograder.{name}" for name in ("evidence", "result", "scenario", "faults")}
_FOLDER = Path(__file__).with_name("schema")


def result_schema() -> dict[str, Any]:
    """The schema of a result document, version 1."""
    return _schema(
        Result,
        "result",
        "Result of one check",
        "What one check of a submission found. Every report is a view of this document; score is null when "
        "any check is ungradable, and the bonus is never part of score.",
    )


def evidence_schema() -> dict[str, Any]:
    """The schema of one scenario's stored evidence, version 1."""
    strengths = ", ".join(f"{kind}: {strength}" for kind, strength in evidence_module.STRENGTH.items())
    return _schema(
        Evidence,
        "evidence",
        "Evidence of one scenario",
        "All that was recorded of one scenario. Times are virtual seconds since the start of the run. "
        f"A fact was seen from outside, a claim was said by the code that ran. {strengths}.",
    )


def _schema(model: type[Record], name: str, title: str, description: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization")
    _describe(schema, model)
    for definition, record in _records().items():
        if definition in schema.get("$defs", {}):
            _describe(schema["$defs"][definition], record)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:when-tasks-fail:schema:{name}:1",
        **schema,
        "title": title,
        "description": description,
    }


def _describe(schema: dict[str, Any], record: type[Record]) -> None:
    """Give each property the docstring that its field has in the source."""
    notes: dict[str, str] = {}
    for base in reversed(record.__mro__):
        if issubclass(base, Record) and base is not Record:
            notes |= _notes(base)
    for name, property_ in schema.get("properties", {}).items():
        if name in notes:
            property_["description"] = notes[name]


@lru_cache
def _notes(record: type[Record]) -> dict[str, str]:
    body = ast.parse(inspect.getsource(record)).body[0]
    found: dict[str, str] = {}
    if isinstance(body, ast.ClassDef):
        for field, note in zip(body.body, body.body[1:], strict=False):
            match field, note:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = inspect.cleandoc(text)
    return found


def _records() -> dict[str, type[Record]]:
    """All records by name, also those of other modules that these documents contain."""
    found: dict[str, type[Record]] = {}
    waiting: list[type[Record]] = [Record]
    while waiting:
        record = waiting.pop()
        if record.__module__ in _MODULES:
            found[record.__name__] = record
        waiting += record.__subclasses__()
    return found


def published(name: str) -> Path:
    """Where the committed copy is."""
    return _FOLDER / f"{name}-1.json"


def text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _write() -> None:
    for name, schema in (("result", result_schema()), ("evidence", evidence_schema())):
        published(name).write_text(text(schema), encoding="utf-8")
        sys.stdout.write(f"{published(name).name} written\n")


if __name__ == "__main__":
    _write()
