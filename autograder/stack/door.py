"""What answers at Airflow's address while Airflow does not: a page that says how far it is, or what has gone wrong.

Door and api-server share one listening socket, so that there is no moment at which nobody answers.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from autograder.airflow33.components import health_path
from autograder.stack import look
from autograder.stack.status import Board

__all__ = ["Door", "listen"]

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0: one that is free.

    :raises OSError: when the port is taken.
    """
    bound = socket.create_server((HOST, port), backlog=128)
    # Two processes wait for one connection, and only one of them gets it.
    bound.setblocking(False)
    return bound


class Door:
    """Opened and shut as often as need be; the socket stays.

    :param path: the path of Airflow's address, ends with a slash.
    """

    def __init__(self, listening: socket.socket, board: Board, path: str) -> None:
        self._listening, self._board, self._path = listening, board, path
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        if self._server is None:
            self._server = _Server(self._listening, self._board, self._path)
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
            self._thread.start()

    def shut(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, board: Board, path: str) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.board, self.path = board, path

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up while we answer is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        status = self.server.board.status
        if self.path.partition("?")[0].endswith(f"/{health_path}") or "text/html" not in self._accepts():
            said = {"phase": status.phase, "components": dict(status.components), "problem": status.problem}
            self._answer(json.dumps({"stack": said}), "application/json")
            return
        nonce = secrets.token_urlsafe(16)
        path = self.server.path
        page = look.page(
            "starting.html", nonce=nonce, status=status, health=path + health_path, again=path + "again"
        )
        self._answer(page, "text/html; charset=utf-8", look.policy(script=f"'nonce-{nonce}'"))

    def do_POST(self) -> None:
        if self.path.partition("?")[0].endswith("/again"):
            self.server.board.again.set()
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", self.server.path)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _accepts(self) -> str:
        return self.headers.get("Accept", "text/html")

    def _answer(self, text: str, kind: str, policy: str = "default-src 'none'") -> None:
        body = text.encode()
        # Not an error's status: a page's own question would be one in the browser's console.
        self.send_response(HTTPStatus.OK if kind.startswith("text/html") else HTTPStatus.ACCEPTED)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", policy)
        # The next request may be for Airflow.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
