"""AdamW: torch's own arithmetic to the last bit, without loading torch's compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from aecore.training.adamw import AdamW, Group
from tests.browser.servers import PROJECT

RATES = (1e-2, 3e-3, 5e-2)
DECAY = 0.1


def weights(seed: int = 0) -> list[nn.Parameter]:
    """A filter with channels last, a matrix, a bias."""
    chance = torch.Generator().manual_seed(seed)
    shapes = ((4, 3, 2, 2), (5, 4), (4,))
    made = [nn.Parameter(torch.randn(shape, generator=chance)) for shape in shapes]
    made[0].data = made[0].data.contiguous(memory_format=torch.channels_last)
    return made


def set_gradients(parameters: list[nn.Parameter], step: int) -> None:
    chance = torch.Generator().manual_seed(100 + step)
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape, generator=chance).to(memory_format=torch.preserve_format)


def ours(parameters: list[nn.Parameter], fused: bool = True) -> AdamW:
    *wide, bias = parameters
    return AdamW([Group(wide, decays=True), Group([bias], decays=False)], fused)


def advance(optimiser: AdamW, parameters: list[nn.Parameter], steps: range) -> None:
    for step in steps:
        set_gradients(parameters, step)
        for group in optimiser.groups:
            group.learning_rate = RATES[step % len(RATES)]
            group.weight_decay = DECAY if group.decays else 0.0
        optimiser.step()


@pytest.mark.parametrize("fused", [True, False])
def test_its_steps_are_those_of_torch_to_the_last_bit(fused):
    mine, theirs = weights(), weights()
    advance(ours(mine, fused), mine, range(7))
    *wide, bias = theirs
    groups = [{"params": wide, "weight_decay": DECAY}, {"params": [bias], "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, fused=fused)
    for step in range(7):
        set_gradients(theirs, step)
        for group in reference.param_groups:
            group["lr"] = RATES[step % len(RATES)]
        reference.step()
    assert all(torch.equal(one, other) for one, other in zip(mine, theirs, strict=True))


def test_the_first_step_is_the_sign_of_the_gradient_times_the_rate():
    parameter = nn.Parameter(torch.tensor([[1.0, 2.0]]))
    optimiser = AdamW([Group([parameter], decays=True, learning_rate=0.1, weight_decay=0.5)], fused=True)
    parameter.grad = torch.tensor([[3.0, -7.0]])
    optimiser.step()
    torch.testing.assert_close(parameter.detach(), torch.tensor([[1.0 * 0.95 - 0.1, 2.0 * 0.95 + 0.1]]))


@pytest.mark.parametrize("fused", [True, False])
def test_a_restored_one_goes_on_as_if_it_had_never_stopped(fused):
    straight = weights()
    advance(ours(straight, fused), straight, range(6))
    before = weights()
    first = ours(before, fused)
    advance(first, before, range(3))
    kept = {name: each.clone(memory_format=torch.contiguous_format) for name, each in first.state().items()}
    after = [nn.Parameter(each.detach().clone()) for each in before]
    second = ours(after, fused)
    second.restore(kept)
    advance(second, after, range(3, 6))
    assert all(torch.equal(one, other) for one, other in zip(straight, after, strict=True))


def test_a_parameter_without_a_gradient_stays_and_has_no_state():
    parameters = weights()
    optimiser = ours(parameters)
    set_gradients(parameters, 0)
    parameters[1].grad = None
    untouched = parameters[1].detach().clone()
    optimiser.step()
    assert torch.equal(parameters[1], untouched)
    assert {name.split(".")[0] for name in optimiser.state()} == {"0", "2"}


def test_gradients_are_forgotten():
    parameters = weights()
    set_gradients(parameters, 0)
    ours(parameters).zero_grad()
    assert all(each.grad is None for each in parameters)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("0.exp_avg", torch.zeros(1), ValueError),
        ("9.exp_avg", torch.zeros(1), ValueError),
        ("1.exp_avg", None, KeyError),
    ],
)
def test_a_state_that_does_not_fit_is_refused(name, value, error):
    parameters = weights()
    optimiser = ours(parameters)
    advance(optimiser, parameters, range(1))
    saved = optimiser.state() | ({name: value} if value is not None else {})
    if value is None:
        del saved[name]
    with pytest.raises(error):
        ours(weights()).restore(saved)


def test_a_run_begins_without_loading_the_compiler():
    code = """
import sys
import numpy as np
from aecore.data.image_set import ImageSet, Splits
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
part = ImageSet(np.zeros((40, 1, 8, 8), np.uint8))
recipe = make_recipe("convolutional", DataChoice("x"), {"training.epochs": 1, "training.clip_norm": 1.0})
for _ in Training(recipe, Splits(part, part, part, name="x", fingerprint=""), find_device("cpu")).events():
    pass
print([name for name in ("torch._dynamo", "sympy") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (result.stdout.strip(), result.returncode) == ("[]", 0), result.stderr
