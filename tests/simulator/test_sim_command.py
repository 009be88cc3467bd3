"""`ascinbox simulator`: one line of JSON, private keys, a clean end."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from ascinbox.core.clock import SystemClock
from ascinbox.core.secret import Secret
from ascinbox.sources.apple.reporter import Reporter
from tests.programs import run_here
from tests.simulator.sim_desk import Desk


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command, and its first line."""
    command = [sys.executable, "-m", "ascinbox", "simulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_it_serves_what_it_prints(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with running("--reviews", "30", "--apps", "2", "--keys-dir", str(folder)) as (process, hello):
        assert hello["url"].startswith("http://127.0.0.1:")
        assert {(key["kind"], *key["roles"]) for key in hello["keys"]} >= {
            ("team", "ADMIN"),
            ("team", "CUSTOMER_SUPPORT"),
            ("team", "SALES"),
            ("team", "FINANCE"),
            ("individual", "CUSTOMER_SUPPORT"),
        }
        for key in hello["keys"]:
            path = Path(key["p8"])
            assert path.name == f"AuthKey_{key['key_id']}.p8"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        admin = next(key for key in hello["keys"] if key["roles"] == ["ADMIN"] and key["kind"] == "team")
        token = _token(Path(admin["p8"]).read_text(), admin["key_id"], hello["issuer_id"])
        apps = httpx.get(f"{hello['url']}/v1/apps", headers={"Authorization": f"Bearer {token}"})
        assert apps.json()["meta"]["paging"]["total"] == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.communicate() == ("", "")


def _token(pem: str, key_id: str, issuer_id: str) -> str:
    import time

    now = int(time.time())
    claims = {"iss": issuer_id, "iat": now - 10, "exp": now + 300, "aud": "appstoreconnect-v1"}
    return jwt.encode(claims, pem, algorithm="ES256", headers={"kid": key_id})


def test_an_interrupt_ends_it_with_130_and_its_keys_are_gone() -> None:
    with running("--reviews", "0", "--apps", "0") as (process, hello):
        key = Path(hello["keys"][0]["p8"])
        assert key.exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert not key.exists()


def test_a_taken_port_is_said_in_words() -> None:
    with running("--reviews", "5") as (_, hello):
        port = hello["url"].rpartition(":")[2]
        second = run_here(("simulator", "--port", port), os.environ)
        assert second.returncode == 2
        assert second.stdout == ""
        assert f"Port {port} cannot be used" in second.stderr
        assert "Traceback" not in second.stderr


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--reviews", "-1"), ("--apps", "many")])
def test_usage_errors_exit_3(arguments: tuple[str, ...]) -> None:
    done = run_here(("simulator", *arguments), os.environ)
    assert (done.returncode, done.stdout) == (3, "")


def test_keys_are_made_anew(desk: Desk) -> None:
    again = desk.key("ADMIN").pem()
    assert desk.key("ADMIN").pem() == again
    assert len({key.pem() for key in desk.simulator.world.keys.values()}) == len(desk.simulator.world.keys)


def test_its_clock_is_where_it_was_put_and_a_reporter_token_is_there() -> None:
    with running("--reviews", "5", "--now", "2025-03-04T12:00:00Z", "--skew=-90") as (_, hello):
        answer = httpx.get(f"{hello['url']}/v1/apps")
        assert answer.headers["date"].startswith("Tue, 04 Mar 2025 11:58:")
        with closing(
            Reporter(Secret(hello["reporter_token"]), clock=SystemClock(), base_url=hello["url"])
        ) as it:
            assert it.vendors() == (hello["vendor"],)
        settings = httpx.get(
            f"{hello['url']}/_sim/settings", headers={"X-Simulator-Token": hello["control_token"]}
        )
        assert settings.json()["skew_s"] == -90
