from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from autograder.report import schema
from tests.report import samples

BOTH = [("result", schema.result_schema), ("evidence", schema.evidence_schema)]


@pytest.mark.parametrize(("name", "make"), BOTH)
def test_the_published_copy_is_up_to_date(name: str, make: Any) -> None:
    stored = schema.published(name).read_text(encoding="utf-8")
    assert stored == schema.text(make()), "run: python -m autograder.report.schema"


@pytest.mark.parametrize(("name", "make"), BOTH)
def test_it_is_a_schema_that_names_no_host(name: str, make: Any) -> None:
    made = make()
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["$id"] == f"urn:when-tasks-fail:schema:{name}:1"
    assert made["title"]
    assert made["description"]


@pytest.mark.parametrize(
    "result",
    [samples.partly(), samples.full(), samples.withheld(), samples.unrunnable(), samples.hostile_result()],
)
def test_results_validate(result: Any) -> None:
    jsonschema.validate(json.loads(result.model_dump_json(indent=1)), schema.result_schema())


@pytest.mark.parametrize(
    "make", [samples.fails, samples.loses, samples.late, samples.stopped, samples.empty, samples.hostile]
)
def test_evidence_validates(make: Any) -> None:
    jsonschema.validate(json.loads(make().model_dump_json(indent=1)), schema.evidence_schema())


def test_what_is_no_result_does_not_validate() -> None:
    document = json.loads(samples.partly().model_dump_json())
    for change in ({"score": "4"}, {"outcome": "fine"}, {"unknown": 1}, {"schema_version": "2"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | change, schema.result_schema())


def test_fields_are_described_as_in_the_source() -> None:
    made = schema.result_schema()
    assert made["properties"]["isolation"]["description"].startswith(
        "How well the learner's code was locked up"
    )
    assert made["$defs"]["CheckResult"]["properties"]["points"]["description"] == "Points earned."
    mail = schema.evidence_schema()["$defs"]["Mail"]["properties"]
    assert mail["execution"]["description"].startswith("The execution whose own address")
