"""Shows that the tests of docs/promises.md and SECURITY.md can fail: without its net each turns red.

Takes out one line after the other that keeps a promise, in a copy of the source, and runs the named test.

python tests/nets.py --sample 6    a fixed sample, as the checks run it
python tests/nets.py --all         every net
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Net:
    """One line that keeps a promise, what it becomes without it, and the tests that must notice."""

    promise: str
    file: str
    """Below src/ascinbox."""
    line: str
    """Occurs once in the file."""
    without: str
    tests: tuple[str, ...]


SENDING = "tests/workers/test_outbox_sending.py"
NETS: tuple[Net, ...] = (
    Net(
        "O9: who stood still past its lease posts nothing",
        "workers/sending.py",
        "if self._clock.monotonic() - renewed > self._rules.lease.total_seconds() - self._rules.deadline_s:",
        "if False:",
        (f"{SENDING}::test_row_15_a_sender_that_stood_still_past_its_lease_posts_nothing",),
    ),
    Net(
        "O5: a text that Apple altered is told",
        "core/delivery.py",
        "altered = bool(response.text) and reply_key(response.text) != reply_key(row.text)",
        "altered = False",
        ("tests/core/test_outbox_delivery.py",),
    ),
    Net(
        "Data: a copy of user.db is on the disk before it has its name",
        "store/backups.py",
        "os.fsync(file.fileno())",
        "file.fileno()",
        ("tests/store/test_backups.py",),
    ),
    Net(
        "Security: no core dumps",
        "cli/run.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "resource.getrlimit(resource.RLIMIT_CORE)",
        ("tests/cli/test_command_line.py::test_textual_log_variables_and_core_dumps_are_off",),
    ),
    Net(
        "Nothing below the outbox repeats a write",
        "apple/exchange.py",
        'if answer.status != 401 or ask.method != "GET":',
        "if answer.status != 401:",
        ("tests/apple/test_rows_28_to_32.py::test_row_28_no_write_is_ever_repeated",),
    ),
    Net(
        "Security: a key file that others can read is refused",
        "vault/keyfile.py",
        "facts.st_mode & 0o077 == 0 or",
        "True or",
        ("tests/vault/test_keyfile.py",),
    ),
    Net(
        "O6: an answer that the writer has not seen is not overwritten",
        "workers/sending.py",
        "decided = delivery.reread(row, reading, put, self._rules)",
        "decided = None",
        (f"{SENDING}::test_row_22_an_answer_from_elsewhere_is_never_overwritten",),
    ),
    Net(
        "Security: foreign text is cleaned where it enters",
        "core/text.py",
        "if not (plain and text.isprintable()) and _ODD.search(text):",
        "if False:",
        ("tests/core/test_text.py",),
    ),
    Net(
        "Security: text columns cannot be formulas",
        "core/csvsafe.py",
        'return "\'" + text if _FORMULA.match(text) else text',
        "return text",
        ("tests/core/test_csvsafe.py",),
    ),
    Net(
        "Security: files and folders are ours alone, whatever the umask",
        "cli/run.py",
        "os.umask(0o077)",
        "os.umask(0o022)",
        ("tests/cli/test_command_line.py::test_textual_log_variables_and_core_dumps_are_off",),
    ),
)
"""The first ones are the fixed sample."""


def holds(net: Net) -> str:
    """Takes the net out of a copy of the source and runs its tests; "" when they turned red."""
    with tempfile.TemporaryDirectory(prefix="ascinbox-nets-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        path = source / "ascinbox" / net.file
        text = path.read_text(encoding="utf-8")
        if text.count(net.line) != 1:
            return f"the line occurs {text.count(net.line)} times in {net.file}"
        path.write_text(text.replace(net.line, net.without), encoding="utf-8")
        environ = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
        where = subprocess.run(
            [sys.executable, "-c", "import ascinbox; print(ascinbox.__file__)"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if not where.stdout.startswith(folder):
            return f"the copy is not what is imported: {where.stdout.strip()}"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            *net.tests,
        ]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=LIMIT_S
            )
        except subprocess.TimeoutExpired:
            return f"its tests took more than {LIMIT_S} s"
    if done.returncode == 1:
        return ""
    if done.returncode == 0:
        return f"its tests stay green: {', '.join(net.tests)}"
    return f"pytest ended with {done.returncode}: {done.stdout[-400:]}"


def main(arguments: list[str]) -> int:
    """Runs the chosen nets; 1 when one of them is missed by nobody."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=6, metavar="N", help="the first N of the table")
    parser.add_argument("--all", action="store_true", help="every net")
    options = parser.parse_args(arguments)
    missed = 0
    for net in NETS if options.all else NETS[: options.sample]:
        why = holds(net)
        missed += bool(why)
        print(f"net {'FAILED' if why else 'ok':6} {net.promise}{': ' + why if why else ''}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
