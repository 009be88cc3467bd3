"""One headless round trip with an installed ascinbox: simulator, link, sync, read, reply, published.

Usage: python round_trip.py PATH-TO-ASCINBOX. Needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(program: str) -> int:
    """Runs the trip; returns 0 when the reply is published at the simulator."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        server = subprocess.Popen(
            [program, "simulator", "--reviews", "60", "--keys-dir", str(keys)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            hello = json.loads(server.stdout.readline())
            environment = {
                **os.environ,
                "ASCINBOX_HOME": str(Path(folder) / "home"),
                "ASCINBOX_API_URL": hello["url"],
            }
            return trip(program, hello, environment)
        finally:
            server.terminate()
            server.wait(10)


def trip(program: str, hello: dict[str, Any], environment: dict[str, str]) -> int:
    """Link, sync, list, answer one review and wait until it is public."""

    def run(*arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [program, *arguments, "--json"], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{arguments[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    admin = next(key for key in hello["keys"] if key["kind"] == "team" and "ADMIN" in key["roles"])
    run(
        "link", "--name", "Trip", "--p8", admin["p8"], "--key-id", admin["key_id"],
        "--issuer-id", hello["issuer_id"], "--features", "reviews,reply", "--vault", "file", "--yes",
    )  # fmt: skip
    run("sync", "--only", "reviews,replies")
    found = run("reviews", "is:unanswered", "--limit", "1")
    review = found["reviews"][0]
    reply = run("reply", review["id"], "--text", "Thank you for telling us.", "--yes", "--wait")
    print(f"round trip: {found['total']} unanswered, reply {reply['state']}")
    return 0 if reply["state"] == "published" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
