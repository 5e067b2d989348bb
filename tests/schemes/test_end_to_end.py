"""End-to-end training: one group, one phase, the clean image as the target."""

import pytest
import torch

from aecore.model import Autoencoder
from aecore.randomness import Streams
from aecore.schemes.catalog import SCHEMES
from aecore.schemes.scheme import Batch
from aecore.variants.compose import Composition, Parts, compose

SHAPE = (1, 6, 5)


def composed(**choices: dict[str, object]) -> Composition:
    neutral = {
        "corruption": {"kind": "none"},
        "network": {"kind": "dense", "hidden": [8]},
        "bottleneck": {"kind": "plain", "code_size": 3},
        "objective": {"kind": "mse"},
        "penalty": {"kind": "none"},
        "scheme": {"kind": "end_to_end"},
    }
    return compose(Parts.from_dict(neutral | choices), SHAPE, seed=0, classes=4)


@pytest.fixture
def clean() -> torch.Tensor:
    return torch.rand(7, *SHAPE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("key", [key for key, part in SCHEMES.items() if part.build.trains is Autoencoder])
def test_the_groups_of_a_scheme_hold_every_parameter_and_each_of_them_once(key):
    made = composed(scheme={"kind": key})
    groups = [[id(each) for each in group.parameters] for group in made.scheme.groups(made.model).values()]
    assert all(len(set(group)) == len(group) for group in groups)
    assert set().union(*groups) == {id(each) for each in made.model.parameters()}


def test_one_phase_trains_everything_on_the_mean_over_the_batch(clean):
    made = composed()
    (phase,) = made.scheme.phases(made.model, Batch(clean), Streams(0))
    errors = (made.model(clean).images - clean).square().flatten(1).sum(1)
    torch.testing.assert_close(phase.loss, errors.mean())
    torch.testing.assert_close(phase.parts["squared_error"], errors.mean())
    assert phase.loss.requires_grad
    assert phase.group == "all"


def test_the_network_sees_the_corrupted_image_and_is_judged_by_the_clean_one(clean):
    made = composed(corruption={"kind": "masking", "share": 1.0})
    seen = []

    class Watched(Autoencoder):
        def forward(self, images, generator=None):
            seen.append(images)
            return super().forward(images, generator)

    model = Watched(made.model.encoder, made.model.bottleneck, made.model.decoder, SHAPE)
    (phase,) = made.scheme.phases(model, Batch(clean), Streams(0))
    assert torch.all(seen[0] == 0)
    from_black = (made.model(torch.zeros_like(clean)).images - clean).square().flatten(1).sum(1).mean()
    torch.testing.assert_close(phase.loss, from_black)


def test_measuring_gives_one_number_for_each_image_and_their_means_are_those_of_training(clean):
    made = composed(
        bottleneck={"kind": "gaussian", "code_size": 2},
        objective={"kind": "bce"},
        penalty={"kind": "kl", "beta": 3.0},
        corruption={"kind": "gaussian"},
    )
    measured = made.scheme.measure(made.model, Batch(clean), Streams(4))
    (phase,) = made.scheme.phases(made.model, Batch(clean), Streams(4))
    assert list(measured) == ["loss", "cross_entropy", "kl"]
    assert all(each.shape == (7,) for each in measured.values())
    torch.testing.assert_close(measured["loss"].mean(), phase.loss)
    torch.testing.assert_close(measured["loss"], measured["cross_entropy"] + 3 * measured["kl"])
    for name, each in phase.parts.items():
        torch.testing.assert_close(measured[name].mean(), each)


def test_chance_comes_from_the_streams_called_corruption_and_posterior(clean):
    made = composed(bottleneck={"kind": "gaussian", "code_size": 2}, corruption={"kind": "gaussian"})
    streams = Streams(4)
    list(made.scheme.phases(made.model, Batch(clean), streams))
    assert set(streams.state()) == {"corruption", "posterior"}


def test_a_weight_that_rises_counts_as_it_stands_in_training_and_in_full_where_the_model_is_measured(clean):
    made = composed(
        bottleneck={"kind": "gaussian", "code_size": 2}, penalty={"kind": "kl", "beta": 3.0, "warm_up": 0.5}
    )
    for done, weight in ((0.0, 0.0), (0.25, 1.5), (1.0, 3.0)):
        (phase,) = made.scheme.phases(made.model, Batch(clean, done=done), Streams(4))
        torch.testing.assert_close(phase.loss, phase.parts["squared_error"] + weight * phase.parts["kl"])
        measured = made.scheme.measure(made.model, Batch(clean, done=done), Streams(4))
        torch.testing.assert_close(measured["loss"], measured["squared_error"] + 3 * measured["kl"])


def test_labels_reach_a_code_that_holds_the_class(clean):
    made = composed(bottleneck={"kind": "gaussian_class", "code_size": 2, "class_weight": 5.0})
    labels = torch.arange(7) % 4
    measured = made.scheme.measure(made.model, Batch(clean, labels), Streams(4))
    assert list(measured) == ["loss", "squared_error", "class_cross_entropy"]
    torch.testing.assert_close(measured["loss"], measured["squared_error"] + 5 * measured["class_cross_entropy"])
    without = made.scheme.measure(made.model, Batch(clean), Streams(4))
    assert list(without) == ["loss", "squared_error"]
