"""A skip in CI is a failure unless its reason is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest((HERE / "conftest.py").read_text(encoding="utf-8"))
    (pytester.path / "allowed_skips.txt").write_text("# a comment\nno such kernel\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))
    monkeypatch.setenv("CI", "true")
    return pytester


def test_unlisted_reason_fails(suite: pytest.Pytester) -> None:
    suite.makepyfile("import pytest\ndef test_it(): pytest.skip('lazy')\ndef test_other(): pass")
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*test_it was skipped in CI for a reason that *does not list: lazy"])


def test_unlisted_reason_fails_under_xdist(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_absent="import pytest\npytest.importorskip('no_such_module')", test_there="def test_it(): pass"
    )
    result = suite.runpytest_subprocess("-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_listed_reason_passes(suite: pytest.Pytester) -> None:
    suite.makepyfile("import pytest\ndef test_it(): pytest.skip('no such kernel')\ndef test_other(): pass")
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.OK


def test_outside_ci_a_skip_is_a_skip(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI")
    suite.makepyfile("import pytest\ndef test_it(): pytest.skip('lazy')\ndef test_other(): pass")
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.OK


def test_an_expected_failure_is_no_skip(suite: pytest.Pytester) -> None:
    suite.makepyfile("import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False")
    assert suite.runpytest_subprocess().ret == pytest.ExitCode.OK
