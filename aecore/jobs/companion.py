"""One training by several processes that torchrun started: the first has the run folder, the others follow it.

The first process waits in line, writes and stops, as if it were alone. The others wait until it tells them the run,
build the same training from its recipe and checkpoint, and go on from event to event as it does. All need the same
folders of runs and data.
"""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.places import Companions
from aecore.runs.folder import Run

if TYPE_CHECKING:
    from aecore.training.distributed import Company


def is_follower() -> bool:
    """Whether torchrun started this process to follow another."""
    companions = Companions.found()
    return companions is not None and companions.rank > 0


def gathered(run: Run) -> "Company":
    """The processes that train this run together, called by the first of them when all is ready; mostly just one."""
    from aecore.training.distributed import Company, Together

    companions = Companions.found()
    if companions is None:
        return Company()
    company = Together(companions)
    company.tell(str(run.path))
    return company


def follow() -> None:
    """Train along to the end. LabError where this process cannot, which ends the run as failed.

    Signals are for the first process to obey: torchrun sends them to all.
    """
    from aecore.data.catalog import load
    from aecore.jobs.memory import keep_freed_memory
    from aecore.runs.threads import settle_threads
    from aecore.runs.weights import newest_checkpoint
    from aecore.training.distributed import Together
    from aecore.training.loop import Training

    companions = Companions.found()
    assert companions is not None
    company = Together(companions)
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        run = Run(Path(company.told()))
        settle_threads(run)
        keep_freed_memory()
        recipe = run.recipe()
        splits = load(recipe.data.name, recipe.data.classes, recipe.data.limit)
        checkpoint, _ = newest_checkpoint(run)
        device = company.device(str(run.about()["device"]))
        for _ in Training(recipe, splits, device, checkpoint, company).events():
            pass
    finally:
        company.leave()
