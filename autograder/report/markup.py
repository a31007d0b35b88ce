"""How templates become mark-up: whatever they put out is escaped, and hidden characters in it are shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.report.text import clip, visible

__all__ = ["environment"]


def environment(templates: Path, *, longest: int) -> Environment:
    """An environment for the templates of a folder.

    :param longest: characters that the filter ``clip`` leaves of a text.
    """
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_final,
    )
    made.filters |= {
        "attribute": _attribute,
        "clip": lambda text: clip(text, longest),
        "prose": _prose,
    }
    return made


def _final(value: Any) -> Any:
    """Applied to whatever a template puts out, before it is escaped."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _attribute(document: str) -> Markup:
    """Mark-up as an attribute's value, as ``srcdoc`` takes it: already safe to look at, and escaped once."""
    return escape(str(document))


def _prose(text: str) -> Markup:
    """A sentence in which ``code`` stands between backticks."""
    pieces = re.split(r"`([^`\n]+)`", visible(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )
