"""Weights in a byte a number: small, close to what they were, and back under the names they had."""

import torch

from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.compact import compact, expanded

WEIGHT = torch.randn(40, 30, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 2, 40)[:, None]
TENSORS = {
    "model.encoder.weight": WEIGHT,
    "model.decoder.weight": WEIGHT.clone(),  # tied
    "model.encoder.bias": torch.arange(40.0),
    "model.small": torch.rand(3, 3, generator=torch.Generator().manual_seed(1)),
    "model.steps": torch.tensor(7),
    "model.other": torch.tensor(7),
    "optimiser.all.0.exp_avg": torch.zeros(40, 30),
}


def test_every_number_is_within_half_a_level_of_its_row():
    back = expanded(compact(TENSORS))["model.encoder.weight"]
    level = WEIGHT.abs().amax(1, keepdim=True) / 127
    assert ((back - WEIGHT).abs() <= level / 2 * 1.001).all()
    assert not torch.equal(back, WEIGHT)


def test_a_row_of_zeros_stays_one():
    weight = torch.zeros(40, 30)
    assert torch.equal(expanded(compact({"model.w": weight}))["model.w"], weight)


def test_what_is_the_same_is_kept_once_and_comes_back_twice():
    made = compact(TENSORS)
    assert "model.decoder.weight" not in made
    back = expanded(made)
    assert torch.equal(back["model.decoder.weight"], back["model.encoder.weight"])
    assert int(back["model.other"]) == 7


def test_small_tensors_and_counts_keep_their_values_and_nothing_but_the_model_is_kept():
    back = expanded(compact(TENSORS))
    assert set(back) == {name for name in TENSORS if name.startswith("model.")}
    assert torch.equal(back["model.encoder.bias"].float(), TENSORS["model.encoder.bias"])
    assert torch.allclose(back["model.small"].float(), TENSORS["model.small"], atol=1e-3)
    assert back["model.steps"].dtype == torch.int64


def test_a_file_is_a_quarter_as_large_and_is_read_like_any_checkpoint(tmp_path):
    tensors = {"model.w": torch.randn(200, 200, generator=torch.Generator().manual_seed(2))}
    whole = Checkpoint(Position(epoch=3), tensors)
    content = whole.to_few_bytes()
    assert len(content) < len(whole.to_bytes()) / 3.7
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(content)
    read = read_checkpoint(file)
    assert read.position == Position(epoch=3)
    assert torch.allclose(read.tensors["model.w"], tensors["model.w"], atol=0.02)


def test_where_rounding_costs_too_much_every_number_keeps_eleven_bits():
    weight = torch.tensor([1.0, 0.003, -0.0007]).repeat(400, 10)
    back = expanded(compact({"model.w": weight}, rounded=False))["model.w"].float()
    assert ((back - weight).abs() <= weight.abs() / 2**11).all()
    assert not torch.allclose(expanded(compact({"model.w": weight}))["model.w"], weight, rtol=0.1)
