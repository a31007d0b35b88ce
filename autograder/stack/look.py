"""The look of the stack's own pages: that of the report's card. Nothing in them is loaded from another host."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from autograder import report
from autograder.report import markup

__all__ = ["fill", "page", "policy"]

_OWN = Path(__file__).with_name("templates")
_CARD = Path(report.__file__).with_name("templates")
LONG = 20_000


def page(template: str, **context: Any) -> str:
    """A whole page: ``template`` extends ``frame.html``."""
    styles = [_read(_CARD / "card.css"), _read(_CARD / "page.css"), _read(_OWN / "stack.css")]
    return fill(template, style=Markup("\n".join(styles)), **context)


def fill(template: str, **context: Any) -> Markup:
    return Markup(_environment().get_template(template).render(**context))


def policy(script: str, *, framed_by: str = "'self'") -> str:
    """The Content-Security-Policy of a page with one script."""
    return (
        f"default-src 'none'; script-src {script}; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return markup.environment(_OWN, longest=LONG)


@lru_cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
