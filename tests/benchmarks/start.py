"""From Train to the first step: `python -m tests.benchmarks.start`.

The VAE and the 55,000 images of tests.benchmarks.throughput, batch 128. In every round each way starts once, so that a
busy machine is busy for all; the run is stopped after its first step. Seconds:

    page         from the press of Train, in a process that has loaded torch as a server has, to the end of the first
                 optimiser step: the recipe is made ready, its folder made, a worker started
      fresh      the worker is a process that begins then
      standby    the worker has stood by (aecore/jobs/standby.py)
    shell        from the beginning of `python -m aecore train` to the end of its first step
    plain        from the beginning of `python peers.py plain` (plain PyTorch with a DataLoader, images from one array)
                 to the end of its first step

Below it: what the worker imports (`-X importtime`), with the time of a module alone and with all that it brought
along, and the memory of the process that stands by.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from aecore import places
from aecore.data.catalog import load
from aecore.jobs.control import start, stop
from aecore.jobs.launcher import Launcher, LocalLauncher
from aecore.jobs.standby import StandbyLauncher
from aecore.runs.files import read_object
from aecore.runs.folder import Run
from aecore.runs.job_folder import STATUS
from aecore.runs.store import Runs
from aecore.training.prepare import prepare
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from tests.benchmarks.throughput import MODELS
from tests.runs.tiny import until, until_idle

BATCH = 128
VARIANT, CHANGES = MODELS["vae"]
SETTINGS = {**CHANGES, "training.batch_size": BATCH, "training.epochs": 5}
PROMISED_S = {"page, fresh": 4.0, "page, standby": 2.0, "shell": 4.0}
MODULES = 12
IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)")


@dataclass(frozen=True)
class Way:
    """One way to the first step: what it is called and a function that goes it once, in seconds."""

    title: str
    go: Callable[[], float]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(AECORE_STANDBY="on", AECORE_RUNS=str(Path(folder) / "runs"))
        images = Path(folder) / "images.npy"
        np.save(images, load("mnist").train.images)
        ways = [
            Way("page, fresh", lambda: _page(LocalLauncher())),
            Way("page, standby", _standby),
            Way("shell", _shell),
            Way("plain", lambda: _plain(images)),
        ]
        print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {rounds} rounds")
        _print_times({way.title: times for way, times in zip(ways, _measured(ways, rounds), strict=True)})
        _print_imports(_imports())
        _print_memory()


def _measured(ways: list[Way], rounds: int) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, found in zip(ways, times, strict=True):
            found.append(way.go())
    return times


def _print_times(times: dict[str, list[float]]) -> None:
    plain = statistics.median(times["plain"])
    print("\n| to the first step | promised | median | least to most | beside plain PyTorch |")
    print("|---|---|---|---|---|")
    for title, found in times.items():
        middle, promised = statistics.median(found), PROMISED_S.get(title)
        wanted = f"{promised:.1f} s" if promised else "–"
        span = f"{min(found):.2f} to {max(found):.2f} s"
        print(f"| {title} | {wanted} | {middle:.2f} s | {span} | {middle / plain:.2f} times |", flush=True)


# --- the ways


def _page(launcher: Launcher) -> float:
    """What the page Train does when the button is pressed."""
    pressed = time.time()
    recipe, _ = prepare(_recipe())
    run = Runs().create(recipe, "Measured")
    start(run, launcher)
    return _until_first_step(run) - pressed


def _standby() -> float:
    with _ready() as (launcher, _):
        return _page(launcher)


@contextmanager
def _ready() -> Iterator[tuple[StandbyLauncher, psutil.Process]]:
    """A launcher whose standby has loaded all that it loads in advance, and that process."""
    launcher = StandbyLauncher()
    launcher.keep_one()
    waiting = launcher.waiting()
    assert waiting is not None
    until_idle(waiting.pid)
    yield launcher, psutil.Process(waiting.pid)
    launcher.dismiss()


def _shell() -> float:
    words = [
        f"{name}={','.join(map(str, each)) if isinstance(each, tuple) else each}" for name, each in SETTINGS.items()
    ]
    changes = [word for each in words for word in ("--set", each)]
    known = {each.id for each in Runs().list()}
    command = [sys.executable, "-m", "aecore", "train", VARIANT, "--dataset", "mnist", *changes]
    began = time.time()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = until(lambda: [each.id for each in Runs().list() if each.id not in known and not each.starter], "a run")
    seconds = _until_first_step(Runs().get(made[0])) - began
    child.wait()
    return seconds


def _plain(images: Path) -> float:
    script = Path(__file__).with_name("peers.py")
    command = [sys.executable, str(script), "plain", "vae", str(BATCH), "1", str(images)]
    began = time.time()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        said = next(line for line in child.stderr if line.startswith("first step at "))
        child.kill()
    return float(said.split()[-1]) - began


def _recipe() -> Recipe:
    return make_recipe(VARIANT, DataChoice("mnist"), SETTINGS)


def _until_first_step(run: Run) -> float:
    """When the run's first step was done, in seconds since 1970; the run is stopped then."""
    # The file alone: to ask whether the run is alive is to take its lock for an instant.
    done = until(lambda: read_object(run.path / STATUS).get("first_step_at"), "the first step")
    stop(run, timeout_s=60)
    return float(done)


# --- what is loaded


def _imports() -> list[tuple[str, int, int]]:
    """Module, microseconds with what it brought along, alone; those that took longest first."""
    recipe, _ = prepare(make_recipe(VARIANT, DataChoice("mnist", limit=BATCH), {**SETTINGS, "training.epochs": 1}))
    run = Runs().create(recipe, "Imports")
    command = [sys.executable, "-X", "importtime", "-m", "aecore.jobs.worker", str(run.path)]
    told = subprocess.run(command, capture_output=True, text=True, env=places.child_environment(), check=True)
    found = [(name, int(whole), int(alone)) for alone, whole, name in IMPORT.findall(told.stderr)]
    return sorted(found, key=lambda each: each[1], reverse=True)


def _print_imports(found: list[tuple[str, int, int]]) -> None:
    print(f"\n| of {len(found):,} modules that the worker imports | with what it brings along | alone |")
    print("|---|---|---|")
    for name, whole, alone in found[:MODULES]:
        print(f"| {name} | {whole / 1000:,.0f} ms | {alone / 1000:,.1f} ms |")
    print("\n| package | all its modules, each alone |")
    print("|---|---|")
    packages: dict[str, int] = {}
    for name, _, alone in found:
        packages[name.partition(".")[0]] = packages.get(name.partition(".")[0], 0) + alone
    for name, alone in sorted(packages.items(), key=lambda each: each[1], reverse=True)[:MODULES]:
        print(f"| {name} | {alone / 1000:,.0f} ms |")


def _print_memory() -> None:
    with _ready() as (_, process):
        memory = process.memory_full_info()
    print(f"\nstanding by: {memory.uss / 1e6:,.0f} MB of its own, {memory.rss / 1e6:,.0f} MB with what is shared")


if __name__ == "__main__":
    main()
