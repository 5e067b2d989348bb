"""Images one after the other as a file: GIF, MP4, or a strip of all of them as PNG.

    gif   endless. Grey images keep their 256 greys; coloured ones share one palette of 256 colours over all frames, so
          that nothing flickers between frames. Without dithering, for the same reason
    mp4   H.264 in 4:2:0, which plays everywhere; its sides are even: where they are not, the last row or column is
          there twice. Lossy, but so little that no eye sees it. Colours after BT.709
    png   all images beside each other, a hairline between them, exact

Every image is enlarged by a whole number, each pixel becoming a square. Nothing but pixels is written: no names, dates
or comments; the same images give the same bytes.

Source: H.264: Wiegand et al., "Overview of the H.264/AVC Video Coding Standard", IEEE TCSVT 2003; written by x264
through PyAV. The palette: Heckbert, "Color Image Quantization for Frame Buffer Display", SIGGRAPH 1982 (median cut).
"""

import io
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

import numpy as np
from PIL import Image

from aecore.analysis.trained import Floats
from aecore.data.image_set import Pixels
from aecore.data.saving import picture_file
from aecore.errors import SettingError
from aecore.randomness import numpy_stream

KINDS: Final = ("gif", "mp4", "png")
LARGEST_SIDE: Final = {"gif": 4096, "mp4": 4096, "png": 65_535}  # pixels; an MP4 beyond it plays in few places
MOST_PIXELS: Final = 2**28  # of all frames, enlarged: half a minute of work
MOST_FPS: Final = 50  # browsers slow down a GIF of more
HAIRLINE: Final = 128
PALETTE_PIXELS: Final = 2**14  # that the palette is made from: more take seconds and change nothing to be seen
QUALITY: Final = "12"  # x264's constant rate factor: 0 lossless, 18 hardly to be told from it, 51 worst


def film(images: Floats, kind: str = "gif", fps: int = 24, enlarge: int = 8, back: bool = False) -> bytes:
    """The file of images [steps, 1 or 3, height, width] in [0, 1], `fps` a second; with `back` there and back again.

    SettingError for a kind that is not offered, and for more images, frames a second or pixels than the file can hold.
    """
    _check(images, kind, fps, enlarge, back)
    frames = _frames(images)
    frames = np.concatenate([frames, frames[-2:0:-1]]) if back else frames
    match kind:
        case "gif":
            return _gif(frames, fps, enlarge)
        case "mp4":
            return _mp4(frames, fps, enlarge)
        case _:
            return _strip(frames, enlarge)


def frame_count(images: int, back: bool) -> int:
    """How many frames a film of so many images has: on the way back its two ends are not shown again."""
    return 2 * images - 2 if back and images > 1 else images


def kind_of(name: str) -> str:
    """The kind that a file name asks for. SettingError for a suffix that is not offered."""
    suffix = PurePath(name).suffix.lower()
    if suffix.removeprefix(".") not in KINDS:
        offered = ", ".join(f".{kind}" for kind in KINDS)
        raise SettingError(f"{name} ends with {suffix or 'no suffix'}: choose one of {offered}.")
    return suffix.removeprefix(".")


def _check(images: Floats, kind: str, fps: int, enlarge: int, back: bool) -> None:
    if kind not in KINDS:
        raise SettingError(f"There is no film of kind {kind!r}: choose one of {', '.join(KINDS)}.")
    if images.ndim != 4 or not len(images) or images.shape[1] not in (1, 3):
        raise SettingError(f"A film is made of images with 1 or 3 channels, not of shape {list(images.shape)}.")
    if not 1 <= fps <= MOST_FPS:
        raise SettingError(f"{fps} frames a second cannot be shown everywhere: choose 1 to {MOST_FPS}.")
    if enlarge < 1:
        raise SettingError(f"The images cannot be enlarged {enlarge} times: choose 1 or more.")
    count, _, height, width = images.shape
    count = frame_count(count, back)
    across = (width * enlarge + 1) * count - 1 if kind == "png" else width * enlarge
    longest = max(across, height * enlarge)
    if longest > LARGEST_SIDE[kind]:
        raise SettingError(
            f"This {kind.upper()} would have a side of {longest:,} pixels, the limit is {LARGEST_SIDE[kind]:,}: "
            f"enlarge less{', or take fewer images' if kind == 'png' else ''}."
        )
    if count * height * width * enlarge**2 > MOST_PIXELS:
        millions = count * height * width * enlarge**2 / 1e6
        raise SettingError(
            f"This film would have {millions:,.0f} million pixels, the limit is {MOST_PIXELS / 1e6:,.0f} million: "
            "enlarge less, or take fewer images."
        )


def _frames(images: Floats) -> Pixels:
    """uint8 [steps, height, width, channels]"""
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)


def _large(frame: Pixels, enlarge: int) -> Pixels:
    """[height, width, ...], each pixel a square."""
    return frame.repeat(enlarge, axis=0).repeat(enlarge, axis=1)


def _strip(frames: Pixels, enlarge: int) -> bytes:
    count, height, _, channels = frames.shape
    line = np.full((height * enlarge, 1, channels), HAIRLINE, np.uint8)
    parts = [part for frame in frames for part in (_large(frame, enlarge), line)]
    return picture_file(np.concatenate(parts[: 2 * count - 1], axis=1))


def _gif(frames: Pixels, fps: int, enlarge: int) -> bytes:
    indexed, palette = _grey(frames) if frames.shape[3] == 1 else _with_palette(frames)
    pictures = []
    for each in indexed:
        picture = Image.fromarray(_large(each, enlarge), "L")
        picture.putpalette(palette)
        pictures.append(picture)
    file = io.BytesIO()
    durations = _durations_ms(len(pictures), fps)
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=False)
    return file.getvalue()


def _durations_ms(count: int, fps: int) -> list[int]:
    """A GIF counts in hundredths of a second: frames last a little longer in turn, so that their sum is right."""
    ends = [round(100 * each / fps) for each in range(count + 1)]
    return [10 * (end - start) for start, end in pairwise(ends)]


def _grey(frames: Pixels) -> tuple[Pixels, bytes]:
    return frames[..., 0], np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes()


def _with_palette(frames: Pixels) -> tuple[Pixels, bytes]:
    """uint8 [steps, height, width] into one palette for all frames."""
    chosen = Image.fromarray(_some_colours(frames)).quantize(256, Image.Quantize.MEDIANCUT, kmeans=1)
    as_picture = Image.fromarray(np.ascontiguousarray(frames.reshape(-1, frames.shape[2], 3)))
    indexed = as_picture.quantize(palette=chosen, dither=Image.Dither.NONE)
    return np.asarray(indexed, dtype=np.uint8).reshape(frames.shape[:3]), bytes(chosen.getpalette() or [])


def _some_colours(frames: Pixels) -> Pixels:
    """[1, n, 3]: every colour once where a palette can hold them all, otherwise those of some pixels."""
    packed = frames.reshape(-1, 3).astype(np.uint32) @ np.array([2**16, 2**8, 1], np.uint32)
    colours = np.unique(packed)
    if len(colours) > 256:
        colours = numpy_stream(0, "palette").choice(packed, PALETTE_PIXELS)
    return np.stack([colours >> 16, colours >> 8, colours], axis=1).astype(np.uint8)[None]


def _mp4(frames: Pixels, fps: int, enlarge: int) -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("libx264", rate=fps, options=_X264)
        stream.height, stream.width = (-(-side * enlarge // 2) * 2 for side in frames.shape[1:3])
        stream.pix_fmt = "yuv420p"
        for name, value in _BT709.items():
            setattr(stream.codec_context, name, value)
        for each in frames:
            container.mux(stream.encode(_video_frame(each, enlarge)))
        container.mux(stream.encode(None))
    return file.getvalue()


# One thread: x264 writes another file for another number of them.
_X264: Final = {"crf": QUALITY, "preset": "medium", "tune": "animation", "threads": "1", "flags": "+bitexact"}
_BT709: Final = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}


def _video_frame(frame: Pixels, enlarge: int) -> Any:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    large = _large(frame, enlarge)
    height, width = large.shape[:2]
    even = np.pad(large, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    coloured = np.ascontiguousarray(np.broadcast_to(even, (*even.shape[:2], 3)))
    return av.VideoFrame.from_ndarray(coloured, format="rgb24").reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
    )
