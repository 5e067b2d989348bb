"""What the browser is sent for a latent canvas, and what is refused before it is sent."""

import numpy as np
import pytest

from aecore.browser import canvas
from aecore.browser.blocks import found
from aecore.browser.canvas import Along, Colouring, Inverse, KeptGroup, Projection, make_scene
from aecore.browser.colours import DARK, LIGHT
from aecore.errors import SettingError
from tests.pages.test_packing import unpack


def packed(latent: int = 2, count: int = 30, shape=(1, 4, 5), **changes) -> tuple[dict, dict[str, np.ndarray]]:
    made = make_scene(**scene(latent, count, shape, **changes))
    header, small = unpack(made.message)
    return header, small | made.arrays


def scene(latent: int = 2, count: int = 30, shape=(1, 4, 5), **changes) -> dict:
    codes = np.random.default_rng(0).normal(size=(count, latent)).astype(np.float32)
    codes *= np.arange(1, latent + 1)  # the last number varies most
    given = {
        "key": "test",
        "decoder": b"any bytes",
        "codes": codes,
        "thumbnails": np.zeros((count, *shape), np.uint8),
        "labels": np.arange(count) % 3,
        "class_names": ("ant", "bee", "cat"),
    }
    return {**given, **changes}


def pca(codes: np.ndarray) -> Projection:
    mean = codes.mean(axis=0)
    return Projection(mean, np.linalg.svd(codes - mean, full_matrices=False)[2][:2])


def test_codes_of_two_numbers_are_their_own_map():
    header, arrays = packed(latent=2)
    assert header["movable"]
    assert "points" not in arrays
    np.testing.assert_array_equal(arrays["components"], np.eye(2))
    assert header["parts"] == ["map", "walk"]


def test_a_projection_puts_the_points_where_it_projects_their_codes():
    codes = scene(latent=5)["codes"]
    header, arrays = packed(latent=5, projection=pca(codes))
    expected = (codes - codes.mean(0)) @ pca(codes).components.T
    np.testing.assert_allclose(arrays["points"], expected, atol=1e-5)
    assert header["parts"] == ["map", "sliders", "walk"]


def test_a_plane_without_a_projection_shows_points_that_cannot_be_dragged():
    header, arrays = packed(latent=5, plane=np.ones((30, 2)))
    assert not header["movable"]
    assert "components" not in arrays
    assert "map" in header["parts"]


def test_a_plane_without_components_can_be_moved_in_where_a_way_leads_back():
    errors = np.linspace(0, 1, 30, dtype=np.float32)
    header, arrays = packed(latent=5, plane=np.ones((30, 2), np.float32), inverse=Inverse(8, errors, 2.5))
    assert header["movable"]
    assert header["inverse"] == {"neighbours": 8, "mean_code_error": 2.5}
    assert [each["key"] for each in header["colourings"]] == ["inverse_error"]
    np.testing.assert_array_equal(arrays["score.inverse_error"], errors)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inverse": Inverse(8, np.ones(30, np.float32), 2.5)}, "but no plane: give both"),
        (
            {"inverse": Inverse(8, np.ones(29, np.float32), 2.5), "plane": np.ones((30, 2), np.float32)},
            "one finite number for each of 30 codes",
        ),
    ],
)
def test_a_way_back_that_does_not_fit_is_refused(changes, words):
    with pytest.raises(SettingError, match=words):
        packed(latent=5, **changes)


def test_without_any_plane_many_numbers_have_sliders_but_no_map():
    assert packed(latent=5)[0]["parts"] == ["sliders", "walk"]


def test_codes_of_one_number_are_spread_over_the_height_of_the_map():
    _, arrays = packed(latent=1)
    np.testing.assert_allclose(arrays["points"][:, 0], arrays["codes"][:, 0])
    assert len(np.unique(arrays["points"][:, 1])) == 30


def test_sliders_come_most_active_first_and_reach_three_standard_deviations():
    header, arrays = packed(latent=4)
    assert [slider["dimension"] for slider in header["sliders"]] == [3, 2, 1, 0]
    first = header["sliders"][0]
    assert first["high"] - first["low"] == pytest.approx(6 * arrays["codes"][:, 3].std(), rel=1e-5)


def test_activity_and_ranges_may_be_given():
    ranges = np.array([[-1.0, 1.0], [-2.0, 2.0], [-3.0, 3.0]])
    header, _ = packed(latent=3, activity=np.array([0.1, 9.0, 0.2]), ranges=ranges)
    assert [slider["dimension"] for slider in header["sliders"]] == [1, 2, 0]
    assert (header["sliders"][0]["low"], header["sliders"][0]["high"]) == (-2, 2)


def test_a_number_that_never_changes_has_a_slider_that_moves():
    slider = packed(latent=3, codes=np.ones((30, 3)))[0]["sliders"][0]
    assert slider["low"] < 1 < slider["high"]


def test_the_walk_starts_between_pictures_of_different_classes():
    first, last = packed(labels=np.array([0] * 7 + [1] * 23))[0]["ends"]
    assert (first, last) == (0, 7)


def test_the_palette_travels_with_the_scene():
    header, _ = packed()
    assert header["themes"]["dark"]["background"] == DARK.background
    assert header["classes"][1] == {
        "name": "bee",
        "shape": "circle",
        "light": LIGHT.classes[1],
        "dark": DARK.classes[1],
    }


def test_pictures_without_classes_have_one_colour_and_no_name():
    header, arrays = packed(labels=None, class_names=())
    assert [known["name"] for known in header["classes"]] == [""]
    assert not arrays["labels"].any()


def test_of_very_many_pictures_only_the_first_can_be_taken_up(monkeypatch):
    monkeypatch.setattr(canvas, "PICTURES_LIMIT", 10 * 20)
    header, arrays = packed(count=30, shape=(1, 4, 5))
    assert header["pictured"] == len(arrays["pictures"]) == 10
    assert header["count"] == len(arrays["codes"]) == 30


def test_the_same_scene_has_the_same_fingerprint_and_another_has_not():
    again, other = packed()[0]["fingerprint"], packed(decoder=b"other bytes")[0]["fingerprint"]
    assert packed()[0]["fingerprint"] == again != other


def test_large_arrays_are_named_in_the_message_and_fetched_by_their_hash():
    made = make_scene(**scene(latent=5, projection=pca(scene(latent=5)["codes"])))
    header, small = unpack(made.message)
    assert set(small) == {"mean", "spread", "origin", "components"}
    assert set(header["blocks"]) == set(made.arrays) == {"codes", "labels", "decoder", "pictures", "ids", "points"}
    for name, place in header["blocks"].items():
        assert found(place["hash"]).array is made.arrays[name]


def test_numbers_to_colour_by_and_kept_groups_travel_with_the_scene():
    numbers = np.arange(30, dtype=np.float32)
    groups = [KeptGroup("thin", np.array([3, 5])), KeptGroup("thick", np.array([9]))]
    header, arrays = packed(colourings=[Colouring("error", "Squared error", "summed", numbers)], groups=groups)
    assert header["colourings"] == [{"key": "error", "title": "Squared error", "unit": "summed"}]
    np.testing.assert_array_equal(arrays["score.error"], numbers)
    assert header["groups"] == [{"name": "thin", "count": 2}, {"name": "thick", "count": 1}]
    np.testing.assert_array_equal(arrays["group.0"], [3, 5])


def test_a_scene_is_extended_by_groups_and_directions_and_all_else_stays():
    plain = make_scene(**scene(latent=3))
    along = [Along("thin → thick", np.array([0.0, 1, 0]), np.array([1.0, 2, 3]), -2.0, 2.0)]
    more = plain.extended([KeptGroup("thin", np.array([4]))], along)
    header, small = unpack(more.message)
    assert header["along"] == [{"title": "thin → thick", "low": -2.0, "high": 2.0, "note": ""}]
    np.testing.assert_array_equal(small["along_units"], [[0, 1, 0]])
    np.testing.assert_array_equal(small["along_origins"], [[1, 2, 3]])
    assert more.blocks["pictures"] is plain.blocks["pictures"]
    assert unpack(more.extended().message)[0] == unpack(plain.message)[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"codes": np.full((30, 2), np.nan)}, "not finite"),
        ({"codes": np.zeros((0, 2))}, "at least one"),
        ({"thumbnails": np.zeros((30, 2, 4, 4), np.uint8)}, "1 or 3"),
        ({"thumbnails": np.zeros((31, 1, 4, 4), np.uint8)}, "31 pictures for 30 codes"),
        ({"labels": np.full(30, 3)}, "index into 3 class names"),
        ({"plane": np.zeros((30, 3))}, "two finite numbers"),
        ({"projection": Projection(np.zeros(3), np.eye(2, 3))}, "a mean of 2"),
        ({"plane": np.full((30, 2), 99.0), "projection": Projection(np.zeros(2), np.eye(2))}, "give one of the two"),
        ({"parts": ["map", "walk"], "thumbnails": np.zeros((1, 1, 4, 5), np.uint8)}, "'walk'"),
        ({"colourings": [Colouring("a", "Error", "nats", np.zeros(29))]}, "Error must be one finite number for each"),
        ({"colourings": [Colouring("a", "Error", "nats", np.full(30, np.inf))]}, "one finite number"),
        ({"ids": np.arange(29)}, "29 image numbers for 30 codes"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(changes, words):
    with pytest.raises(SettingError, match=words):
        make_scene(**scene(**changes))
