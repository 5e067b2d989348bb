"""The process of a background job: python -m aecore.jobs.worker RUN_FOLDER"""

import sys
from pathlib import Path

from aecore.errors import LabError
from aecore.jobs.perform import perform
from aecore.jobs.stopping import StopRequest
from aecore.runs.folder import Run


def main(arguments: list[str]) -> None:
    """Perform the job of a run folder. Exits with 1 when it failed; why stands in the run's status and log."""
    if len(arguments) != 1:
        sys.exit("usage: python -m aecore.jobs.worker RUN_FOLDER")
    run = Run(Path(arguments[0]))
    stop = StopRequest(run)
    try:
        with stop.signals():
            for _ in perform(run, stop):
                pass
    except LabError as error:
        sys.exit(str(error))
    except Exception:  # written down by `perform`, traceback and all
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
