"""Where things lie. The one module that reads the environment.

AECORE_RUNS  folder of the runs, otherwise `runs/` in the working directory
AECORE_DATA  folder of unpacked data sets and people's own, otherwise the user's cache folder
AECORE_LAUNCHER  where background jobs run: "local" (default), a process of this machine, or "slurm"
AECORE_SLURM  what a job of Slurm asks for, such as "partition=gpu, gpus=1, minutes=240" (aecore/jobs/slurm.py)
AECORE_STANDBY  "off" keeps the lab from holding a worker ready for the next start (aecore/jobs/standby.py)

torchrun says in RANK, WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE which of several processes this one is.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STARTER_RUNS = ASSETS / "starter_runs"


def runs_folder(chosen: str | Path | None = None) -> Path:
    """The folder of the runs: `chosen`, else AECORE_RUNS, else `runs/` in the working directory."""
    return Path(chosen or os.environ.get("AECORE_RUNS") or "runs").resolve()


def data_folder() -> Path:
    """The folder of unpacked and own data sets: AECORE_DATA, else the user's data folder for `latent-lab`."""
    return Path(os.environ.get("AECORE_DATA") or platformdirs.user_cache_dir("latent-lab", appauthor=False)).resolve()


def launcher() -> str:
    """What starts the workers of background jobs: AECORE_LAUNCHER, else "local"."""
    return os.environ.get("AECORE_LAUNCHER") or "local"


def slurm() -> str:
    """What a job of Slurm asks for: AECORE_SLURM, else nothing in particular."""
    return os.environ.get("AECORE_SLURM", "")


def keeps_standby() -> bool:
    """Whether a worker may be held ready: yes where jobs run here, unless AECORE_STANDBY says "off"."""
    return launcher() == "local" and os.environ.get("AECORE_STANDBY") != "off"


def child_environment() -> dict[str, str]:
    """The environment for a process of ours: it finds this package and the same folders wherever it is started."""
    package, others = str(ASSETS.parent), os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "AECORE_DATA": str(data_folder()),
        "PYTHONPATH": os.pathsep.join([package, others]) if others else package,
    }


@dataclass(frozen=True)
class Companions:
    """The processes that torchrun started to train together: which of how many this is, in all and on this machine."""

    rank: int
    ranks: int
    local_rank: int
    local_ranks: int

    @classmethod
    def found(cls) -> "Companions | None":
        """None where this process was not started by torchrun, or is the only one."""
        if "TORCHELASTIC_RUN_ID" not in os.environ or int(os.environ["WORLD_SIZE"]) < 2:
            return None
        return cls(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")))
