"""Checkpoint files: what was written comes back, and nothing else does."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from aecore.errors import RunError
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint

TENSORS = {
    "model.weight": torch.randn(3, 2, 4, 4).contiguous(memory_format=torch.channels_last),
    "model.steps": torch.tensor(7),
    "optimiser.all.0.exp_avg": torch.randn(3, 2, 4, 4),
    "optimiser.all.0.step": torch.tensor(5.0),
    "stream.corruption": torch.randint(0, 256, (16,), dtype=torch.uint8),
    "total.loss": torch.tensor(0.1, dtype=torch.float64),
}
POSITION = Position(epoch=2, step=23, step_in_epoch=3, seconds=1.25)


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(Checkpoint(POSITION, TENSORS).to_bytes())
    return path


def test_position_and_tensors_come_back_as_they_were_written(file):
    checkpoint = read_checkpoint(file)
    assert checkpoint.position == POSITION
    assert checkpoint.tensors.keys() == TENSORS.keys()
    for name, each in checkpoint.tensors.items():
        assert each.dtype == TENSORS[name].dtype
        assert torch.equal(each, TENSORS[name]), name


def test_a_part_is_named_without_its_prefix(file):
    checkpoint = read_checkpoint(file)
    assert set(checkpoint.part("model")) == {"weight", "steps"}
    assert set(checkpoint.part("optimiser.all")) == {"0.exp_avg", "0.step"}
    assert checkpoint.part("mod") == {}


def test_only_what_is_asked_for_is_read(file):
    checkpoint = read_checkpoint(file, "model.")
    assert set(checkpoint.tensors) == {"model.weight", "model.steps"}
    assert checkpoint.position == POSITION


def test_weights_alone_are_smaller_and_cannot_be_resumed(file):
    checkpoint = read_checkpoint(file)
    whole = len(file.read_bytes())
    file.write_bytes(checkpoint.to_few_bytes())
    weights = read_checkpoint(file)
    assert checkpoint.resumable
    assert not weights.resumable
    assert len(file.read_bytes()) < whole
    assert set(weights.tensors) == {"model.weight", "model.steps"}
    assert weights.tensors["model.weight"].dtype == torch.float16
    assert weights.tensors["model.steps"].dtype == torch.int64
    assert weights.position == POSITION


def test_a_missing_file_says_that_nothing_was_kept_yet(tmp_path):
    with pytest.raises(RunError, match=r"checkpoint\.safetensors is missing: the run has kept no weights yet"):
        read_checkpoint(tmp_path / "checkpoint.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(RunError, match="is damaged"):
        read_checkpoint(file)


def test_a_byte_changed_anywhere_is_noticed(file):
    """Every seventh byte, header and tensors alike."""
    content = file.read_bytes()
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(RunError, match=r"is damaged|is no checkpoint"):
            read_checkpoint(file)


def test_a_safetensors_file_of_another_make_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(RunError, match=r"other\.safetensors is no checkpoint of this version of the lab"):
        read_checkpoint(path)


def test_a_position_that_nobody_knows_is_refused_even_where_only_a_part_is_read(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_file({"model.weight": torch.zeros(2)}, path, {"format": "1", "position": '{"age": 3}'})
    with pytest.raises(RunError, match="does not say how far training had come"):
        read_checkpoint(path, "model.")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(RunError, match="is damaged and cannot be read"):
        read_checkpoint(tmp_path)
