"""What a mail says to its reader."""

from __future__ import annotations

import time
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from autograder.services.mailparts import parse


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


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"Content-Type: text/plain", b"; a=b"),
        (b"From: ", b"a@b.c, "),
        (b"From: ", b"a."),
        (b"Subject: ", b"=?utf-8?q?a?= "),
        (b"", b"X: y\r\n"),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n", b"--x\r\n\r\n"),
        (b"", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"),
        (b"", b"Content-Type: message/rfc822\r\n\r\n"),
    ],
)
def test_a_mail_made_to_take_forever_does_not(start, piece):
    started = time.perf_counter()
    parse(start + piece * (MEGABYTE // len(piece)))
    assert time.perf_counter() - started < 5
