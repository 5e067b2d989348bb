"""Pictures from files: the same numbers however they come, flagged above the line, and a sentence for the others."""

import math
from dataclasses import replace

import numpy as np
import pytest

from aecore.analysis.anomalies.detector import fit_detector
from aecore.analysis.anomalies.flags import draw_line, flag_pictures, moved, take_picture
from aecore.errors import DataError, PictureError, SettingError
from tests.hostile import encoded

SHAPE = (1, 9, 7)


@pytest.fixture(scope="module")
def detector(make):
    return fit_detector(make("simple", SHAPE, network__kind="dense", network__hidden=(8,), bottleneck__code_size=2))


def test_a_picture_has_the_same_numbers_from_bytes_and_from_a_file_alone_and_beside_others(detector, tmp_path):
    data = encoded("PNG")
    (tmp_path / "a.png").write_bytes(data)
    line, _ = draw_line(detector)
    by_bytes = take_picture("a.png", data, SHAPE, "pad")
    by_file = take_picture("a.png", tmp_path / "a.png", SHAPE, "pad")
    other = take_picture("b.png", encoded("BMP", np.zeros((30, 30, 3), np.uint8)), SHAPE, "crop")
    (alone,) = flag_pictures(detector, [by_file], line)
    _, beside = flag_pictures(detector, [other, by_bytes], line)
    assert alone.numbers(line) == beside.numbers(line)
    assert "converted to grey" in alone.how


def test_what_is_above_the_line_is_flagged_and_the_percentile_says_how_many_normal_ones_are_below(detector):
    picture = take_picture("a.png", encoded("PNG"), SHAPE, "crop")
    line, band = draw_line(detector, "squared_error", 0.9)
    assert (line.threshold, line.quantile, line.images) == (band.threshold, 0.9, 100)
    (flag,) = flag_pictures(detector, [picture], line)
    assert flag.value == flag.scores["squared_error"]
    normal = detector.calibration.scores["squared_error"]
    assert flag.percentile == pytest.approx(100 * np.mean(normal < flag.value))
    for threshold, flagged in ((flag.value, False), (math.nextafter(flag.value, 0), True)):
        (found,) = flag_pictures(detector, [picture], moved(line, threshold))
        assert found.flagged is flagged
        assert found.numbers(moved(line, threshold))["quantile"] is None


def test_dark_and_light_can_be_exchanged_first():
    plain, exchanged = (take_picture("a.png", encoded("PNG"), SHAPE, "crop", invert) for invert in (False, True))
    assert np.array_equal(plain.pixels, 255 - exchanged.pixels)


def test_what_is_no_picture_or_no_score_is_refused(detector):
    with pytest.raises(PictureError, match="this is text"):
        take_picture("a.png", b"I am not a picture.\n", SHAPE, "crop")
    with pytest.raises(SettingError, match="has no 'Negative ELBO' score"):
        draw_line(detector, "neg_elbo")
    with pytest.raises(SettingError, match="choose a share between 0 and 1"):
        draw_line(detector, quantile=95)


def test_a_model_that_has_diverged_is_said(detector, monkeypatch):
    line, _ = draw_line(detector)
    looked = replace(detector.look(np.zeros((1, *SHAPE), np.uint8)), scores={"together": np.array([np.nan])})
    monkeypatch.setattr(detector, "look", lambda _: looked)
    with pytest.raises(DataError, match="it has diverged"):
        flag_pictures(detector, [take_picture("a.png", encoded("PNG"), SHAPE, "crop")], line)
