"""What holds for every test: folders of its own, no network, one thread."""

import ipaddress
import os
import socket

import pytest

from tests import checks

checks.install()  # before anything of aecore is imported

# Read by OpenMP and MKL when torch or scikit-learn load them, here and in the processes that tests start: two
# workers with two threads each would only take turns on two cores. Tests that load neither do not pay for it.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# A page that a test runs in its own process would hold a worker ready; tests of that switch it on.
os.environ["AECORE_STANDBY"] = "off"


@pytest.fixture(scope="session", autouse=True)
def _folders_of_their_own(tmp_path_factory):
    """Runs go to a folder of this worker, unpacked data sets to one that all workers of the session share."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_RUNS", str(own / "runs"))
        patch.setenv("AECORE_DATA", str(shared / "data"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network():
    """Only this machine answers: any other address and any other name raises, whatever asks for it."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self, address):
        if isinstance(address, tuple):
            _refuse_unless_local(address[0])
        return connect(self, address)

    def look_up_here(host, *arguments, **options):
        _refuse_unless_local(host)
        return look_up(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        yield


def _refuse_unless_local(host):
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified
    except ValueError:
        local = False
    if not local:
        raise RuntimeError(f"A test tried to reach {name}: tests use nothing but this machine.")
