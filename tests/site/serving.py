"""The site behind a web server, below a path as a JupyterHub has it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any

__all__ = ["BASE", "Server", "serve"]

BASE = "/user/learner/"


class Server:
    """``study`` is what ``window.study`` will be; ``opened`` are the notebooks that were asked for."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.study: dict[str, Any] | None = None
        self.opened: list[str] = []
        self.address = ""

    def go_live(self, **progress: Any) -> None:
        """Be a server that has notebooks, as `make study` starts it."""
        names = {"open": "study/open/", "course": "course/", "lab": "lab", "airflow": "airflow/"}
        names |= {"inbox": "inbox/", "slack": "slack/"}
        self.study = {name: BASE + path for name, path in names.items()} | {"progress": progress}

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body."""
        inside, _, query = path.removeprefix(BASE).partition("?")
        if inside.startswith("study/open/"):
            name = inside.removeprefix("study/open/")
            self.opened.append(name)
            if query == "format=json":
                return 200, "application/json", json.dumps({"path": name}).encode()
            return (
                200,
                "text/html",
                b"<!doctype html><html lang=en><title>Lab</title><link rel=icon href=data:,>",
            )
        if inside == "course/assets/study.js":
            return 200, "text/javascript", f"window.study = {json.dumps(self.study)};".encode()
        if inside == "around":
            return 200, "text/html", _AROUND.encode()
        file = self.site / inside.removeprefix("course/")
        file = file / "index.html" if file.is_dir() else file
        if path.startswith(BASE + "course/") and file.is_file():
            return 200, guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()
        return 404, "text/plain", b"not there"


_AROUND = """<!doctype html><html lang="en"><title>A stand-in of JupyterLab</title><link rel="icon" href="data:,">
<script>
window.told = [];
window.jupyterapp = {commands: {
  hasCommand: (name) => name === "server-proxy:open",
  execute: async (name, args) => { window.told.push([name, args]); },
}};
</script>
<iframe title="Course" src="course/exercises/01-anatomy-of-a-failure/" width="1300" height="800"></iframe></html>"""


@contextmanager
def serve(site: Path) -> Iterator[Server]:
    """A server on a free port, for as long as the block lasts."""
    server = Server(site)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = server.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    server.address = f"http://127.0.0.1:{listening.server_port}{BASE}"
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
