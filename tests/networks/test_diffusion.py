"""Diffusion models: the way from noise to image, guidance and the running average."""

import jaxtyping
import numpy as np
import onnxruntime
import pytest
import torch

from aecore.analysis.export import decoder_onnx
from aecore.errors import SettingError
from aecore.model import Sampling
from aecore.networks.diffusion import Diffusion
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose

SMALL = {"network.channels": (8, 12), "network.width": 16, "network.steps": 4}
KINDS = {"diffusion": SMALL, "latent_diffusion": SMALL | {"network.autoencoder_channels": (8,)}}
SHAPES = [(1, 8, 8), (3, 9, 7)]


def parts(kind="diffusion", **changes):
    flat = {name.replace("__", "."): value for name, value in changes.items()}
    return make_recipe(kind, DataChoice("made_up"), KINDS[kind] | flat).parts


def model(kind="diffusion", shape=(1, 8, 8), classes=3, **changes) -> Diffusion:
    """With an average that differs from the fitted weights, and answers that are not small."""
    made = compose(parts(kind, **changes), shape, 0, classes).model.eval()
    with torch.no_grad():
        for each in made.average.parameters():
            each.add_(0.1 * torch.randn(each.shape, generator=torch.Generator().manual_seed(each.numel())))
    return made


def codes(made, count=5):
    return made.prior(count, torch.Generator().manual_seed(4))


def oracle(noising, clean):
    """The answer of someone who knows the one image there is: what leads to it from any state."""

    def answer(noisy, times, kinds):
        alpha, sigma = (each[:, None, None, None] for each in noising.scales(times))
        return noising.target(clean, (noisy - alpha * clean) / sigma, alpha, sigma)

    return answer


@pytest.mark.parametrize("prediction", ["velocity", "noise"])
@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("steps", [1, 7])
def test_whoever_answers_right_ends_at_the_image_in_any_number_of_steps(prediction, schedule, steps):
    made = model(network__prediction=prediction, network__schedule=schedule)
    images = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    made.answer = oracle(made.noising, 2 * images - 1)
    assert torch.allclose(made.sample(codes(made), Sampling(steps=steps)), images, atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_way_begins_at_the_noise_and_ends_at_the_image(kind, shape):
    made = model(kind, shape)
    given = Sampling(torch.tensor([0, 1, 2, 0, 1]), guidance=2.0, steps=3)
    way = made.trajectory(codes(made), given)
    assert way.images.shape == way.guesses.shape == (4, 5, *shape)
    assert torch.equal(way.images[0], made.shown(codes(made).reshape(5, *made.state_shape)))
    assert torch.equal(way.images[-1], made.sample(codes(made), given))
    assert torch.equal(way.images[-1], way.guesses[-1])
    assert way.times.tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert (way.signal.diff() > 0).all()
    assert float(way.signal[-1]) == 1.0


def test_one_step_by_hand_is_the_first_guess():
    made = model()
    alpha, sigma = (float(each) for each in made.noising.scales(torch.tensor(1.0)))
    noise = codes(made).reshape(5, 1, 8, 8)
    guess = alpha * noise - sigma * made.average(noise, torch.tensor([1.0]))
    expected = ((guess.clamp(-1, 1) + 1) / 2).detach()
    assert torch.allclose(made.sample(codes(made), Sampling(steps=1)), expected, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_decoding_takes_the_models_own_steps_and_no_class(kind):
    made = model(kind)
    assert torch.equal(made.decode(codes(made)), made.sample(codes(made), Sampling()))
    assert torch.equal(made.decode(codes(made)), made.sample(codes(made), Sampling(steps=4)))
    assert not torch.equal(made.decode(codes(made)), made.sample(codes(made), Sampling(steps=5)))


def test_guidance_of_0_forgets_the_class_and_more_goes_on_beyond_it():
    made = model()
    labels = torch.tensor([0, 1, 2, 0, 1])
    free, told, none, more = (
        made.sample(codes(made), given)
        for given in (
            Sampling(),
            Sampling(labels),
            Sampling(labels, guidance=0.0),
            Sampling(labels, guidance=3.0),
        )
    )
    assert torch.allclose(free, none, atol=1e-6)
    assert (told - free).abs().max() > 1e-3
    assert (more - told).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_minds_what_it_was_built_for(kind):
    assert model(kind).controls == {"labels", "guidance", "steps"}
    assert model(kind, classes=0).controls == {"steps"}
    unlabelled = model(kind, classes=0)
    labels = torch.zeros(5, dtype=torch.int64)
    assert torch.equal(unlabelled.sample(codes(unlabelled), Sampling(labels)), unlabelled.decode(codes(unlabelled)))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (Sampling(steps=-1), "in -1 steps: give 1 or more"),
        (Sampling(torch.tensor([0, 1])), "2 labels for 5 codes"),
        (Sampling(torch.tensor([0, 1, 2, 3, 0])), "knows the classes 0 to 2"),
        (Sampling(torch.tensor([0, 1, 2, -1, 0])), "knows the classes 0 to 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, sentence):
    made = model()
    with pytest.raises(SettingError, match=sentence):
        made.sample(codes(made), given)


def test_the_average_answers_unless_in_training_and_follows_the_fitted_weights():
    made = model()
    images, times = torch.rand(2, 1, 8, 8), torch.tensor([0.5])
    assert torch.equal(made.answer(images, times, None), made.decoder(images, times))
    made.train()
    assert torch.equal(made.answer(images, times, None), made.fitted(images, times))
    before = [each.clone() for each in made.average.parameters()]
    made.follow(decay=0.999)  # the first time only an eleventh is kept
    for old, new, fitted in zip(before, made.average.parameters(), made.fitted.parameters(), strict=True):
        assert torch.allclose(new, (old + 10 * fitted) / 11, atol=1e-6)
    made.get_buffer("followed").fill_(10**6)
    before = [each.clone() for each in made.average.parameters()]
    made.follow(decay=0.75)
    for old, new, fitted in zip(before, made.average.parameters(), made.fitted.parameters(), strict=True):
        assert torch.allclose(new, 0.75 * old + 0.25 * fitted, atol=1e-6)
    assert not any(each.requires_grad for each in made.average.parameters())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_exported_decoder_holds_all_steps_and_equals_torch(kind, shape, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    made = model(kind, shape)
    content = decoder_onnx(SimpleNamespace(composition=SimpleNamespace(model=made)))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for count in (1, 3):
        given = codes(made, count)
        found = session.run(None, {"codes": given.numpy()})[0]
        with torch.inference_mode():
            assert np.abs(found - made.decode(given).numpy()).max() < 1e-4
    assert len(content) < 4 * 2 * sum(each.numel() for each in made.trainable()) + 200_000  # one copy, not one a step


@pytest.mark.parametrize("kind", KINDS)
def test_a_bottleneck_with_a_size_of_its_own_is_refused(kind):
    with pytest.raises(SettingError, match=r"set bottleneck\.kind=noise"):
        compose(parts(kind, bottleneck__kind="plain"), (1, 8, 8), 0)


@pytest.mark.parametrize(("kind", "scheme"), [("diffusion", "latent_diffusion"), ("latent_diffusion", "diffusion")])
def test_a_scheme_for_the_other_kind_of_diffusion_is_refused(kind, scheme):
    with pytest.raises(SettingError, match=rf"choose scheme\.kind={kind}"):
        compose(parts(kind, scheme__kind=scheme), (1, 8, 8), 0)


def test_the_autoencoder_of_a_latent_model_has_codes_of_mean_0_and_variance_1_once_watched():
    made = model("latent_diffusion", (3, 9, 7))
    images = torch.rand(64, 3, 9, 7, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        for _ in range(500):
            made.watch(made.encoder(images))
        states = made.states(images)
    assert states.shape[1:] == made.state_shape == (4, 5, 4)
    assert states.mean((0, 2, 3)).abs().max() < 0.05
    assert states.std((0, 2, 3)).sub(1).abs().max() < 0.05


def test_an_autoencoder_with_more_levels_than_fit_is_refused():
    with pytest.raises(SettingError, match="down to one place after 3: give at most 3 numbers"):
        compose(parts("latent_diffusion", network__autoencoder_channels=(8, 8, 8, 8)), (1, 8, 8), 0)
    with pytest.raises(SettingError, match="autoencoder_channels is empty"):
        compose(parts("latent_diffusion", network__autoencoder_channels=()), (1, 8, 8), 0)
