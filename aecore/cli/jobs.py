"""What commands that train and commands that experiment share: where they compute, changed settings, stopping."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aecore.errors import JobError, SettingError

if TYPE_CHECKING:
    from aecore.runs.job_folder import JobFolder

STOP_PATIENCE_S = 30.0


def add_where(parser: argparse.ArgumentParser) -> None:
    """--device and --background."""
    parser.add_argument("--device", metavar="D", help="auto (default), or one of those that `devices` lists")
    parser.add_argument("--background", action="store_true", help="leave it to a process of its own and return at once")


def add_changes(parser: argparse.ArgumentParser, form: str, text: str) -> None:
    """--set, as often as one likes."""
    parser.add_argument("--set", action="append", default=[], metavar=form.upper(), dest="changes", help=text)


def read_changes(words: Iterable[str], form: str = "part.setting=value") -> dict[str, object]:
    """Words of that form as changes; SettingError for a word of another."""
    changes: dict[str, object] = {}
    for word in words:
        name, sign, value = (each.strip() for each in word.partition("="))
        if not sign or ("." in form and "." not in name):
            raise SettingError(f"--set {word!r} is not understood: write {form}.")
        changes[name] = value
    return changes


def device_of(asked_for: str | None) -> str | None:
    """The key of a device that is there. "auto" stays open until the job starts. SettingError for any other."""
    if asked_for in (None, "auto"):
        return asked_for
    from aecore.training.precision import find_device

    return find_device(asked_for).key


def stop_and_wait(job: "JobFolder") -> None:
    """Stop what trains or waits. JobError when it has not stopped after half a minute."""
    from aecore.jobs.control import stop

    if stop(job, timeout_s=STOP_PATIENCE_S) in ("queued", "running"):
        raise JobError(
            f"{job.id} was asked to stop {STOP_PATIENCE_S:.0f} s ago and has not yet: look at it again later."
        )
