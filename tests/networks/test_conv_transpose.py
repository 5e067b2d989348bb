"""The layer that doubles a picture, in training: the same numbers as torch's own, whatever is asked of it."""

import copy

import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from aecore.networks.conv_transpose import FEW, ConvTranspose2d

COUNTS = [(16, 1), (5, 3), (2, FEW), (3, FEW + 1)]  # inputs and outputs


def pair(inputs, outputs, bias=True, dtype=torch.float64):
    """Our layer and torch's with the same weights."""
    ours = ConvTranspose2d(inputs, outputs, bias).to(dtype)
    theirs = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias).to(dtype)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def pictures(inputs, height=5, width=3, dtype=torch.float64):
    return torch.rand(2, inputs, height, width, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), COUNTS)
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=["planes", "channels last"])
def test_pictures_and_all_gradients_are_those_of_torch_and_so_are_gradients_of_gradients(inputs, outputs, bias, order):
    found = []
    for layer in pair(inputs, outputs, bias):
        torch.manual_seed(1)
        images = pictures(inputs)
        made = layer.to(memory_format=order)(images.to(memory_format=order))
        given = [images, *layer.parameters()]
        first = torch.autograd.grad(made.sin().sum(), given, create_graph=True)
        second = torch.autograd.grad(sum(each.square().sum() for each in first), given)
        found.append([made, *first, *second])
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("outputs", [1, FEW])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4), (2, 7)])
def test_the_smallest_pictures_are_doubled_too(outputs, height, width):
    ours, theirs = pair(4, outputs)
    images = pictures(4, height, width)
    torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize(("inputs", "outputs"), COUNTS)
def test_several_models_at_once_get_the_gradients_that_each_gets_alone(inputs, outputs):
    alone, images = [ConvTranspose2d(inputs, outputs).double() for _ in range(3)], pictures(inputs)
    weights = {
        name: nn.Parameter(torch.stack([dict(each.named_parameters())[name].detach() for each in alone]))
        for name, _ in alone[0].named_parameters()
    }
    made = vmap(lambda own: functional_call(copy.deepcopy(alone[0]), own, (images,)))(weights)
    made.sin().sum().backward()
    for index, each in enumerate(alone):
        expected = each(images)
        expected.sin().sum().backward()
        torch.testing.assert_close(made[index], expected)
        for name, own in each.named_parameters():
            torch.testing.assert_close(weights[name].grad[index], own.grad)


@pytest.mark.parametrize(("inputs", "outputs"), COUNTS)
def test_under_autocast_it_computes_in_its_format_and_gradients_stay_with_the_weights(inputs, outputs):
    found = []
    for layer in pair(inputs, outputs, dtype=torch.float32):
        torch.manual_seed(1)
        images = pictures(inputs, dtype=torch.float32)
        with torch.autocast("cpu", torch.bfloat16):
            made = layer(images)
        made.float().square().sum().backward()
        assert made.dtype == torch.bfloat16
        assert all(each.grad.dtype == torch.float32 for each in (images, *layer.parameters()))
        found.append([made.detach().float(), images.grad, *(each.grad for each in layer.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02 * float(other.abs().max()))


def test_few_outputs_are_computed_in_another_way_in_training_on_a_processor_only(monkeypatch):
    asked = []
    real = nn.functional.conv_transpose2d
    monkeypatch.setattr(nn.functional, "conv_transpose2d", lambda *given: asked.append(1) or real(*given))
    layer, images = ConvTranspose2d(4, FEW), torch.rand(1, 4, 2, 2)
    trained = layer(images)
    assert asked == []
    torch.testing.assert_close(layer.eval()(images), trained)
    assert asked == [1]
    layer.to("meta").train()(images.to("meta"))
    ConvTranspose2d(4, FEW + 1)(images)
    assert asked == [1, 1, 1]
