"""Inputs for what reads bytes: strategies for ``hypothesis``, made of what is nearly right."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["READER", "python"]

_SAID = st.sampled_from(
    [
        b'["call", {"kind": "on_failure_callback", "index": 1, "line": 3, "file": "dag.py", "context": ["ti"]}]',
        b'["call", {"index": true, "context": [1, {}], "name": null, "kind": []}]',
        b'["call", {"index": ' + b"9" * 4200 + b"}]",
        b'["returned", null]',
        b'["returned", {"type": "E", "line": 1e400, "message": "\\ud800"}]',
        b'{"event": 1, "level": null, "logger": {}, "timestamp": []}',
        b'{"event": "\\ud800", "error_detail": 1, "exception": 2}',
        b'{"n": ' + b"9" * 4200 + b"}",
        b"3 4 {}",
        b"[" * 200,
    ]
)
_PIECES = st.one_of(st.binary(max_size=40), _SAID)

READER = st.one_of(
    st.binary(min_size=3, max_size=200),
    st.builds(
        lambda start, parts: start + b"\n".join(parts), st.binary(min_size=3, max_size=3), st.lists(_PIECES)
    ),
    st.builds(
        lambda start, parts: start + b"".join(len(part).to_bytes(4, "big") + part for part in parts),
        st.binary(min_size=3, max_size=3),
        st.lists(st.one_of(st.binary(min_size=1, max_size=40), _SAID), max_size=30),
    ),
)
"""For ``reader``: the first three bytes say in what pieces the others arrive."""

_FRAGMENTS = [
    *(b"import alerts", b"def f(:", b"\tx", b"  y = 1", b"'''", b"\\\n", b"\x0c", b"f'{", b"x = 0x", b"("),
    *(b"# -*- coding: utf-16 -*-", b"# coding: latin-1", b"\xef\xbb\xbf", b"\r", b"\0", b"\x1a", b"9" * 5000),
    *(
        "ü".encode(),
        "x\u2028y".encode(),
        b"print 'x'",
        b"exec 'x'",
        b"'\\N{",
        b"match x:\n case",
        b"'alerts.tell'",
    ),
]


def python() -> st.SearchStrategy[bytes]:
    """What may be Python."""
    piece = st.one_of(st.sampled_from(_FRAGMENTS), st.binary(max_size=8))
    return st.lists(piece, max_size=8).map(b"".join)
