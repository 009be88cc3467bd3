"""The same reviews as a Maildir, so that mail programs can be timed on a queue of the same size."""

from __future__ import annotations

import sqlite3
from email.header import Header
from email.utils import formatdate
from pathlib import Path


def make_maildir(cache: Path, folder: Path) -> int:
    """Writes every review of a cache as one unread message; the number of messages."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(f"file:{cache}?mode=ro", uri=True)
    count = 0
    for key, title, body, nickname in connection.execute("SELECT key, title, body, nickname FROM review"):
        message = (
            f"From: {Header(nickname or 'nobody', 'utf-8').encode()} <r{key}@reviews.example>\n"
            f"To: inbox@reviews.example\nSubject: {Header(title, 'utf-8').encode()}\n"
            f"Date: {formatdate(key >> 20)}\nMessage-ID: <{key}@reviews.example>\n"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
        )
        (folder / "cur" / f"{key >> 20}.{key}.bench:2,").write_bytes(message.encode("utf-8", "replace"))
        count += 1
    connection.close()
    return count
