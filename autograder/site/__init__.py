"""The course as a site: plain pages made from lessons, exercises and ``docs/``, then built with mkdocs.

``pages`` knows no theme; ``building`` is all that knows mkdocs.
"""

from __future__ import annotations

from autograder.site.building import build
from autograder.site.cache import ensure
from autograder.site.problem import SiteError

__all__ = ["SiteError", "build", "ensure"]
