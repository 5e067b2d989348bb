"""What does each unit of a code respond to, and what does it add to an image?

Reads a run and its test images. Writes nothing.

    ?run=ID    the run to look at
    ?unit=N    the unit under the microscope
"""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.runs.folder import Run
from pages.shared.charts import show_chart
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.matrix import digits, side_for
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_encoder, newest_or, pick_run
from pages.shared.pictures import Picture, show_pictures
from pages.shared.results import Slot, slot
from pages.shared.theme import palette

if TYPE_CHECKING:
    from aecore.analysis.atoms import Atoms
    from aecore.analysis.sparsity import Sparsity
    from aecore.analysis.units import Excitement, Rest
    from aecore.runs.opened import OpenRun

PAGE = "features"
UNIT = "unit"
MOST_NUMBERS = 8_000_000  # of pixels to be encoded: 10,000 images of 28×28, fewer larger ones
LEAST_IMAGES = 200
SHOWN = 40  # atoms and filters at first
MOST_SHOWN = 200
EXCITING = 10
SIDE, MIDDLE_SIDE, LARGE_SIDE = 56, 112, 140  # CSS pixels, about
VISIBLE = 1 / 255  # a change of an image by less is no change
BEYOND = 0.5  # of how far a unit goes: so much farther it can be turned


@dataclass(frozen=True, eq=False)
class Looked:
    """What is known of all units of a run."""

    sparsity: "Sparsity"
    excitement: "Excitement"
    rest: "Rest"
    limit: int

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """The units, the busiest first."""
        busy = self.sparsity.often + 1e-6 * (self.sparsity.largest - self.sparsity.smallest)
        return np.argsort(-busy, kind="stable").astype(np.int64)


def show() -> None:
    """Activations, atoms and filters of all units, then one of them under the microscope."""
    run = pick_run(PAGE, has_encoder, usual=newest_or(lambda each: each.variant == "sparse"))
    if run is None:
        return
    opened = open_for_page(run)
    if run.alive():
        st.caption(f"Still training: these are the weights after epoch {opened.epoch}.")
    looked = _look(opened)
    with errors_shown():
        _activity(opened, looked)
    st.divider()
    with errors_shown():
        _pictures(opened, looked)
    st.divider()
    with errors_shown():
        _microscope(opened, looked)


def _look(opened: "OpenRun") -> Looked:
    from aecore.analysis.sparsity import sparsity
    from aecore.analysis.units import excitement, rest

    limit = _limit(opened)
    place: Slot[Looked] = slot(opened.run, "units")
    return place.fill(
        f"Encoding {limit:,} test images, a few seconds …",
        lambda tell: Looked(
            sparsity(opened, "test", limit, progress=lambda done: tell(2 / 3 * done)),
            excitement(opened, "test", EXCITING, limit, progress=lambda done: tell(2 / 3 + done / 3)),
            rest(opened, "test"),
            limit,
        ),
    )


def _limit(opened: "OpenRun") -> int:
    return min(len(opened.splits.test), max(LEAST_IMAGES, MOST_NUMBERS // prod(opened.splits.shape)))


# --- all units


def _activity(opened: "OpenRun", looked: Looked) -> None:
    from aecore.analysis.recipes_as_code import analysis_lines
    from aecore.analysis.sparsity import sparsity
    from aecore.plots.sparsity import activations, active_units, unit_use

    seen = looked.sparsity
    st.header("Activations")
    st.markdown(
        f"**{digits(seen.active_per_image)}** of {seen.units:,} units are on for an image, **{len(seen.dead):,}** are "
        f"dead, and lifetime sparsity is **{digits(_known(seen.lifetime_mean))}**."
    )
    st.caption(
        f"Mean over {seen.images:,} test images. A unit is on where the size of its activation exceeds "
        f"{digits(seen.threshold)}, {100 * seen.share:.0f} % of the largest there is; dead where it never does. "
        "Lifetime sparsity: 0 for a unit that responds alike to all images, 1 for one that responds to a single image; "
        "mean over the units that are not dead."
    )
    for column, drawn, key, alt in zip(
        st.columns(3),
        (activations, active_units, unit_use),
        ("activations", "active", "use"),
        (
            "How often activations of each size occur, with the threshold",
            "How many units are on for how many images",
            "For what share of the images each unit is on",
        ),
        strict=True,
    ):
        with column:
            show_chart(drawn(seen, palette()), key=f"{PAGE}.{key}", alt=alt)
    lines = analysis_lines(sparsity, opened.run.id, split="test", limit=looked.limit)
    as_code(lines, "features.sparsity")


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _pictures(opened: "OpenRun", looked: Looked) -> None:
    """Atoms of the busiest units, and filters of the first layer."""
    st.header("Atoms and filters")
    units = looked.sparsity.units
    count = min(SHOWN, units)
    if units > 1:
        most = min(MOST_SHOWN, units)
        count = st.slider("How many", 1, most, min(SHOWN, most), key=f"{PAGE}.{opened.run.id}.count")
    out, into = st.tabs(["Atoms: out of the code", "Filters: into the code"])
    with out, errors_shown():
        _atoms(opened, looked, count)
    with into, errors_shown():
        _filters(opened, count)


def _atoms(opened: "OpenRun", looked: Looked, count: int) -> None:
    from aecore.analysis.atoms import atoms
    from aecore.analysis.filters import as_pictures
    from aecore.analysis.recipes_as_code import analysis_lines

    chosen = tuple(int(each) for each in looked.order[:count])
    found = _found_atoms(str(opened.run.path), weights_version(opened.run), chosen, opened)
    shown = as_pictures(found.responses if found.columns is None else found.columns)
    often = looked.sparsity.often
    pictures = [
        Picture(each, f"Atom of unit {unit}", str(unit), f"on for {100 * often[unit]:.1f} % of the images")
        for each, unit in zip(shown, chosen, strict=True)
    ]
    show_pictures(pictures, side_for(shown.shape[3], SIDE))
    st.caption(
        ("The decoder is one layer: an image is a sum of these. " if found.columns is not None else _RESPONSES)
        + "The busiest units first. Grey is no change, white adds light, black takes it away; each atom has a scale of "
        "its own."
    )
    lines = analysis_lines(atoms, opened.run.id, units=chosen)
    as_code(lines, "features.atoms")


_RESPONSES = (
    "The decoder has several layers: shown is how the image changes when one unit goes from its median to the largest "
    "activation met, all others at their median. "
)


@st.cache_data(max_entries=16, show_spinner=False)
def _found_atoms(path: str, version: int, units: tuple[int, ...], _opened: "OpenRun") -> "Atoms":
    from aecore.analysis.atoms import atoms

    return atoms(_opened, units)


def _filters(opened: "OpenRun", count: int) -> None:
    from aecore.analysis.filters import as_pictures, filters, strongest
    from aecore.analysis.recipes_as_code import analysis_lines

    weights = filters(opened)
    chosen = strongest(weights, count)
    shown = as_pictures(weights[chosen])
    pictures = [Picture(each, f"Filter {n}", str(n)) for n, each in zip(chosen, shown, strict=True)]
    show_pictures(pictures, side_for(shown.shape[3], SIDE))
    st.caption(
        f"The first layer has {len(weights):,} filters of {shown.shape[3]}×{shown.shape[2]} pixels; shown are the "
        f"{len(chosen)} with the largest weights. Grey is a weight of 0, white is positive, black negative; each "
        "filter has a scale of its own."
    )
    lines = analysis_lines(filters, opened.run.id)
    as_code(lines, "features.filters")


# --- one unit


def _microscope(opened: "OpenRun", looked: Looked) -> None:
    st.header("One unit")
    choice, atom = st.columns([2, 3], gap="medium")
    with choice:
        unit = _pick_unit(opened.run, looked)
        st.markdown(_about(looked, unit))
    with atom:
        _one_atom(opened, unit)
    _exciting(opened, looked, unit)
    _turn(opened, looked, unit)


def _pick_unit(run: Run, looked: Looked) -> int:
    """From the address, else the busiest one; the choice goes back into the address."""
    last = looked.sparsity.units - 1
    key = f"{PAGE}.{run.id}.unit"
    if key not in st.session_state:
        st.session_state[key] = _addressed(last, int(looked.order[0]))
    unit = int(st.number_input(f"Unit (0 to {last})", 0, last, step=1, key=key))
    if st.query_params.get(UNIT) != str(unit):
        st.query_params[UNIT] = str(unit)
    return unit


def _addressed(last: int, otherwise: int) -> int:
    asked = st.query_params.get(UNIT)
    if asked is None:
        return otherwise
    if asked.isascii() and asked.isdigit() and int(asked) <= last:
        return int(asked)
    st.info(f"This code has no unit {asked[:20]}: it has the units 0 to {last}.", icon=":material/info:")
    return otherwise


def _about(looked: Looked, unit: int) -> str:
    seen = looked.sparsity
    if seen.often[unit] == 0:
        return f"Dead: its largest activation is {digits(float(seen.largest[unit]))}, below the threshold."
    smallest, largest, mean = (digits(float(each[unit])) for each in (seen.smallest, seen.largest, seen.mean))
    return (
        f"On for **{100 * seen.often[unit]:.1f} %** of the images. Activation from {smallest} to {largest}, "
        f"mean {mean}; lifetime sparsity {digits(_known(float(seen.lifetime[unit])))}."
    )


def _one_atom(opened: "OpenRun", unit: int) -> None:
    from aecore.analysis.filters import as_pictures
    from aecore.plots.pictures import as_bytes

    found = _found_atoms(str(opened.run.path), weights_version(opened.run), (unit,), opened)
    on = as_bytes(found.resting[None] + found.responses)
    pictures = [
        Picture(as_bytes(found.resting[None])[0], "The code at rest, decoded", "code at rest"),
        Picture(on[0], f"Unit {unit} on, decoded", f"unit on, {digits(float(found.levels[0]))}"),
        Picture(as_pictures(found.responses, VISIBLE)[0], f"What unit {unit} adds to the image", "difference"),
    ]
    if found.columns is not None:
        pictures.append(Picture(as_pictures(found.columns)[0], f"Atom of unit {unit}", "decoder column"))
    show_pictures(pictures, side_for(on.shape[3], MIDDLE_SIDE))


def _exciting(opened: "OpenRun", looked: Looked, unit: int) -> None:
    found = looked.excitement
    test = opened.splits.test
    st.subheader("Images that excite it most", anchor=False)
    side = side_for(test.shape[2], SIDE)
    show_pictures(_with_activations(opened, found.strongest[unit], found.high[unit]), side)
    if float(found.low[unit][0]) < -looked.sparsity.threshold:
        st.subheader("Images that excite it most the other way", anchor=False)
        show_pictures(_with_activations(opened, found.weakest[unit], found.low[unit]), side)
    st.caption(f"Activation below each image; strongest of {found.images:,} test images first.")


def _with_activations(
    opened: "OpenRun", indices: npt.NDArray[np.int64], activations: npt.NDArray[np.float32]
) -> list[Picture]:
    test = opened.splits.test
    return [
        Picture(test.images[index], f"Test image {index}", digits(float(value)), f"test image {index}")
        for index, value in zip(indices, activations, strict=True)
    ]


@st.fragment
def _turn(opened: "OpenRun", looked: Looked, unit: int) -> None:
    """One unit of the code of one image, up and down."""
    from aecore.analysis.filters import as_pictures
    from aecore.analysis.recipes_as_code import analysis_lines
    from aecore.analysis.units import turn
    from aecore.plots.pictures import as_bytes

    st.subheader("Turn it up or down", anchor=False)
    controls, pictures = st.columns([2, 3], gap="medium")
    scope = f"{PAGE}.{opened.run.id}.{unit}"
    with controls:
        last = len(opened.splits.test) - 1
        first = int(looked.excitement.strongest[unit][0])
        index = int(st.number_input(f"Test image (0 to {last})", 0, last, first, 1, key=f"{scope}.image"))
        was = turn(opened, index, unit, 0.0).was
        low, high = _reach(looked, unit, was)
        value = st.slider(
            f"Activation of unit {unit}", low, high, was, (high - low) / 200, "%.3g", key=f"{scope}.{index}.value"
        )
    shown = turn(opened, index, unit, float(value))
    with pictures:
        show_pictures(
            [
                Picture(shown.original, f"Test image {index}", "original"),
                Picture(as_bytes(shown.reconstruction), "Reconstruction", f"reconstruction, {digits(shown.was)}"),
                Picture(as_bytes(shown.image), f"With unit {unit} at {value:.3g}", f"turned, {digits(shown.value)}"),
                Picture(as_pictures(shown.change[None], VISIBLE)[0], "What the turning changes", "change"),
            ],
            side_for(shown.original.shape[2], LARGE_SIDE),
        )
    st.caption("All other units stay as they are for this image. Change: grey is none, white lighter, black darker.")
    lines = analysis_lines(turn, opened.run.id, index=index, unit=unit, value=float(f"{value:.6g}"))
    as_code(lines, "features.turn")


def _reach(looked: Looked, unit: int, was: float) -> tuple[float, float]:
    """From the smallest to the largest activation met and somewhat beyond, on a side that the unit goes to at all."""
    rest = looked.rest
    middle, low, high = (float(each[unit]) for each in (rest.code, rest.low, rest.high))
    return min(low - BEYOND * (middle - low), was), max(high + BEYOND * (high - middle), was)


with page("Features", "What does each unit of a code respond to, and what does it add to an image?"):
    show()
