"""What every composition promises: each variant, and every part of every catalog once."""

import math
from collections.abc import Mapping
from functools import partial

import pytest
import torch
from torch import Tensor

from aecore.bottlenecks.catalog import BOTTLENECKS
from aecore.errors import SettingError
from aecore.model import Autoencoder, DecodingModel, Restorer, Sampling
from aecore.objectives.catalog import PENALTIES
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import CATALOGS, Composition, Parts, choose, compose

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 9, 7)]
CLASSES = 4
STEPS = 12
DIFFUSION = {
    "network.kind": "unet",
    "network.channels": (8, 12),
    "network.width": 16,
    "network.steps": 2,
    "bottleneck.kind": "noise",
    "scheme.kind": "diffusion",
}
LATENT_DIFFUSION = DIFFUSION | {
    "network.kind": "latent_unet",
    "network.autoencoder_channels": (8,),
    "scheme.kind": "latent_diffusion",
}
DRAWN = {"bottleneck.kind": "prior", "scheme.kind": "adversarial"}
NEEDS = {
    "penalty.kind=kl": {"bottleneck.kind": "gaussian"},
    "penalty.kind=kl_rate": {"bottleneck.kind": "sigmoid"},
    "bottleneck.kind=prior": {"network.kind": "gan_dense", **DRAWN},
    "scheme.kind=adversarial": {"network.kind": "gan_dense", **DRAWN},
    "network.kind=gan_dense": DRAWN,
    "network.kind=gan_conv": {"network.channels": (8, 12), **DRAWN},
    "network.kind=style": {"network.channels": 4, "network.style_size": 8, **DRAWN},
    **dict.fromkeys(("network.kind=unet", "bottleneck.kind=noise", "scheme.kind=diffusion"), DIFFUSION),
    **dict.fromkeys(("network.kind=latent_unet", "scheme.kind=latent_diffusion"), LATENT_DIFFUSION),
}
RESTORING = {"bottleneck.kind": "none", "scheme.kind": "restoration", "objective.kind": "mse"}
SHRUNK = {"corruption.kind": "shrink", "corruption.factor": 4.0, "corruption.varying": True}
NEEDS |= {
    **{key: {"network.kind": "srcnn", **RESTORING} for key in ("bottleneck.kind=none", "scheme.kind=restoration")},
    "network.kind=srcnn": {"network.first_filters": 8, "network.second_filters": 4, **RESTORING},
    "network.kind=skip_conv": {"network.channels": (6, 8), **RESTORING},
    "network.kind=subpixel": {"network.channels": 8, "network.blocks": 2, **SHRUNK, **RESTORING},
    "network.kind=noise_map": {"network.channels": 8, "network.blocks": 2, **RESTORING},
}
DENSE = (None, "dense", "tied", "gan_dense")  # with hidden layers
SMALL: dict[str, object] = {"network.hidden": (32, 16)}
CONV = {"network.kind": "conv", "network.channels": (8, 12)}
SPECIAL = {
    "dense without normalisation": {"network.normalisation": False, "network.hidden": (32, 16, 24)},
    "max pooling": {**CONV, "network.downsampling": "max_pooling"},
    "average pooling": {**CONV, "network.downsampling": "average_pooling"},
    "adversaries without normalisation": {
        "network.kind": "gan_conv",
        "network.channels": (8,),
        "network.normalisation": False,
        "network.batch_spread": False,
        "scheme.gradient_penalty": 0.0,
        "scheme.average_steps": 0,
        **DRAWN,
    },
    "diffusion that predicts the noise, linear schedule, pixel by pixel": {
        **DIFFUSION,
        "network.prediction": "noise",
        "network.schedule": "linear",
        "network.patch": 1,
        "network.blocks": 2,
    },
    "diffusion on one level and patches that do not fit": {**DIFFUSION, "network.channels": (8,), "network.patch": 4},
    "residual blocks with batch normalisation": {**CONV, "network.residual_blocks": 2, "network.normalisation": True},
}


def recipe(variant: str = "simple", changes: Mapping[str, object] | None = None, seed: int = 0) -> Recipe:
    return make_recipe(variant, DataChoice("made_up"), changes, seed)


def every_part() -> dict[str, Recipe]:
    """Each part of each catalog in an otherwise simple model."""
    chosen = {f"{axis}.kind={key}": {f"{axis}.kind": key} for axis, catalog in CATALOGS.items() for key in catalog}
    needed = {name: one | NEEDS.get(name, {}) for name, one in chosen.items()} | {"network.kind=conv": CONV}
    return {name: recipe(changes=(SMALL if each.get("network.kind") in DENSE else {}) | each)
            for name, each in needed.items()}  # fmt: skip


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
    return compose(parts, shape, 0, CLASSES)


def batch_of(shape: tuple[int, int, int], chapter: str = "") -> Batch:
    return Batch(images_of(shape), torch.arange(5) % CLASSES, chapter, done=0.5)


def images_of(shape: tuple[int, int, int], count: int = 5) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(8))


def assert_keeps_the_contract(model, shape):
    images, generator = images_of(shape), torch.Generator().manual_seed(3)
    if isinstance(model, Restorer):
        restored = model.restore(images, torch.full((5,), 0.5))
        assert_images(restored, images)
        assert model(images).images.isfinite().all()
        return
    drawn = [model.decode(torch.randn(5, model.latent, generator=generator) * 10)]
    if model.generates:
        drawn.append(model.sample(model.prior(5, generator), Sampling()))
    if isinstance(model, Autoencoder):
        codes, outcome = model.encode(images), model(images, generator)
        assert codes.shape == outcome.codes.shape == (5, model.latent)
        assert codes.dtype == torch.float32
        assert outcome.codes.isfinite().all()
        assert outcome.logits.isfinite().all()
        drawn.append(outcome.images)
    else:
        assert model.generates
    for each in drawn:
        assert_images(each, images)


def assert_images(made, images):
    assert made.shape == images.shape
    assert made.dtype == torch.float32
    assert 0 <= float(made.detach().min()) <= float(made.detach().max()) <= 1


def test_images_become_codes_and_codes_images_in_the_range_of_images(composition, shape):
    assert_keeps_the_contract(composition.model.train(), shape)


def test_every_trainable_parameter_gets_a_gradient_in_some_chapter(composition, shape):
    model, scheme = composition.model.train(), composition.scheme
    groups, reached = scheme.groups(model), set()
    streams = Streams(0)
    # Several steps: some train only the layers of a strength that chance decides.
    for chapter in [*scheme.chapters(model, further=False)] * (STEPS if isinstance(model, Restorer) else 1):
        for phase in scheme.phases(model, batch_of(shape, chapter.key), streams):
            model.zero_grad()
            phase.loss.backward()
            trained = {id(each) for each in groups[phase.group].parameters}
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and id(parameter) in trained:
                    assert parameter.grad.isfinite().all(), name
                    reached |= {id(parameter)} if parameter.grad.count_nonzero() else set()
    left = [name for name, each in model.named_parameters() if each.requires_grad and id(each) not in reached]
    assert left == []


def test_the_shares_of_the_chapters_add_up(composition):
    for further in (False, True):
        assert sum(each.share for each in composition.scheme.chapters(composition.model, further)) == pytest.approx(1)


def test_evaluating_changes_nothing_and_gives_the_same_numbers_every_time(composition, shape):
    model, images = composition.model.eval(), images_of(shape)
    before = {name: each.clone() for name, each in model.state_dict().items()}
    coded = isinstance(model, DecodingModel)
    if isinstance(model, Autoencoder):
        codes = model.encode(images)
    else:
        codes = model.prior(5, torch.Generator().manual_seed(0)) if coded else torch.full((5,), 2.0)
    made = model.decode if coded else partial(model.restore, images)
    decoded = made(codes)
    model(images, torch.Generator().manual_seed(0)) if coded else model(images)
    for chapter in composition.scheme.chapters(model, further=False):
        measured = composition.scheme.measure(model, batch_of(shape, chapter.key), Streams(0))
        assert "loss" in measured
        assert {each.shape for each in measured.values()} == {(5,)}
    assert torch.equal(made(codes), decoded)
    if isinstance(model, Autoencoder):
        assert torch.equal(model.encode(images), codes)
        assert torch.equal(model(images).codes.float(), codes)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(each, after[name]) for name, each in before.items())


def test_a_model_survives_the_way_to_the_disk_and_back(composition, parts, shape, tmp_path):
    state = {f"model.{name}": each for name, each in composition.model.state_dict().items()}
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(Checkpoint(Position(epoch=1), state).to_bytes())
    again = compose(parts, shape, 1, CLASSES).model.eval()
    again.load_state_dict(read_checkpoint(file).part("model"))
    model, images = composition.model.eval(), images_of(shape)
    if isinstance(model, Restorer):
        strengths = torch.full((5,), 0.3)
        assert torch.equal(again.restore(images, strengths), model.restore(images, strengths))
        return
    codes = torch.randn(5, model.latent, generator=torch.Generator().manual_seed(2))
    if isinstance(model, Autoencoder):
        codes = model.encode(images)
        assert torch.equal(again.encode(images), codes)
    assert torch.equal(again.decode(codes), model.decode(codes))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_the_way_through_json(name):
    assert Recipe.from_json(RECIPES[name].to_json()) == RECIPES[name]


@pytest.mark.parametrize("variant", [each for each in VARIANTS if recipe(each).code_size])
@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 6, 4)], ids=str)
@pytest.mark.parametrize("code_size", [1, 100], ids=["one number", "more numbers than pixels"])
def test_a_code_may_be_one_number_or_larger_than_the_image(variant, shape, code_size):
    model = compose(recipe(variant, {"bottleneck.code_size": code_size}).parts, shape, 0, CLASSES).model
    assert model.latent == code_size + (CLASSES if "labels" in model.controls else 0)
    assert math.prod(shape) < 100
    assert_keeps_the_contract(model, shape)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_seed_alone_decides_the_first_weights(variant):
    def weights(seed: int) -> list[Tensor]:
        return list(compose(recipe(variant).parts, (1, 9, 7), seed, CLASSES).model.state_dict().values())

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


@pytest.mark.parametrize("network", ["dense", "tied", "conv", "gan_dense", "gan_conv", "style"])
def test_the_noise_of_a_diffusion_model_is_refused_as_the_code_of_another_with_the_way_out(network):
    scheme = {"scheme.kind": "adversarial"} if network.startswith(("gan", "style")) else {}
    parts = recipe(changes={"network.kind": network, "bottleneck.kind": "noise", **scheme}).parts
    with pytest.raises(SettingError, match=r"set bottleneck\.kind="):
        compose(parts, (1, 28, 28), 0, 4)


def test_a_kl_penalty_without_a_posterior_is_refused_with_both_ways_out():
    ways = r"set bottleneck\.kind=gaussian or gaussian_class or penalty\.kind=none"
    sentence = rf"bottleneck is 'plain' and has no posterior: {ways}"
    with pytest.raises(SettingError, match=sentence):
        recipe(changes={"penalty.kind": "kl"})


@pytest.mark.parametrize(
    ("penalty", "bottleneck", "sentence"),
    [
        ("kl_rate", "plain", r"no activations from 0 to 1: set bottleneck\.kind=sigmoid or penalty\.kind=none"),
        ("kl_rate", "top_k", r"no activations from 0 to 1: set bottleneck\.kind=sigmoid or penalty\.kind=none"),
        ("l1", "gaussian", r"no activations: set bottleneck\.kind=plain or sigmoid or top_k or penalty\.kind=none"),
        ("kl", "sigmoid", r"no posterior: set bottleneck\.kind=gaussian or gaussian_class or penalty\.kind=none"),
    ],
)
def test_a_penalty_without_what_it_needs_is_refused_with_the_ways_out(penalty, bottleneck, sentence):
    with pytest.raises(SettingError, match=sentence):
        recipe(changes={"penalty.kind": penalty, "bottleneck.kind": bottleneck})


@pytest.mark.parametrize("penalty", PENALTIES)
def test_what_a_penalty_needs_some_bottleneck_offers(penalty):
    needs = PENALTIES[penalty].needs
    assert not needs or any(needs in part.offers for part in BOTTLENECKS.values())


def test_another_corruption_leaves_the_other_parts_as_they_are():
    parts = recipe("denoising").parts
    masked = parts.with_corruption(choose("corruption", {"kind": "masking", "share": 0.1}))
    assert masked.to_dict() == parts.to_dict() | {"corruption": {"kind": "masking", "share": 0.1, "varying": False}}


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
