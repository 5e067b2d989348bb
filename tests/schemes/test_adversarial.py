"""Adversarial training: two phases, two groups, and a mean that follows."""

import copy
from math import log

import pytest
import torch

from aecore.errors import SettingError
from aecore.networks.gan import GAN
from aecore.randomness import Streams
from aecore.schemes.scheme import Batch
from aecore.training.loop import Training
from aecore.training.precision import Device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose
from tests.made_up import made_up_splits

SHAPE = (1, 8, 8)
SMALL = {"network.kind": "gan_dense", "network.hidden": (24,), "bottleneck.code_size": 3}


def composed(**changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return compose(make_recipe("gan", DataChoice("made_up"), SMALL | flat).parts, SHAPE, 0)


def train(made, clean, steps=1, rate=0.05):
    """Plain gradient steps, as the loop would take them; the phases of the last step."""
    streams, groups = Streams(0), made.scheme.groups(made.model)
    for _ in range(steps):
        phases = []
        for phase in made.scheme.phases(made.model, Batch(clean), streams):
            parameters = groups[phase.group].parameters
            made.model.zero_grad()
            phase.loss.backward()
            with torch.no_grad():
                for each in parameters:
                    each -= rate * phase.rate * each.grad
            phases.append(phase)
    return phases


@pytest.fixture
def clean():
    return torch.rand(16, *SHAPE, generator=torch.Generator().manual_seed(1))


def test_the_discriminator_goes_first_and_each_phase_trains_its_own_network_only(clean):
    made = composed()
    generator, discriminator = (list(each.parameters()) for each in (made.model.generator, made.model.discriminator))
    first, second = made.scheme.phases(made.model, Batch(clean), Streams(0))
    assert [first.group, second.group] == ["discriminator", "generator"]
    groups = made.scheme.groups(made.model)
    assert {id(each) for each in groups["generator"].parameters} == {id(each) for each in generator}
    assert {id(each) for each in groups["discriminator"].parameters} == {id(each) for each in discriminator}
    first.loss.backward()
    assert all(each.grad is None for each in generator)
    assert any(each.grad.count_nonzero() for each in discriminator)
    made.model.zero_grad()
    second.loss.backward()
    assert all(each.grad is None for each in discriminator)
    assert any(each.grad.count_nonzero() for each in generator)
    assert all(each.requires_grad for each in discriminator)


def test_a_discriminator_learns_to_tell_and_a_generator_to_deceive_it(clean):
    made = composed(scheme__average_steps=0)
    before = made.scheme.measure(made.model.eval(), Batch(clean), Streams(0))
    made.model.train()
    streams, groups = Streams(0), made.scheme.groups(made.model)
    for name, better in (("discriminator", "discriminator_loss"), ("generator", "generator_loss")):
        adam = torch.optim.Adam(groups[name].parameters, 1e-3)
        for _ in range(20):
            for phase in made.scheme.phases(made.model, Batch(clean), streams):
                if phase.group == name:
                    adam.zero_grad()
                    phase.loss.backward()
                    adam.step()
        after = made.scheme.measure(made.model.eval(), Batch(clean), Streams(0))
        assert after[better].mean() < before[better].mean()
        before = after
        made.model.train()


def test_what_is_measured_are_the_losses_of_the_images_that_are_shown(clean):
    made = composed()
    measured = made.scheme.measure(made.model.eval(), Batch(clean), Streams(5))
    generated = made.model.decode(made.model.prior(16, Streams(5)["codes"]))
    belief = torch.sigmoid(made.model.judge(generated))
    torch.testing.assert_close(measured["belief_in_generated"], belief)
    torch.testing.assert_close(measured["generator_loss"], -belief.log())
    torch.testing.assert_close(measured["loss"], measured["discriminator_loss"] + measured["generator_loss"])


def test_the_gradient_penalty_and_smoothing_reach_the_discriminators_loss(clean):
    losses = {}
    for name, changes in {
        "plain": {"scheme__gradient_penalty": 0.0},
        "penalised": {"scheme__gradient_penalty": 500.0},
        "smooth": {"scheme__gradient_penalty": 0.0, "scheme__label_smoothing": 0.4},
    }.items():
        made = composed(**changes)
        losses[name] = float(next(made.scheme.phases(made.model, Batch(clean), Streams(0))).loss.detach())
    assert losses["penalised"] > losses["plain"] + 0.01
    assert losses["smooth"] != pytest.approx(losses["plain"])
    assert losses["plain"] == pytest.approx(2 * log(2), abs=0.3)


def test_the_rate_of_the_discriminator_and_the_momentum_reach_the_loop(clean):
    made = composed(scheme__discriminator_rate=3.0, scheme__momentum=0.25)
    first, second = made.scheme.phases(made.model, Batch(clean), Streams(0))
    assert (first.rate, second.rate) == (3, 1)
    assert {group.betas for group in made.scheme.groups(made.model).values()} == {(0.25, 0.99)}


def test_without_averaging_the_shown_generator_is_the_trained_one(clean):
    made = composed(scheme__average_steps=0)
    train(made, clean)
    for shown, trained in zip(made.model.decoder.parameters(), made.model.generator.parameters(), strict=True):
        assert torch.equal(shown, trained)


def test_with_averaging_the_shown_generator_lags_behind(clean):
    made = composed(scheme__average_steps=1000)
    start = copy.deepcopy(made.model.generator)
    train(made, clean, steps=60, rate=0.5)
    triples = list(zip(*(each.parameters() for each in (start, made.model.decoder, made.model.generator)), strict=True))
    behind = sum(float((shown - begun).norm().detach()) for begun, shown, _ in triples)
    ahead = sum(float((trained - begun).norm().detach()) for begun, _, trained in triples)
    assert 0 < behind < 0.9 * ahead


def test_a_run_that_goes_on_from_a_checkpoint_ends_where_one_in_one_go_does():
    recipe = make_recipe("gan", DataChoice("made_up"), SMALL | {"training.epochs": 2, "training.batch_size": 50})
    splits, device = made_up_splits(SHAPE, train=100), Device("cpu", "CPU", False)
    whole = Training(recipe, splits, device)
    for _ in whole.events():
        pass
    begun = Training(recipe, splits, device)
    for _ in begun.events():
        if begun.position.epoch == 1:
            break
    again = Training(recipe, splits, device, begun.checkpoint())
    for _ in again.events():
        pass
    assert all(torch.equal(each, again.model.state_dict()[name]) for name, each in whole.model.state_dict().items())


def test_bfloat16_trains_too():
    changes = {"training.epochs": 1, "training.precision": "bfloat16", "network.kind": "gan_conv"}
    recipe = make_recipe("gan", DataChoice("made_up"), changes | {"network.channels": (4, 6)})
    *_, last = Training(recipe, made_up_splits(SHAPE, train=64, rest=20), Device("cpu", "CPU", True)).events()
    assert last.epoch == 1


def test_networks_and_scheme_that_do_not_belong_together_are_refused_with_a_way_out():
    with pytest.raises(SettingError, match=r"scheme\.kind=adversarial"):
        compose(make_recipe("gan", DataChoice("x"), {"scheme.kind": "end_to_end"}).parts, SHAPE, 0)
    with pytest.raises(SettingError, match=r"network\.kind to a generator"):
        compose(make_recipe("gan", DataChoice("x"), {"network.kind": "dense"}).parts, SHAPE, 0)
    with pytest.raises(SettingError, match=r"bottleneck\.kind=prior"):
        compose(make_recipe("gan", DataChoice("x"), {"bottleneck.kind": "plain"}).parts, SHAPE, 0)


def test_a_model_judges_images_of_its_own_shape_only():
    model = composed().model
    assert isinstance(model, GAN)
    with pytest.raises(SettingError, match="takes images of 1 x 8 x 8"):
        model.judge(torch.zeros(1, 1, 9, 8))
