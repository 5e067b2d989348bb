"""Where things lie. The one module that reads the environment.

AECORE_RUNS  folder of the runs, otherwise `runs/` in the working directory
AECORE_DATA  folder of unpacked data sets and people's own, otherwise the user's cache folder
"""

import os
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


def child_environment() -> dict[str, str]:
    """The environment for a process of ours: it finds this package and the same folders wherever it is started."""
    package, others = str(ASSETS.parent), os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "AECORE_DATA": str(data_folder()),
        "PYTHONPATH": os.pathsep.join([package, others]) if others else package,
    }
