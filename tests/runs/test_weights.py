"""Checkpoints on disk: the newest, the one before, and what happens when they cannot be written or read."""

import errno
import subprocess
from pathlib import Path

import pytest
import torch

from aecore.errors import RunError
from aecore.runs import files
from aecore.runs.files import write_file
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.runs.weights import keep_checkpoint, newest_checkpoint
from aecore.training.checkpoints import Checkpoint
from tests.runs.tiny import tiny_recipe


def damage(path: Path) -> None:
    """One wrong byte in the middle of the numbers."""
    content = bytearray(path.read_bytes())
    content[-len(content) // 4] ^= 0xFF
    path.write_bytes(content)


def keep_again(run):
    """Write the newest checkpoint once more, so that there is a previous one."""
    keep_checkpoint(run, newest_checkpoint(run)[0])


def test_a_damaged_checkpoint_falls_back_to_the_previous_and_says_so(trained):
    keep_again(trained)
    damage(trained.path / "checkpoint.safetensors")
    assert newest_checkpoint(trained)[1].endswith("The checkpoint before it is used instead, of epoch 3.")

    opened = open_run(trained)

    assert "checkpoint.safetensors is damaged" in opened.fallback_note
    assert opened.epoch == 3


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\x10\x00\x00\x00\x00\x00\x00\x00{}" + b" " * 14])
def test_two_damaged_checkpoints_are_an_error_with_the_way_out(trained, content):
    (trained.path / "checkpoint.safetensors").write_bytes(content)
    (trained.path / "checkpoint.previous.safetensors").write_bytes(content)

    with pytest.raises(RunError, match=f"no checkpoint that can be read.*reproduce {trained.id}"):
        open_run(trained)


def test_a_run_without_weights_says_when_there_will_be_some(runs):
    with pytest.raises(RunError, match="when its first epochs are over"):
        open_run(runs.create(tiny_recipe()))


def test_a_checkpoint_missing_between_two_renamings_is_found_under_its_other_name(trained):
    (trained.path / "checkpoint.safetensors").rename(trained.path / "checkpoint.previous.safetensors")

    checkpoint, note = newest_checkpoint(trained)

    assert checkpoint.position.epoch == 3
    assert "checkpoint.safetensors is missing" in note


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    (tmp_path / "kept").write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RunError, match=r"The disk is full: kept \(0\.0 kB\) could not be written\. Free some space"):
        write_file(tmp_path / "kept", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"old"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_on_a_disk_that_is_really_full_the_last_checkpoint_can_still_be_read(small_disk, trained):
    run = Runs(small_disk / "runs").create(trained.recipe())
    checkpoint = newest_checkpoint(trained)[0]
    keep_checkpoint(run, checkpoint)
    larger = Checkpoint(checkpoint.position, {**checkpoint.tensors, "model.more": torch.zeros(1_000_000)})

    with pytest.raises(RunError, match="The disk is full"):
        keep_checkpoint(run, larger)

    assert newest_checkpoint(run)[0].position == checkpoint.position
    assert not list(run.path.glob(".*"))
