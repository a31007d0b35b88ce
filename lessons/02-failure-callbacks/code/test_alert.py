"""Tests of ``alert.message``: a plain dict in, a dict out."""

from __future__ import annotations

import json
from types import SimpleNamespace

from alert import message


# --8<-- [start:context]
def context(**more):
    ti = SimpleNamespace(task_id="ask_partner", try_number=2, log_url="https://log")
    return {"ti": ti, **more}


# --8<-- [end:context]


# --8<-- [start:tests]
def test_says_what_failed_and_where_to_look():
    said = json.dumps(message(context(exception=ValueError("bad row"))))
    assert "ask_partner" in said
    assert "bad row" in said
    assert "https://log" in said


def test_a_permission_error_looks_different():
    denied = message(context(exception=PermissionError("x")))
    full = message(context(exception=OSError("x")))
    assert denied["text"] != full["text"]


def test_tells_without_an_exception():
    assert "worker was lost" in message(context())["text"]


def test_text_is_no_markup():
    said = message(context(exception=ValueError("<!channel>")))
    assert "<!" not in json.dumps(said)


# --8<-- [end:tests]
