"""The latent space of a model without an encoder: its codes are drawn, its directions are what changes its images."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from aecore.analysis.drawn import directions, drawn_codes, drawn_map, has_encoder, judgements
from aecore.analysis.trained import as_floats, decode
from aecore.analysis.walks import walk_over
from aecore.errors import RunError, SettingError
from aecore.model import DecodingModel

SHAPES = [(1, 28, 28), (3, 20, 24)]


def test_the_first_codes_are_the_same_however_many_are_drawn(make):
    trained = make("gan")
    many = drawn_codes(trained, 700)
    assert np.array_equal(drawn_codes(trained, 300), many[:300])
    assert len(np.unique(many[:, 0])) == 700
    assert not np.array_equal(drawn_codes(trained, 300, seed=1), many[:300])
    assert abs(many.mean()) < 0.05
    assert many.std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("variant", ["gan", "stylegan"])
@pytest.mark.parametrize("shape", SHAPES)
def test_points_are_drawn_codes_and_pictures_what_the_model_makes_of_them(variant, shape, make):
    trained = make(variant, shape)
    seen, images = drawn_map(trained, 40)
    assert not has_encoder(trained)
    assert images.shape == (40, *shape)
    assert np.abs(decode(trained, seen.codes) * 255 - images).max() <= 0.5 + 1e-3
    assert np.allclose(seen.projection.to_plane(seen.codes), seen.plane, atol=1e-5)
    assert (seen.labels, seen.class_names) == (None, ())
    (judged,) = judgements(trained, images)
    with torch.inference_mode():
        wanted = trained.composition.model.judge(as_floats(images))
    assert np.allclose(judged.values, wanted.numpy(), atol=1e-4)


class Lines(DecodingModel):
    """Images whose rows are numbers of the code: the second counts three times, the third not at all."""

    latent = 3

    def render(self, codes):
        rows = torch.stack([0.05 * codes[:, 0], 0.15 * codes[:, 1]], 1)
        return (0.5 + rows[:, None, :, None].expand(-1, 1, 2, 5)).clamp(0, 1)


@pytest.fixture
def lines(make):
    trained = make("gan", (1, 2, 5))
    composition = SimpleNamespace(model=Lines((1, 2, 5)).eval())
    composition.model.weight = torch.nn.Parameter(torch.zeros(1))  # what says where a model lies
    return SimpleNamespace(recipe=trained.recipe, composition=composition, splits=trained.splits)


def test_directions_are_those_along_which_images_differ_most_with_the_share_that_they_hold(lines):
    seen, images = drawn_map(lines, 2000)
    found = directions(seen.codes, images, 3)
    assert np.abs(found.components[:2] @ np.eye(3)[:, [1, 0]]).diagonal() == pytest.approx([1, 1], abs=0.02)
    assert found.explained == pytest.approx([0.9, 0.1, 0], abs=0.03)
    assert seen.dimensions.order.tolist() == [1, 0, 2]
    changes = seen.dimensions.activity  # of 5 pixels, between two draws: variance 2
    assert changes == pytest.approx([0.05 * 10**0.5, 0.15 * 10**0.5, 0], rel=0.1, abs=1e-6)
    assert judgements(lines, images) == ()


def test_shares_are_measured_on_codes_that_did_not_choose_the_directions(lines):
    """With as many numbers as codes, chance alone would otherwise explain everything."""
    chance = np.random.default_rng(0)
    codes = chance.normal(size=(60, 40)).astype(np.float32)
    images = chance.integers(0, 256, (60, 1, 8, 8)).astype(np.uint8)
    assert directions(codes, images, 2).explained.max() < 0.1


def test_a_code_of_two_numbers_is_its_own_map(make):
    seen, _ = drawn_map(make("gan", bottleneck__code_size=2), 20)
    assert np.array_equal(seen.plane, seen.codes)
    assert seen.projection is None


def test_walks_lead_over_what_was_drawn(make):
    trained = make("gan", SHAPES[1])
    path = walk_over(trained, [7, 300], steps=3)
    codes = drawn_codes(trained, 301)
    assert np.allclose(path.codes[[0, -1]], codes[[7, 300]])
    assert np.allclose(path.images, decode(trained, path.codes))


def test_what_cannot_be_drawn_is_refused(make):
    with pytest.raises(RunError, match="no distribution"):
        drawn_map(make("simple"))
    with pytest.raises(SettingError, match="1 to 100,000"):
        drawn_codes(make("gan"), 0)
    with pytest.raises(SettingError, match="do not give 4 directions"):
        directions(np.zeros((9, 3), np.float32), np.zeros((9, 1, 2, 2), np.uint8), 4)
