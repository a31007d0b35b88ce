"""Make .venv and put into it what the lock files name.

Standard library only, and written so that Pythons too old for the rest still reach the sentence that says so.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
SUPPORTED = "Python 3.11, 3.12 or 3.13"
LEVELS = {
    # level: lock, megabytes to download, megabytes on disk; each holds those before it
    "base": ("requirements.lock", 80, 400),
    "study": ("requirements-study.lock", 120, 560),
    "dev": ("requirements-dev.lock", 190, 880),
}
MINUTES = "one to three minutes"


class SetUpError(Exception):
    """Set-up cannot go on. Its text is all that is shown: what happened, and what to do."""


class Tool:
    """What runs other programs; tests put another in its place."""

    def run(self, command: "list[str]", quiet: bool = True) -> "tuple[int, str]":
        """The exit code, and what was said (nothing if it was shown instead)."""
        keep = quiet or not sys.stderr.isatty()
        done = subprocess.run(
            command,
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if keep else None,
            stderr=subprocess.STDOUT if keep else None,
        )
        return done.returncode, (done.stdout or b"").decode("utf-8", "replace")

    def which(self, name: str) -> "str | None":
        return shutil.which(name)


def version_of(tool: Tool, python: str) -> "tuple[int, int] | None":
    """The version of an interpreter, or None if it does not run (a shim may have none behind it)."""
    try:
        code, said = tool.run([python, "-c", "import sys; print(*sys.version_info[:2])"])
        numbers = [int(part) for part in said.split()]
    except (OSError, ValueError):
        return None
    return (numbers[0], numbers[1]) if code == 0 and len(numbers) == 2 else None


def choose(tool: Tool, own: str, own_version: "tuple[int, int]", only: bool) -> "tuple[str, tuple[int, int]]":
    """The interpreter that .venv is made from: our own if supported, else the first on the path that is."""
    if OLDEST <= own_version <= NEWEST:
        return own, own_version
    said = "Python {}.{} ({})".format(*own_version, own)
    fault = "is too old" if own_version < OLDEST else "is newer than Airflow 3.3 supports here"
    if not only:
        for minor in range(OLDEST[1], NEWEST[1] + 1):
            found = tool.which(f"python3.{minor}")
            if found and version_of(tool, found) == (3, minor):
                return found, (3, minor)
    raise SetUpError(
        f"{said} {fault}: install {SUPPORTED}, then name it: make setup PYTHON=/path/to/python3.11"
    )


def need_venv(tool: Tool, python: str, version: "tuple[int, int]") -> None:
    code, _ = tool.run([python, "-c", "import venv, ensurepip"])
    if code:
        raise SetUpError(
            "{} lacks the modules `venv` and `ensurepip`: on Debian or Ubuntu, "
            "`sudo apt install python{}.{}-venv` brings them; then run this again.".format(python, *version)
        )


def tested_versions(pyproject: str) -> "list[str]":
    """The Pythons that CI runs, as the package's own classifiers say."""
    return re.findall(r"Python :: (3\.\d+)", pyproject)


def digest(level: str) -> str:
    """Changes whenever something that set-up reads changes."""
    names = ["pyproject.toml", "requirements-setup.lock", LEVELS[level][0]]
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read_stamp(folder: Path) -> dict:
    """What was set up, by level; nothing if the folder was moved here from elsewhere."""
    try:
        stamp = json.loads((folder / "set-up.json").read_text())
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("root") == str(ROOT) and (folder / "bin" / "python").exists() else {}


def is_ready(folder: Path, level: str) -> bool:
    stamp = read_stamp(folder)
    levels = list(LEVELS)
    return any(stamp.get(name) == digest(name) for name in levels[levels.index(level) :])


def write_stamp(folder: Path, level: str) -> None:
    stamp = read_stamp(folder)
    stamp.update({"root": str(ROOT), level: digest(level)})
    part = folder / ".set-up.json.part"
    part.write_text(json.dumps(stamp, indent=1) + "\n")
    part.replace(folder / "set-up.json")


def make_venv(tool: Tool, folder: Path, python: str) -> None:
    """Make the folder, or keep the one that is there if it works and was not moved here from elsewhere."""
    own = str(folder / "bin" / "python")
    moved = (folder / "set-up.json").exists() and not read_stamp(folder)
    works = Path(own).exists() and tool.run([own, "-m", "pip", "--version"])[0] == 0
    if works and not moved:
        return
    code, said = tool.run([python, "-m", "venv", "--clear", str(folder)])
    if code:
        raise SetUpError(f"The virtual environment {folder} could not be made: {last_line(said)}")


def fill(tool: Tool, folder: Path, lock: str) -> None:
    """Install the lock and then the project, by uv, or by pip where uv fails (pip may know of a proxy)."""
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    code, said = tool.run([*pip, "--require-hashes", "-r", "requirements-setup.lock"])
    if code:
        raise SetUpError(why_not(said))
    uv = [str(folder / "bin" / "uv"), "pip", "install", "--python", python]
    if not sys.stderr.isatty():
        uv.append("--quiet")
    project = ["--no-deps", "--no-build-isolation", "--editable", "."]
    code, _ = tool.run([*uv, "--require-hashes", "--compile-bytecode", "-r", lock], quiet=False)
    if code == 0:
        code, said = tool.run([*uv, *project])
    else:
        print("uv could not fetch the packages; trying pip, which takes longer.", flush=True)
        code, said = tool.run([*pip, "--require-hashes", "--no-deps", "-r", lock])
        if code == 0:
            code, said = tool.run([*pip, *project])
    if code:
        raise SetUpError(why_not(said))


def why_not(said: str) -> str:
    """One sentence for a failed installation."""
    low = said.lower()
    if "do not match the hashes" in low or "hash mismatch" in low:
        return (
            "A downloaded package is not the one that the lock file names (its hash differs), so it was not "
            "installed. If your index repackages files, use another; else report it."
        )
    if "no space left" in low:
        return "The disk is full: free some space and run this again."
    if "no matching distribution" in low and "connection" not in low and "retrying" not in low:
        return f"Your package index lacks a package that the lock file names: {last_line(said)}"
    signs = ("connection", "resolution", "resolve", "network", "timed out", "retrying", "proxy", "ssl", "dns")
    if any(sign in low for sign in signs):
        return (
            "The packages could not be downloaded: check the network (and `pip config list`, behind "
            "a proxy), then run this again; what has already arrived is kept."
        )
    return f"The packages could not be installed: {last_line(said)}"


def last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it did not say why."


def activation(folder: Path) -> str:
    shell = Path(os.environ.get("SHELL", "sh")).name
    script = {"fish": "activate.fish", "csh": "activate.csh", "tcsh": "activate.csh"}.get(shell, "activate")
    verb = "." if script == "activate" else "source"
    return f"{verb} {shlex.quote(str(folder / 'bin' / script))}"


def set_up(level: str, only: bool, tool: Tool, folder: Path) -> None:
    own = (
        sys.executable if sys.prefix == sys.base_prefix else getattr(sys, "_base_executable", sys.executable)
    )
    python, version = choose(tool, own, tuple(sys.version_info[:2]), only)
    need_venv(tool, python, version)
    lock, download, disk = LEVELS[level]
    print(
        f"Setting up {folder.name}: up to {download} MB to download, {disk} MB on disk, {MINUTES}.",
        flush=True,
    )
    name = "{}.{}".format(*version)
    tested = tested_versions((ROOT / "pyproject.toml").read_text())
    if name not in tested:
        print("Python {} is untested: the tests are run under {}.".format(name, " and ".join(tested)))
    if sys.platform != "linux":
        print(f"{sys.platform} is untested: the tests are run under Linux.")
    start = time.monotonic()
    make_venv(tool, folder, python)
    fill(tool, folder, lock)
    write_stamp(folder, level)
    print(f"Ready after {time.monotonic() - start:.0f} seconds.")


def main(arguments: "list[str]", tool: "Tool | None" = None, folder: "Path | None" = None) -> int:
    parser = argparse.ArgumentParser(
        prog="set_up.py", description="Make .venv and fill it from the lock files."
    )
    parser.add_argument("level", choices=sorted(LEVELS))
    parser.add_argument("--only", action="store_true", help="use this interpreter, look for no other")
    parser.add_argument(
        "--say", action="store_true", help="print the activation line even if nothing was done"
    )
    options = parser.parse_args(arguments)
    folder = folder or ROOT / ".venv"
    try:
        if os.name != "posix":
            raise SetUpError("Windows itself is not supported: use the Windows Subsystem for Linux (WSL).")
        fresh = not is_ready(folder, options.level)
        if fresh:
            set_up(options.level, options.only, tool or Tool(), folder)
        if fresh or options.say:
            print("To have the command `autograder` in this shell:  " + activation(folder))
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
