"""Films of images: read again by other programs' readers, frame by frame."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from aecore.analysis.film import film, frame_count, kind_of
from aecore.errors import SettingError

SHAPES = [(1, 28, 28), (3, 20, 24), (3, 21, 25)]


def moving(steps, shape):
    """A bright disc that travels over a gradient; every value of grey occurs."""
    channels, height, width = shape
    y, x = np.linspace(0, 1, height)[None, None, :, None], np.linspace(0, 1, width)
    place = np.linspace(0, 1, steps)[:, None, None, None]
    tint = np.linspace(1, 0.5, channels)[None, :, None, None]
    disc = np.exp(-((x - place) ** 2 + (y - 0.5) ** 2) / 0.05)
    return np.clip(tint * disc + 0.3 * x * y, 0, 1).astype(np.float32)


def expected(images, enlarge):
    """[steps, height, width, 3] in 0..255 of a film without loss."""
    pixels = np.rint(255 * images).transpose(0, 2, 3, 1).repeat(enlarge, 1).repeat(enlarge, 2)
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def of_gif(content):
    """Frames and durations in ms."""
    with Image.open(io.BytesIO(content)) as file:
        frames, durations = [], []
        for index in range(file.n_frames):
            file.seek(index)
            frames.append(np.asarray(file.convert("RGB")).astype(float))
            durations.append(file.info["duration"])
        assert file.info["loop"] == 0
    return np.stack(frames), durations


def of_mp4(content):
    with av.open(io.BytesIO(content)) as file:
        frames = [each.to_ndarray(format="rgb24").astype(float) for each in file.decode(video=0)]
        return np.stack(frames), file.streams.video[0]


def test_greys_are_exact_in_a_gif():
    ramp = np.linspace(0, 1, 3 * 256).reshape(3, 1, 16, 16).astype(np.float32)
    frames, _ = of_gif(film(ramp, "gif", enlarge=3))
    assert np.array_equal(frames, expected(ramp, 3))


def test_a_few_colours_are_exact_in_a_gif_and_many_nearly_so():
    few = np.random.default_rng(0).integers(0, 6, (90, 3, 20, 20)).astype(np.float32) / 5
    few[:, :, 5:] = 0.5
    few[3, 0, 9, :10] = np.linspace(0.05, 0.95, 10)  # each once among 36,000 pixels
    assert np.array_equal(of_gif(film(few, "gif", enlarge=2))[0], expected(few, 2))
    many = moving(12, (3, 20, 24))
    frames, _ = of_gif(film(many, "gif", enlarge=1))
    assert np.abs(frames - expected(many, 1)).mean() < 3


def test_what_does_not_move_does_not_flicker_in_a_gif():
    images = moving(12, (3, 20, 24))
    images[:, :, :, :6] = images[:1, :, :, :6]
    frames, _ = of_gif(film(images, "gif", enlarge=1))
    assert (frames[:, :, :6] == frames[:1, :, :6]).all()


@pytest.mark.parametrize("fps", [7, 24, 50])
def test_a_gif_lasts_as_long_as_its_frames_though_it_counts_in_hundredths(fps):
    _, durations = of_gif(film(moving(fps, (1, 8, 8)), "gif", fps=fps))
    assert sum(durations) == 1000
    assert max(durations) - min(durations) <= 10


@pytest.mark.parametrize("enlarge", [1, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_mp4_plays_everywhere_and_shows_the_images(shape, enlarge):
    images = moving(9, shape)
    frames, stream = of_mp4(film(images, "mp4", fps=12, enlarge=enlarge))
    context = stream.codec_context
    assert (context.name, context.pix_fmt, stream.average_rate) == ("h264", "yuv420p", 12)
    assert (context.height % 2, context.width % 2) == (0, 0)
    height, width = shape[1] * enlarge, shape[2] * enlarge
    assert (context.height - height, context.width - width) == (height % 2, width % 2)
    assert len(frames) == 9
    even = np.pad(expected(images, enlarge), ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    assert np.abs(frames - even).mean() < 4
    assert np.abs(frames - even)[:, -1].mean() < 8


@pytest.mark.parametrize("colour", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.25, 0.5, 0.75), (1, 1, 1), (0, 0, 0)])
def test_an_mp4_keeps_colours_and_says_by_which_standard_they_are_meant(colour):
    images = np.broadcast_to(np.array(colour, np.float32)[None, :, None, None], (3, 3, 16, 16))
    frames, stream = of_mp4(film(images, "mp4", enlarge=4))
    assert np.abs(frames - 255 * np.array(colour)).max() <= 4
    context = stream.codec_context
    assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_strip_holds_all_images_beside_each_other_with_a_hairline_between(shape):
    images, (_, height, width) = moving(4, shape), shape
    with Image.open(io.BytesIO(film(images, "png", enlarge=2))) as file:
        strip = np.asarray(file.convert("RGB")).astype(float)
    assert strip.shape == (2 * height, 4 * (2 * width + 1) - 1, 3)
    for index, each in enumerate(expected(images, 2)):
        start = index * (2 * width + 1)
        assert np.array_equal(strip[:, start : start + 2 * width], each)
        assert (strip[:, start + 2 * width : start + 2 * width + 1] == 128).all()


def test_there_and_back_shows_neither_end_twice():
    images = moving(4, (1, 8, 8))
    frames, _ = of_gif(film(images, "gif", enlarge=1, back=True))
    assert np.array_equal(frames, expected(images[[0, 1, 2, 3, 2, 1]], 1))
    assert [frame_count(count, True) for count in (1, 2, 4)] == [1, 2, 6]
    assert len(of_mp4(film(images, "mp4", back=True))[0]) == 6


@pytest.mark.parametrize("kind", ["gif", "mp4", "png"])
def test_the_same_images_give_the_same_bytes_and_one_image_is_a_film_too(kind):
    images = moving(6, (3, 20, 24))
    assert film(images, kind) == film(images, kind)
    assert film(images[:1], kind, back=True)


@pytest.mark.parametrize(
    ("steps", "chosen", "sentence"),
    [
        (4, {"kind": "avi"}, "choose one of gif, mp4, png"),
        (0, {}, r"not of shape \[0, 1, 28, 28\]"),
        (4, {"fps": 0}, "choose 1 to 50"),
        (4, {"fps": 51}, "choose 1 to 50"),
        (4, {"enlarge": 0}, "choose 1 or more"),
        (4, {"enlarge": 200}, "5,600 pixels, the limit is 4,096: enlarge less"),
        (400, {"kind": "png"}, "89,999 pixels, the limit is 65,535: enlarge less, or take fewer images"),
        (4, {"kind": "png", "enlarge": 700}, "78,403 pixels"),
        (50, {"enlarge": 100}, "392 million pixels, the limit is 268 million"),
        (30, {"enlarge": 100, "back": True}, "455 million pixels"),
    ],
)
def test_what_is_no_film_is_a_sentence(steps, chosen, sentence):
    with pytest.raises(SettingError, match=sentence):
        film(np.zeros((steps, 1, 28, 28), np.float32), **chosen)


def test_the_name_of_a_file_says_the_kind():
    assert [kind_of(name) for name in ("a.gif", "b.MP4", "c.d.png")] == ["gif", "mp4", "png"]
    for name in ("a.avi", "gif"):
        with pytest.raises(SettingError, match=r"choose one of \.gif, \.mp4, \.png"):
            kind_of(name)
