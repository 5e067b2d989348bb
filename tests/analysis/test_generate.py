"""New images: the same codes for every run, and what a model minds."""

import numpy as np
import pytest
import torch

from aecore.analysis.generate import classes_of, controls_of, draw
from aecore.analysis.trained import decode
from aecore.errors import RunError, SettingError
from tests.made_up import made_up_splits
from tests.painter import Painter, as_trained

SHAPES = [(1, 8, 8), (3, 9, 7)]


def painter(shape=(1, 8, 8), **options):
    return as_trained(Painter(shape, **options), made_up_splits(shape))


def test_a_variational_run_decodes_codes_drawn_from_a_standard_normal_distribution(make):
    trained = make("variational", (3, 20, 24), bottleneck__code_size=2, network__hidden=(8,))
    drawn = draw(trained, 2000, seed=3)
    assert drawn.images.shape == (2000, 3, 20, 24)
    np.testing.assert_array_equal(drawn.images[:9], decode(trained, drawn.codes[:9]))
    np.testing.assert_allclose(drawn.codes.mean(0), 0, atol=0.1)
    np.testing.assert_allclose(drawn.codes.std(0), 1, atol=0.1)


def test_the_same_seed_gives_two_runs_of_one_code_size_the_same_codes(make):
    first, second = make("variational", bottleneck__code_size=2), make("variational", bottleneck__code_size=2, fit=2)
    np.testing.assert_array_equal(draw(first, 5, seed=1).codes, draw(second, 5, seed=1).codes)
    assert (draw(first, 5, seed=1).codes != draw(first, 5, seed=2).codes).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_without_an_encoder_paints_the_class_it_is_told(shape):
    drawn = draw(painter(shape), 4, label=3)
    height, width = shape[1:]
    bright = drawn.images[:, :, height // 2 :, width // 2 :]
    assert drawn.labels.tolist() == [3] * 4
    assert bright.mean() > 4 * drawn.images[:, :, : height // 2].mean()


def test_classes_left_to_chance_come_as_often_as_among_the_training_images():
    trained = painter()
    drawn = draw(trained, 4000)
    wanted = np.bincount(trained.splits.train.labels) / len(trained.splits.train)
    np.testing.assert_allclose(np.bincount(drawn.labels) / 4000, wanted, atol=0.03)


def test_truncation_brings_images_closer_to_each_other():
    trained = painter()
    wide, narrow = (draw(trained, 50, label=0, truncation=each).images.std(0).mean() for each in (1.0, 0.3))
    assert narrow < 0.5 * wide


def test_what_a_model_does_not_mind_is_said_and_changes_nothing(make):
    trained = make("variational")
    asked = draw(trained, 3, label=1, truncation=0.5, guidance=2.0, steps=10)
    assert asked.unminded == ("class", "guidance", "steps")
    assert asked.labels is None
    np.testing.assert_array_equal(asked.images, draw(trained, 3, truncation=0.5).images)
    assert draw(painter(), 3, label=1, truncation=0.5, guidance=2.0).unminded == ("guidance",)
    assert draw(trained, 3).unminded == ()


def test_controls_and_classes_are_those_of_the_model_and_its_images(make):
    assert controls_of(painter()) == {"labels", "truncation"}
    assert controls_of(make("variational")) == {"truncation"}
    assert controls_of(make("conditional")) == {"labels", "truncation"}
    assert classes_of(painter()) == (0, 1, 2, 3)


def test_the_time_per_image_is_that_of_the_images_alone(make, monkeypatch):
    clock = iter([10.0, 10.6])
    monkeypatch.setattr("aecore.analysis.generate.time.perf_counter", lambda: next(clock))
    drawn = draw(make("variational"), 3)
    assert drawn.milliseconds == pytest.approx(200)
    assert drawn.device == "CPU"


def test_drawing_leaves_the_global_generator_alone(make):
    trained = make("variational")
    before = torch.random.get_rng_state()
    draw(trained, 3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_ends_at_one(make):
    told = []
    draw(make("variational"), 700, progress=told.append)
    assert told == [pytest.approx(5 / 7), 1.0]


def test_a_run_that_draws_no_images_is_refused_with_the_way_out(make):
    with pytest.raises(RunError, match="choose a run that generates"):
        draw(make("simple"), 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "choose 1 or more"),
        ({"seed": -1}, "choose one from 0"),
        ({"truncation": -0.5}, "truncation is -0.5"),
        ({"label": 4}, "give one from 0 to 3"),
        ({"label": [0, 1]}, "one for each of the 3 images"),
    ],
)
def test_numbers_out_of_range_are_errors_that_name_the_range(options, said):
    with pytest.raises(SettingError, match=said):
        draw(painter(), **{"count": 3, **options})


def test_a_class_of_images_without_classes_is_an_error(make, splits):
    with pytest.raises(SettingError, match="have no classes"):
        draw(make("variational", data=splits((1, 28, 28), labelled=False)), 3, label=0)
