"""How sparse codes are, on codes that can be counted by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from aecore.analysis.demonstrations.sparse_codes import errors_by_kept, sparse_codes
from aecore.analysis.sparsity import BINS, sparsity
from aecore.analysis.units import excitement, rest, turn
from aecore.bottlenecks.plain import Plain, PlainSettings
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import DataError, RunError, SettingError
from aecore.model import Autoencoder
from tests.analysis.conftest import COLOUR, GREY

CODES = np.array([[255, 0, 0], [255, 51, 0], [0, 10, 0], [0, 0, 0]], np.uint8)  # 1.0, 0.2, 0.04


def identity(codes=CODES, signs=(1.0, 1.0, 1.0)):
    """A model whose code is the image, each number with a sign of its own; the test images are `codes`."""
    images = codes.reshape(-1, 1, 1, codes.shape[1])
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(3, 3, bias=False))
    encoder[1].weight.data = torch.diag(torch.tensor(signs))
    decoder = nn.Sequential(nn.Linear(3, 3), nn.Unflatten(1, (1, 1, 3)))
    model = Autoencoder(encoder, Plain(PlainSettings(code_size=3)), decoder, (1, 1, 3)).eval().requires_grad_(False)
    part = ImageSet(images, None, ())
    splits = Splits(part, part, part, name="numbers", fingerprint="numbers")
    return SimpleNamespace(recipe=None, composition=SimpleNamespace(model=model), splits=splits)


def test_units_are_counted_as_on_above_a_share_of_the_largest_activation():
    seen = sparsity(identity(), share=0.1)
    assert seen.threshold == pytest.approx(0.1)
    assert seen.active.tolist() == [1, 2, 0, 0]
    assert seen.active_per_image == 0.75
    assert seen.often.tolist() == [0.5, 0.25, 0.0]
    assert seen.dead.tolist() == [2]
    assert sparsity(identity(), share=0.03).active.tolist() == [1, 2, 1, 0]


def test_smaller_activations_everywhere_are_no_sparser():
    small = sparsity(identity(signs=(0.01, 0.01, 0.01)))
    large = sparsity(identity())
    assert small.active.tolist() == large.active.tolist()
    np.testing.assert_allclose(small.lifetime, large.lifetime, atol=1e-6)


def test_a_unit_far_below_zero_is_on_too():
    seen = sparsity(identity(signs=(-1.0, 1.0, 1.0)))
    assert seen.active.tolist() == [1, 2, 0, 0]
    assert (seen.smallest[0], seen.largest[1]) == (-1.0, pytest.approx(0.2))


def test_lifetime_sparsity_by_hand():
    """Unit 0 is on for half of four images: (1 - 0.25 / 0.5) / (1 - 1/4). Unit 2 is always 0."""
    seen = sparsity(identity())
    assert seen.lifetime[0] == pytest.approx((1 - 0.5) / 0.75)
    assert np.isnan(seen.lifetime[2])
    alike = sparsity(identity(np.full((5, 3), 255, np.uint8)))
    np.testing.assert_allclose(alike.lifetime, 0, atol=1e-6)
    once = sparsity(identity(np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)))
    np.testing.assert_allclose(once.lifetime, 1, atol=1e-6)


def test_every_activation_falls_into_one_bin():
    seen = sparsity(identity())
    assert len(seen.counts) == BINS
    assert seen.counts.sum() == CODES.size
    assert (seen.counts[0], seen.counts[-1]) == (8, 2)


def test_codes_that_are_all_0_are_all_dead_and_no_error():
    seen = sparsity(identity(np.zeros((3, 3), np.uint8)))
    assert len(seen.dead) == 3
    assert seen.to_dict()["lifetime_sparsity"] is None
    assert seen.counts.sum() == 9


@pytest.mark.parametrize("shape", [GREY, COLOUR])
@pytest.mark.parametrize("variant", ["sparse", "variational", "convolutional"])
def test_any_run_with_an_encoder_is_measured_in_batches_like_at_once(make, variant, shape, monkeypatch):
    model = make(variant, shape, bottleneck__code_size=6)
    told = []
    whole = sparsity(model, progress=told.append)
    monkeypatch.setattr("aecore.analysis.trained.MAX_BATCH", 7)
    parts = sparsity(model)
    assert whole.images == 100
    assert told == sorted(told)
    assert told[-1] == 1
    assert whole.active.tolist() == parts.active.tolist()
    np.testing.assert_allclose(whole.mean, parts.mean, atol=1e-5)
    np.testing.assert_allclose(whole.lifetime, parts.lifetime, atol=1e-4)
    assert len(sparsity(model, limit=30).active) == 30


def test_what_cannot_be_measured_is_refused(make):
    with pytest.raises(SettingError, match=r"above 1 of the largest activation: choose 0 or more, below 1"):
        sparsity(identity(), share=1)
    with pytest.raises(DataError, match="has no images to encode"):
        sparsity(identity(CODES[:0]))
    model = make("simple")
    model.composition.model.train()
    with pytest.raises(RunError, match="training mode"):
        sparsity(model)


def test_the_images_that_excite_a_unit_most_come_first(monkeypatch):
    for most in (500, 3):
        monkeypatch.setattr("aecore.analysis.trained.MAX_BATCH", most)
        codes = np.array([[30, 1, 0], [10, 2, 0], [50, 3, 0], [20, 4, 0], [40, 5, 0]], np.uint8)
        found = excitement(identity(codes, (1.0, -1.0, 1.0)), count=3)
        assert found.strongest[:2].tolist() == [[2, 4, 0], [0, 1, 2]]
        np.testing.assert_allclose(found.high[0] * 255, [50, 40, 30], rtol=1e-6)
        assert found.weakest[:2].tolist() == [[1, 3, 0], [4, 3, 2]]
        np.testing.assert_allclose(found.low[1] * 255, [-5, -4, -3], rtol=1e-6)
    assert excitement(identity(codes), count=99).strongest.shape == (3, 5)
    with pytest.raises(SettingError, match="0 images for each unit show nothing"):
        excitement(identity(codes), count=0)


def test_a_unit_at_rest_has_its_median_and_a_dead_one_can_still_be_turned_on():
    known = rest(identity())
    np.testing.assert_allclose(known.code, [0.5, 5 / 255, 0.0], atol=1e-6)
    np.testing.assert_allclose(known.high[:2], [1.0, 0.2], atol=1e-6)
    assert known.high[2] == pytest.approx(np.median([0.5, 0.2 - 5 / 255]))
    assert (rest(identity(np.zeros((3, 3), np.uint8))).high == 1).all()


def test_turning_a_unit_to_the_value_it_has_changes_nothing():
    model = identity()
    same = turn(model, 1, 1, 0.2)
    assert same.was == pytest.approx(0.2)
    np.testing.assert_allclose(same.change, 0, atol=1e-6)
    assert np.array_equal(same.original, model.splits.test.images[1])
    other = turn(model, 1, 1, 3.0)
    code = torch.tensor([[1.0, 3.0, 0.0]])
    np.testing.assert_allclose(other.image, model.composition.model.decode(code)[0], atol=1e-6)
    np.testing.assert_array_equal(other.reconstruction, same.reconstruction)


def test_what_is_not_there_cannot_be_turned():
    with pytest.raises(SettingError, match="There is no unit 3: the code has the units 0 to 2"):
        turn(identity(), 0, 3, 1.0)
    with pytest.raises(SettingError, match="There is no image 4 in the test split: choose 0 to 3"):
        turn(identity(), 4, 0, 1.0)


def test_keeping_all_units_is_the_reconstruction_and_keeping_one_keeps_the_one_farthest_from_rest():
    model = identity()
    clean = model.splits.test.images
    errors = errors_by_kept(model, clean, np.array([1, 3]))
    codes = torch.from_numpy(CODES.astype(np.float32) / 255)
    at_rest = torch.tensor(rest(model).code)
    only = at_rest.repeat(4, 1)
    for image, unit in enumerate((0, 0, 0, 0)):  # 0.5 away from its median of 0.5, the others less
        only[image, unit] = codes[image, unit]
    for error, shortened in zip(errors, (only, codes), strict=True):
        off = model.composition.model.decode(shortened).flatten(1) - codes
        assert error == pytest.approx(float(off.square().sum(1).mean()), rel=1e-5)


def test_runs_are_compared_on_the_same_images_with_principal_components(make):
    top_k = {"bottleneck__kind": "top_k", "penalty__kind": "none", "bottleneck__active_units": 4}
    runs = {
        "L1": make("sparse", bottleneck__code_size=20, fit=20),
        "Top-k": make("sparse", bottleneck__code_size=40, fit=20, **top_k),
    }
    shown = sparse_codes(runs, limit=50)
    assert [each.name for each in shown.runs] == ["L1", "Top-k"]
    assert [int(each.kept[-1]) for each in shown.runs] == [20, 40]
    assert shown.images == 50
    assert (np.diff(shown.pca) < 0).all()
    sparse = shown.runs[1]
    at = dict(zip(sparse.kept.tolist(), sparse.errors.tolist(), strict=True))
    assert at[4] == pytest.approx(at[40], rel=1e-4)  # no image uses more than 4 units, and at rest all are 0
    with pytest.raises(SettingError, match="nothing to compare"):
        sparse_codes({})
    with pytest.raises(SettingError, match="images of another shape"):
        sparse_codes({"grey": runs["L1"], "colour": make("sparse", COLOUR)})
