"""The menu has every page, in the order of mkdocs.yml."""

from __future__ import annotations

from pathlib import Path

from autograder.site import navigation


def pages(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_a_section_takes_in_the_pages_of_its_folder(tmp_path: Path) -> None:
    folder = pages(
        tmp_path, "index.md", "install/index.md", "install/windows.md", "install/deep/er.md", "x/solution.md"
    )
    nav = [{"Home": "index.md"}, {"Install": ["install/index.md"]}]
    assert navigation.complete(nav, folder, {}) == [
        {"Home": "index.md"},
        {"Install": ["install/index.md", "install/deep/er.md", "install/windows.md"]},
    ]


def test_what_is_named_stays_where_it_is_named(tmp_path: Path) -> None:
    folder = pages(tmp_path, "a/index.md", "a/one.md", "a/two.md", "three.md")
    nav = [{"A": ["a/index.md", "a/two.md", {"Third": "three.md"}]}]
    assert navigation.complete(nav, folder, {"a/one.md": "The first"}) == [
        {"A": ["a/index.md", "a/two.md", {"Third": "three.md"}, {"The first": "a/one.md"}]}
    ]


def test_pages_that_this_course_does_not_have_are_left_out(tmp_path: Path) -> None:
    folder = pages(tmp_path, "index.md")
    nav = [{"Home": "index.md"}, {"Install": ["install/index.md"]}, {"Old": "old.md"}]
    assert navigation.complete(nav, folder, {}) == [{"Home": "index.md"}]
