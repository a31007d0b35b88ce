"""Compile the lock files from pyproject.toml: every distribution with its hashes, no address of any index.

Arguments are passed on to ``uv pip compile``: ``--upgrade``, or ``--upgrade-package NAME``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-study.lock": ["pyproject.toml", "--extra", "study", "--constraint", "requirements.lock"],
    "requirements-dev.lock": [
        *("pyproject.toml", "--extra", "study", "--group", "dev", "--constraint", "requirements-study.lock"),
    ],
    "requirements-fuzz.lock": ["--group", "fuzz", "--constraint", "requirements-dev.lock"],
    "requirements-setup.lock": ["--group", "setup", "--constraint", "requirements.lock"],
}


def main(arguments: list[str]) -> int:
    uv = Path(sys.executable).with_name("uv")
    environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for lock, sources in LOCKS.items():
        command = [str(uv), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
        done = subprocess.run(
            [*command, *sources, *arguments, "--output-file", lock], cwd=ROOT, env=environment
        )
        if done.returncode:
            print(f"{lock} could not be compiled; uv said why above.", file=sys.stderr)
            return 1
        if "://" in (ROOT / lock).read_text():
            print(f"{lock} contains an address; a lock names distributions only.", file=sys.stderr)
            return 1
        print(f"{lock} compiled.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
