"""What a mail says to its reader."""

from __future__ import annotations

from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from autograder.services.mailparts import html_to_text, parse


def test_both_parts_of_a_mail():
    mail = EmailMessage()
    mail["Subject"] = "DAG étl: extract failed 💥"
    mail["X-Priority"] = "1"
    mail.set_content("Plain ünd simple\n")
    mail.add_alternative("<p>Rich</p>", subtype="html")
    parts = parse(mail.as_bytes())
    assert parts.subject == "DAG étl: extract failed 💥"
    assert parts.text == "Plain ünd simple"
    assert parts.html is not None
    assert parts.html.strip() == "<p>Rich</p>"
    assert parts.headers["X-Priority"] == "1"


def test_html_alone_with_an_attachment_as_airflows_hook_sends_it():
    mail = MIMEMultipart("mixed")
    mail["Subject"] = "x"
    mail.attach(MIMEText("<b>&lt;b&gt;disk&lt;/b&gt; &amp; abc</b>", "html", "utf-8"))
    mail.attach(MIMEApplication(b"secret attachment"))
    parts = parse(mail.as_bytes())
    assert parts.text == "<b>disk</b> & abc"
    assert "attachment" not in parts.text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a<br>b", "a\nb"),
        ("<style>p {}</style><script>x()</script>seen", "seen"),
        ("  much \n  space <b>bold</b> word ", "much space bold word"),
        ("<b>no</b>space", "nospace"),
        ("<pre>line 1\n  line 2</pre>", "line 1\nline 2"),
        ('<a href="http://log/1">the log</a>.', "the log (http://log/1)."),
        ('<a href="http://log/1">http://log/1</a>', "http://log/1"),
        ('<a href="http://log/?a=1&amp;b=2">log</a>', "log (http://log/?a=1&b=2)"),
        ("<table><tr><td>DAG</td><td>etl</td></tr></table>", "DAG\netl"),
        ('<img alt="chart">', "chart"),
        ("unescaped <b>disk</b> & abc", "unescaped disk & abc"),
        ("</p></style></a></pre>text", "text"),
    ],
)
def test_html_as_text(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"no header at all",
        b"Subject: x\r\nContent-Type: text/plain; charset=no-such\r\n\r\nbody",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed\r\n",
        b"To: =?utf-8?q?=ZZ?= <<<>>>,,;\r\nFrom: [[[\r\nDate: never\r\nMessage-ID: <\r\n\r\nbody",
        b"Subject: =?utf-8?b?7aCA?=\r\n\r\nbody",
        b"Content-Disposition: attachment; filename*0*=x'y\r\nContent-Type: a/b/c; =;\r\n\r\nbody",
        b"X: " + b"(" * 20000 + b"\r\n\r\n",
        b"From: " + b"(" * 5000 + b"\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz",
    ],
)
def test_whatever_came_can_be_stored(content):
    parts = parse(content)
    for text in (parts.subject, parts.text, parts.html or "", *parts.headers, *parts.headers.values()):
        text.encode("utf-8")
    if content.endswith(b"body"):
        assert parts.text.endswith("body")
