"""The process of a background job.

python -m aecore.jobs.worker FOLDER      performs the job of a folder, that of a run or of an experiment
python -m aecore.jobs.worker --standby   gets ready first, and is told the folder later (aecore/jobs/standby.py)
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from aecore.errors import LabError
from aecore.experiments.folder import TASK, Experiment
from aecore.jobs.companion import follow, is_follower
from aecore.jobs.perform import perform, perform_experiment
from aecore.jobs.standby import STANDBY
from aecore.jobs.stopping import StopRequest
from aecore.runs.folder import Run


def main(arguments: list[str]) -> None:
    """Perform the job of a folder. Exits with 1 when it failed; why stands in the job's status and log."""
    if len(arguments) != 1:
        sys.exit("usage: python -m aecore.jobs.worker FOLDER | --standby")
    try:
        if is_follower():
            follow()
            return
        folder = _folder(arguments[0])
        if folder is None:
            return
        stop, events = _job(folder)
        with stop.signals():
            for _ in events:
                pass
    except LabError as error:
        sys.exit(str(error))
    except Exception:  # written down by `perform`, traceback and all
        sys.exit(1)


def _folder(argument: str) -> Path | None:
    if argument != STANDBY:
        return Path(argument)
    from aecore.jobs.standing_by import await_job

    return await_job()


def _job(folder: Path) -> tuple[StopRequest, Iterator[object]]:
    if (folder / TASK).exists():
        experiment = Experiment(folder)
        stop = StopRequest(experiment, abandons=True)
        return stop, perform_experiment(experiment, stop)
    run = Run(folder)
    stop = StopRequest(run)
    return stop, perform(run, stop)


if __name__ == "__main__":
    main(sys.argv[1:])
