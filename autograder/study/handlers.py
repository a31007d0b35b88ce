"""The addresses of the course: its pages, what they know of the learner, and the way to a notebook."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.ioloop import IOLoop

from autograder import workbooks
from autograder.catalog import CatalogError
from autograder.course import Course
from autograder.study import progress
from autograder.study.addresses import Addresses
from autograder.study.site import Site

__all__ = ["EnterHandler", "OpenHandler", "SiteHandler", "StudyHandler"]

_PAGES = Path(__file__).parent / "pages"
_TITLES = {
    # page: what its tab says, and what else its head has
    "failed": ("No pages", ""),
    "missing": ("No such page", ""),
    "refused": ("Not opened", ""),
    "waiting": ("One moment", '<meta http-equiv="refresh" content="1">\n'),
}

_POLICY = "; ".join(
    (
        "default-src 'self'",
        # The theme's pages carry small scripts and styles in themselves.
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


def _template(name: str) -> Template:
    return Template((_PAGES / f"{name}.html").read_text(encoding="utf-8"))


class _OwnPages(JupyterHandler):
    """Pages of the course: they ask nobody but this server for anything, and only this server may frame them."""

    @property
    def content_security_policy(self) -> str:
        return _POLICY

    def set_default_headers(self) -> None:
        super().set_default_headers()
        # Cookies alone do not keep another site's page from reading a script of ours.
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def page(self, name: str, **values: str) -> str:
        title, head = _TITLES[name]
        body = _template(name).substitute({key: escape(value) for key, value in values.items()})
        return _template("frame").substitute(title=title, head=head, body=body)


class SiteHandler(_OwnPages, web.StaticFileHandler):
    """A built page, or a word on why there is none yet."""

    def initialize(self, site: Site, addresses: Addresses) -> None:  # type: ignore[override]
        super().initialize(path="", default_filename="index.html")
        self._site, self._addresses = site, addresses

    @web.authenticated
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]
        if "token" in self.request.arguments and self.token_authenticated:
            # The token has done its work: it should not stay in the address bar, the history and bookmarks.
            rest = [(key, value) for key, value in parse_qsl(self.request.query) if key != "token"]
            self.redirect(f"{self.request.path}?{urlencode(rest)}".rstrip("?"))
            return
        if self.request.path == self._addresses.course.rstrip("/"):
            self.redirect(self._addresses.course)
            return
        if self._site.root is None:
            self._not_yet()
            return
        self.root = str(self._site.root)
        if "\0" in path:
            raise web.HTTPError(404)
        await web.StaticFileHandler.get(self, path, include_body)

    def head(self, path: str) -> Awaitable[None] | None:  # type: ignore[override]
        return self.get(path, include_body=False)

    def set_extra_headers(self, path: str) -> None:
        """A page may be kept, but is asked for anew: a course that was updated shows at once."""
        self.set_header("Cache-Control", "no-cache")

    def compute_etag(self) -> str | None:
        # A page of this file's own has none: it tells of a moment.
        return super().compute_etag() if hasattr(self, "absolute_path") else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code != 404:
            super().write_error(status_code, **kwargs)
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self._missing())

    def _missing(self) -> str:
        """The site's own page. It was built to stand at ``/``, as it may be shown in any folder."""
        try:
            built = (Path(self.root) / "404.html").read_text(encoding="utf-8")
        except OSError:
            return self.page("missing", home=self._addresses.course)
        return built.replace('"/', f'"{self._addresses.course}')

    def _not_yet(self) -> None:
        self.set_header("Cache-Control", "no-store")
        if "text/html" not in self.request.headers.get("Accept", ""):
            raise web.HTTPError(503)
        if self._site.failed is not None and self._site.again():
            IOLoop.current().add_callback(self._site.wait)
        if self._site.failed is None:
            self.finish(self.page("waiting", lab=self._addresses.lab))
        else:
            self.set_status(500)
            self.finish(self.page("failed", lab=self._addresses.lab, why=self._site.failed))


class EnterHandler(JupyterHandler):
    """Lets in whoever has the ticket, and shows them a page."""

    def initialize(self, use: Callable[[str], bool]) -> None:
        """:param use: whether this is the ticket, which is void from then on."""
        self._use = use

    @allow_unauthenticated
    def get(self, ticket: str, path: str) -> None:
        self.set_header("Cache-Control", "no-store")
        if self._use(ticket):
            provider = self.identity_provider
            provider.set_login_cookie(self, provider.generate_anonymous_user(self))
        # Two slashes at the start, in whatever form, would lead to another server; browsers overlook a tab between.
        page = self.base_url + quote(path.lstrip("/\\"))
        self.redirect(f"{page}?{self.request.query}".rstrip("?"))


class StudyHandler(_OwnPages):
    """``assets/study.js``, in place of the file that says that nobody is there."""

    def initialize(self, course: Course, addresses: Addresses) -> None:
        self._course, self._addresses = course, addresses

    @web.authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(progress.script(self._course, self._addresses))


class OpenHandler(_OwnPages):
    """The learner's copy of a notebook or file: made if need be, then shown in JupyterLab."""

    def initialize(self, course: Course, addresses: Addresses) -> None:
        self._course, self._addresses = course, addresses

    @web.authenticated
    def get(self, slug: str, name: str) -> None:
        self.set_header("Cache-Control", "no-store")
        shown = Path(self.contents_manager.root_dir)
        file = self._course.work / slug / name
        try:
            path = file.relative_to(shown).as_posix()
        except ValueError:
            self._refuse(500, f"{file} is outside of the folder that JupyterLab shows.")
            return
        try:
            workbooks.ensure(self._course, slug, name)
        except workbooks.WorkbookError as error:
            self._refuse(404, str(error))
        except CatalogError as error:
            self._refuse(500, str(error))
        except OSError as error:
            self._refuse(500, f"{error.filename} cannot be written: {error.strerror}.")
        else:
            if self.get_argument("format", "") == "json":
                self.finish({"path": path})
            else:
                self.redirect(self._addresses.lab_file(path))

    def _refuse(self, status: int, sentence: str) -> None:
        self.set_status(status)
        if self.get_argument("format", "") == "json":
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": sentence}))
        else:
            self.finish(self.page("refused", home=self._addresses.course, why=sentence))
