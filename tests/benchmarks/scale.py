"""Training as the data grow: `python -m tests.benchmarks.scale`. Writes up to 5 GB of made-up images to a folder.

    more images     a dense autoencoder on 28 x 28 grey images, from 10,000 to 1,000,000
    larger images   a convolutional autoencoder on 4,000 images, from 28 x 28 grey to 128 x 128 in colour
    not in memory   128 x 128 in colour, a file three times as large as the memory that the process is given (a control
                    group of Linux, which takes an administrator), against the same kind of images from memory

All images are read from a memory-mapped file but for that last comparison. Every line is a process of its own that
takes steps of 128 images for some seconds. Images per second are those of all steps together; memory is the process's
own, without the pages of the file, which the system takes back when it needs them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BATCH = 128
SECONDS = 8.0
AT_ONCE = 2**26  # bytes written at a time
GROUP = Path("/sys/fs/cgroup")
BOUND_MB, TIMES_AS_LARGE = 1500, 3


@dataclass(frozen=True)
class Case:
    """A kind of line."""

    variant: str
    shape: tuple[int, int, int]
    count: int

    @property
    def bytes(self) -> int:
        """Of all images."""
        return self.count * int(np.prod(self.shape))

    def __str__(self) -> str:
        channels, height, width = self.shape
        return f"{self.variant}, {height} x {width} x {channels}, {self.count:,} images ({self.bytes / 1e9:.2f} GB)"


MORE = [Case("simple", (1, 28, 28), count) for count in (10_000, 100_000, 1_000_000)]
LARGER = [Case("convolutional", shape, 4_000) for shape in ((1, 28, 28), (3, 64, 64), (3, 128, 128))]
BEYOND = Case("convolutional", (3, 128, 128), TIMES_AS_LARGE * BOUND_MB * 2**20 // (3 * 128 * 128))
WITHIN = Case("convolutional", (3, 128, 128), 10_000)


def main() -> None:
    """Measure and print the table."""
    options = _options()
    if options.ours:
        return _measure_here(*options.ours)
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    print("| what | images per second | memory of its own |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for case in (*MORE, *LARGER):
            _line(str(case), _in_a_process(case, Path(folder)))
        known = _in_a_process(WITHIN, Path(folder), resident=True)
        _line(f"{WITHIN}, from memory", known)
        group = _bounded_group()
        if group is None:
            print("| a file larger than memory | not measured: no control group can be made here | |")
            return None
        _line(f"{BEYOND}, {BOUND_MB:,} MB of memory", _in_a_process(BEYOND, Path(folder), group=group), known)
        group.rmdir()
    return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="where the images are written; a temporary folder by default")
    parser.add_argument("--ours", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


def _line(what: str, read: dict[str, float], known: dict[str, float] | None = None) -> None:
    share = f" ({read['rate'] / known['rate']:.2f} times as many as from memory)" if known else ""
    print(f"| {what} | {read['rate']:,.0f}{share} | {read['peak_mb']:,.0f} MB |", flush=True)


def _in_a_process(case: Case, folder: Path, resident: bool = False, group: Path | None = None) -> dict[str, float]:
    path = folder / "images.npy"
    _write(path, case)
    command = [sys.executable, "-m", "tests.benchmarks.scale", "--ours", case.variant, str(path)]
    command += ["resident" if resident else "mapped", str(group or "")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path.unlink()
    if done.returncode:
        sys.exit(f"{case} failed:\n{done.stderr[-3000:]}")
    read: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return read


def _write(path: Path, case: Case) -> None:
    """Noise over a gradient: something to learn that does not compress."""
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (case.count, *case.shape))
    chance, each = np.random.default_rng(0), max(1, AT_ONCE // int(np.prod(case.shape)))
    slope = np.linspace(0, 127, case.shape[2], dtype=np.uint8)
    for start in range(0, case.count, each):
        part = images[start : start + each]
        part[:] = chance.integers(0, 128, part.shape, dtype=np.uint8) + slope
    images.flush()
    os.posix_fadvise(os.open(path, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)


def _bounded_group() -> Path | None:
    """A control group with that much memory, of the first or second version; None where none can be made."""
    for parent, limit in ((GROUP / "memory", "memory.limit_in_bytes"), (GROUP, "memory.max")):
        made = parent / "latent-lab-benchmark"
        try:
            made.mkdir()
            (made / limit).write_text(str(BOUND_MB * 2**20))
        except OSError:
            continue
        return made
    return None


def _measure_here(variant: str, path: str, kept: str, group: str) -> None:
    if group:
        (Path(group) / "cgroup.procs").write_text(str(os.getpid()))
    from aecore.data.image_set import ImageSet, Splits
    from aecore.jobs.memory import keep_freed_memory
    from aecore.training.events import Progress, Started
    from aecore.training.loop import Training
    from aecore.training.precision import find_device
    from aecore.training.recipe import DataChoice, make_recipe

    keep_freed_memory()
    pixels = np.load(path, mmap_mode="r")
    whole = ImageSet(np.array(pixels) if kept == "resident" else pixels, title="made up")
    few = whole.first(BATCH)
    recipe = make_recipe(variant, DataChoice("made_up"), {"training.batch_size": BATCH, "training.epochs": 1000})
    training = Training(recipe, Splits(whole, few, few, "made_up", ""), find_device("cpu"))
    began = steps = 0.0
    for event in training.events():
        now = time.perf_counter()
        if isinstance(event, Started) or not began:
            began, steps = now, training.position.step
        if isinstance(event, Progress) and now - began > SECONDS:
            break
    rate = (training.position.step - steps) * BATCH / (now - began)
    print(json.dumps({"rate": rate, "peak_mb": _own_mb()}))


def _own_mb() -> float:
    """Memory of this process without the pages of files, now; a training keeps what it needs from its first step on."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


if __name__ == "__main__":
    main()
