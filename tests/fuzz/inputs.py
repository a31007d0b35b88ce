"""Inputs for what reads bytes: strategies for ``hypothesis``, made of what is nearly right."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["DATAGRAMS", "DOORS", "HTML", "MAILS", "MESSAGES", "PYTHON", "READER", "STORED"]

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

PYTHON = st.lists(st.one_of(st.sampled_from(_FRAGMENTS), st.binary(max_size=8)), max_size=8).map(b"".join)
"""What may be Python."""


def _joined(glue: bytes, *words: bytes) -> st.SearchStrategy[bytes]:
    """Some of these words in any order, and noise among them."""
    word = st.one_of(st.sampled_from(words), st.sampled_from(words), st.binary(max_size=10))
    return st.lists(word, max_size=10).map(glue.join)


DATAGRAMS = _joined(
    b"",
    *b"a : | @ # , = \n 1 c ms -1 1e400 nan 0.1 _ |c |@0.5 |#k:v,flag name,k=v:1|c".split(b" "),
    b"9" * 500,
)

HTML = _joined(
    b"",
    *(
        b"<p>",
        b"</p>",
        b"<a href='x'>",
        b"<a href=",
        b"</a>",
        b"<img alt='&#",
        b"<!--",
        b"-->",
        b"<script>",
        b"<pre>",
    ),
    *(b"&#", b"9" * 5000, b"&#x110000;", b"&amp", b"\n", b"<![CDATA[", b"<?", b">", b"'", b'"', b"\0"),
)

_HEADERS = _joined(
    b"\r\n",
    *(
        b"Subject: a",
        b"Subject: =?utf-8?q?=FF?=",
        b"To: a@b, (",
        b"From: =?x?b?!?=",
        b" folded",
        b"Message-ID: <",
    ),
    *(b"Content-Type: text/html; charset=idna", b'Content-Type: text/plain; charset="\xff"', b"Date: 99"),
    *(
        b"Content-Type: multipart/mixed; boundary=B",
        b"Content-Type: message/rfc822",
        b"Content-Type: /;=*0*=",
    ),
    *(
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Disposition: a;b*0=",
    ),
)
_BODY = st.one_of(
    HTML, _joined(b"\r\n", b"--B", b"--B--", b"begin 666 x", b"====", b"Content-Type: text/html", b"")
)
MAILS = st.builds(lambda head, body: head + b"\r\n\r\n" + body, _HEADERS, _BODY)

MESSAGES = st.one_of(
    _joined(
        b"",
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"text"',
            b'"blocks"',
            b'"type"',
            b'"header"',
            b'"rich_text_section"',
        ),
        *(b'"elements"', b'"a"', b"1", b"1e999", b"NaN", b"9" * 5000, b'"\\ud800"', b"null", b"[" * 100),
    ),
    st.sampled_from([b'"rich_text"', b'"section"', b'"header"', b'"image"', b"{}"]).map(
        lambda kind: (
            b'{"blocks": [{"type": '
            + kind
            + b', "text": {"type": "plain_text", "text": []}, "fields": [1]}]}'
        )
    ),
)

_HTTP = _joined(
    b"\r\n",
    *(
        b"POST /services/T00000000/B00000000/<TOKEN> HTTP/1.1",
        b"POST /leases/<TOKEN> HTTP/1.1",
        b"GET / HTTP/1.0",
    ),
    *(
        b"POST /services/T00000000/B00000000/<OTHER> HTTP/1.1",
        b"DELETE /leases/<TOKEN>/1-00 HTTP/1.1",
        b"Host: x",
    ),
    *(
        b"POST /api/chat.postMessage HTTP/1.1",
        b"POST /api/auth.test HTTP/1.1",
        b"Authorization: Bearer xoxb-<TOKEN>",
    ),
    *(
        b"Content-Length: 15",
        b"Content-Length: 99999999999999999999",
        b"Transfer-Encoding: chunked",
        b"",
        b"",
    ),
    *(
        b"Expect: 100-continue",
        b"Connection: close",
        b"Authorization: Basic \xff",
        b"Upgrade: x",
        b"Content-Type: a;",
    ),
    *(
        b'{"text": "a"}',
        b'{"kind": "x"}',
        b"payload=%7B%7D",
        b"5",
        b"0",
        b"PUT * HTTP/1.1",
        b"GET http://[ HTTP/1.1",
    ),
)
_SMTP = _joined(
    b"\r\n",
    *(
        b"EHLO x",
        b"HELO",
        b"AUTH PLAIN AAAA",
        b"AUTH LOGIN",
        b"<LOGIN>",
        b"<TOKEN>",
        b"MAIL FROM:<a@b>",
        b"MAIL FROM:<",
    ),
    *(
        b"RCPT TO:<a@b>",
        b"RCPT TO:",
        b"DATA",
        b".",
        b"Subject: x",
        b"QUIT",
        b"STARTTLS",
        b"RSET",
        b"BDAT 1",
        b"VRFY \xff",
    ),
)
DOORS = st.builds(
    lambda door, said, noise: door + said + noise,
    st.sampled_from([bytes([number]) for number in range(5)]),
    st.one_of(_HTTP, _HTTP, _SMTP, DATAGRAMS, st.binary(max_size=60)),
    st.sampled_from([b"\r\n", b"\r\n\r\n", b""]),
)
"""For ``standins.doors``: the first byte says which door."""


_EVIDENCE = (
    b'{"schema_version": "1", "name": "fails", "scenario": {"faults": {}}, "seed": 1, "secrets": {}, '
    b'"airflow": "3.3.2", "epoch": "2026-11-20T06:00:00+00:00", "outcome": "ran", "mails": [{"id": 1, "execution": 1, '
    b'"phase": "after", "at": 1.0, "sender": "", "to": [], "subject": "", "text": ""}], "logs": [], "calls": []}'
)
_RESULT = (
    b'{"schema_version": "1", "versions": {"grader": "1", "airflow": "3", "python": "3", "exercise": "x"}, '
    b'"exercise": "01-tell-someone", "title": "t", "submission": "dag.py", "made_at": "2026-11-20T06:00:00+00:00", '
    b'"seed": 1, "outcome": "graded", "score": 1, "max_score": 6, "bonus_score": 0, "bonus_max_score": 1, '
    b'"parts": [], "checks": [], "scenarios": ["fails"]}'
)
_ODD = st.sampled_from(
    [
        b"null",
        b'"\\u0000"',
        b'["\\u0000"]',
        b"[]",
        b"1e999",
        b"-1",
        b'"../../x"',
        b'"\\ud800"',
        b"{}",
        b"",
        b"9" * 5000,
    ]
)


@st.composite
def _spoilt(draw: st.DrawFn, text: bytes) -> bytes:
    """The text with something else in the place of a value, or cut."""
    if draw(st.integers(0, 4)) == 0:
        return text[: draw(st.integers(0, len(text)))]
    places = [at + 1 for at in range(len(text)) if text[at : at + 1] in b":[,"]
    start = draw(st.sampled_from(places))
    end = min((at for at in range(start, len(text)) if text[at : at + 1] in b",}]"), default=len(text))
    return text[:start] + draw(st.one_of(_ODD, st.binary(max_size=8))) + text[end:]


STORED = st.builds(
    lambda kind, text: kind + text,
    st.sampled_from([b"e", b"r"]),
    st.one_of(
        _spoilt(_EVIDENCE), _spoilt(_RESULT), st.sampled_from([_EVIDENCE, _RESULT]), st.binary(max_size=40)
    ),
)
"""For ``stored``: ``e`` is evidence, all else a result."""
