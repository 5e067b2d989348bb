"""Start the real server for as long as a test needs it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
START_S = 30
WRITING_S = 0.5
TAIL = 30_000  # characters of a log
_running: dict[Path, subprocess.Popen] = {}  # by log


@contextmanager
def serving(script: Path, log: Path, **environment: str) -> Iterator[str]:
    """Run `streamlit run script` on a free port as long as the block lasts; gives the address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.traced", "run", str(script)]
    command += ["--server.headless=true", f"--server.port={port}"]
    variables = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=PROJECT, env=variables, stdout=output, stderr=subprocess.STDOUT)
    _running[log] = server
    try:
        url = f"http://localhost:{port}"
        wait_until_healthy(url, server, log)
        yield url
    finally:
        del _running[log]
        server.terminate()
        server.wait(timeout=20)


def accounts() -> dict[str, str]:
    """What each running server has written, with what its threads are doing now; by the name of its log."""
    for server in _running.values():
        with contextlib.suppress(AttributeError, OSError):  # no such signal on Windows
            server.send_signal(signal.SIGUSR1)
    time.sleep(WRITING_S)
    return {str(log): log.read_text(errors="replace")[-TAIL:] for log in _running}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')}")
