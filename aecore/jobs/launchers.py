"""Which launcher starts the workers of this process: one setting, AECORE_LAUNCHER."""

from aecore import places
from aecore.errors import SettingError
from aecore.jobs.launcher import Launcher
from aecore.jobs.slurm import SlurmLauncher, SlurmSettings
from aecore.jobs.standby import standby_launcher


def chosen_launcher() -> Launcher:
    """The one that it names. SettingError for a name or settings that are not understood."""
    match places.launcher():
        case "local":
            return standby_launcher()
        case "slurm":
            return SlurmLauncher(SlurmSettings.read(places.slurm()))
        case other:
            raise SettingError(f"AECORE_LAUNCHER is {other!r}: choose local or slurm.")
