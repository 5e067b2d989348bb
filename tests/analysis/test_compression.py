"""Curves of codecs: sizes of real files, PSNR of what they decode to, where curves cross."""

from types import SimpleNamespace

import numpy as np
import pytest

from aecore.analysis.compression import (
    Comparison,
    Curve,
    compare_codecs,
    crossing,
    lossless_webp,
    nearest_usual,
    pixels_of,
    usual_curve,
    usual_file,
)
from aecore.analysis.principal_codec import STEPS
from aecore.compression.codec import codec_of
from tests.compression.made import model, recipe
from tests.made_up import made_up_splits


def curve(sizes, quality) -> Curve:
    return Curve("x", tuple(range(len(sizes))), np.array(sizes, float), np.array(quality, float))


def trained() -> SimpleNamespace:
    return SimpleNamespace(
        recipe=recipe(), composition=SimpleNamespace(model=model()), splits=made_up_splits(train=4, rest=12)
    )


def test_a_comparison_counts_the_bytes_and_errors_of_files_that_were_written_and_read():
    opened, told = trained(), []
    found = compare_codecs(opened, 10, told.append)

    images, codec = opened.splits.test.images[:10], codec_of(opened.composition.model)
    files = [codec.encoder.encode(each, 1) for each in images]
    decoded = np.stack([codec.decoder.decode(each) for each in files])
    error = np.mean((decoded / 255.0 - images / 255.0) ** 2)
    assert found.images == 10
    assert found.model.settings == (1, 2)
    assert found.model.bytes[1] == pytest.approx(np.mean([len(each) for each in files]))
    assert found.model.psnr_db[1] == pytest.approx(-10 * np.log10(error))
    assert found.lossless_bytes == pytest.approx(np.mean([len(lossless_webp(each)) for each in images]))
    assert len(found.linear.bytes) == len(STEPS)
    assert told[-1] == 1.0


def test_usual_codecs_are_measured_on_their_files():
    images = made_up_splits((3, 16, 16), rest=5).test.images
    found = usual_curve("WebP", images)
    last = [usual_file("WebP", each, 80) for each in images]
    assert found.bytes[-1] == pytest.approx(np.mean([len(each) for each in last]))
    assert pixels_of(last[0], 3).shape == (3, 16, 16)
    assert np.all(np.diff(found.bytes) >= 0)


def test_the_nearest_file_of_a_usual_codec_is_found():
    image = made_up_splits((1, 28, 28), rest=1).test.images[0]
    sizes = [len(usual_file("WebP", image, quality)) for quality in range(101)]
    quality, file = nearest_usual("WebP", image, 150)
    assert abs(len(file) - 150) <= min(abs(each - 150) for each in sizes) + 3
    assert len(file) == sizes[quality]


def test_curves_cross_where_the_other_one_comes_up():
    model_, other = curve([50, 100, 150], [20, 24, 25]), curve([100, 150], [22, 29])
    assert crossing(model_, other) == pytest.approx(100 + 50 * 2 / 6)
    assert crossing(model_, curve([100, 150], [10, 11])) is None
    assert crossing(model_, curve([400, 500], [30, 31])) is None


def test_below_its_smallest_file_webp_is_taken_at_its_smallest_and_that_is_said():
    webp, jpeg, linear = curve([100, 140], [22, 24]), curve([200, 300], [9, 9]), curve([40, 60], [18, 19])
    found = Comparison(curve([50, 120], [20, 26]), webp, jpeg, linear, 199.0, 1)
    rows = found.rows()
    assert (rows[0]["webp_psnr_db"], rows[0]["webp_at_its_smallest"], rows[0]["above_webp_db"]) == (22.0, True, -2.0)
    assert (rows[1]["webp_psnr_db"], rows[1]["webp_at_its_smallest"]) == (23.0, False)
    assert rows[1]["above_webp_db"] == pytest.approx(3.0)
    assert rows[0]["jpeg_psnr_db"] is None
    assert (rows[0]["linear_psnr_db"], rows[1]["linear_psnr_db"]) == (18.5, None)
