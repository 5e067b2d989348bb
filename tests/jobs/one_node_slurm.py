"""A real Slurm with this machine as its only node: munged, slurmctld and slurmd, from Debian's packages.

They listen on this machine alone, write into one folder and end with the tests.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil

from tests.runs.tiny import until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SchedulerParameters=sched_interval=1
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory}
PartitionName=tests Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no Slurm here; "" where there can."""
    lacking = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if lacking:
        return f"{lacking[0]} is not installed (Debian: slurmctld slurmd slurm-client munge)"
    return "" if os.geteuid() == 0 else "only root can start slurmd"


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Slurm, ready for jobs: the environment in which its commands find it."""
    ports = _free_ports(2)
    for each in (folder, folder / "state", folder / "spool"):
        each.mkdir(mode=0o755, exist_ok=True)
    content = CONFIGURATION.format(
        host=socket.gethostname(),
        folder=folder,
        cores=os.cpu_count(),
        memory=psutil.virtual_memory().total // 2**20 // 2,
        control=ports[0],
        node=ports[1],
    )
    (folder / "slurm.conf").write_text(content)
    environment = {**os.environ, "PATH": _path(), "SLURM_CONF": str(folder / "slurm.conf")}
    with ExitStack() as daemons:
        for command in (_munged(folder), ["slurmctld", "-D"], ["slurmd", "-D"]):
            daemons.enter_context(_daemon(command, folder, environment))
            if command[0] == "munged":
                until((folder / "munge.socket").exists, "munged")
        until(lambda: _idle(environment), "the node to be idle")
        yield environment


def _munged(folder: Path) -> list[str]:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    files = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munged.pid"}
    files |= {"log-file": folder / "munged.log", "seed-file": folder / "munged.seed"}
    return ["munged", "--foreground", "--force", *(f"--{name}={file}" for name, file in files.items())]


@contextmanager
def _daemon(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    with (folder / f"{command[0]}.out").open("wb") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            yield
        finally:
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _idle(environment: dict[str, str]) -> bool:
    asked = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, env=environment)
    return asked.stdout.strip() == "idle"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"
