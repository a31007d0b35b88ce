from __future__ import annotations

import pytest

from autograder.report.mail_html import frame
from tests.report import samples
from tests.report.pages import Page, frame_dangers


def test_a_mail_looks_as_it_did() -> None:
    document = frame(samples.MAIL_HTML).document
    for piece in (
        "<h2>email_notification failed</h2>",
        "h2 {color: #a4161a}",
        "&lt;b&gt;disk&lt;/b&gt; &amp; 1f0c9ad34be2",
        "<td><b>Try</b></td>",
    ):
        assert piece in document


def test_links_are_shown_beside_the_frame_and_dead_within() -> None:
    made = frame(
        "<a href='https://a.b/log' target=_top>the <b>log</b></a> <a href='javascript:alert(1)'>x</a>"
    )
    assert made.links == [("the log", "https://a.b/log")]
    assert "href" not in made.document
    assert "<a>the <b>log</b></a>" in made.document


@pytest.mark.parametrize(
    "html",
    [
        samples.hostile().mails[0].html,
        "<script>alert(1)</script>after",
        "<SCRIPT src=//evil.example></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=preconnect href=https://evil.example>",
        "<base target=_self><a href=https://evil.example target=_self>x</a>",
        "<p onclick=alert(1) style='background:url(https://evil.example)'>x",
        "</body></html><script>alert(1)</script>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php <script>alert(1)</script> ?>",
        "<style></style><script>alert(1)</script>",
        "<style>a{}<script>alert(1)</script>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=https://evil.example><button formaction=javascript:alert(1)>x</form>",
        "<" * 1000,
        "<p" * 1000,
        "\x00<\x00script>alert(1)</script>",
        "",
    ],
)
def test_nothing_acts_or_loads_even_before_sandbox_and_policy(html: str) -> None:
    assert frame_dangers(frame(html).document) == []


def test_pictures_are_named_not_loaded() -> None:
    document = frame("<img src='https://evil.example/x.png' alt='A <b>chart</b>'>").document
    assert "[picture, not loaded: A &lt;b&gt;chart&lt;/b&gt;]" in document
    assert "evil.example" not in document


def test_a_long_mail_gets_a_higher_frame_within_reason() -> None:
    low, high, huge = (frame("<p>line</p>" * lines).height for lines in (1, 10, 1000))
    assert 60 < low < high < huge <= 560


def test_a_document_is_one_whole_page() -> None:
    assert Page(frame("<b>x</b>").document).unbalanced == []
