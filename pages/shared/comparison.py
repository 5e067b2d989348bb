"""Several runs side by side: the same test images, the same numbers, the curves of their validation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aecore.errors import LabError
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary, mapping
from pages.shared.frame import as_code, errors_shown
from pages.shared.matrix import Numbers, Row, digits, show_matrix, show_numbers, side_for
from pages.shared.measures import bound_rows, measure_rows
from pages.shared.noise import Noise, pick_noise
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_weights
from pages.shared.pictures import Picture, Pixels
from pages.shared.results import slot
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.compare import Comparison
    from aecore.analysis.evaluate import Evaluation
    from aecore.runs.opened import OpenRun

MOST_RUNS = 6
IMAGES = 10
SIDE = 84  # CSS pixels, about


@dataclass(frozen=True, eq=False)
class Side:
    """One of the runs compared, open, under a name that no other has."""

    name: str
    summary: RunSummary
    run: Run
    opened: "OpenRun"


def show_comparison(runs: Runs, chosen: Sequence[RunSummary], page: str) -> None:
    """Images, numbers and curves of the runs that can be compared; a sentence for each of the others."""
    names = _names(chosen)
    sides, left_out = _sides(runs, chosen, names)
    for sentence in left_out:
        st.info(plain(sentence), icon=":material/info:")
    if len(sides) > 1:
        with errors_shown():
            _images(sides, page)
        with errors_shown():
            _numbers(sides, page)
    with errors_shown():
        _curves({name: runs.get(each.id).metrics() for name, each in zip(names, chosen, strict=True)}, page)


def _names(chosen: Sequence[RunSummary]) -> list[str]:
    """The runs' names; those that several have get the end of their id."""
    names = [each.name for each in chosen]
    return [
        each.name if names.count(each.name) == 1 else f"{each.name} ({each.id.rpartition('-')[2]})" for each in chosen
    ]


def _sides(runs: Runs, chosen: Sequence[RunSummary], names: Sequence[str]) -> tuple[list[Side], list[str]]:
    """The runs on images of one shape, and why the others are left out."""
    sides: list[Side] = []
    left_out = []
    for name, summary in zip(names, chosen, strict=True):
        reason = has_weights(summary) or _other_shape(summary, sides) or _one_too_many(sides)
        if not reason:
            try:
                run = runs.get(summary.id)
                sides.append(Side(name, summary, run, open_for_page(run)))
            except LabError as error:
                reason = str(error)
        if reason:
            left_out.append(f"{name} is not compared on images: {reason.rstrip('.')}.")
    return sides, left_out


def _other_shape(summary: RunSummary, sides: Sequence[Side]) -> str:
    if not sides or summary.image_shape == sides[0].summary.image_shape:
        return ""
    return f"it knows images of {_shape(summary)}, {sides[0].name} those of {_shape(sides[0].summary)}"


def _one_too_many(sides: Sequence[Side]) -> str:
    return f"{MOST_RUNS} are shown at once, choose fewer" if len(sides) >= MOST_RUNS else ""


def _shape(summary: RunSummary) -> str:
    if summary.image_shape is None:
        return "an unknown size"
    channels, height, width = summary.image_shape
    return f"{height}×{width} pixels in {'grey' if channels == 1 else 'colour'}"


# --- the same images


def _images(sides: Sequence[Side], page: str) -> None:
    from aecore.plots.pictures import as_bytes
    from aecore.variants.compose import choose

    st.subheader("The same test images", anchor=False)
    picture, controls = st.columns([5, 1], gap="medium")
    with controls:
        base = _pick_base(sides, page)
        noise = pick_noise(f"{page}.compare", choose("corruption", {"kind": "none"}))
        draw = _draw(page)
    ordered = [base, *(each for each in sides if each is not base)]
    found = _compared(
        [each.opened for each in ordered],
        tuple((str(each.run.path), weights_version(each.run)) for each in ordered),
        tuple(each.name for each in ordered),
        noise,
        draw,
    )
    heads = [label or f"image {index}" for label, index in zip(found.labels, found.indices, strict=True)]
    rows = [Row("Original", _pictures(found.original, "Original", heads))]
    if noise.corrupts:
        rows.append(Row("Corrupted", _pictures(as_bytes(found.corrupted), "Corrupted", heads), found.corruption))
    for each in sides:
        at = found.names.index(each.name)
        errors = [digits(float(error)) for error in found.sse[at]]
        drawn = _pictures(as_bytes(found.reconstructions[at]), f"Reconstruction by {each.name}", heads, errors)
        rows.append(Row(each.name, drawn, f"reconstruction, code of {found.latents[at]}"))
    with picture:
        side = side_for(found.original.shape[3], SIDE)
        show_matrix(rows, heads, "The same test images reconstructed by each run", side)
        st.caption("Below each reconstruction: its squared error, summed over pixels.")
        _lines(ordered, found, noise, draw)


def _pictures(pixels: Pixels, what: str, heads: Sequence[str], captions: Sequence[str] | None = None) -> list[Picture]:
    below = captions or [""] * len(heads)
    return [Picture(each, f"{what}: {head}", caption) for each, head, caption in zip(pixels, heads, below, strict=True)]


def _pick_base(sides: Sequence[Side], page: str) -> Side:
    """The run whose test images are shown; only asked for where they differ."""
    by_data = {each.summary.dataset: each for each in reversed(sides)}
    if len(by_data) == 1:
        return sides[0]
    options = list(dict.fromkeys(each.summary.dataset for each in sides))
    key = f"{page}.compare.data"
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return by_data[str(st.selectbox("Test images of", options, key=key))]


def _draw(page: str) -> int:
    key = f"{page}.compare.draw"
    draw = int(st.session_state.setdefault(key, 0))
    if st.button("Draw again", key=f"{page}.compare.again", icon=":material/shuffle:", help="Other images and noise."):
        draw += 1
        st.session_state[key] = draw
    return draw


@st.cache_data(max_entries=16, show_spinner="Reconstructing the same images with each run, a few seconds …")
def _compared(
    _opened: "Sequence[OpenRun]", versions: Sequence[tuple[str, int]], names: Sequence[str], noise: Noise, draw: int
) -> "Comparison":
    from aecore.analysis.compare import compare

    return compare(_opened, names, count=IMAGES, corruption=noise.kind, level=noise.level, seed=draw)


def _lines(ordered: Sequence[Side], found: "Comparison", noise: Noise, draw: int) -> None:
    from aecore.analysis.recipes_as_code import compare_lines

    ids = [each.run.id for each in ordered]
    lines = compare_lines(ids, [int(each) for each in found.indices], "test", noise.kind, noise.level, draw)
    as_code(lines, "compare")


# --- the same numbers


def _numbers(sides: Sequence[Side], page: str) -> None:
    """Every number of every run on its own test images, PCA's below, at a click; then they are kept."""
    from aecore.analysis.evaluate import evaluate

    st.subheader("Measured on the whole test split", anchor=False)
    slots = {each.name: slot(each.run, "evaluation") for each in sides}
    missing = [each for each in sides if slots[each.name].result is None]
    if missing and st.button(
        f"Measure {'all' if len(missing) == len(sides) else 'the other'} {len(missing)} runs",
        key=f"{page}.compare.measure",
        icon=":material/straighten:",
        help="About 10 s for each run; principal components are fitted once for each choice of training images.",
    ):
        for each in missing:
            waiting = f"{plain(each.name)}: measuring on {len(each.opened.splits.test):,} test images, about 10 s …"
            slots[each.name].fill(waiting, partial(evaluate, each.opened, None))
        st.rerun()
    show_numbers(
        [*_facts(sides), *_measures({name: each.result for name, each in slots.items()})],
        [each.name for each in sides],
        "Numbers of each run",
    )


def _facts(sides: Sequence[Side]) -> list[Numbers]:
    return [
        Numbers("Code", "numbers", [f"{each.summary.latent:,}" for each in sides]),
        Numbers("Parameters", "weights and biases", [f"{each.summary.parameters:,}" for each in sides]),
        Numbers("Test images", "", [f"{len(each.opened.splits.test):,}, {each.summary.dataset}" for each in sides]),
    ]


def _measures(found: "Mapping[str, Evaluation | None]") -> list[Numbers]:
    """Rows for what is known. Runs that were trained on corrupted images were measured on such ones: said first."""
    known = [each for each in found.values() if each is not None]
    if not known:
        return []
    over = "the test images"
    rows = [
        Numbers(
            "Corruption",
            "of the images that the model was given",
            ["–" if each is None else each.corruption or "none" for each in found.values()],
        ),
        *measure_rows({name: each.model if each else None for name, each in found.items()}, over),
    ]
    return (
        rows
        + bound_rows(list(found.values()), over)
        + measure_rows({name: each.pca if each else None for name, each in found.items()}, over, "PCA")
    )


# --- the same curves


def _curves(metrics: Mapping[str, Sequence[Mapping[str, object]]], page: str) -> None:
    """One number on the validation images by epoch. It is chosen, because runs may minimise different ones."""
    from aecore.plots.training import run_curves, title
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    known = {name: _measured(lines[-1]) for name, lines in metrics.items() if lines}
    counts = Counter(each for names in known.values() for each in names)
    if not counts:
        return
    st.subheader("Validation while they were trained", anchor=False)
    options = sorted(counts, key=lambda each: (-counts[each], each == "loss", each))
    key = f"{page}.compare.measured"
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    picked = str(st.segmented_control("Measure", options, format_func=title, key=key, required=True))
    drawn = {name: lines for name, lines in metrics.items() if picked in known.get(name, ())}
    show_chart(
        run_curves(drawn, palette(), picked),
        key=f"{page}.compare.curves",
        alt=f"{title(picked)} on validation images against epochs, one curve for each run",
    )
    without = [name for name in metrics if name not in drawn]
    if without:
        st.caption(f"Not measured in this way: {plain(', '.join(without))}.")


def _measured(line: Mapping[str, object]) -> set[str]:
    """What a line of metrics holds; a loss of one part is that part and not offered twice."""
    names = set(mapping(line, "validation"))
    return names - {"loss"} if len(names) == 2 else names
