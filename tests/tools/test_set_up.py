"""Set-up says what is wrong in one sentence, and does nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import set_up

OWN = (sys.executable, (3, 11))


class FakeTool(set_up.Tool):
    """Answers by the first word that a command contains; everything else succeeds."""

    def __init__(self, answers: dict[str, tuple[int, str]], on_path: dict[str, str] | None = None) -> None:
        self.answers = answers
        self.on_path = on_path or {}
        self.commands: list[str] = []

    def run(self, command: list[str], quiet: bool = True) -> tuple[int, str]:
        text = " ".join(command)
        self.commands.append(text)
        return next((answer for word, answer in self.answers.items() if word in text), (0, ""))

    def which(self, name: str) -> str | None:
        return self.on_path.get(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".venv"


def fails(folder: Path, tool: FakeTool, capsys: pytest.CaptureFixture[str]) -> str:
    assert set_up.main(["base"], tool, folder) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    assert not (folder / "set-up.json").exists()
    return said


class TestChoosingPython:
    def test_own_is_taken_if_supported(self) -> None:
        assert set_up.choose(FakeTool({}), "/own/python3", (3, 12), False) == ("/own/python3", (3, 12))

    def test_too_old_looks_for_another(self) -> None:
        tool = FakeTool({"/bin/python3.12": (0, "3 12\n")}, {"python3.12": "/bin/python3.12"})
        assert set_up.choose(tool, "/usr/bin/python3", (3, 9), False) == ("/bin/python3.12", (3, 12))

    def test_a_shim_without_a_python_behind_it_is_passed_over(self) -> None:
        tool = FakeTool(
            {
                "shims/python3.11": (127, "pyenv: python3.11: command not found"),
                "/bin/python3.13": (0, "3 13\n"),
            },
            {"python3.11": "/shims/python3.11", "python3.13": "/bin/python3.13"},
        )
        assert set_up.choose(tool, "/usr/bin/python3", (3, 14), False) == ("/bin/python3.13", (3, 13))

    @pytest.mark.parametrize(("version", "words"), [((3, 9), "is too old"), ((3, 15), "is newer than")])
    def test_none_is_a_sentence(self, version: tuple[int, int], words: str) -> None:
        with pytest.raises(set_up.SetUpError, match=words) as caught:
            set_up.choose(FakeTool({}), "/usr/bin/python3", version, False)
        assert "PYTHON=" in str(caught.value)

    def test_named_python_is_not_exchanged_for_another(self) -> None:
        tool = FakeTool({"/bin/python3.12": (0, "3 12\n")}, {"python3.12": "/bin/python3.12"})
        with pytest.raises(set_up.SetUpError):
            set_up.choose(tool, "/usr/bin/python3", (3, 9), True)


class TestWhatCanFail:
    def test_no_venv_module(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        said = fails(folder, FakeTool({"import venv": (1, "ModuleNotFoundError")}), capsys)
        assert "lacks the modules `venv` and `ensurepip`" in said
        assert "apt install python3." in said

    def test_no_network(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        error = "WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution"
        tool = FakeTool({"requirements-setup.lock": (1, error)})
        assert "could not be downloaded: check the network" in fails(folder, tool, capsys)

    def test_changed_package(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        error = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
        assert "its hash differs" in fails(folder, FakeTool({"setup.lock": (1, error)}), capsys)

    def test_full_disk(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tool = FakeTool({"setup.lock": (1, "OSError: [Errno 28] No space left on device")})
        assert "The disk is full" in fails(folder, tool, capsys)

    def test_no_folder(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tool = FakeTool({"-m venv": (1, "Error: [Errno 13] Permission denied: '/srv/.venv'\n")})
        assert "Permission denied" in fails(folder, tool, capsys)


class TestWhatIsDone:
    def make(self, folder: Path) -> FakeTool:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        return FakeTool({})

    def test_size_and_time_come_first(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert set_up.main(["base"], self.make(folder), folder) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "80 MB to download" in lines[0]
        assert "minutes" in lines[0]
        assert str(folder / "bin" / "activate") in lines[-1]

    def test_what_is_to_be_typed_can_be_typed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHELL", "/bin/sh")
        script = tmp_path / "my course" / "bin" / "activate"
        script.parent.mkdir(parents=True)
        script.write_text("echo active\n")
        typed = set_up.activation(script.parents[1])
        assert subprocess.run(["sh", "-c", typed], capture_output=True, text=True).stdout == "active\n"

    def test_second_time_does_nothing(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        set_up.main(["dev"], self.make(folder), folder)
        capsys.readouterr()
        again = FakeTool({})
        assert set_up.main(["dev"], again, folder) == 0
        assert set_up.main(["base"], again, folder) == 0, "dev includes base"
        assert again.commands == []
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(("done", "ready"), [("base", 1), ("study", 2), ("dev", 3)])
    def test_a_level_holds_those_before_it(self, folder: Path, done: str, ready: int) -> None:
        set_up.main([done], self.make(folder), folder)
        assert [set_up.is_ready(folder, level) for level in ("base", "study", "dev")].count(True) == ready
        assert set_up.is_ready(folder, done)

    def test_a_folder_that_was_moved_is_made_anew(self, folder: Path) -> None:
        tool = self.make(folder)
        (folder / "set-up.json").write_text(json.dumps({"root": "/elsewhere", "base": set_up.digest("base")}))
        assert set_up.main(["base"], tool, folder) == 0
        assert any("-m venv --clear" in command for command in tool.commands)

    def test_pip_is_tried_where_uv_fails(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tool = self.make(folder)
        tool.answers["bin/uv pip install"] = (2, "error: Failed to fetch")
        assert set_up.main(["base"], tool, folder) == 0
        assert "trying pip" in capsys.readouterr().out
        assert any(
            "pip" in line and "--require-hashes --no-deps -r requirements.lock" in line
            for line in tool.commands
        )

    def test_everything_installed_has_a_hash(self, folder: Path) -> None:
        tool = self.make(folder)
        set_up.main(["dev"], tool, folder)
        installs = [command for command in tool.commands if " install " in command and " -r " in command]
        assert len(installs) == 2
        assert all("--require-hashes" in command for command in installs)

    def test_untested_python_is_labelled(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tool = self.make(folder)
        tool.on_path, tool.answers = {}, {}
        set_up.main(["base"], tool, folder)
        own = "{}.{}".format(*sys.version_info[:2])
        tested = set_up.tested_versions((set_up.ROOT / "pyproject.toml").read_text())
        assert ("is untested" in capsys.readouterr().out) == (own not in tested)

    def test_interrupted(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        class Interrupted(FakeTool):
            def run(self, command: list[str], quiet: bool = True) -> tuple[int, str]:
                raise KeyboardInterrupt

        assert set_up.main(["base"], Interrupted({}), folder) == 130
        assert "Interrupted" in capsys.readouterr().err


class TestLocks:
    LOCKS = (
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-fuzz.lock",
        "requirements-setup.lock",
    )

    @pytest.mark.parametrize("name", LOCKS)
    def test_no_address_and_every_pin_hashed(self, name: str) -> None:
        text = (set_up.ROOT / name).read_text()
        assert "://" not in text
        pins = [
            block for block in text.replace("\\\n", "").splitlines() if "==" in block and block[0] not in "# "
        ]
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins)

    def test_dev_lock_holds_all_of_the_base_lock(self) -> None:
        def pins(name: str) -> set[str]:
            lines = (set_up.ROOT / name).read_text().splitlines()
            return {line.split(" ")[0] for line in lines if "==" in line and line[0] not in "# "}

        assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_old_pythons_can_read_the_script() -> None:
    """It must get as far as the sentence that says the Python is too old."""
    source = (set_up.ROOT / "tools" / "set_up.py").read_text()
    compile(source, "set_up.py", "exec", dont_inherit=True)
    import ast

    ast.parse(source, feature_version=(3, 7))


def test_make_without_a_python_says_so() -> None:
    done = subprocess.run(
        ["make", "setup", "PYTHON=no-such-python"],
        cwd=set_up.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "There is no working Python called 'no-such-python'" in done.stderr


def test_make_help_names_every_target() -> None:
    said = subprocess.run(
        ["make", "help"], cwd=set_up.ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ["setup", "try", "check", "test", "lint", "format", "lock", "prove", "bench", "clean"]:
        assert f"make {target} " in said
