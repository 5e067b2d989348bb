"""What tests/conftest.py promises to every other test."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aecore.places import data_folder, runs_folder


@pytest.mark.parametrize("host", ["example.org", "192.0.2.1", "2001:db8::1", b"example.org"])
def test_no_test_reaches_another_machine(host):
    with pytest.raises(RuntimeError, match="tests use nothing but this machine"):
        socket.create_connection((host, 80), timeout=1)


def test_an_address_that_needs_no_look_up_is_refused_too():
    with socket.socket() as outgoing, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        outgoing.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_servers_of_this_machine_can_be_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection((host, port), timeout=5).close()


def test_runs_and_data_go_to_temporary_folders():
    temporary = Path(tempfile.gettempdir()).resolve()
    assert runs_folder().is_relative_to(temporary)
    assert data_folder().is_relative_to(temporary)


def test_torch_computes_with_one_thread_here_and_in_processes_of_tests():
    ask = [sys.executable, "-c", "import torch; print(torch.get_num_threads())"]
    assert subprocess.run(ask, capture_output=True, text=True).stdout == "1\n"
