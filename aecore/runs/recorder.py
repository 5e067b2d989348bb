"""What happens in training, written down in the run folder.

At the end of an epoch its line of metrics is written first and its checkpoint, where it is pressing, last. Whatever is
written after the checkpoint from which a run goes on is therefore of work that will be done again, and is taken back at
the start: it may be several short epochs, where a process was killed.
"""

import json
import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aecore.model import Autoencoder, Restorer
from aecore.runs.arrays import compact, preview_arrays, to_bytes
from aecore.runs.environment import write_environment
from aecore.runs.files import append_line, read_lines, write_file
from aecore.runs.folder import INPUTS, METRICS, PREVIEW, SNAPSHOTS, STEPS, Run
from aecore.runs.job_folder import ABOUT, STATUS
from aecore.runs.status import LiveStatus
from aecore.runs.weights import keep_checkpoint
from aecore.training.events import CheckpointDue, Epoch, Event, Finished, Preview, Progress, Started
from aecore.training.loop import Training

STEP_GROWTH = 1.005  # a point of the curve each half percent is finer than a screen, and few in all


def record(run: Run, training: Training, status: LiveStatus | None = None) -> Generator[Event, None, None]:
    """Pass the events of `training` on after writing them down. The caller holds the run (`run.hold()`).

    Closing the iterator stops training: a checkpoint of that moment is kept, and the run is "stopped". RunError when
    the disk is full.
    """
    journal = _Journal(run, training, status or LiveStatus(run.path / STATUS))
    events = training.events()
    try:
        for event in events:
            journal.write(event)
            yield event
    except GeneratorExit:
        journal.stop(events)
        raise


class _Journal:
    def __init__(self, run: Run, training: Training, status: LiveStatus):
        self.run = run
        self.training = training
        self.status = status
        self._last: Event | None = None
        self._kept = training.position  # where the newest checkpoint stands, or the beginning
        self._next_step = 0.0  # the step from which on the next point of the curve is kept

    def write(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event)
            case Progress():
                self._progress(event)
            case Epoch():
                self._epoch(event)
            case Preview():
                self._preview(event)
            case CheckpointDue():
                if event.pressing:
                    self._keep()
                    self.status.update(bytes=self.run.bytes_on_disk())
            case Finished():
                self._finish(event)
        self._last = event

    def stop(self, events: Iterator[Event]) -> None:
        """End in order: an epoch whose end has begun is written down whole, then this very moment is kept."""
        if isinstance(self._last, Epoch | Preview) or self._complete():
            for event in events:
                self.write(event)
                if isinstance(event, CheckpointDue) and not self._complete():
                    break
        if self.training.position != self._kept and self.training.whole:
            self._keep()
        if not isinstance(self._last, Finished):
            self.status.update(state="stopped", progress=None, bytes=self.run.bytes_on_disk(), sync=True)
            self.run.write_log(f"Stopped at step {self.training.position.step}.")

    def _keep(self) -> None:
        keep_checkpoint(self.run, self.training.checkpoint())
        self._kept = self.training.position

    def _complete(self) -> bool:
        return self.training.position.epoch >= self.training.recipe.epochs

    def _start(self, event: Started) -> None:
        take_back(self.run, event.epoch, self.training.position.step)
        self._next_step = self.training.position.step * STEP_GROWTH
        write_environment(self.run, event)
        metrics = self.run.metrics()
        self.status.update(
            state="running",
            message="",
            place=None,
            progress=None,
            device=event.device,
            precision=event.precision,
            parameters=event.parameters,
            latent=self.training.model.latent,
            encodes=isinstance(self.training.model, Autoencoder),
            generates=self.training.model.generates,
            restores=isinstance(self.training.model, Restorer),
            image_shape=list(self.training.splits.shape),
            class_names=list(self.training.splits.train.class_names),
            train_images=event.train_images,
            validation_images=event.validation_images,
            epochs_done=event.epoch,
            metrics=metrics[-1] if metrics else {},
        )
        self.run.write_log(
            f"Training on {event.device} in {event.precision}: {event.parameters:,} parameters, "
            f"{event.train_images:,} images, epoch {event.epoch} of {event.epochs} done."
        )

    def _progress(self, event: Progress) -> None:
        values = {**asdict(event), "losses": dict(event.losses)}
        self.status.update(progress=values, first_step_at=self.training.first_step_at)
        if self._last is None or isinstance(self._last, Started):
            self._first_step()
        if event.step >= self._next_step:
            point = {name: each for name, each in values.items() if name != "seconds_left"}
            append_line(self.run.path / STEPS, json.dumps(point), sync=False)
            self._next_step = event.step * STEP_GROWTH

    def _first_step(self) -> None:
        """Say how long whoever asked for the start waited; a training in the foreground was not asked for."""
        asked, done = self.status["asked_at"], self.training.first_step_at
        if asked is not None and done is not None:
            self.run.write_log(f"First step {done - asked:.1f} s after the start was asked for.")

    def _epoch(self, event: Epoch) -> None:
        values = {**asdict(event), "train": dict(event.train), "validation": dict(event.validation)}
        append_line(self.run.path / METRICS, json.dumps(values))
        self.status.update(epochs_done=event.epoch, metrics=values)
        self.run.write_log(
            f"Epoch {event.epoch}: training {_numbers(event.train)}; validation {_numbers(event.validation)}; "
            f"{event.images_per_second:,.0f} images/s."
        )

    def _preview(self, event: Preview) -> None:
        folder = self.run.path / SNAPSHOTS
        folder.mkdir(exist_ok=True)
        if not (folder / INPUTS).exists():
            write_file(folder / INPUTS, to_bytes(self._inputs(event)))
        if event.recorded:
            write_file(self.run.snapshot_path(event.epoch), to_bytes(self._snapshot(event)))
        write_file(self.run.path / PREVIEW, to_bytes(preview_arrays(event)), sync=False)

    def _inputs(self, event: Preview) -> dict[str, npt.NDArray[Any]]:
        labels = self.training.splits.validation.labels
        known = {} if labels is None else {"labels": np.asarray(labels[: len(event.codes)], dtype=np.int64)}
        return {"clean": event.clean, "corrupted": event.corrupted, **known}

    def _snapshot(self, event: Preview) -> dict[str, npt.NDArray[Any]]:
        decoder = self.training.model.recorded()
        weights = {f"decoder.{name}": compact(each.detach().cpu().numpy()) for name, each in decoder.items()}
        return {
            "codes": compact(event.codes),
            "reconstructions": event.reconstructions,
            "samples": event.samples,
            **weights,
        }

    def _finish(self, event: Finished) -> None:
        size = self.run.bytes_on_disk()
        self.status.update(state="finished", message="", progress=None, epochs_done=event.epoch, bytes=size, sync=True)
        self.run.write_log(f"Finished after {event.epoch} epochs and {event.seconds:.1f} s of training.")


def take_back(run: Run, epoch: int, step: int) -> None:
    """Keep only what was written up to a checkpoint, and only whole lines and files."""
    _keep_lines(run.path / METRICS, "epoch", epoch)
    _keep_lines(run.path / STEPS, "step", step)
    for recorded in run.snapshots():
        if recorded > epoch:
            run.snapshot_path(recorded).unlink(missing_ok=True)
    for left in (*run.path.glob(".*.tmp"), *(run.path / SNAPSHOTS).glob(".*.tmp")):
        # Only whoever holds the run writes these; a process that was killed had no time to delete its own.
        if not left.name.startswith(f".{ABOUT}") and not left.name.endswith(f".{os.getpid()}.tmp"):
            left.unlink(missing_ok=True)


def _keep_lines(path: Path, key: str, last: int) -> None:
    if not path.exists():
        return
    kept = [each for each in read_lines(path) if isinstance(each.get(key), int) and each[key] <= last]
    content = "".join(json.dumps(each) + "\n" for each in kept).encode()
    if content != path.read_bytes():
        write_file(path, content)


def _numbers(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.5g}" for name, value in values.items())
