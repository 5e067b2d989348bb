"""What every composition promises: each variant, and every part of every catalog once."""

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from aecore.errors import SettingError
from aecore.randomness import Streams
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import CATALOGS, Composition, Parts, choose, compose

SHAPES = [(1, 28, 28), (3, 20, 24), (1, 9, 7)]
NEEDS = {"penalty.kind=kl": {"bottleneck.kind": "gaussian"}}
CONV = {"network.kind": "conv", "network.channels": (8, 12)}
SPECIAL = {
    "dense without normalisation": {"network.normalisation": False, "network.hidden": (32, 16, 24)},
    "max pooling": {**CONV, "network.downsampling": "max_pooling"},
    "average pooling": {**CONV, "network.downsampling": "average_pooling"},
    "residual blocks with batch normalisation": {**CONV, "network.residual_blocks": 2, "network.normalisation": True},
}


def recipe(variant: str = "simple", changes: Mapping[str, object] | None = None, seed: int = 0) -> Recipe:
    return make_recipe(variant, DataChoice("made_up"), changes, seed)


def every_part() -> dict[str, Recipe]:
    """Each part of each catalog in an otherwise simple model."""
    chosen = {f"{axis}.kind={key}": {f"{axis}.kind": key} for axis, catalog in CATALOGS.items() for key in catalog}
    return {name: recipe(changes={"network.hidden": (32, 16)} | one | NEEDS.get(name, {})) for name, one in
            chosen.items() if name != "network.kind=conv"} | {"network.kind=conv": recipe(changes=CONV)}  # fmt: skip


RECIPES = {
    **{variant: recipe(variant) for variant in VARIANTS},
    **every_part(),
    **{name: recipe(changes=changes) for name, changes in SPECIAL.items()},
}


@pytest.fixture(scope="module", params=RECIPES)
def parts(request) -> Parts:
    return RECIPES[request.param].parts


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def shape(request) -> tuple[int, int, int]:
    return request.param


@pytest.fixture(scope="module")
def composition(parts, shape) -> Composition:
    """Shared by the tests that ask for it, which say themselves whether it is in training or evaluation."""
    return compose(parts, shape, seed=0)


def images_of(shape: tuple[int, int, int], count: int = 5) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(8))


def assert_keeps_the_contract(model, shape):
    images, generator = images_of(shape), torch.Generator().manual_seed(3)
    codes = model.encode(images)
    decoded = model.decode(torch.randn(5, model.latent, generator=generator) * 10)
    outcome = model(images, generator)
    assert codes.shape == outcome.codes.shape == (5, model.latent)
    assert decoded.shape == outcome.logits.shape == outcome.images.shape == images.shape
    for each in (decoded, outcome.images):
        assert 0 <= float(each.detach().min()) <= float(each.detach().max()) <= 1
    assert codes.dtype == decoded.dtype == torch.float32
    assert outcome.codes.isfinite().all()
    assert outcome.logits.isfinite().all()


def test_images_become_codes_and_codes_images_in_the_range_of_images(composition, shape):
    assert_keeps_the_contract(composition.model.train(), shape)


def test_every_parameter_gets_a_gradient(composition, shape):
    (phase,) = composition.scheme.phases(composition.model.train(), images_of(shape), Streams(0))
    composition.model.zero_grad()
    phase.loss.backward()
    for name, parameter in composition.model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name


def test_evaluating_changes_nothing_and_gives_the_same_code_every_time(composition, shape):
    model, images = composition.model.eval(), images_of(shape)
    before = {name: each.clone() for name, each in model.state_dict().items()}
    codes = model.encode(images)
    model.decode(codes)
    model(images, torch.Generator().manual_seed(0))
    composition.scheme.measure(model, images, Streams(0))
    assert torch.equal(model.encode(images), codes)
    assert torch.equal(model(images).codes.float(), codes)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(each, after[name]) for name, each in before.items())


def test_a_model_survives_the_way_to_the_disk_and_back(composition, parts, shape, tmp_path):
    state = {f"model.{name}": each for name, each in composition.model.state_dict().items()}
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(Checkpoint(Position(epoch=1), state).to_bytes())
    again = compose(parts, shape, seed=1).model.eval()
    again.load_state_dict(read_checkpoint(file).part("model"))
    model, images = composition.model.eval(), images_of(shape)
    assert torch.equal(again.encode(images), model.encode(images))
    assert torch.equal(again.decode(again.encode(images)), model.decode(model.encode(images)))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_the_way_through_json(name):
    assert Recipe.from_json(RECIPES[name].to_json()) == RECIPES[name]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 6, 4)], ids=str)
@pytest.mark.parametrize("code_size", [1, 100], ids=["one number", "more numbers than pixels"])
def test_a_code_may_be_one_number_or_larger_than_the_image(variant, shape, code_size):
    model = compose(recipe(variant, {"bottleneck.code_size": code_size}).parts, shape, seed=0).model
    assert model.latent == code_size
    assert math.prod(shape) < 100
    assert_keeps_the_contract(model, shape)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_seed_alone_decides_the_first_weights(variant):
    def weights(seed: int) -> list[Tensor]:
        return list(compose(recipe(variant).parts, (1, 9, 7), seed).model.state_dict().values())

    untouched = torch.get_rng_state()
    first = weights(0)
    assert torch.equal(torch.get_rng_state(), untouched)
    torch.rand(10)
    assert all(torch.equal(one, other) for one, other in zip(first, weights(0), strict=True))
    assert any(not torch.equal(one, other) for one, other in zip(first, weights(1), strict=True))


def test_the_first_weights_do_not_depend_on_the_other_choices():
    plain = compose(recipe("denoising").parts, (1, 9, 7), 0).model.state_dict()
    other = recipe("denoising", {"corruption.kind": "masking", "objective.kind": "bce"})
    assert all(torch.equal(each, plain[name]) for name, each in
               compose(other.parts, (1, 9, 7), 0).model.state_dict().items())  # fmt: skip


def test_the_parts_reach_the_composition():
    parts = recipe("variational", {"corruption.kind": "masking", "corruption.share": 0.25, "penalty.beta": 4}).parts
    made = compose(parts, (1, 9, 7), 0)
    assert made.corruption.settings.share == 0.25
    assert made.objective.penalty.weight == 4
    assert made.objective.reconstruction.name == "cross_entropy"
    assert made.model.image_shape == (1, 9, 7)


def test_a_kl_penalty_without_a_posterior_is_refused_with_both_ways_out():
    sentence = r"bottleneck is 'plain' and has no posterior: set bottleneck\.kind=gaussian or penalty\.kind=none"
    with pytest.raises(SettingError, match=sentence):
        recipe(changes={"penalty.kind": "kl"})


def test_another_corruption_leaves_the_other_parts_as_they_are():
    parts = recipe("denoising").parts
    masked = parts.with_corruption(choose("corruption", {"kind": "masking", "share": 0.1}))
    assert masked.to_dict() == parts.to_dict() | {"corruption": {"kind": "masking", "share": 0.1}}


PLAIN = recipe().parts.to_dict()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (None, "The parts are None: give an object"),
        ([], "The parts are"),
        (PLAIN | {"colour": {}}, "no part 'colour': the parts are corruption, network"),
        ({axis: each for axis, each in PLAIN.items() if axis != "scheme"}, "The parts scheme are missing"),
        (PLAIN | {"network": {"hidden": [3]}}, "'network' must say its kind: choose one of dense, conv"),
        (PLAIN | {"network": "dense"}, "'network' must say its kind"),
        (PLAIN | {"network": {"kind": ["dense"]}}, "'network' must say its kind"),
        (PLAIN | {"network": {"kind": "cnv"}}, "no network 'cnv': choose one of dense, conv"),
        (PLAIN | {"network": {"kind": "conv", "hidden": [3]}}, r"no setting 'network\.hidden': .* are channels"),
        (PLAIN | {"corruption": {"kind": "none", "share": 1}}, r"'corruption\.share': .* none, it has no settings"),
        (PLAIN | {"network": {"kind": "dense", "hidden": [0]}}, r"network\.hidden is 0 units"),
    ],
)
def test_parts_that_cannot_be_read_are_refused_with_what_is_wrong(values, sentence):
    with pytest.raises(SettingError, match=sentence):
        Parts.from_dict(values)
