"""The real course's site as a browser gets it: nothing is broken, nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from autograder import catalog, lessons
from autograder.site import pages
from tests.site import html
from tests.site.course import ROOT
from tests.site.html import Document


@pytest.fixture(scope="module")
def documents(built: Path) -> dict[Path, Document]:
    return html.read(built)


def test_every_link_and_every_anchor_leads_somewhere(built: Path, documents: dict[Path, Document]) -> None:
    assert html.broken(built, documents) == []


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text(
        '<p id="b"><a href="../c/">x</a><a href="#d">x</a><img src="../../e.png">'
    )
    assert html.broken(tmp_path, html.read(tmp_path)) == [
        "a/index.html: ../c/ is not there",
        "a/index.html: #d has no such id",
        "a/index.html: ../../e.png is not there",
    ]


def test_nothing_is_loaded_from_another_host(built: Path, documents: dict[Path, Document]) -> None:
    foreign = [
        (path.name, one) for path, page in documents.items() for one in page.loads if urlsplit(one).netloc
    ]
    assert foreign == []
    for sheet in built.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        loaded = re.findall(r"(?:url\(\s*[\"']?|@import\s+[\"'])(?!data:|#)(https?:)?//", text)
        assert loaded == [], sheet


def test_nothing_is_above_the_site(documents: dict[Path, Document]) -> None:
    """An address that begins with a slash would be wrong wherever the site is not at the root of its host."""
    rooted = [one for page in documents.values() for one in page.links + page.loads if one.startswith("/")]
    assert rooted == []


def test_every_page_says_its_language_and_has_one_title(documents: dict[Path, Document]) -> None:
    for path, page in documents.items():
        assert page.lang == "en", path
        assert page.headings.count("h1") == 1, path
        assert page.images_without_words == [], path


def test_every_lesson_and_exercise_has_its_page(built: Path) -> None:
    for lesson in lessons.load(ROOT):
        assert (built / "lessons" / lesson.slug / "index.html").is_file()
    for exercise in catalog.load(ROOT):
        page = (built / "exercises" / exercise.slug / "index.html").read_text(encoding="utf-8")
        for check in exercise.checks:
            assert page.count(f'<li id="check-{check.id}">') == 1
        assert page.count('<details class="hint"') == sum(len(check.hints) for check in exercise.checks)
        assert f'data-open="{exercise.slug}/exercise.ipynb"' in page
        assert f'data-score="{exercise.slug}"' in page


def test_the_page_for_what_is_not_there_leads_on(built: Path) -> None:
    page = (built / "404.html").read_text(encoding="utf-8")
    words = page[page.index("<h1>") : page.index("</article>")]
    assert "no page at this address" in words
    ways = re.findall(r'href="/([^"]*)"', words)
    assert len(ways) == 3
    for way in ways:
        assert (built / way / "index.html").is_file()


def test_the_course_without_its_solutions_has_its_pages_without_them(tmp_path: Path) -> None:
    root = tmp_path / "course"
    for name in ("docs", "exercises", "lessons"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, root / name)
    pages.write(root, tmp_path / "pages")
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "pages").rglob("*.md")]
    assert written
    assert not [text for text in written if '--8<-- "solutions/' in text]


def test_the_site_begins_without_a_server_behind_it(built: Path) -> None:
    assert (built / "assets" / "study.js").read_text(encoding="utf-8") == "window.study = null;\n"
    home = (built / "index.html").read_text(encoding="utf-8")
    assert home.index("assets/study.js") < home.index("assets/site.js")


def test_search_knows_lessons_and_briefs_but_no_solutions_and_no_hints(built: Path) -> None:
    index = json.loads((built / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    places = {entry["location"].partition("#")[0] for entry in index}
    assert {f"lessons/{lesson.slug}/" for lesson in lessons.load(ROOT)} <= places
    assert {f"exercises/{exercise.slug}/" for exercise in catalog.load(ROOT)} <= places
    assert not [place for place in places if "solution" in place]
    text = " ".join(entry["text"] for entry in index if entry["location"].startswith("exercises/"))
    for exercise in catalog.load(ROOT):
        for check in exercise.checks:
            assert not any(hint.replace("`", "")[:40] in text for hint in check.hints)
