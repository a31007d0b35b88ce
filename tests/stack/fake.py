"""Run as a program: a stack whose components are a few lines of Python, as the real one is supervised.

The first argument is a JSON object: ``home``, ``stay``, ``scripts`` (component → what it runs).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from autograder.stack.door import Door, listen
from autograder.stack.status import Board
from autograder.stack.supervisor import Plan, Supervisor

__all__ = ["CHILD", "SERVER", "SLEEPER", "STUBBORN"]

SERVER = """
import json, os, socket, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
def known():
    beat = Path("beat")
    return {"status": "healthy"} | ({"latest_scheduler_heartbeat": beat.read_text()} if beat.exists() else {})
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"scheduler": known(), "is": "airflow"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): ...
server = HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
os.write(int(os.environ['AUTOGRADER_READY']), b'x')
server.serve_forever()
"""
SLEEPER = "import time; print('at work', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
CHILD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


def main() -> None:
    order = json.loads(sys.argv[1])
    home = Path(order["home"])
    listening = listen(0)
    port = listening.getsockname()[1]
    scripts = {"api-server": SERVER, **order["scripts"]}
    plan = Plan(
        commands={
            name: [sys.executable, "-c", script, str(listening.fileno())] for name, script in scripts.items()
        },
        environments={name: {"PATH": ""} for name in scripts},
        logs=home,
        mark=str(home),
        port=port,
        health="/base/health",
        server="api-server",
        listening=listening.fileno(),
        later=frozenset(order.get("later", ())),
        start_seconds=order.get("start_seconds", 30.0),
    )
    board = Board()
    print(port, flush=True)
    supervisor = Supervisor(
        plan,
        board,
        Door(listening, board, "/base/"),
        order["stay"],
        lambda sentence: print(sentence, flush=True),
    )
    sys.exit(supervisor.run())


if __name__ == "__main__":
    main()
