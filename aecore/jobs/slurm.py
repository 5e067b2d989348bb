"""Workers as jobs of Slurm, through submitit: the same worker and run folder, on a file system that all machines share.

    AECORE_LAUNCHER=slurm
    AECORE_SLURM="partition=gpu, gpus=1, minutes=240, cpus=8, memory_gb=32"

Slurm is the line: such a worker takes no place in that of this machine. Before its time is over, Slurm sends SIGUSR2;
the run then keeps a checkpoint, the job goes back into Slurm's queue and, when its turn comes, on from there. SIGTERM
is a stop with a checkpoint too; whether a job that Slurm preempts is put back is Slurm's own setting.

submitit lays the function that it runs, its script and what was printed into `slurm/` of the run folder. Its pickle is
read by the job alone.
"""

import shlex
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from aecore import places
from aecore.errors import JobError, SettingError
from aecore.runs.job_folder import STOP, JobFolder, job_called
from aecore.settings import Settings, describe, setting

FOLDER = "slurm"
MANY = 1000  # times that a job may come to the end of its time and go on


@dataclass(frozen=True)
class SlurmSettings(Settings):
    """What a job asks Slurm for."""

    partition: str = setting("", reason="the partition; Slurm's own default where there is none")
    gpus: int = setting(0, 0, 1, "GPUs", "of the one machine it runs on")
    minutes: int = setting(240, 1, 60 * 24 * 30, "minutes", "after them the run goes back into the queue")
    cpus: int = setting(2, 1, 1024, "cores", "of the machine")
    memory_gb: int = setting(8, 1, 4096, "GB", "of the machine")

    @classmethod
    def read(cls, text: str) -> "SlurmSettings":
        """From "partition=gpu, gpus=1". SettingError for words that are not understood."""
        known, values = {each.name: each for each in describe(cls)}, dict[str, object]()
        for word in filter(None, (each.strip() for each in text.split(","))):
            name, sign, value = (each.strip() for each in word.partition("="))
            if not sign:
                raise SettingError(f"AECORE_SLURM has {word!r}: write for instance partition=gpu, gpus=1, minutes=240.")
            values[name] = known[name].parse(value, "AECORE_SLURM") if name in known else value
        return cls.from_dict(values, "AECORE_SLURM")


@dataclass(frozen=True)
class SlurmJob:
    """A job of Slurm by its number."""

    slurm: str


class SlurmLauncher:
    """Submits the worker of a job."""

    def __init__(self, settings: SlurmSettings):
        self.settings = settings

    def launch(self, job: JobFolder) -> SlurmJob:
        """JobError where Slurm or submitit is missing, or the job is refused."""
        try:
            submitit: Any = import_module("submitit")
        except ModuleNotFoundError:
            raise JobError(
                "AECORE_LAUNCHER is slurm, but submitit is not installed: pip install submitit==1.5.4 adds it."
            ) from None
        try:
            executor = submitit.AutoExecutor(job.path / FOLDER, cluster="slurm", slurm_max_num_timeout=MANY)
            executor.update_parameters(**self._asked_for(job))
            return SlurmJob(str(executor.submit(Work(str(job.path))).job_id))
        except (RuntimeError, OSError, submitit.core.utils.FailedJobError) as error:
            reason = (str(error).strip().splitlines() or ["no reason"])[-1]
            raise JobError(f"Slurm did not take the {job.kind} {job.id} ({reason}).") from None

    def _asked_for(self, job: JobFolder) -> dict[str, object]:
        chosen, environment = self.settings, places.child_environment()
        found = [f"export {name}={shlex.quote(environment[name])}" for name in ("AECORE_DATA", "PYTHONPATH")]
        return {
            "name": job.id,
            "timeout_min": chosen.minutes,
            "cpus_per_task": chosen.cpus,
            "mem_gb": chosen.memory_gb,
            "stderr_to_stdout": True,
            "slurm_setup": found,
            **({"gpus_per_node": chosen.gpus} if chosen.gpus else {}),
            **({"slurm_partition": chosen.partition} if chosen.partition else {}),
        }


class Work:
    """What submitit runs: the worker of one folder, which may be put back into the queue."""

    def __init__(self, folder: str):
        self.folder = folder

    def __call__(self) -> None:
        """The worker, and after SIGUSR2 back into the queue."""
        from aecore.jobs.worker import main

        put_back, asked = signal.getsignal(signal.SIGUSR2), []

        def receive(number: int, frame: object) -> None:
            asked.append(number)
            (Path(self.folder) / STOP).touch()

        signal.signal(signal.SIGUSR2, receive)
        main([self.folder])
        if asked and callable(put_back):
            self._put_back(put_back)

    def checkpoint(self) -> Any:
        """What submitit runs when the job's turn comes again: the same, for the run folder knows how far it is."""
        return import_module("submitit").helpers.DelayedSubmission(self)

    def _put_back(self, submitit: Callable[..., Any]) -> None:
        path = Path(self.folder)
        job = job_called(path.parent, path.name)
        if job.status()["state"] != "stopped":
            return
        with job.hold() as status:
            number = str((status["launched"] or {}).get("slurm", ""))
            status.update(state="queued", message=waits(number), sync=True)
        submitit(signal.SIGUSR2, None)


def waits(number: str) -> str:
    """What a run says that Slurm has not begun."""
    return f"Waits for Slurm (job {number})."
