"""Files packed with xz: read like any other, and bounded."""

import lzma

import numpy as np
import pytest
import torch

from aecore.errors import RunError
from aecore.runs.arrays import read_arrays, tensor_names, to_bytes
from aecore.training import packing
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.packing import packed, unpacked


def test_arrays_are_read_from_a_packed_file_as_from_a_plain_one(tmp_path):
    arrays = {"codes": np.arange(6.0).reshape(3, 2), "clean": np.zeros((3, 1, 4, 4), np.uint8)}
    plain, small = tmp_path / "plain.safetensors", tmp_path / "small.safetensors"
    plain.write_bytes(to_bytes(arrays))
    small.write_bytes(packed(to_bytes(arrays)))
    assert unpacked(plain) is None
    assert unpacked(small) == plain.read_bytes()
    assert sorted(tensor_names(small)) == sorted(tensor_names(plain)) == ["clean", "codes"]
    assert all(np.array_equal(each, arrays[name]) for name, each in read_arrays(small).items())


def test_a_checkpoint_in_few_bytes_is_packed_and_keeps_position_and_checksum(tmp_path):
    made = Checkpoint(Position(epoch=7, step=70), {"model.weight": torch.randn(40, 40)})
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(made.to_few_bytes())
    assert file.read_bytes().startswith(packing.XZ)
    read = read_checkpoint(file)
    assert (read.position.epoch, read.position.step) == (7, 70)
    assert torch.allclose(read.tensors["model.weight"], made.tensors["model.weight"], atol=0.03)
    spoiled = bytearray(lzma.decompress(file.read_bytes()))
    spoiled[-1] ^= 255
    file.write_bytes(packed(bytes(spoiled)))
    with pytest.raises(RunError, match="does not match its own checksum"):
        read_checkpoint(file)


@pytest.mark.parametrize("damage", ["cut", "turned"])
def test_a_damaged_packed_file_is_said_to_be_damaged(tmp_path, damage):
    content = bytearray(packed(to_bytes({"codes": np.random.default_rng(0).random((50, 50))})))
    if damage == "turned":
        content[len(content) // 2] ^= 255
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(content[: len(content) - 30] if damage == "cut" else content)
    for read in (read_arrays, tensor_names, read_checkpoint):
        with pytest.raises(RunError, match=r"cannot be read|is damaged"):
            read(file)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MOST_BYTES", 10_000)
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(packed(bytes(1_000_000)))
    assert file.stat().st_size < 1_000
    with pytest.raises(RunError, match="unpacks to more than"):
        read_arrays(file)
