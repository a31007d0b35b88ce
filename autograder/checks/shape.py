"""Shape: what remains of a message when all that control knew beforehand is masked.

Two messages about two kinds of error differ in shape only if whoever wrote them treated the kinds
differently: the error's own words, its class, ids, dates, tries and addresses are the same mask in both.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from autograder.evidence import Evidence
from autograder.faults import Raises, Skips
from autograder.scenario import secret_for

__all__ = ["fault_message", "mask", "secret_of", "shape_of"]

_TIME = r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?"
_PATTERNS = [
    (re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s|>\"')\]]+", re.I), "‹address›"),
    (re.compile(r"\b(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?"), "‹address›"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.I), "‹id›"),
    (re.compile(rf"\b\d{{4}}-\d\d-\d\d(?:[T ]{_TIME})?(?:Z|[+-]\d\d:?\d\d)?"), "‹date›"),
    (re.compile(r"\b\d{8}T\d{6}\b"), "‹date›"),
    (re.compile(rf"\b{_TIME}\b"), "‹time›"),
    (re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])"), "‹number›"),
]


def secret_of(evidence: Evidence, task_id: str, try_number: int) -> str:
    """The secret that this task's fault carried at this try."""
    stored = evidence.secrets.get(f"{task_id}#{try_number}")
    return stored or secret_for(evidence.seed, evidence.name, task_id, try_number)


def fault_message(evidence: Evidence, task_id: str, try_number: int) -> str:
    """The message of this task's fault at this try, its secret filled in; empty if it has none."""
    fault = evidence.scenario.fault_for(task_id, try_number)
    if not isinstance(fault, (Raises, Skips)):
        return ""
    return fault.message.replace("{secret}", secret_of(evidence, task_id, try_number))


def mask(text: str, evidence: Evidence, *, numbers: bool = True) -> str:
    """The text with every value that control knows replaced; ``numbers=False`` leaves those of tries."""
    for value, name in _known(evidence):
        text = re.sub(_whole(value), name, text, flags=re.I)
    for pattern, name in _PATTERNS:
        text = pattern.sub(name, text)
    if numbers:
        most = max((max(task.tries, task.retries + 1) for task in evidence.tasks), default=1)
        tries = "|".join(str(number) for number in range(most + 1))
        text = re.sub(rf"(?<![\w.#-])(?:{tries})(?![\w.])", "‹try›", text)
    return text


def shape_of(payload: Any, evidence: Evidence) -> str:
    """The payload as JSON with every value that control knows masked."""
    return json.dumps(_masked(payload, evidence), indent=1, ensure_ascii=False)


def _masked(node: Any, evidence: Evidence) -> Any:
    if isinstance(node, dict):
        return {key: _masked(value, evidence) for key, value in node.items()}
    if isinstance(node, list):
        return [_masked(value, evidence) for value in node]
    if isinstance(node, str):
        return mask(node, evidence)
    if isinstance(node, float):
        return "‹number›"
    if isinstance(node, int) and not isinstance(node, bool):
        return mask(str(node), evidence)
    return node


def _known(evidence: Evidence) -> list[tuple[str, str]]:
    """All that control knows, the longest first, so that a message goes before a secret inside it."""
    known: dict[str, str] = {}
    for key, secret in evidence.secrets.items():
        task_id, _, number = key.rpartition("#")
        message = fault_message(evidence, task_id, int(number)) if number.isdigit() else ""
        for written in _spellings(message):
            known[written] = "‹message›"
        known[secret] = "‹message›"
    for fault in evidence.scenario.faults.values():
        for one in fault if isinstance(fault, list) else [fault]:
            if isinstance(one, Raises):
                known[one.exception] = "‹exception›"
                known[one.exception.rpartition(".")[2]] = "‹exception›"
    for task_id in evidence.task_ids:
        known[task_id] = "‹task›"
    for task in evidence.tasks:
        known[task.log_url] = "‹address›"
    known[evidence.epoch] = "‹date›"
    known[evidence.dag_id or ""] = "‹dag›"
    known[evidence.run_id or ""] = "‹run›"
    known.pop("", None)
    return sorted(known.items(), key=lambda pair: -len(pair[0]))


def _spellings(message: str) -> set[str]:
    """A message as it may be written in HTML, in mrkdwn, in JSON inside a text, or by ``repr``."""
    escaped = html.escape(message, quote=False)
    return {message, escaped, html.escape(message), repr(message)[1:-1], json.dumps(message)[1:-1]}


def _whole(value: str) -> str:
    """A pattern for the value, not as a part of a longer word: ``OSError`` is not in ``MyOSErrors``."""
    start = r"(?<!\w)" if value[0].isalnum() else ""
    end = r"(?!\w)" if value[-1].isalnum() else ""
    return start + re.escape(value) + end
