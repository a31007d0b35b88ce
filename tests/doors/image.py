"""Reading a Dockerfile and a .dockerignore, as far as ours go."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase

__all__ = ["Instruction", "ignored", "instructions"]


@dataclass(frozen=True)
class Instruction:
    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """The arguments; those of a JSON array as they are."""
        start = self.text.find("[")
        return json.loads(self.text[start:]) if start >= 0 else shlex.split(self.text)


def instructions(dockerfile: str) -> list[Instruction]:
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = (line.split(None, 1) for line in joined.splitlines())
    return [Instruction(word, text) for word, text in pairs]


def ignored(dockerignore: str, path: str) -> bool:
    """Whether a path stays out of the image: the last line that fits it, or a folder of it, decides."""
    out = False
    folders = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    for line in dockerignore.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        wanted = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        names = [one.rsplit("/", 1)[-1] for one in folders] if pattern.startswith("**/") else folders
        if any(fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
            out = not wanted
    return out
