"""Kernels of ours: what torch computes, forward and backward, for one model and for several; and if there are none.

On a processor torch plays the kernels (tests/played_kernels.py), so that everything around them is tested there too.
"""

import contextlib
import re

import pytest
import torch
from torch.nn import functional

from aecore import kernels
from aecore.model import Pass
from aecore.objectives.reconstruction import CrossEntropy, ReconstructionSettings
from aecore.training.adamw import EPS
from aecore.training.capture import Moment
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.training.together import together
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_splits
from tests.played_kernels import PLAYED, launch, play

TORCH = {
    "cross_entropy": lambda x, t: functional.binary_cross_entropy_with_logits(x, t.expand_as(x), reduction="none").sum(
        -1
    ),
    "kl": lambda m, v: 0.5 * (m.square() + v.exp() - v - 1).sum(-1),
    "draw": lambda m, v, n: m + torch.exp(0.5 * v) * n,
}
TAKE_NO_GRADIENT = {"cross_entropy": 1, "kl": 0, "draw": 1}


def on_a_gpu(test):
    missing = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    return pytest.mark.gpu(missing(test))


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def place(request, monkeypatch):
    """Where the kernels run."""
    if request.param == "cpu":
        play(monkeypatch)
    elif not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return request.param


def numbers(name, *shape, device):
    """Numbers for an operation, far from 0 too; means and variances lie side by side as an encoder gives them."""
    chance = torch.Generator().manual_seed(3)
    some = [torch.randn(*shape, generator=chance) * 4 for _ in range(3)]
    if name == "cross_entropy":
        return [some[0].to(device), torch.rand(*shape, generator=chance).to(device)]
    mean, log_variance = torch.cat(some[:2], -1).to(device).chunk(2, -1)
    return [mean, log_variance] if name == "kl" else [mean, log_variance, some[2].to(device)]


def with_gradients(name, operation, given, again=False):
    """The result in double precision, and the gradients of a weighed sum of it; `again` derives those once more."""
    leaves = [
        each.detach().requires_grad_(place < len(given) - TAKE_NO_GRADIENT[name]) for place, each in enumerate(given)
    ]
    fitted = [each for each in leaves if each.requires_grad]
    result = operation(*leaves)
    weights = torch.linspace(-1, 2, result.numel(), device=result.device, dtype=result.dtype).view(result.shape)
    total = (result * weights).sum()
    if again:
        slopes = torch.autograd.grad(total, fitted, create_graph=True)
        total = sum(each.square().sum() for each in slopes)
    gradients = torch.autograd.grad(total, fitted, allow_unused=True, materialize_grads=True)
    return [result.detach().double(), *(each.double() for each in gradients)]


def assert_close(mine, exact):
    for one, other in zip(mine, exact, strict=True):
        assert torch.allclose(one, other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (128, 20), (7, 784), (3, 5000)])
@pytest.mark.parametrize("name", TORCH)
def test_a_kernel_computes_what_torch_does(name, shape, again, place):
    given = numbers(name, *shape, device=place)
    with kernels.in_use():
        assert kernels.fits(*given)
        mine = with_gradients(name, getattr(kernels, name), given, again)
    assert_close(mine, with_gradients(name, TORCH[name], [each.double() for each in given], again))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", TORCH)
def test_of_several_models_each_has_its_own(name, shared, place):
    given = numbers(name, 3, 9, 20, device=place)
    alike = shared and name == "cross_entropy"  # all models are shown the same images
    if alike:
        given[1] = given[1][0]
    dims = tuple(None if alike and place == 1 else 0 for place in range(len(given)))
    mine = with_gradients(name, torch.func.vmap(getattr(kernels, name), in_dims=dims), given)
    assert_close(mine, with_gradients(name, TORCH[name], [each.double() for each in given]))


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("shape", [(128, 784, 400), (5, 20, 40), (1, 1, 1), (300, 513, 33)])
def test_a_dense_layer_is_computed_as_torch_does(shape, again, place):
    rows, inputs, outputs = shape
    torch.manual_seed(0)
    layer, given = torch.nn.Linear(inputs, outputs, device=place), torch.randn(rows, inputs, device=place)
    found = []
    for use in (True, False):
        layer.zero_grad()
        leaf = given.detach().requires_grad_()
        with kernels.in_use() if use else contextlib.nullcontext():
            result = layer(leaf)
            assert (type(result.grad_fn).__name__ == "_LinearBackward") == use
            total = result.square().sum()
            if again:
                (slope,) = torch.autograd.grad(total, leaf, create_graph=True)
                total = slope.square().sum()
            torch.autograd.backward(total)
        found.append([result.detach(), leaf.grad, layer.weight.grad, layer.bias.grad])
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize("shared", [True, False])
def test_a_dense_layer_of_several_models_is_computed_as_torch_does(shared, place):
    torch.manual_seed(0)
    weights, bias = torch.randn(3, 40, 600, device=place), torch.randn(3, 40, device=place)
    given = torch.randn(*([] if shared else [3]), 9, 600, device=place)
    found = []
    for use in (True, False):
        leaves = [each.detach().requires_grad_() for each in (given, weights, bias)]
        with kernels.in_use() if use else contextlib.nullcontext():
            result = torch.func.vmap(functional.linear, in_dims=(None if shared else 0, 0, 0))(*leaves)
            torch.autograd.backward(result.square().sum())
        assert leaves[1].grad.is_contiguous() or not use
        found.append([result.detach(), *(each.grad for each in leaves)])
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_of_adamw_are_those_of_torch(decay, place):
    chance = torch.Generator(place).manual_seed(0)
    shapes = [(300, 500), (300,), (8, 3, 3, 3), (1,), *[(n,) for n in range(2, 12)]]  # more than one launch takes
    mine = [torch.randn(each, generator=chance, device=place) for each in shapes]
    mine[2] = mine[2].contiguous(memory_format=torch.channels_last)
    theirs = [torch.nn.Parameter(each.clone()) for each in mine]
    reference = torch.optim.AdamW(theirs, lr=0.02, betas=(0.5, 0.99), weight_decay=decay, fused=True)
    means, squares = ([torch.zeros_like(each) for each in mine] for _ in range(2))
    steps = [torch.zeros((), device=place) for _ in mine]
    for _ in range(5):
        gradients = [torch.randn(each.shape, generator=chance, device=place) for each in mine]
        laid = [torch.empty_like(each).copy_(gradient) for each, gradient in zip(mine, gradients, strict=True)]
        for parameter, gradient in zip(theirs, laid, strict=True):
            parameter.grad = gradient.clone()
        reference.step()
        torch._foreach_add_(steps, 1)
        slots = list(zip(mine, laid, means, squares, steps, [decay] * len(mine), strict=True))
        kernels.adamw(slots, torch.tensor(0.02, device=place), (0.5, 0.99), EPS)
    for one, other in zip(mine, theirs, strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_takes_its_steps_with_them_as_without(variant, monkeypatch):
    changes = {"training.batch_size": 20, "training.epochs": 2, "training.precision": "float32"}
    recipe = make_recipe(variant, DataChoice("made_up"), changes)
    found = []
    for use in (True, False):
        if use:
            play(monkeypatch)
        training = Training(recipe, made_up_splits((3, 9, 12), train=100), find_device("cpu"))
        stage = training._stage()
        chapter = stage.timeline.chapter(0.0)[0].key
        with kernels.in_use() if use else contextlib.nullcontext():
            for begin in range(0, 60, 20):
                training._step(Moment(torch.arange(begin, begin + 20), torch.tensor(1e-3), 0.5, chapter), stage)
        found.append({name: float(each) for name, each in training._taken.totals.items()})
    assert found[0] == pytest.approx(found[1], rel=1e-3)


def test_models_of_a_race_take_their_steps_with_them_as_without(monkeypatch):
    changes = {"training.batch_size": 20, "training.epochs": 2, "training.precision": "float32"}
    recipes = [
        make_recipe("variational", DataChoice("made_up"), {**changes, "bottleneck.code_size": z}) for z in (2, 5)
    ]
    found, launched = [], []
    for use in (True, False):
        if use:
            play(monkeypatch)
            monkeypatch.setattr(kernels, "_launch", lambda name, *rest: launched.append(name) or launch(name, *rest))
        race = together(recipes, made_up_splits((1, 8, 8), train=100), find_device("cpu"), [None, None], stacked=True)[
            0
        ]._race
        stage = race.first._stage()
        with kernels.in_use() if use else contextlib.nullcontext():
            for begin in range(0, 60, 20):
                race._move(Moment(torch.arange(begin, begin + 20), torch.tensor(1e-3), 0.5, ""), stage)
        found.append({name: each.tolist() for name, each in race._taken.totals.items()})
    assert set(launched) == set(kernels.NAMES)
    for name, sums in found[0].items():
        assert sums == pytest.approx(found[1][name], rel=1e-4)


@on_a_gpu
def test_what_was_compiled_is_kept_and_made_again_where_it_was_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    for content in (None, b"no kernels"):
        for kept in tmp_path.glob("kernels/*"):
            kept.write_bytes(content)
        kernels._kernels.cache_clear()
        with kernels.in_use():
            assert kernels.fits(torch.zeros(1, device="cuda"))
        (kept,) = tmp_path.glob("kernels/*")
        assert kept.stat().st_size > 1000
    kernels._kernels.cache_clear()


@on_a_gpu
def test_without_a_compiler_torch_computes_it_and_one_warning_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    monkeypatch.setattr(torch.cuda._utils, "_nvrtc_compile", lambda *_: 1 / 0)
    kernels._kernels.cache_clear()
    logits, objective = torch.randn(2, 1, 4, 4, device="cuda"), CrossEntropy(ReconstructionSettings())
    outcome = Pass(logits, logits.flatten(1), None)
    with kernels.in_use():
        with pytest.warns(UserWarning, match="no kernels were made"):
            objective(outcome, logits.sigmoid())
        found = objective(outcome, logits.sigmoid())  # where every warning is an error
    expected = TORCH["cross_entropy"](logits.flatten(1), logits.sigmoid().flatten(1))
    assert torch.allclose(found, expected)
    kernels._kernels.cache_clear()


def test_the_source_has_the_kernels_that_are_called():
    assert set(kernels.NAMES) == set(re.findall(r"__global__ void (\w+)\(", kernels.SOURCE.read_text())) == set(PLAYED)


def test_a_processor_has_none():
    with kernels.in_use():
        assert not kernels.fits(torch.zeros(3))


@on_a_gpu
def test_they_are_not_taken_where_nobody_said_so():
    assert not kernels.fits(torch.zeros(3, device="cuda"))
