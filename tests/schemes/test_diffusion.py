"""Training of diffusion models, in pixels and in codes."""

import pytest
import torch

from aecore.randomness import Streams
from aecore.schemes.latent_diffusion import AUTOENCODER, DENOISING
from aecore.schemes.scheme import Batch
from aecore.training.events import Epoch, Preview
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose
from tests.made_up import made_up_splits

SMALL = {
    "network.channels": (8, 12),
    "network.width": 16,
    "network.steps": 2,
    "training.batch_size": 32,
    "training.precision": "float32",
}
KINDS = {"diffusion": SMALL, "latent_diffusion": SMALL | {"network.autoencoder_channels": (8,)}}


def recipe(kind, **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(kind, DataChoice("made_up"), KINDS[kind] | flat)


def composition(kind="diffusion", **changes):
    made = compose(recipe(kind, **changes).parts, (1, 8, 8), 0, 4)
    made.model.train()
    return made


def batch(count=40, chapter=""):
    images = torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    return Batch(images, torch.arange(count) % 4, chapter, 0.5)


def test_a_network_that_answers_with_nothing_loses_the_variance_of_the_target():
    made = composition(network__prediction="noise")
    made.model.answer = lambda noisy, times, kinds: torch.zeros_like(noisy)
    measured = made.scheme.measure(made.model, batch(400), Streams(0))
    assert float(measured["loss"].mean()) == pytest.approx(1.0, abs=0.02)
    assert measured["noise_error"] is measured["loss"]


def test_a_network_that_knows_the_noise_loses_nothing():
    made = composition(network__prediction="noise")
    clean = made.model.states(batch().clean)

    def answer(noisy, times, kinds):
        alpha, sigma = (each[:, None, None, None] for each in made.model.noising.scales(times))
        return (noisy - alpha * clean) / sigma

    made.model.answer = answer
    assert float(made.scheme.measure(made.model, batch(), Streams(0))["loss"].max()) < 1e-4


def test_every_strength_of_noise_is_measured_and_trained_on():
    made, seen = composition(), []
    answer = made.model.answer
    made.model.answer = lambda noisy, times, kinds: seen.append(times) or answer(noisy, times, kinds)
    made.scheme.measure(made.model, batch(32), Streams(0))
    for _ in made.scheme.phases(made.model, batch(32), Streams(0)):
        pass
    fixed, drawn = (each.sort().values for each in seen)
    assert fixed[::2].tolist() == pytest.approx([(level + 0.5) / 16 for level in range(16)])
    assert drawn.diff().tolist() == pytest.approx([1 / 32] * 31, abs=1e-5)  # evenly spread from a random beginning


@pytest.mark.parametrize(("dropout", "left"), [(0.0, 400), (0.25, 300), (1.0, 0)])
def test_so_many_classes_are_left_out_in_training_and_none_in_measuring(dropout, left):
    made, told = composition(scheme__label_dropout=dropout), []
    answer = made.model.answer
    made.model.answer = lambda noisy, times, kinds: told.append(float(kinds.sum())) or answer(noisy, times, kinds)
    for _ in made.scheme.phases(made.model, batch(400), Streams(0)):
        pass
    made.scheme.measure(made.model, batch(400), Streams(0))
    assert told[0] == pytest.approx(left, abs=30)
    assert told[1] == 400


def test_the_average_follows_only_after_the_step():
    made = composition()
    average = [each.clone() for each in made.model.average.parameters()]
    phases = made.scheme.phases(made.model, batch(), Streams(0))
    next(phases)
    with torch.no_grad():
        for each in made.model.fitted.parameters():
            each.add_(1.0)
    assert all(torch.equal(old, new) for old, new in zip(average, made.model.average.parameters(), strict=True))
    assert next(phases, None) is None
    for old, new in zip(average, made.model.average.parameters(), strict=True):
        assert torch.allclose(new, old + 10 / 11, atol=1e-5)


def test_the_two_chapters_train_the_autoencoder_first_and_leave_it_alone_then():
    made = composition("latent_diffusion", scheme__autoencoder_share=0.4)
    first, second = made.scheme.chapters(made.model, further=False)
    assert (first.key, first.share, second.key) == (AUTOENCODER, 0.4, DENOISING)
    assert [each.key for each in made.scheme.chapters(made.model, further=True)] == [DENOISING]
    groups = made.scheme.groups(made.model)
    for chapter in (AUTOENCODER, DENOISING):
        made.model.zero_grad()
        (phase,) = made.scheme.phases(made.model, batch(chapter=chapter), Streams(0))
        phase.loss.backward()
        assert phase.group == chapter
        reached = {id(each) for each in made.model.parameters() if each.grad is not None}
        assert reached == {id(each) for each in groups[chapter].parameters}
    assert sum(len(each.parameters) for each in groups.values()) == len(made.model.trainable())


def test_the_loss_of_the_autoencoder_by_hand():
    made = composition("latent_diffusion", scheme__pull=0.5, scheme__code_noise=1.0)
    measured = made.scheme.measure(made.model, batch(chapter=AUTOENCODER), Streams(0))
    codes = made.model.encoder(batch().clean)
    error = (torch.sigmoid(made.model.decoder.pictures(codes)) - batch().clean).square().sum((1, 2, 3))
    kl = 0.5 * codes.square().sum((1, 2, 3))  # of a Gaussian of variance 1 around the code
    assert torch.allclose(measured["squared_error"], error, rtol=1e-4)
    assert torch.allclose(measured["kl"], kl, rtol=1e-4)
    assert torch.allclose(measured["loss"], error + 0.5 * kl, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_training_learns_and_goes_on_from_a_checkpoint_to_the_same_bits(kind):
    changes = {"training__epochs": 4, "training__learning_rate": 1e-2, "scheme__average_decay": 0.9}
    splits, device = made_up_splits(train=128, rest=48), find_device("cpu")
    whole = Training(recipe(kind, **changes), splits, device)
    kept, losses = None, []
    for event in whole.events():
        if type(event).__name__ == "Epoch":
            losses.append(event.validation)
        if type(event).__name__ == "CheckpointDue" and event.epoch == 2:
            kept = whole.checkpoint()
    name = "velocity_error"
    assert losses[-1][name] < 0.9 * next(each[name] for each in losses if name in each)
    again = Training(recipe(kind, **changes), splits, device, kept)
    for _ in again.events():
        pass
    assert all(torch.equal(each, again.model.state_dict()[name]) for name, each in whole.model.state_dict().items())


def test_nothing_is_shown_as_drawn_before_what_draws_has_been_trained():
    splits = made_up_splits((1, 8, 8), train=96, rest=32)
    changes = {"training__epochs": 4, "scheme__autoencoder_share": 0.5}
    training = Training(recipe("latent_diffusion", **changes), splits, find_device("cpu"))
    events = list(training.events())
    chapters = [each.chapter for each in events if isinstance(each, Epoch)]
    assert chapters == ["Autoencoder", "Autoencoder", "Diffusion", "Diffusion"]
    assert [len(each.samples) for each in events if isinstance(each, Preview)] == [0, 0, 16, 16]
