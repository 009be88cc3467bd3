"""A chat engine that writes one word after the other, as a model on this machine does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORD_EVERY_S = 0.02
WORDS = 500


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for number in range(WORDS):
                told = {"choices": [{"delta": {"content": f"word{number} "}}]}
                self.wfile.write(f"data: {json.dumps(told)}\n\n".encode())
                self.wfile.flush()
                time.sleep(WORD_EVERY_S)
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            # The editor was left: nobody reads on.
            return

    def log_message(self, *_: object) -> None:
        """Says nothing: the table is printed meanwhile."""


@contextmanager
def draft_engine() -> Iterator[str]:
    """The base address of an engine that runs meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
