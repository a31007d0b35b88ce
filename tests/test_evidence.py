"""The stored record: whole or not at all, read back as it was, comparable, and documented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from autograder.evidence import STRENGTH, Evidence, comparable, load, store
from autograder.services.address import Keys
from tests.report import samples

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "evidence.md"


def test_what_is_stored_is_read_back_as_it_was(tmp_path: Path) -> None:
    evidence = samples.fails()
    path = store(evidence, tmp_path / "new" / "folder")
    assert load(path) == evidence
    assert sorted(p.name for p in path.parent.iterdir()) == [
        f"{evidence.name}.callbacks.jsonl",
        f"{evidence.name}.json",
    ]


def test_the_callback_log_has_a_line_for_each_call_with_its_log_lines(tmp_path: Path) -> None:
    evidence = samples.fails()
    path = store(evidence, tmp_path)
    lines = [json.loads(line) for line in path.with_suffix(".callbacks.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [call.id for call in evidence.calls]
    logged = {event.id: event.event for event in evidence.logs}
    for line, call in zip(lines, evidence.calls, strict=True):
        assert [said["event"] for said in line["logs"]] == [logged[i] for i in call.logs]
        assert {"task_id", "map_index", "try_number", "kind", "index", "component", "start", "end"} <= set(
            line
        )


def test_evidence_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = store(samples.fails(), tmp_path)
    document = json.loads(path.read_text())
    for change in ({"schema_version": "2"}, {"unknown": 1}):
        path.write_text(json.dumps(document | change))
        with pytest.raises(ValidationError):
            load(path)


def test_the_comparison_form_masks_what_differs_from_run_to_run() -> None:
    def run(ti: str, port: int, pid: int, ms: float) -> Evidence:
        sample, keys = samples.fails(), Keys()
        said = f"ti {ti} at 127.0.0.1:{port}, PID: {pid}, login {keys.login}, (host='127.0.0.1', port={port})"
        event = sample.logs[0].model_copy(update={"event": said, "fields": {"ti_id": ti}})
        mails = [mail.model_copy(update={"sender": keys.sender}) for mail in sample.mails]
        assert mails
        return sample.model_copy(update={"logs": [event], "timings": {"run": ms}, "mails": mails})

    first = run("01a1f78a-530e-7b1f-8109-0d7e9dfb5abb", 40001, 7, 1.5)
    again = run("01a1f78a-530e-74bf-b569-22ff8a5c6e75", 40002, 8, 2.5)
    other = again.model_copy(update={"state": "success"})
    assert comparable(first) == comparable(again)
    assert comparable(first) != comparable(other)


def test_every_kind_of_evidence_is_documented_with_its_strength() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (fact|claim) \|$", PAGE.read_text(), re.MULTILINE)
    assert dict(rows) == STRENGTH
    assert set(STRENGTH) <= set(Evidence.model_fields)
