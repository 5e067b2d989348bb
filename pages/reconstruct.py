"""What does a model make of an image, and how much of it survives noise?

Reads a run, its test images and pictures that a person uploads. Writes nothing.

    ?run=ID   the run to look at
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.runs.folder import Run
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.matrix import Row, Scale, digits, show_matrix, show_numbers, side_for
from pages.shared.measures import bound_rows, mean_of, measure_rows
from pages.shared.noise import Noise, pick_noise
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_encoder, newest_or, pick_run
from pages.shared.pictures import Picture, Pixels
from pages.shared.results import Slot, slot
from pages.shared.uploads import KINDS
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.evaluate import Evaluation
    from aecore.analysis.reconstruct import NoiseCurve, Reconstructions
    from aecore.data.image_set import ImageSet
    from aecore.runs.opened import OpenRun

PAGE = "reconstruct"
OWN = "own"
ALL = -1  # classes
CHOICES = {
    "class": "One of each class",
    "random": "Random",
    "worst": "Worst reconstructed",
    "best": "Best reconstructed",
    OWN: "Your own pictures",
}
MOST_IMAGES = 20
USUAL_IMAGES = 10
SIDE, LARGE_SIDE = 84, 112  # CSS pixels, about: larger where there are few images
FEW = 6
CURVE_IMAGES = 1000


@dataclass(frozen=True, eq=False)
class Shown:
    """The images on screen, where they come from, and how that is said to Python."""

    images: Pixels  # [n, channels, height, width]
    heads: tuple[str, ...]
    indices: tuple[int, ...] = ()  # in the test split
    came: tuple[Pixels, ...] = ()  # uploaded pictures before they were fitted
    files: tuple[str, ...] = ()
    fit: str = "crop"
    inverted: bool = False
    note: str = ""


def show() -> None:
    """Pictures on the left, choices on the right, measured quality below."""
    run = pick_run(PAGE, has_encoder, usual=newest_or(lambda each: each.variant == "denoising" and not each.classes))
    if run is None:
        return
    opened = open_for_page(run)
    if run.alive():
        st.caption(f"Still training: these are the weights after epoch {opened.epoch}.")
        st.button("Take the newest weights", key=f"{PAGE}.newest", icon=":material/refresh:")
    picture, controls = st.columns([5, 1], gap="medium")
    with controls:
        source = _pick_source(opened)
        noise = pick_noise(f"{PAGE}.{run.id}", opened.recipe.parts.corruption)
        draw = _draw()
    with picture, errors_shown():
        shown = source.images(opened, noise, draw)
        if shown is not None and len(shown.images):
            _pictures(opened, shown, noise, draw)
    st.divider()
    curve, measured = st.columns(2, gap="large")
    with curve, errors_shown():
        _curve(opened, noise)
    with measured, errors_shown():
        _measured(opened)


# --- which images


@dataclass(frozen=True)
class TestImages:
    """Images of the test split, by one of the ways of `pick_images`."""

    which: str
    label: int | None
    count: int

    def images(self, opened: "OpenRun", noise: Noise, draw: int) -> Shown | None:
        """The images. Best and worst are found among all of them, which takes a while the first time."""
        from aecore.analysis.reconstruct import pick_images

        test = opened.splits.test
        ranked = self.which in ("best", "worst")
        errors = _errors(opened, noise) if ranked else None
        indices = pick_images(opened, self.which, self.count, label=self.label, seed=draw, errors=errors)
        if not len(indices):
            st.info("The test split has no image of this class.")
            return None
        note = f"Ranked by squared error among {len(test):,} test images" if ranked else ""
        if ranked and noise.corrupts:
            note += ", each with another draw of the noise than the one shown"
        return Shown(
            test.images[indices], _heads(test, indices), tuple(int(each) for each in indices), note=f"{note}." * ranked
        )


@dataclass(frozen=True)
class OwnPictures:
    """Pictures that a person uploads."""

    files: tuple[tuple[str, bytes], ...]
    fit: str
    inverted: bool

    def images(self, opened: "OpenRun", noise: Noise, draw: int) -> Shown | None:
        """Those that can be read, fitted to the model; for each of the others a sentence that says why not."""
        if not self.files:
            st.info("Add a picture of your own: it is fitted to the size and the colours that this model knows.")
            return None
        taken = []
        for name, data in self.files[:MOST_IMAGES]:
            with errors_shown():
                taken.append((name, *_fitted(name, data, opened.splits.shape, self.fit, self.inverted)))
        if len(self.files) > MOST_IMAGES:
            st.info(f"Only the first {MOST_IMAGES} of {len(self.files)} pictures are shown.")
        if not taken:
            return None
        return Shown(
            np.stack([pixels for _, pixels, _, _ in taken]),
            tuple(name for name, _, _, _ in taken),
            came=tuple(before for _, _, before, _ in taken),
            files=tuple(name for name, _, _, _ in taken),
            fit=self.fit,
            inverted=self.inverted,
            note="  \n".join(f"{plain(name)}, fitted to the model: {how}." for name, _, _, how in taken),
        )


def _pick_source(opened: "OpenRun") -> TestImages | OwnPictures:
    test = opened.splits.test
    present = [] if test.labels is None else [int(each) for each in np.unique(test.labels)]
    ways = [each for each in CHOICES if each != "class" or len(present) > 1]
    scope = f"{PAGE}.{opened.run.id}"
    which = str(st.selectbox("Images", ways, format_func=lambda each: CHOICES[each], key=f"{scope}.which"))
    if which == OWN:
        return _pick_files()
    label = ALL
    if len(present) > 1:
        label = st.selectbox(
            "Class",
            [ALL, *present],
            format_func=lambda each: "All" if each == ALL else test.class_names[each],
            key=f"{scope}.label",
        )
    most = min(MOST_IMAGES, len(test))
    count = USUAL_IMAGES
    if most > 1:
        count = st.slider("How many", 1, most, min(USUAL_IMAGES, most), key=f"{scope}.count")
    return TestImages(which, None if label == ALL else label, count)


def _pick_files() -> OwnPictures:
    files = st.file_uploader("Pictures", KINDS, accept_multiple_files=True, key=f"{PAGE}.files")
    fit = st.segmented_control(
        "Another shape is",
        ["crop", "pad"],
        default="crop",
        required=True,
        format_func=lambda each: {"crop": "cropped", "pad": "padded"}[each],
        key=f"{PAGE}.fit",
        help="Cropped: the largest centred part is kept. Padded: all is kept, on a ground of its border's colour.",
    )
    inverted = st.toggle(
        "Invert",
        key=f"{PAGE}.inverted",
        help="Dark and light exchanged: for a drawing on white paper and a model of light strokes on black.",
    )
    return OwnPictures(tuple((each.name, each.getvalue()) for each in files), str(fit), inverted)


def _draw() -> int:
    key = f"{PAGE}.draw"
    draw = int(st.session_state.setdefault(key, 0))
    if st.button("Draw again", key=f"{PAGE}.again", icon=":material/shuffle:", help="Other images and other noise."):
        draw += 1
        st.session_state[key] = draw
    return draw


def _heads(images: "ImageSet", indices: npt.NDArray[np.int64]) -> tuple[str, ...]:
    if images.labels is None:
        return tuple(f"image {index}" for index in indices)
    return tuple(images.class_names[label] for label in images.labels[indices])


def _errors(opened: "OpenRun", noise: Noise) -> npt.NDArray[np.float32]:
    from aecore.analysis.reconstruct import image_errors

    place: Slot[npt.NDArray[np.float32]] = slot(opened.run, "errors", noise)
    return place.fill(
        f"Reconstructing all {len(opened.splits.test):,} test images, a few seconds …",
        lambda tell: image_errors(opened, "test", noise.kind, noise.level, progress=tell),
    )


@st.cache_data(max_entries=64, show_spinner="Reading the picture …")
def _fitted(name: str, data: bytes, shape: tuple[int, int, int], fit: str, invert: bool) -> tuple[Pixels, Pixels, str]:
    """The picture as the model takes it, as it came but small, and what was done to it. PictureError if it is none."""
    from aecore.data.fitting import fit_picture, inverted
    from aecore.data.pictures import read_picture

    channels, height, width = shape
    taken = read_picture(name, data, enough=2 * max(height, width, LARGE_SIDE))
    scale = 2 * LARGE_SIDE / max(taken.height, taken.width)
    small = fit_picture(
        taken, (max(1, round(taken.height * scale)), max(1, round(taken.width * scale))), "crop", taken.pixels.shape[2]
    )
    fitted = fit_picture(taken, (height, width), fit, channels)
    fitted = inverted(fitted) if invert else fitted
    return fitted.pixels, small.pixels, fitted.how


# --- what becomes of them


def _pictures(opened: "OpenRun", shown: Shown, noise: Noise, draw: int) -> None:
    """Original, corrupted, reconstruction and error map at once; principal components follow when they are fitted."""
    place = st.empty()
    if shown.note:
        st.caption(shown.note)
    numbers = st.empty()
    asked = (str(opened.run.path), weights_version(opened.run), shown.images, noise.kind, noise.level, draw)
    result = _reconstructed(opened, *asked, pca=False)
    _matrix(shown, result, place)
    _means(result, numbers)
    st.caption(_about_errors(opened.splits.shape[0]))
    waiting = "Fitting principal components to the training images, about 5 s the first time …"
    with st.spinner(waiting, show_time=True):
        result = _reconstructed(opened, *asked, pca=True)
    _matrix(shown, result, place)
    _means(result, numbers)
    st.caption(result.pca_note)
    _lines(opened.run, shown, noise, draw)


@st.cache_data(max_entries=32, show_spinner=False)
def _reconstructed(
    _opened: "OpenRun",
    path: str,
    version: int,
    images: Pixels,
    corruption: str,
    level: float | None,
    seed: int,
    pca: bool,
) -> "Reconstructions":
    from aecore.analysis.reconstruct import reconstruct

    return reconstruct(_opened, images, corruption, level, seed, pca)


def _matrix(shown: Shown, result: "Reconstructions", place: "st.delta_generator.DeltaGenerator") -> None:
    from aecore.corruption.catalog import CORRUPTIONS
    from aecore.plots.heatmap import ANCHORS, heatmap, largest_error
    from aecore.plots.pictures import as_bytes

    largest = largest_error(result.error_map)
    maps = heatmap(result.error_map, largest)
    waiting = ["…"] * len(shown.heads)
    fitted = len(result.pca) > 0
    how = "not at all" if result.corruption == CORRUPTIONS["none"].title else result.corruption
    rows = [
        Row("Original", _row(result.original, "Original", shown.heads)),
        Row("Corrupted", _row(as_bytes(result.corrupted), "Corrupted", shown.heads), how),
        Row("Reconstruction", _row(as_bytes(result.reconstruction), "Reconstruction", shown.heads)),
        Row(
            "Error map",
            _row(maps, "Error map", shown.heads),
            scale=Scale(ANCHORS, "0", f"{largest:.2f}"),
        ),
        Row("Squared error", [digits(each.sse_per_image) for each in result.measures], "summed over pixels"),
        Row(
            "PCA",
            _row(as_bytes(result.pca), "Reconstruction by PCA", shown.heads) if fitted else waiting,
            "principal components, the same code size",
        ),
        Row(
            "Squared error of PCA",
            [digits(each.sse_per_image) for each in result.pca_measures] if fitted else waiting,
            "summed over pixels",
        ),
    ]
    if shown.came:
        rows.insert(0, Row("As it came", [Picture(each, f"{name} as it came") for name, each in _named(shown)]))
    side = side_for(result.original.shape[3], LARGE_SIDE if len(shown.heads) <= FEW else SIDE)
    show_matrix(rows, shown.heads, "Original, corrupted, reconstruction and error map of each image", side, place)


def _about_errors(channels: int) -> str:
    mean = ", the mean of the three colours" if channels == 3 else ""
    return (
        f"Error map: |original − reconstruction| of each pixel{mean}, where 1 is all the way from black to white; "
        "one scale for all images."
    )


def _named(shown: Shown) -> list[tuple[str, Pixels]]:
    return list(zip(shown.heads, shown.came, strict=True))


def _row(pictures: Pixels, what: str, heads: Sequence[str]) -> list[Picture | str]:
    return [Picture(each, f"{what}: {head}") for each, head in zip(pictures, heads, strict=True)]


def _means(result: "Reconstructions", place: "st.delta_generator.DeltaGenerator") -> None:
    """The measures over the images shown, the corrupted images themselves and PCA beside the model."""
    count = len(result.measures)
    groups = {"Corrupted": result.corrupted_measures, "Reconstruction": result.measures, "PCA": result.pca_measures}
    rows = measure_rows({name: mean_of(group) for name, group in groups.items()}, _images(count, "shown"))
    show_numbers(rows, list(groups), "Errors over the images shown", place)


def _images(count: int, which: str) -> str:
    return f"the {count:,} images {which}" if count > 1 else f"the one image {which}"


def _lines(run: Run, shown: Shown, noise: Noise, draw: int) -> None:
    from aecore.analysis.recipes_as_code import picture_lines, reconstruct_lines

    if shown.files:
        lines = picture_lines(run.id, shown.files, shown.fit, shown.inverted, noise.kind, noise.level, draw)
    else:
        lines = reconstruct_lines(run.id, shown.indices, corruption=noise.kind, level=noise.level, seed=draw)
    as_code(lines, "reconstruct")


# --- how well, measured


def _curve(opened: "OpenRun", noise: Noise) -> None:
    """PSNR at each strength of the noise that is chosen; of Gaussian noise where none is."""
    from aecore.analysis.reconstruct import noise_curve
    from aecore.corruption.catalog import CORRUPTIONS, strength

    kind = noise.kind if strength(noise.kind) else "gaussian"
    title = CORRUPTIONS[kind].title
    st.header("Quality against noise")
    st.caption("How far the reconstruction is from the clean image, as the noise grows; beside it the best linear way.")
    count = min(CURVE_IMAGES, len(opened.splits.test))
    place: Slot[NoiseCurve] = slot(opened.run, "curve", kind)
    wait = f"{title}: eight strengths on {count:,} test images, about 20 s …"
    asked = f"Draw the curve for {title[:1].lower()}{title[1:]}"
    if not place.wanted(asked, f"{PAGE}.curve", ":material/show_chart:"):
        return
    curve = place.fill(wait, lambda tell: noise_curve(opened, kind, count=count, progress=tell))
    _drawn(curve, opened.run, kind, count)


def _drawn(curve: "NoiseCurve", run: Run, kind: str, count: int) -> None:
    from aecore.analysis.recipes_as_code import analysis_lines
    from aecore.analysis.reconstruct import noise_curve as function
    from aecore.plots.quality import noise_curve
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    at = int(np.argmin(np.abs(curve.levels - (0.5 if curve.own_level is None else curve.own_level))))
    show_chart(
        noise_curve(curve, palette()),
        key=f"{PAGE}.curve.{kind}",
        alt=f"Peak signal-to-noise ratio against {curve.corruption}: model, best linear denoiser and noisy image",
    )
    st.markdown(
        f"At {curve.levels[at]:g} {curve.unit}: this model **{curve.model[at]:.2f} dB**, "
        f"{curve.linear_title[:1].lower()}{curve.linear_title[1:]} {curve.best_linear[at]:.2f} dB, "
        f"noisy image {curve.noisy[at]:.2f} dB."
    )
    st.caption(curve.note)
    lines = analysis_lines(function, run.id, corruption=kind, count=count)
    as_code(lines, "reconstruct.curve")


def _measured(opened: "OpenRun") -> None:
    """Every number on the whole test split, at a click."""
    from aecore.analysis.evaluate import evaluate
    from aecore.analysis.recipes_as_code import evaluate_lines

    count = len(opened.splits.test)
    st.header("On the whole test split")
    st.caption(f"{count:,} images that no choice was ever made by, with the corruption of the run's training.")
    place: Slot[Evaluation] = slot(opened.run, "evaluation")
    if not place.wanted(f"Measure on {count:,} test images", f"{PAGE}.measure", ":material/straighten:"):
        return
    found = place.fill(f"Measuring on {count:,} test images, about 10 s …", lambda tell: evaluate(opened, None, tell))
    _table(found)
    lines = evaluate_lines(opened.run.id)
    as_code(lines, "reconstruct.measures")


def _table(found: "Evaluation") -> None:
    groups = {"Model": found.model, f"PCA, {found.pca_size} numbers": found.pca}
    if found.input is not None and found.best_linear is not None:
        groups |= {"Best linear": found.best_linear, "Corrupted": found.input}
    over = f"{found.images:,} test images"
    rows = measure_rows(groups, over)
    rows += bound_rows([found, *[None] * (len(groups) - 1)], over)
    show_numbers(rows, list(groups), "Measures on the test split")
    notes = [f"Corruption: {found.corruption}."] if found.corruption else []
    st.caption(" ".join([*notes, found.pca_note, found.best_linear_note]).strip())


with page("Reconstruct", "What does a model make of an image, and how much of it survives noise?"):
    show()
